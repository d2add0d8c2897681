package ui

import (
	"strings"
	"testing"

	"telltale/shared/room"
	"telltale/shared/run"
	"telltale/shared/wire"
)

func (shelf) Runs() ([]run.Run, error) { return runShelf, nil }

func (shelf) Run(id string) (run.Run, bool, error) {
	for _, r := range runShelf {
		if r.ID == id {
			return r, true, nil
		}
	}
	return run.Run{}, false, nil
}

// runShelf are the runs of every shelf; a test fills it.
var runShelf []run.Run

func TestAPageOfRunsSaysHowEachStands(t *testing.T) {
	two := 2
	runShelf = []run.Run{
		{ID: "c", Command: "make <b>", State: run.Running, Started: now - 63_000, Usual: 120_000, By: "Zoë", Host: "laptop"},
		{ID: "b", Command: "deploy", State: run.Exited, Code: &two, Started: now - 3_600_000, Duration: 1200},
		{ID: "a", Command: "deploy", State: run.Lost, Started: now - 7_200_000},
	}
	roomShelf = map[string]RoomView{"run.c": {First: 1, Last: 2, Messages: []wire.MessageRow{
		{Seq: 1, Time: now - 60_000, Sender: "Zoë", Stream: room.Stdout, Content: "\x1b[31mred"},
		{Seq: 2, Time: now - 60_000, Sender: "Zoë", Stream: room.Stderr, Content: "still <i>red</i>"},
	}}}
	defer func() { runShelf, roomShelf = nil, nil }()
	list := page(t, "/runs")
	for _, want := range []string{"make &lt;b&gt;", "1 m 3 s", "usually 2 m 0 s", "Zoë on laptop", "exited with code 2", "1.2 s", "lost: nobody knows", `href="/runs/c"`} {
		if !strings.Contains(list, want) {
			t.Errorf("the list does not say %s", want)
		}
	}
	one := page(t, "/runs/c")
	for _, want := range []string{"make &lt;b&gt;", `href="#L1"`, `data-tint="`, "still &lt;i&gt;red&lt;/i&gt;", "/api/v1/runs/c/output", "curl -N", "running"} {
		if !strings.Contains(one, want) {
			t.Errorf("the page does not say %s", want)
		}
	}
	if strings.Contains(one, `id="stop"`) {
		t.Error("what runs elsewhere can be stopped")
	}
	if strings.Count(one, `data-tint=`) != 2 {
		t.Error("the second line does not go on in the first one's colour")
	}
	if got := page(t, "/runs/none"); !strings.Contains(got, "There is no such run") {
		t.Error("a run that is not there has a page")
	}
	home := page(t, "/")
	for _, want := range []string{`data-run="c"`, "1 m 3 s", "still &lt;i&gt;red&lt;/i&gt;"} {
		if !strings.Contains(home, want) {
			t.Errorf("home does not say %s", want)
		}
	}
}

func TestTheNewestRunOfACommandIsShown(t *testing.T) {
	runs := []run.Run{{ID: "2", Command: "b"}, {ID: "1", Command: "a"}, {ID: "0", Command: "a"}}
	for command, want := range map[string]string{"": "2", "a": "1", "b": "2", "c": ""} {
		if r, is := ranIn(runs, command); r.ID != want || is != (want != "") {
			t.Errorf("of %q %q is shown", command, r.ID)
		}
	}
}

func TestARunsArgumentsAreListed(t *testing.T) {
	r := run.Run{Args: map[string]string{"to": "live", "branch": "main"}}
	if got := argumentsOf(r); got != "branch=main, to=live" {
		t.Errorf("%q", got)
	}
}
