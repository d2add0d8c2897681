package bench

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// runs is how often each is measured, in turns with the others.
const runs = 3

// BenchmarkBoard has 1,000 and 10,000 viewers watch 100 metrics that change 10,000 times a second, at ten frames a
// second: the real program, whose acknowledgements mean on disk, loaded by telltale bench; and beside it servers that
// keep nothing and do nothing else, one that writes ready-made bytes by a loop a core, and a gorilla hub with
// prepared messages. All share the machine with the viewers; the median of three runs is told, and how far the others are.
func BenchmarkBoard(b *testing.B) {
	program := build(b)
	for _, viewers := range []int{1000, 10_000} {
		b.Run(strconv.Itoa(viewers), func(b *testing.B) {
			for range b.N {
				compare(b, program, viewers)
			}
		})
	}
}

// figures are those that are told of a run, by name.
func figures(r *Report) map[string]float64 {
	all := map[string]float64{
		"ms-p50": r.Staleness.P50, "ms-p99": r.Staleness.P99, "ms-max": r.Staleness.Max, "ms-answer-p99": r.Changes.Answer.P99, "ms-posted-p99": r.Changes.Late.P99,
		"acknowledged/s": float64(r.Changes.Acknowledged) / r.Seconds, "frames/s/viewer": r.FrameRate,
		"lost": float64(r.Changes.Lost), "doubled": float64(r.Changes.Doubled), "dropped": float64(r.Viewers.Dropped), "s-until-all-there": r.Viewers.Seconds,
	}
	if r.Cost != nil {
		all["cpu-us/frame"], all["cores"], all["KiB/viewer"] = r.Cost.PerFrame, r.Cost.Cores, r.Cost.PerViewer
	}
	return all
}

func compare(b *testing.B, program string, viewers int) {
	b.Helper()
	kinds := []string{"telltale", "bare", "gorilla"}
	found := map[string]map[string][]float64{}
	for range runs {
		for _, kind := range kinds {
			report := loaded(b, program, kind, viewers)
			if found[kind] == nil {
				found[kind] = map[string][]float64{}
			}
			for name, n := range figures(report) {
				found[kind][name] = append(found[kind][name], n)
			}
			if flaw := report.Flaw(); flaw != "" && kind == "telltale" {
				b.Errorf("%d viewers: %s", viewers, flaw)
			}
		}
	}
	names := make([]string, 0, 16)
	for name := range found["telltale"] {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Printf("%6d viewers  %-18s", viewers, name)
		for _, kind := range kinds {
			all := found[kind][name]
			slices.Sort(all)
			fmt.Printf("  %s %.4g (%.4g to %.4g)", kind, all[len(all)/2], all[0], all[len(all)-1])
		}
		fmt.Println()
	}
	median := func(kind, name string) float64 { return found[kind][name][runs/2] }
	b.ReportMetric(median("telltale", "ms-p99"), "ms-p99")
	b.ReportMetric(median("telltale", "cpu-us/frame")/median("bare", "cpu-us/frame"), "cpu÷bare")
	b.ReportMetric(median("telltale", "cpu-us/frame")/median("gorilla", "cpu-us/frame"), "cpu÷gorilla")
	b.ReportMetric(median("telltale", "lost")+median("telltale", "dropped"), "lost+dropped")
	b.ReportMetric(0, "ns/op")
}

// build compiles the program.
func build(t testing.TB) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "telltale")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "telltale/server").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return program
}

// loaded starts a server, loads it and ends it.
func loaded(t testing.TB, program, kind string, viewers int) *Report {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	server := exec.Command(self)
	server.Env = append(os.Environ(), "TELLTALE_RIVAL="+kind)
	if kind == "telltale" {
		server = exec.Command(program, "serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--data", filepath.Join(t.TempDir(), "data"),
			"--host-metrics=false", "--log-format", "json")
	}
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if kind == "telltale" {
		server.Stderr = writer
	} else {
		server.Stdout, server.Stderr = writer, os.Stderr
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	_ = writer.Close()
	defer func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	}()
	address, admin := where(bufio.NewReader(reader))
	if address == "" {
		t.Fatalf("%s does not begin", kind)
	}
	load := exec.CommandContext(t.Context(), program, "bench", "--json", "--viewers", strconv.Itoa(viewers), "--rate", "10000", "--metrics", "100",
		"--rooms", "0", "--duration", "10s", "--admin", admin, address)
	load.Stderr = os.Stderr
	out, _ := load.Output() // a rival may drop viewers
	report := &Report{}
	if err := json.Unmarshal(out, report); err != nil {
		t.Fatalf("%s: %v: %s", kind, err, out)
	}
	if report.Cost == nil {
		t.Fatalf("%s: %s", kind, report.CostUnknown)
	}
	return report
}

// where reads a server's addresses, and takes what it says after that.
func where(lines *bufio.Reader) (address, admin string) {
	for address == "" {
		line, err := lines.ReadString('\n')
		if err != nil {
			return "", ""
		}
		var said struct{ Msg, Pages, Admin string }
		if json.Unmarshal([]byte(line), &said) != nil {
			address = "http://" + strings.TrimSpace(line)
			admin = address
		} else if said.Msg == "serving" {
			address, admin = said.Pages, said.Admin
		}
	}
	go func() { _, _ = lines.WriteTo(os.Stderr) }()
	return address, admin
}
