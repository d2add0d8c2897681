//go:build linux

package command

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"telltale/server/command/capture"
	"telltale/shared/room"
	"telltale/shared/run"
)

// speak writes so many lines of 100 bytes and says on stderr how long that took, ms.
func speak(lines int) {
	begun := time.Now()
	out := bufio.NewWriterSize(os.Stdout, 4096) // as the C library has it for a pipe
	rest := strings.Repeat("all work and no play ", 5)[:90]
	for n := range lines {
		fmt.Fprintf(out, "%08d %s\n", n, rest)
	}
	_ = out.Flush()
	fmt.Fprint(os.Stderr, time.Since(begun).Microseconds())
}

// BenchmarkSlowedBy is how much longer a command takes that writes 100 MB when it is a
// run than when it writes into a pipe that cat reads.
func BenchmarkSlowedBy(b *testing.B) {
	const lines = 1_000_000
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	var alone, kept float64
	for range b.N {
		piped := exec.Command("sh", "-c", `"$0" speak "$1" | cat > /dev/null`, self, strconv.Itoa(lines))
		text, err := piped.CombinedOutput()
		took, wrong := strconv.ParseFloat(string(text), 64)
		if err != nil || wrong != nil {
			b.Fatal(string(text), err, wrong)
		}
		alone += took / 1e6

		notes := glance{newBook()}
		r := New(Options{Commands: []Command{{Name: "speak", Exec: []string{self, "speak", strconv.Itoa(lines)}, MaxParallel: 1}},
			Reports: notes, Keeper: []string{"/proc/self/exe", "keep"}, Dir: b.TempDir()})
		begun, err := r.Start(b.Context(), "speak", nil, "")
		if err != nil {
			b.Fatal(err)
		}
		for notes.state(begun.ID) == run.Running {
			<-notes.news
		}
		notes.mu.Lock()
		last := notes.lines[begun.ID][0]
		notes.mu.Unlock()
		took, err = strconv.ParseFloat(last.Content, 64)
		if err != nil {
			b.Fatal(last, err)
		}
		kept += took / 1e6
	}
	b.ReportMetric(alone/float64(b.N), "s-piped")
	b.ReportMetric(kept/float64(b.N), "s-run")
	b.ReportMetric((kept/alone-1)*100, "%-slower")
	b.ReportMetric(0, "ns/op")
}

// glance keeps what came on stderr alone.
type glance struct{ *book }

func (g glance) Report(ctx context.Context, r run.Run, lines []capture.Line) error {
	return g.book.Report(ctx, r, slices.DeleteFunc(lines, func(l capture.Line) bool { return l.Stream == room.Stdout }))
}

func (b *book) state(id string) run.State {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.runs[id].State
}
