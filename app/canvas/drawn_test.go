//go:build !js

package canvas_test

import (
	"testing"

	"telltale/app/canvas/internal/drawn"
)

// TestABrowserDrawsTheSameBytesAsTheServer has wasm in Chromium draw panels of each kind as SVG. Goldens of package chart
// hold the same on each target that the tests run on.
func TestABrowserDrawsTheSameBytesAsTheServer(t *testing.T) {
	ctx := livePage(t)
	got, want := evaluate[map[string]string](t, ctx, "ours.drawn()"), drawn.All()
	if len(got) != len(want) {
		t.Errorf("%d drawings, want %d", len(got), len(want))
	}
	for name, svg := range want {
		if len(svg) < 1000 {
			t.Errorf("%s is drawn in %d bytes", name, len(svg))
		}
		if got[name] != svg {
			at := 0
			for at < min(len(got[name]), len(svg)) && got[name][at] == svg[at] {
				at++
			}
			t.Errorf("%s differs at byte %d of %d: %.60q in the browser, %.60q here", name, at, len(svg), got[name][at:], svg[at:])
		}
	}
}
