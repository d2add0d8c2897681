//go:build linux

package command

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
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

// speak writes so many lines of 100 bytes and says on stderr how long that took, µs.
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

// rounds is how often each is measured, in turns: it is the medians that are compared.
const rounds = 9

// BenchmarkSlowedBy is how much longer a command takes that pours out 100 MB when it
// is a run, all of it reported, than when it writes into a pipe that cat reads.
func BenchmarkSlowedBy(b *testing.B) {
	const lines = 1_000_000
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	notes := glance{newBook()}
	r := New(Options{Commands: []Command{{Name: "speak", Exec: []string{self, "speak", strconv.Itoa(lines)}, MaxParallel: 1}},
		Reports: notes, Keeper: []string{"/proc/self/exe", "keep"}, Dir: b.TempDir(), Log: slog.New(slog.DiscardHandler)})
	var alone, kept []float64
	for range b.N * rounds {
		piped := exec.Command("sh", "-c", `"$0" speak "$1" | cat > /dev/null`, self, strconv.Itoa(lines))
		text, err := piped.CombinedOutput()
		alone = append(alone, seconds(b, string(text), err))
		begun, err := r.Start(b.Context(), Request{Command: "speak"})
		if err != nil {
			b.Fatal(err)
		}
		for !notes.state(begun.ID).Final() {
			<-notes.news
		}
		r.all.Wait()
		notes.mu.Lock()
		said := notes.lines[begun.ID]
		notes.mu.Unlock()
		if len(said) != 1 {
			b.Fatal(said)
		}
		kept = append(kept, seconds(b, said[0].Content, nil))
	}
	slices.Sort(alone)
	slices.Sort(kept)
	piped, run := alone[len(alone)/2], kept[len(kept)/2]
	b.ReportMetric(piped, "s-piped")
	b.ReportMetric(run, "s-run")
	b.ReportMetric((run/piped-1)*100, "%-slower")
	b.ReportMetric(0, "ns/op")
}

// seconds reads what speak says.
func seconds(b *testing.B, text string, err error) float64 {
	b.Helper()
	took, wrong := strconv.ParseFloat(text, 64)
	if err != nil || wrong != nil {
		b.Fatal(text, err, wrong)
	}
	return took / 1e6
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
