package api

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// disk is the bare loop: it appends and calls fdatasync, and decides nothing.
type disk struct{ file *os.File }

func newDisk(b *testing.B) disk {
	b.Helper()
	file, err := os.Create(filepath.Join(b.TempDir(), "log"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = file.Close() })
	if _, err := file.Write(make([]byte, 16<<20)); err != nil { // a journal that is used again does not grow
		b.Fatal(err)
	}
	return disk{file}
}

// append is one durable batch.
func (d disk) append(b *testing.B, batch []byte, n int) {
	if _, err := d.file.WriteAt(batch, int64(n)*4096%(16<<20-4096)); err != nil {
		b.Error(err)
	}
	if err := syncData(int(d.file.Fd())); err != nil {
		b.Error(err)
	}
}

// rowsOfBatch are rows of 100 metrics.
func rowsOfBatch(rows int) []byte {
	var text bytes.Buffer
	for i := range rows {
		fmt.Fprintf(&text, `{"metric":"requests_%d","set":%d}`+"\n", i%100, i)
	}
	return text.Bytes()
}

// BenchmarkIngest has 64 connections each post batches of ten samples to the program and wait until
// they are durable; beside it, in turns with it, the bare loop, which appends the same bytes and
// calls fdatasync, one batch after the other.
func BenchmarkIngest(b *testing.B) {
	const clients, turn = 64, 2 * time.Second
	to, bare := start(b, build(b)), newDisk(b)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: clients}}
	batch := rowsOfBatch(10)
	ours, loop, ratio := &figure{}, &figure{}, &figure{}
	for b.Loop() {
		for range rounds {
			var posted atomic.Int64
			var all sync.WaitGroup
			begun := time.Now()
			for range clients {
				all.Go(func() {
					for time.Since(begun) < turn && !b.Failed() {
						if err := sendRows(client, to, batch); err != nil {
							b.Error(err)
						}
						posted.Add(1)
					}
				})
			}
			all.Wait()
			rate := float64(posted.Load()) / time.Since(begun).Seconds()
			n := 0
			for begun = time.Now(); time.Since(begun) < turn; n++ {
				bare.append(b, batch, n)
			}
			alone := float64(n) / time.Since(begun).Seconds()
			ours.add(rate)
			loop.add(alone)
			ratio.add(rate / alone)
		}
	}
	ours.report(b, "batches/s")
	loop.report(b, "append+fdatasync/s")
	ratio.report(b, "ratio")
	b.ReportMetric(0, "ns/op")
}

// sendRows posts rows and reads the answer, in which nothing may be refused.
func sendRows(client *http.Client, to *target, rows []byte) error {
	response, err := client.Post("http://"+to.address+"/api/v1/metrics", "application/x-ndjson", bytes.NewReader(rows))
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, sent := bufio.NewReaderSize(response.Body, 64<<10), bytes.Count(rows, []byte("\n"))
	for n := 0; ; n++ {
		line, err := answer.ReadSlice('\n')
		switch {
		case err == io.EOF && len(line) == 0 && n == sent:
			return nil
		case err != nil || !bytes.HasPrefix(line, []byte(`{"metric":`)):
			return fmt.Errorf("%s, line %d of %d: %.200q %v", response.Status, n+1, sent, line, err)
		}
	}
}

// BenchmarkStream has one client upload NDJSON, durable when it is answered, and answered line by line;
// beside it, in turns with it, a loop that only decodes the same lines by encoding/json.
func BenchmarkStream(b *testing.B) {
	const rows = 200_000
	to, text := start(b, build(b)), rowsOfBatch(rows)
	ours, decoded, ratio := &figure{}, &figure{}, &figure{}
	for b.Loop() {
		for range rounds {
			begun := time.Now()
			if err := sendRows(http.DefaultClient, to, text); err != nil {
				b.Fatal(err)
			}
			rate := rows / time.Since(begun).Seconds()
			begun = time.Now()
			for line := range bytes.Lines(text) {
				var row struct {
					Metric   string
					Set, Add *float64
				}
				if err := json.Unmarshal(line, &row); err != nil {
					b.Fatal(err)
				}
			}
			alone := rows / time.Since(begun).Seconds()
			ours.add(rate)
			decoded.add(alone)
			ratio.add(rate / alone)
		}
	}
	ours.report(b, "samples/s")
	decoded.report(b, "decoded-only/s")
	ratio.report(b, "ratio")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkOne posts one order after the other over one connection, as curl does, and compares the
// median with that of the disk's own fdatasync: what is over one and a half of it is to be below 1 ms.
func BenchmarkOne(b *testing.B) {
	const each = 200
	to, bare := start(b, build(b)), newDisk(b)
	ours, disks, over := &figure{}, &figure{}, &figure{}
	for b.Loop() {
		for range rounds {
			posts, syncs := &figure{}, &figure{}
			for n := range each {
				begun := time.Now()
				response, err := http.Post("http://"+to.address+"/order", "", strings.NewReader(""))
				if err != nil {
					b.Fatal(err)
				}
				_, _ = io.Copy(io.Discard, response.Body)
				_ = response.Body.Close()
				posts.add(time.Since(begun).Seconds() * 1000)
				begun = time.Now()
				bare.append(b, []byte("one order more, and its time"), n)
				syncs.add(time.Since(begun).Seconds() * 1000)
			}
			ours.add(posts.median())
			disks.add(syncs.median())
			over.add(posts.median() - 1.5*syncs.median())
		}
	}
	ours.report(b, "order-ms")
	disks.report(b, "fdatasync-ms")
	over.report(b, "ms-over-1.5-fdatasync")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkStart is from the start of the program until it serves, and what it takes of memory then,
// over an empty folder. The size of the binary is beside it.
func BenchmarkStart(b *testing.B) {
	program := build(b)
	size, err := os.Stat(program)
	if err != nil {
		b.Fatal(err)
	}
	ready, cpu, memory, version := &figure{}, &figure{}, &figure{}, &figure{}
	for b.Loop() {
		for range 5 * rounds {
			begun := time.Now()
			to := start(b, program)
			ready.add(time.Since(begun).Seconds() * 1000)
			cpu.add(spent(b, to.pid).Seconds() * 1000)
			<-time.After(200 * time.Millisecond)
			memory.add(float64(resident(b, to.pid)) / 1024)
			to.end()
			begun = time.Now()
			runs(b, program, "version") // the same binary that does nothing
			version.add(time.Since(begun).Seconds() * 1000)
		}
	}
	ready.report(b, "ms-to-ready")
	cpu.report(b, "cpu-ms-to-ready")
	version.report(b, "ms-of-version")
	memory.report(b, "MiB-idle")
	b.ReportMetric(float64(size.Size())/1e6, "MB-binary-unstripped")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkStartOfTenMillion is from the start of the program until it serves ten million samples of this
// day, after it was killed with the last 200,000 just acknowledged: most of these it reads again.
func BenchmarkStartOfTenMillion(b *testing.B) {
	const upload, all = 200_000, 10_000_000
	program, text, data := build(b), rowsOfBatch(upload), b.TempDir()
	to := start(b, program, "--data", data)
	post := func() {
		if err := sendRows(http.DefaultClient, to, text); err != nil {
			b.Fatal(err)
		}
	}
	for range all / upload {
		post()
	}
	ready, cpu := &figure{}, &figure{}
	for b.Loop() {
		for range rounds {
			post()
			to.end()
			begun := time.Now()
			to = start(b, program, "--data", data)
			ready.add(time.Since(begun).Seconds() * 1000)
			cpu.add(spent(b, to.pid).Seconds() * 1000)
		}
	}
	ready.report(b, "ms-to-ready")
	cpu.report(b, "cpu-ms-to-ready")
	b.ReportMetric(0, "ns/op")
}

func runs(b *testing.B, program string, args ...string) {
	b.Helper()
	if out, err := exec.CommandContext(b.Context(), program, args...).CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
}
