package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"telltale/server/command"
	"telltale/server/ledger"
	"telltale/shared/access"
	"telltale/shared/room"
	"telltale/shared/run"
)

// Commands starts and stops what the configuration names.
type Commands interface {
	// Start refuses with the errors of package command, and answers the repeat of a key as
	// it did the first time.
	Start(ctx context.Context, q command.Request) (run.Run, error)
	// Stop answers at once; false where no such run goes on here.
	Stop(id string) bool
}

// begun is the answer to who starts a run.
type begun struct {
	ID      string    `json:"id"`
	Command string    `json:"command"`
	State   run.State `json:"state"`
}

// postRun starts a command.
func (a *API) postRun(w http.ResponseWriter, r *http.Request) error {
	body, err := readBody(w, r, maxBody)
	if err != nil {
		return err
	}
	var asked struct {
		Args map[string]string `json:"args"`
	}
	if len(bytes.TrimSpace(body)) > 0 {
		if err := decodeJSON(body, &asked); err != nil {
			return err
		}
	}
	if a.Commands == nil {
		return errNoCommands
	}
	q := command.Request{Command: r.PathValue("command"), Args: asked.Args, By: callerOf(r).User}
	if q.Key, q.Digest, err = idempotency(r, body); err != nil {
		return err
	}
	// A run goes on, whoever asked for it.
	started, err := a.Commands.Start(context.WithoutCancel(r.Context()), q)
	if err != nil {
		return err
	}
	if started.Started != 0 { // it is no repeat
		a.note(r, "run.start", started.Command, started.ID)
	}
	w.Header().Set("Location", "/api/v1/runs/"+started.ID)
	return sendStatus(w, http.StatusAccepted, begun{ID: started.ID, Command: started.Command, State: started.State})
}

// runs are all runs as they are shown now, the newest start first.
func (a *API) runs(ctx context.Context) ([]run.Run, error) {
	kept, err := a.Ledger.Runs(ctx)
	if err != nil {
		return nil, fmt.Errorf("list the runs: %w", err)
	}
	return run.Shown(kept, time.Now().UnixMilli()), nil
}

func (a *API) getRuns(w http.ResponseWriter, r *http.Request) error {
	runs, err := a.runs(r.Context())
	if err != nil {
		return err
	}
	return sendJSON(w, a.sightOf(r).Runs(runs))
}

// run is the run that a request names.
func (a *API) run(r *http.Request) (run.Run, error) {
	id := r.PathValue("id")
	if err := run.CheckID(id); err != nil {
		return run.Run{}, err
	}
	runs, err := a.runs(r.Context())
	if err != nil {
		return run.Run{}, err
	}
	for _, each := range runs {
		if each.ID == id {
			return each, nil
		}
	}
	return run.Run{}, ledger.ErrNoRun
}

func (a *API) getRun(w http.ResponseWriter, r *http.Request) error {
	found, err := a.runFor(r, access.Read)
	if err != nil {
		return err
	}
	return sendJSON(w, found)
}

// deleteRun has a run end: 202 while it does, 200 where it has already.
func (a *API) deleteRun(w http.ResponseWriter, r *http.Request) error {
	found, err := a.runFor(r, access.Run)
	if err != nil {
		return err
	}
	switch {
	case found.State.Final():
		return sendJSON(w, found)
	case found.Host != "":
		return refuse(http.StatusConflict, "it runs on %s: stop it there", found.Host)
	case a.Commands != nil && a.Commands.Stop(found.ID):
		a.note(r, "run.stop", found.Command, found.ID)
		return sendStatus(w, http.StatusAccepted, found)
	}
	if found, err = a.run(r); err != nil {
		return err
	}
	if found.State.Final() || a.remotes.others == nil { // it has just ended
		return sendJSON(w, found)
	}
	if err := a.remotes.others.Stop(r.Context(), found.ID); err != nil {
		return err
	}
	a.note(r, "run.stop", found.Command, found.ID)
	return sendStatus(w, http.StatusAccepted, found)
}

// getOutput sends what a run wrote, byte for byte, as far as it is kept: that of one
// that goes on as far as it has come.
func (a *API) getOutput(w http.ResponseWriter, r *http.Request) error {
	found, err := a.runFor(r, access.Read)
	if err != nil {
		return err
	}
	name := run.Room(found.ID)
	extent, err := a.Ledger.Extent(r.Context(), name)
	if err != nil {
		return err
	}
	some, err := a.messages(r, name, extent.First-1, extent.Last)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="run-`+found.ID+`.txt"`)
	w.Header().Set("Cache-Control", "no-store")
	if r.Method == http.MethodHead {
		return nil
	}
	out := patient{w}
	for len(some) > 0 {
		var text bytes.Buffer
		for _, m := range some {
			writeRaw(&text, m)
		}
		if _, err := out.Write(text.Bytes()); err != nil {
			return errGone
		}
		last := some[len(some)-1].Seq
		if some, err = a.messages(r, name, last, extent.Last); err != nil {
			a.complain("a run's output was cut off", "run", found.ID, "error", err)
			panic(http.ErrAbortHandler) // nobody is to take half of it for the whole
		}
	}
	return nil
}

// writeRaw writes a message as a run wrote it; what others said of the run is no output.
func writeRaw(text *bytes.Buffer, m room.Message) {
	if m.Stream == "" {
		return
	}
	if m.Raw != "" {
		text.WriteString(m.Raw)
	} else {
		text.WriteString(m.Content)
	}
	if !m.Open {
		text.WriteByte('\n')
	}
}

var errNoCommands = errors.New("this server's configuration names no commands: an operator puts a table [command.NAME] into the file of --config")
