package ui

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"telltale/shared/run"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// runState says how a run stands, for its lamp and in words.
func runState(r run.Run) (lamp, words string) {
	switch r.State {
	case run.Running:
		return "running", "running"
	case run.Exited:
		code := 0
		if r.Code != nil {
			code = *r.Code
		}
		if code == 0 {
			return "good", "exited with code 0"
		}
		return "bad", "exited with code " + strconv.Itoa(code)
	case run.Signalled:
		if r.Signal == "" {
			return "bad", "ended by a signal"
		}
		return "bad", "ended by " + r.Signal
	case run.TimedOut:
		return "bad", "stopped: its time was over"
	}
	return "lost", "lost: nobody knows how it ended"
}

// lasted is how long a run has lasted, and how long it usually does.
func lasted(r run.Run, now int64) (so, usual string) {
	ms := r.Duration
	if !r.State.Final() {
		ms = max(now-r.Started, ms)
	}
	if so = run.Span(ms); r.Usual > 0 {
		usual = "usually " + run.Span(r.Usual)
	}
	return so, usual
}

// whose says who started a run, and where it runs.
func whose(r run.Run) string {
	switch {
	case r.By != "" && r.Host != "":
		return r.By + " on " + r.Host
	case r.Host != "":
		return "on " + r.Host
	}
	return r.By
}

// ranIn is the newest run of a command among those that are sorted so; of any where it has no name.
func ranIn(runs []run.Run, command string) (run.Run, bool) {
	for _, r := range runs {
		if command == "" || r.Command == command {
			return r, true
		}
	}
	return run.Run{}, false
}

// runStanding draws a run's lamp and how it stands.
func runStanding(r run.Run) app.UI {
	lamp, words := runState(r)
	return app.Span().Class("standing").DataSet("state", lamp).Body(
		app.Span().Class("bulb").Aria("hidden", attr("true")), app.Span().Text(words))
}

// runLasting draws how long it has lasted beside what is usual.
func runLasting(r run.Run, now int64) app.UI {
	so, usual := lasted(r, now)
	return app.Span().Class("lasting").Body(app.Span().Text(so), app.Span().Class("usual").Text(usual))
}

// runLine is the command that runs another and tells all about it.
func runLine(room string) string {
	if room == "" {
		return "telltale run -- make -j4"
	}
	return "telltale run --room " + room + " -- make -j4"
}

// argumentsOf are what a run was started with: "branch=main, to=live".
func argumentsOf(r run.Run) string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(r.Args)) {
		all = append(all, name+"="+r.Args[name])
	}
	return strings.Join(all, ", ")
}
