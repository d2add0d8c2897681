package ui

import (
	"strings"
	"testing"

	"telltale/shared/ansi"
	"telltale/shared/room"
)

func TestPiecesOfALineStandInOneRow(t *testing.T) {
	out, err := room.Stdout, room.Stderr
	long := strings.Repeat("x", room.MaxLine/2)
	for name, row := range map[string]struct {
		said []room.Message // from seq 1
		want []string       // a row each, "" where a message stands in an earlier one
	}{
		"a bar":            {[]room.Message{{Stream: out, Content: " 10%\r", Open: true}, {Stream: out, Content: " 50%\r", Open: true}, {Stream: out, Content: "100%"}, {Stream: out, Content: "done"}}, []string{" 10%\r 50%\r100%", "", "", "done"}},
		"two streams":      {[]room.Message{{Stream: out, Content: "a", Open: true}, {Stream: err, Content: "e"}, {Content: "exited"}, {Stream: out, Content: "b"}, {Stream: out, Content: "c"}}, []string{"ab", "e", "exited", "", "c"}},
		"both open":        {[]room.Message{{Stream: out, Content: "a", Open: true}, {Stream: err, Content: "e", Open: true}, {Stream: out, Content: "b"}, {Stream: err, Content: "f"}}, []string{"ab", "ef", "", ""}},
		"it never ends":    {[]room.Message{{Stream: out, Content: "a", Open: true}}, []string{"a"}},
		"only its newline": {[]room.Message{{Stream: out, Content: "a", Open: true}, {Stream: out}, {Stream: out, Content: "b"}}, []string{"a", "", "b"}},
		"too long":         {[]room.Message{{Stream: out, Content: long, Open: true}, {Stream: out, Content: long, Open: true}, {Stream: out, Content: "b"}}, []string{long + long, "", "b"}},
		"a hole":           {[]room.Message{{Stream: out, Content: "a", Open: true}, {Seq: 1}, {Stream: out, Content: "b"}}, []string{"a", "-", "b"}},
		"what people say":  {[]room.Message{{Content: "a"}, {Content: "b"}}, []string{"a", "b"}},
	} {
		at := func(seq uint64) (room.Message, bool) {
			if seq == 0 || seq > uint64(len(row.said)) || row.said[seq-1].Seq > 0 {
				return room.Message{}, false
			}
			m := row.said[seq-1]
			m.Seq = seq
			return m, true
		}
		j := join(at, 1, uint64(len(row.said)))
		for i, want := range row.want {
			seq := uint64(i + 1)
			m, has := at(seq)
			whole, last := j.whole(m)
			switch {
			case want == "-" && has, want == "" && j.row(seq) == seq, want != "" && j.row(seq) != seq:
				t.Errorf("%s: message %d stands in row %d", name, seq, j.row(seq))
			case want != "" && want != "-" && (whole.Content != want || j.row(last) != seq):
				t.Errorf("%s: row %d is %.40q, to %d", name, seq, whole.Content, last)
			}
		}
	}
}

func TestARowOfPiecesDoesNotDependOnWhatIsInSight(t *testing.T) {
	at := func(seq uint64) (room.Message, bool) {
		return room.Message{Seq: seq, Stream: room.Stdout, Content: "x", Open: seq%100 != 0}, seq > 0 && seq <= 1000
	}
	all := join(at, 1, 1000)
	for from := uint64(1); from < 1000; from += 7 {
		some := join(at, from, from+5)
		for seq := from; seq <= from+5; seq++ {
			m, _ := at(seq)
			a, _ := all.whole(m)
			b, _ := some.whole(m)
			if all.row(seq) != some.row(seq) || a != b {
				t.Fatalf("message %d stands in row %d, or %d", seq, all.row(seq), some.row(seq))
			}
		}
	}
	if row := all.row(257); row != 256 {
		t.Errorf("a block begins in row %d", row)
	}
}

func TestABarThatCameSlowlyIsShownAsATerminalShowsIt(t *testing.T) {
	m := room.Message{Seq: 1, Stream: room.Stdout, Content: " 10%\r\x1b[32m 50%\r100%\x1b[0m"}
	if l, end := lineOf(m, false, ansi.Style{}, zoneHere); l.Text != "100%" || end != (ansi.Style{}) {
		t.Errorf("%q", l.Text)
	}
}

func TestHiddenLinesTakeNoPlace(t *testing.T) {
	h := heights{usual: 20}
	h.span(1, 10)
	h.set(1, 30)
	for seq := uint64(2); seq <= 9; seq++ {
		h.hide(seq)
	}
	if total := h.total(); total != 50 {
		t.Errorf("they are %v high", total)
	}
	if a, b, c := h.at(29), h.at(30), h.before(10); a != 1 || b != 10 || c != 30 {
		t.Errorf("at 29 is %d, at 30 %d, the last is at %v", a, b, c)
	}
	h.set(5, 22)
	h.span(1, 11)
	if total := h.total(); total != 92 {
		t.Errorf("with one shown again they are %v high", total)
	}
}
