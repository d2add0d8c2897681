package ui

import (
	"testing"

	"telltale/shared/board"
)

// Until the app comes, a window of another width than the drawing's stretches axes, but neither figures nor an arc.
func TestOnlyWhatHasAxesIsStretched(t *testing.T) {
	for kind, want := range map[board.Kind]string{board.Line: "none", board.Area: "none", board.Bars: "none", board.Table: "none", board.Stat: "xMinYMin", board.Gauge: "xMidYMid"} {
		if got := (&Card{Panel: board.Panel{Kind: kind}}).fit(); got != want {
			t.Errorf("%s: %s, want %s", kind, got, want)
		}
	}
}
