package ui

import (
	"encoding/json"
	"errors"
	"testing"

	"telltale/app/live"
	"telltale/shared/board"
	"telltale/shared/wire"
)

// machine is a browser that keeps one draft.
type machine struct {
	alive
	draft string
}

func (m *machine) Unsaved(bool)             {}
func (m *machine) Draft(string) string      { return m.draft }
func (m *machine) KeepDraft(_, text string) { m.draft = text }

func editing(t *testing.T) (*desk, *machine) {
	t.Helper()
	m, page := &machine{}, &BoardPage{}
	browser = m
	t.Cleanup(func() { browser = nil })
	page.desk.page = page
	page.at.board = board.Board{ID: "shop", Panels: []board.Panel{}}
	return &page.desk, m
}

func runsOn(panels int) board.Board {
	b := board.Board{ID: "shop", Panels: []board.Panel{}}
	for range panels {
		b = b.Insert(99, board.Panel{Kind: board.Run})
	}
	return b
}

func TestChangesThatWereNotSavedNeverReplaceUnseenWhatSomebodyElseSaved(t *testing.T) {
	for _, revision := range []string{"", "r1"} { // of what the changes were made from
		d, m := editing(t)
		text, err := json.Marshal(draft{Board: runsOn(1), Base: runsOn(0), Revision: revision})
		if err != nil {
			t.Fatal(err)
		}
		m.draft = string(text)
		if !d.resume(wire.BoardView{Board: runsOn(3), Revision: "r2"}) || !d.history.Now().Same(runsOn(1)) {
			t.Fatal("the draft is not there again")
		}
		for _, wrong := range []string{"", noAnswer} { // a try before may have had no answer
			d.wrong = wrong
			if on := d.condition(); on.Match != revision || on.Fresh != (revision == "") {
				t.Errorf("made from %q, after %q: saved on %+v", revision, wrong, on)
			}
		}
	}
}

func TestARefusalIsAClashOnlyWhereSomethingElseIsThere(t *testing.T) {
	refused := boardAnswer{Status: 412, Problem: "another one"}
	for name, c := range map[string]struct {
		there  wire.BoardView
		err    error
		status int
		theirs string
	}{
		"mine, of a try without an answer": {wire.BoardView{Board: runsOn(1), Revision: "r2"}, nil, 200, ""},
		"theirs":                           {wire.BoardView{Board: runsOn(2), Revision: "r3"}, nil, 412, "r3"},
		"nothing":                          {wire.BoardView{}, live.ErrNone, 412, ""},
		"nobody knows":                     {wire.BoardView{}, errors.New("cut"), 0, ""},
	} {
		answer, other := meets(runsOn(1), refused, c.there, c.err)
		if answer.Status != c.status || answer.done() != (c.status == 200) || other.revision != c.theirs || c.status == 200 && answer.Revision != "r2" {
			t.Errorf("%s: %+v, %+v", name, answer, other)
		}
	}
}

func TestMakingABoardThatHasNoneOfTheChangesKeepsThem(t *testing.T) {
	d, _ := editing(t)
	d.history = board.NewHistory(runsOn(1))
	for name, c := range map[string]struct {
		fresh *newBoard
		clash *clash
		want  bool
	}{
		"a new board":       {&newBoard{}, nil, false},
		"one that was read": {&newBoard{from: runsOn(5)}, nil, false},
		"a copy":            {&newBoard{from: runsOn(1), copied: true}, nil, true},
		"a copy of mine":    {nil, &clash{}, true},
	} {
		if d.fresh, d.clash = c.fresh, c.clash; d.carries() != c.want {
			t.Errorf("%s: it has all that is edited: %v", name, !c.want)
		}
	}
}

func TestAWallShowsWhatIsSavedAndKeepsWhatIsNot(t *testing.T) {
	d, m := editing(t)
	d.base, d.revision = runsOn(1), "r1"
	d.history = board.NewHistory(d.base)
	if err := d.history.Do(runsOn(2)); err != nil {
		t.Fatal(err)
	}
	d.unsaved, d.page.at.board = true, d.history.Now()
	if d.hang(); d.editing() || !d.page.at.board.Same(runsOn(1)) {
		t.Errorf("the wall shows %+v", d.page.at.board)
	}
	var kept draft
	if err := json.Unmarshal([]byte(m.draft), &kept); err != nil || !kept.Board.Same(runsOn(2)) || kept.Revision != "r1" {
		t.Errorf("kept is %q: %v", m.draft, err)
	}
}
