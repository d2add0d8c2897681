package api

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"maps"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"telltale/server/command/capture"
	"telltale/server/ledger"
	"telltale/shared/access"
	"telltale/shared/room"
	"telltale/shared/run"
)

// Bounds of runs elsewhere.
const (
	lease      = 60 * time.Second // unheard of for so long, a run is lost; who runs one says so each 15 s
	leaseLook  = 5 * time.Second  // between two looks at who was heard of
	maxHosts   = 255              // bytes of a host's name
	maxRemotes = 1000             // runs elsewhere that go on at once
)

// remotes are the runs that somebody runs elsewhere, with telltale run.
type remotes struct {
	seed  maphash.Seed
	locks [64]sync.Mutex // one of them is held while news of a run is decided

	others Others // nil for none
	going  func() []string

	mu    sync.Mutex // guards what follows; taken after one of locks
	heard map[string]*remote
	until time.Time // nobody is called lost before: what others have heard is not known
}

// remote is what is known of a run elsewhere besides what is kept of it.
type remote struct {
	at   time.Time            // when it was last heard of
	told time.Time            // when others were last told so
	amid map[room.Stream]bool // a line of the stream has begun that has not ended
}

func newRemotes() remotes { return remotes{seed: maphash.MakeSeed(), heard: map[string]*remote{}} }

// lock has news of a run wait for each other.
func (m *remotes) lock(id string) (unlock func()) {
	lock := &m.locks[maphash.String(m.seed, id)%uint64(len(m.locks))]
	lock.Lock()
	return lock.Unlock
}

// hear notes that a run was heard of. Its caller holds the run's lock.
func (m *remotes) hear(id string) *remote {
	m.mu.Lock()
	defer m.mu.Unlock()
	known := m.heard[id]
	if known == nil {
		known = &remote{amid: map[room.Stream]bool{}}
		m.heard[id] = known
	}
	known.at = time.Now()
	return known
}

func (m *remotes) forget(id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.heard, id)
}

// forgetEnded forgets runs that do not go on any more: one may have ended by another server, or
// by what runs it here. One that began after all were listed was heard of just now.
func (m *remotes) forgetEnded(all []run.Run) {
	going := map[string]bool{}
	for _, r := range all {
		going[r.ID] = r.State == run.Running
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	maps.DeleteFunc(m.heard, func(id string, known *remote) bool { return !going[id] && time.Since(known.at) > lease })
}

// unheard tells whether a run was not heard of for longer than its lease; of one
// that nobody asked about before, the lease begins.
func (m *remotes) unheard(id string) (since time.Time, over bool) {
	m.mu.Lock()
	known := m.heard[id]
	m.mu.Unlock()
	if known == nil {
		known = m.hear(id)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return known.at, time.Since(known.at) > lease
}

// runNews is the body of PUT /api/v1/runs/{id}: how a run elsewhere stands.
type runNews struct {
	Command  string    `json:"command"`
	Room     string    `json:"room"`
	Host     string    `json:"host"`
	State    run.State `json:"state"`
	Code     *int64    `json:"code"`
	Signal   string    `json:"signal"`
	Started  int64     `json:"started"` // ms since 1970; now where it is left out
	Duration int64     `json:"duration_ms"`
	// From is where the output begins that the client still has, bytes: what was
	// before it is not asked for again, also by a server that never had it.
	From int64 `json:"from"`
}

// check refuses what cannot be.
func (n *runNews) check() error {
	for _, rule := range []struct {
		wrong bool
		says  string
	}{
		{strings.TrimSpace(n.Command) == "", `"command" says what runs`},
		{n.State != run.Running && n.State != run.Exited && n.State != run.Signalled, `"state" is running, exited or signalled`},
		{n.State == run.Exited && n.Code == nil, `one that exited has a "code"`},
		{n.State != run.Exited && n.Code != nil, `only one that exited has a "code"`},
		{n.Code != nil && (*n.Code < 0 || *n.Code > 1<<32-1), `"code" is from 0 to 4294967295`},
		{n.State != run.Signalled && n.Signal != "", `only one that was signalled has a "signal"`},
		{len(n.Signal) > 32, `"signal" has at most 32 bytes`},
		{n.Started < 0 || n.Duration < 0 || n.From < 0, `"started", "duration_ms" and "from" are not negative`},
	} {
		if rule.wrong {
			return refuse(http.StatusBadRequest, "%s", rule.says)
		}
	}
	if n.Room == "" {
		return nil
	}
	if err := room.CheckName(n.Room); err != nil {
		return err
	}
	return mayBeSaidIn(n.Room)
}

// mayBeSaidIn refuses a room in which nobody but a run speaks.
func mayBeSaidIn(name string) error {
	if strings.HasPrefix(name, run.Prefix) {
		return refuse(http.StatusForbidden, "in %s nobody speaks but the run: take a room whose name does not begin with %s", name, run.Prefix)
	}
	return nil
}

// shortened is text of at most so many bytes, as it can be shown.
func shortened(text string, most int) string {
	text = strings.ToValidUTF8(strings.TrimSpace(text), "\uFFFD")
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most-len(room.Cut)], "") + room.Cut
	}
	return text
}

// putRun keeps how a run elsewhere stands. The same again changes nothing.
func (a *API) putRun(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	if err := run.CheckID(id); err != nil {
		return err
	}
	body, err := readBody(w, r, maxBody)
	if err != nil {
		return err
	}
	var news runNews
	if err := decodeJSON(body, &news); err != nil {
		return err
	}
	if err := news.check(); err != nil {
		return err
	}
	defer a.remotes.lock(id)()
	known, taken, err := a.Ledger.Run(r.Context(), id)
	isNew := errors.Is(err, ledger.ErrNoRun)
	switch {
	case err != nil && !isNew:
		return err
	case isNew:
		if err := a.mayReport(r, news); err != nil {
			return err
		}
		if err := a.admitRun(r.Context()); err != nil {
			return err
		}
	case a.overRun(r, access.Run, known.Command) != nil:
		return a.overRun(r, access.Run, known.Command)
	case known.Host == "":
		return refuse(http.StatusConflict, "the server itself runs %s", id)
	}
	report := ledger.Report{Run: news.standing(known), Taken: max(taken, uint64(news.From))}
	report.Run.ID = id
	if isNew {
		report.Run.Host, report.Run.By = shortened(news.Host, maxHosts), callerOf(r).User
		if report.Run.Host == "" {
			report.Run.Host, _, _ = net.SplitHostPort(r.RemoteAddr)
		}
		report.Run.Started = news.Started
		if news.Started == 0 {
			report.Run.Started = time.Now().UnixMilli()
		}
	}
	if lost := report.Taken - taken; lost > 0 {
		report.Lines = []ledger.Line{{Stream: room.Stderr, Content: fmt.Sprintf("[telltale: %d bytes of output are missing here: the server that took them no longer has them]", lost)}}
	}
	if err := a.report(r.Context(), report); err != nil {
		return err
	}
	if report.Run.State.Final() {
		a.remotes.forget(id)
	} else {
		a.remotes.tell(r.Context(), id, a.remotes.hear(id))
	}
	kept, _, err := a.Ledger.Run(r.Context(), id)
	if err != nil {
		return err
	}
	return sendJSON(w, kept)
}

// mayReport refuses a new run whose command the caller may not run, or whose output they may
// not say in the room that they name.
func (a *API) mayReport(r *http.Request, news runNews) error {
	if err := a.allow(r, access.Need{Right: access.Run, Class: access.Commands, Name: shortened(news.Command, run.MaxCommand)}); err != nil {
		return err
	}
	if news.Room == "" {
		return nil
	}
	return a.allow(r, access.Need{Right: access.Room, Class: access.Rooms, Name: news.Room})
}

// standing is how a run stands with the news. What it was called and where it is
// said stays.
func (n *runNews) standing(known run.Run) run.Run {
	if known.ID == "" {
		known.Command, known.Room = shortened(n.Command, run.MaxCommand), n.Room
	}
	known.State, known.Signal, known.Duration = n.State, n.Signal, n.Duration
	known.Code = nil
	if n.Code != nil {
		code := int(*n.Code)
		known.Code = &code
	}
	return known
}

// admitRun refuses a new run elsewhere where too many go on.
func (a *API) admitRun(ctx context.Context) error {
	all, err := a.Ledger.Runs(ctx)
	if err != nil {
		return err
	}
	n := 0
	for _, r := range all {
		if r.State == run.Running && r.Host != "" {
			n++
		}
	}
	if n >= maxRemotes {
		return &problem{Status: http.StatusTooManyRequests, Detail: fmt.Sprintf("%d runs go on elsewhere, which is the most that there may be: try again when some have ended", n), retry: 10}
	}
	return nil
}

// report has a report kept and told, also where who sent it has gone meanwhile.
func (a *API) report(ctx context.Context, report ledger.Report) error {
	posted, err := a.Ledger.Report(context.WithoutCancel(ctx), report)
	if err == nil {
		err = posted.Err
	}
	if err == nil {
		a.traffic.heard(len(report.Lines))
	}
	return err
}

// offsetAnswer says how far the output of a run was taken.
type offsetAnswer struct {
	Offset uint64 `json:"offset"`
}

// postOutput takes output of a run elsewhere: where it goes on from what was taken,
// all of it, durably, before the answer; otherwise nothing. An empty segment says
// that the run goes on.
func (a *API) postOutput(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	query, err := queryOf(r)
	if err != nil {
		return err
	}
	offset, err := strconv.ParseUint(query.Get("offset"), 10, 63)
	if err != nil {
		return refuse(http.StatusBadRequest, "?offset= says how many bytes of the output were taken before")
	}
	body, err := readBody(w, r, maxBody)
	if err != nil {
		return err
	}
	lines, size, err := capture.Lines(body)
	if err != nil {
		return refuse(http.StatusBadRequest, "%v", err)
	}
	defer a.remotes.lock(id)()
	known, taken, err := a.Ledger.Run(r.Context(), id)
	switch {
	case err != nil:
		return err
	case a.overRun(r, access.Run, known.Command) != nil:
		return a.overRun(r, access.Run, known.Command)
	case known.Host == "":
		return refuse(http.StatusConflict, "the server itself runs %s", id)
	case offset != taken || known.State.Settled():
		return sendOffset(w, http.StatusConflict, taken)
	}
	heard := a.remotes.hear(id)
	a.remotes.tell(r.Context(), id, heard)
	if size == 0 && known.State == run.Running {
		return sendOffset(w, http.StatusOK, taken)
	}
	report := ledger.Report{Run: known, Taken: taken + size, Lines: make([]ledger.Line, len(lines))}
	amid := map[room.Stream]bool{room.Stdout: heard.amid[room.Stdout], room.Stderr: heard.amid[room.Stderr]}
	for i, line := range lines {
		report.Lines[i] = ledger.Line(line)
		if !amid[line.Stream] {
			report.Run.Lines++ // pieces of one are one
		}
		amid[line.Stream] = line.Open
	}
	report.Run.Bytes += size
	report.Run.State = run.Running // it may have been lost
	report.Run.Duration = max(known.Duration, time.Now().UnixMilli()-known.Started)
	if err := a.report(r.Context(), report); err != nil {
		return err
	}
	heard.amid = amid
	return sendOffset(w, http.StatusOK, report.Taken)
}

func sendOffset(w http.ResponseWriter, status int, offset uint64) error {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, "{\"offset\":%d}\n", offset)
	return nil
}

// KeepLeases says of runs elsewhere that are not heard of any more that they are
// lost, until ctx ends.
func (a *API) KeepLeases(ctx context.Context) {
	look := time.NewTicker(leaseLook)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-look.C:
			a.remotes.tellGoing(ctx)
			if err := a.loseUnheard(ctx); err != nil && ctx.Err() == nil {
				a.complain("a run that is not heard of could not be called lost", "error", err)
			}
		}
	}
}

func (a *API) loseUnheard(ctx context.Context) error {
	all, err := a.Ledger.Runs(ctx)
	if err != nil {
		return err
	}
	for _, r := range all {
		if r.State != run.Running || r.Host == "" && a.remotes.others == nil {
			continue
		}
		if _, over := a.remotes.unheard(r.ID); over && !a.remotes.elsewhere(ctx, r.ID) {
			if err := a.lose(ctx, r.ID); err != nil {
				return err
			}
		}
	}
	a.remotes.forgetEnded(all)
	return nil
}

// lose says that a run is lost, unless it was heard of just now.
func (a *API) lose(ctx context.Context, id string) error {
	defer a.remotes.lock(id)()
	since, over := a.remotes.unheard(id)
	known, taken, err := a.Ledger.Run(ctx, id)
	if err != nil || !over || known.State != run.Running {
		return err
	}
	known.State = run.Lost
	known.Duration = max(known.Duration, since.UnixMilli()-known.Started)
	if err := a.report(ctx, ledger.Report{Run: known, Taken: taken}); err != nil {
		return err
	}
	a.remotes.forget(id)
	return nil
}
