package scene

import (
	"bytes"
	"testing"
)

// everything puts each op on the tape.
func everything(p Painter) {
	p.Rect(Surface, 0, 0, 100.5, 50, 0)
	p.Rect(Good, 1.1, 2.2, 10, 5, 2)
	p.Move(1, 2)
	p.Line(3.3, -4)
	p.Line(5, 6)
	p.Stroke(Series(1), 1.5)
	p.Move(0, 0)
	p.Line(9, 0)
	p.Line(9, 9)
	p.Fill(SeriesFill(1))
	p.Dot(Bad, 7, 8, 3)
	p.Text(4, 5, []byte("<b> & \x1b[31m ünï"), Style{Role: Ink, Size: 11.5, Weight: Semibold, Align: Right})
	p.Text(4, 25, nil, Style{Role: Muted, Size: 9})
	p.Text(4, 25, []byte("middle"), Style{Role: Muted, Size: 10, Align: Center, Baseline: Middle})
}

func TestATapePlayedToATapeIsTheSame(t *testing.T) {
	var a, b Tape
	a.Reset(100.5, 50)
	b.Reset(100.5, 50)
	everything(&a)
	a.Play(&b)
	if !bytes.Equal(a.Bytes(), b.Bytes()) || !bytes.Equal(a.Pool(), b.Pool()) {
		t.Errorf("%s\n%s", AppendSVG(nil, &a, &Light, ""), AppendSVG(nil, &b, &Light, ""))
	}
}

func TestATapePlayedElsewhereIsMovedAndNothingElse(t *testing.T) {
	var a, b, back Tape
	a.Reset(100.5, 50)
	everything(&a)
	b.Reset(1, 1)
	a.PlayAt(&b, 20, -30.5)
	if bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Error("it stayed where it was")
	}
	back.Reset(100.5, 50)
	b.PlayAt(&back, -20, 30.5)
	if !bytes.Equal(a.Bytes(), back.Bytes()) || !bytes.Equal(a.Pool(), back.Pool()) {
		t.Errorf("%s\n%s", AppendSVG(nil, &a, &Light, ""), AppendSVG(nil, &back, &Light, ""))
	}
	var none Tape
	none.Play(&b)
}
