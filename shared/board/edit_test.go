package board

import (
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func some(ids ...string) (b Board) {
	b.ID = "b"
	for _, id := range ids {
		b.Panels = append(b.Panels, Panel{ID: id, Kind: Line, Queries: []Query{{Metric: id}}})
	}
	return b
}

func TestEditsLeaveTheBoardTheyBeganWithAsItWas(t *testing.T) {
	b := some("a", "b", "c")
	before, _ := json.Marshal(b)
	for name, c := range map[string]struct {
		to   Board
		want []string
	}{
		"insert in front":          {b.Insert(0, Panel{ID: "d", Kind: Run}), []string{"d", "a", "b", "c"}},
		"insert beyond the end":    {b.Insert(99, Panel{ID: "d", Kind: Run}), []string{"a", "b", "c", "d"}},
		"insert before the start":  {b.Insert(-1, Panel{ID: "d", Kind: Run}), []string{"d", "a", "b", "c"}},
		"insert an id that stands": {b.Insert(3, Panel{ID: "a", Kind: Log, Room: "b"}), []string{"a", "b", "c", "b-2"}},
		"duplicate":                {b.Duplicate(1), []string{"a", "b", "b-2", "c"}},
		"duplicate nothing":        {b.Duplicate(3), []string{"a", "b", "c"}},
		"remove":                   {b.Remove(1), []string{"a", "c"}},
		"remove nothing":           {b.Remove(-1), []string{"a", "b", "c"}},
		"move back":                {b.Move(2, 0), []string{"c", "a", "b"}},
		"move on":                  {b.Move(0, 1), []string{"b", "a", "c"}},
		"move beyond the end":      {b.Move(0, 9), []string{"b", "c", "a"}},
		"move nothing":             {b.Move(7, 0), []string{"a", "b", "c"}},
		"set":                      {b.Set(1, Panel{ID: "x", Kind: Run}), []string{"a", "x", "c"}},
		"resize":                   {b.Resize(1, 3, 9), []string{"a", "b", "c"}},
	} {
		if got := ids(c.to.Panels); !slices.Equal(got, c.want) {
			t.Errorf("%s: panels %q, want %q", name, got, c.want)
		}
	}
	if after, _ := json.Marshal(b); string(after) != string(before) {
		t.Errorf("%s became %s", before, after)
	}
	if p := b.Resize(1, 3, 9).Panels[1]; p.W != 3 || p.H != MaxSide {
		t.Errorf("a size of %d × %d", p.W, p.H)
	}
	if p := b.Resize(1, 1, -4).Panels[1]; p.W != 0 || p.H != 0 {
		t.Errorf("the usual size is written as %d × %d", p.W, p.H)
	}
}

func TestANewIDIsInTheGrammarAndFree(t *testing.T) {
	for name, want := range map[string]string{
		"host.cpu": "host.cpu", `http{code="200"}`: "http-code-200", "Vår  tavla!": "V-r-tavla", "": "panel", "***": "panel", "..a": "a", "-a-": "a",
		strings.Repeat("x", 300): strings.Repeat("x", 100), "日本": "panel",
	} {
		got := NewID(name, func(string) bool { return false })
		if got != want || !validID(got) {
			t.Errorf("NewID(%q) = %q, want %q", name, got, want)
		}
	}
	taken := map[string]bool{"a": true, "a-2": true}
	if got := NewID("a", func(id string) bool { return taken[id] }); got != "a-3" {
		t.Errorf("the third a is %q", got)
	}
}

// TestEditsAndUndosEqualAModel makes random edits, undos and redos, beside a model that keeps every board as text.
func TestEditsAndUndosEqualAModel(t *testing.T) {
	for seed := range uint64(16) {
		random := rand.New(rand.NewPCG(seed, 5))
		h := NewHistory(some("a", "b", "c"))
		text := func() string { s, _ := json.Marshal(h.Now()); return string(s) }
		states, at := []string{text()}, 0 // the model: all states, and which one holds
		for range 400 {
			switch n := random.IntN(10); {
			case n < 2:
				if moved := h.Undo(); moved != (at > 0) {
					t.Fatalf("seed %d: Undo() = %v with %d steps behind", seed, moved, at)
				} else if moved {
					at--
				}
			case n < 4:
				if moved := h.Redo(); moved != (at < len(states)-1) {
					t.Fatalf("seed %d: Redo() = %v with %d steps ahead", seed, moved, len(states)-1-at)
				} else if moved {
					at++
				}
			default:
				next := randomEdit(random, h.Now())
				was := text()
				if err := h.Do(next); (err == nil) != (next.Check() == nil) {
					t.Fatalf("seed %d: Do said %v of a board of which Check says %v", seed, err, next.Check())
				}
				if text() != was {
					states, at = append(states[:at+1:at+1], text()), at+1
					if at > MaxSteps {
						states, at = states[1:], at-1
					}
				}
			}
			if text() != states[at] {
				t.Fatalf("seed %d: the board is\n%s, the model has\n%s", seed, text(), states[at])
			}
			if h.Undoes() != at || h.Redoes() != len(states)-1-at {
				t.Fatalf("seed %d: %d steps back and %d on, the model has %d and %d", seed, h.Undoes(), h.Redoes(), at, len(states)-1-at)
			}
			if err := h.Now().Check(); err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
		}
	}
}

func randomEdit(random *rand.Rand, b Board) Board {
	at := random.IntN(len(b.Panels)+2) - 1
	switch random.IntN(9) {
	case 0, 1:
		return b.Insert(at, Panel{Kind: Stat, Queries: []Query{{Metric: "m" + strconv.Itoa(random.IntN(5))}}})
	case 2:
		return b.Remove(at)
	case 3:
		return b.Move(at, random.IntN(len(b.Panels)+2)-1)
	case 4:
		return b.Resize(at, random.IntN(9)-1, random.IntN(9)-1)
	case 5:
		return b.Duplicate(at)
	case 6:
		return b.Set(at, Panel{ID: "r", Kind: Log, Room: "room" + strconv.Itoa(random.IntN(3))}) // twice is refused
	case 7:
		return b.Insert(at, Panel{ID: "", Kind: "pie"}) // refused
	}
	return b.Rename(strings.Repeat("t", random.IntN(3))).Open(Span(random.IntN(2)) * 60_000)
}

func FuzzEdits(f *testing.F) {
	f.Add(uint64(1), uint(40))
	f.Fuzz(func(t *testing.T, seed uint64, steps uint) {
		random := rand.New(rand.NewPCG(seed, seed))
		h := NewHistory(some("a"))
		for range steps % 400 {
			_ = h.Do(randomEdit(random, h.Now())) // refused ones change nothing
			if err := h.Now().Check(); err != nil {
				t.Fatal(err)
			}
		}
		last := h.Now()
		undone := 0
		for h.Undo() {
			undone++
		}
		for range undone {
			h.Redo()
		}
		if !reflect.DeepEqual(h.Now(), last) {
			t.Errorf("%+v came back as %+v", last, h.Now())
		}
	})
}

// TestAPanelLandsWhereItIsHeld holds each panel where it would stand at each place: there it lands.
func TestAPanelLandsWhereItIsHeld(t *testing.T) {
	for seed := range uint64(100) {
		random := rand.New(rand.NewPCG(seed, 6))
		b := Board{ID: "b"}
		for i := range 1 + random.IntN(12) {
			b = b.Insert(i, Panel{Kind: Run, Command: "c" + strconv.Itoa(i), W: random.IntN(5), H: random.IntN(4)})
		}
		for columns := 1; columns <= 6; columns++ {
			from, to := random.IntN(len(b.Panels)), random.IntN(len(b.Panels))
			cells, _ := Layout(b.Move(from, to).Panels, columns)
			c := cells[to]
			got := Lands(b.Panels, from, columns, float64(c.X)+float64(c.W)/2, float64(c.Y)+float64(c.H)/2)
			if cells, _ := Layout(b.Move(from, got).Panels, columns); cells[got] != c {
				t.Errorf("seed %d, %d columns: %d held at %d lands at %d, which is at %v and not at %v", seed, columns, from, to, got, cells[got], c)
			}
		}
	}
	b := some("a", "b", "c", "d")
	if got := Lands(b.Panels, 1, 2, 1.5, 0.5); got != 1 {
		t.Errorf("a panel held where it stands goes to %d", got)
	}
	if got := Lands(b.Panels, 0, 2, 50, 50); got != 3 {
		t.Errorf("a panel held far below goes to %d", got)
	}
}

func TestChangesSayInWordsWhatWasDone(t *testing.T) {
	b := some("a", "b", "c", "d")
	b.Title = "Old"
	high := b.Panels[1]
	high.Title, high.Kind = "High", Area
	high.Max = new(float64)
	for name, c := range map[string]struct {
		to   Board
		want []string
	}{
		"nothing":          {b, nil},
		"a title":          {b.Rename("New").Open(60_000), []string{"renamed the board to “New”", "changed the range it opens with"}},
		"no title":         {b.Rename(""), []string{"renamed the board to nothing"}},
		"a panel in front": {b.Insert(0, Panel{ID: "l", Kind: Log, Room: "build"}), []string{"added “build”"}},
		"one less":         {b.Remove(2), []string{"removed “c”"}},
		"one moved":        {b.Move(0, 3), []string{"moved “a”"}},
		"one moved back":   {b.Move(3, 1), []string{"moved “d”"}},
		"one changed":      {b.Set(1, high), []string{"changed “b”: title “High”, kind area, scale"}},
		"one larger":       {b.Resize(1, 2, 1), []string{"changed “b”: size 2 × 1"}},
		"much":             {b.Remove(0).Move(2, 0).Resize(0, 1, 2), []string{"removed “a”", "changed “d”: size 1 × 2", "moved “d”"}},
	} {
		if got := Changes(b, c.to); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestWhateverIsChangedIsSaid(t *testing.T) {
	for seed := range uint64(100) {
		random := rand.New(rand.NewPCG(seed, 7))
		before := some("a", "b", "c")
		after := before
		for range random.IntN(6) {
			after = randomEdit(random, after)
		}
		if said := Changes(before, after); (len(said) == 0) != before.Same(after) {
			t.Errorf("seed %d: %q is said of %+v", seed, said, after)
		}
	}
}
