package main

import (
	"io"
	"time"

	"github.com/schollz/progressbar/v3"
)

// newProgress is a bar on a terminal that says how far something is, of total, or without end where that is -1;
// it leaves nothing behind. Where stderr is no terminal nothing is shown.
func newProgress(stderr io.Writer, total int64, says string) *progressbar.ProgressBar {
	return progressbar.NewOptions64(total,
		progressbar.OptionSetWriter(stderr),
		progressbar.OptionSetVisibility(isTerminal(stderr)),
		progressbar.OptionSetDescription(says),
		progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionSetWidth(30),
		progressbar.OptionSetPredictTime(false),
		progressbar.OptionClearOnFinish())
}
