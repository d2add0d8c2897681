package api

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestLargeBodiesWaitForEachOtherAndAreRefusedAfterAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		of := newHoldings(heldAtOnce)
		first, second, third := &share{of: of}, &share{of: of}, &share{of: of}
		if err := first.take(t.Context(), 40<<20); err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		all.Go(func() {
			begun := time.Now()
			if err := second.take(t.Context(), 40<<20); err != nil || time.Since(begun) != 5*time.Second {
				t.Errorf("the second: %v after %v", err, time.Since(begun))
			}
		})
		time.Sleep(5 * time.Second)
		first.give()
		all.Wait()
		begun := time.Now()
		var p *problem
		if err := third.take(t.Context(), 40<<20); !errors.As(err, &p) || p.Status != http.StatusServiceUnavailable || p.retry == 0 || time.Since(begun) != heldWait {
			t.Errorf("the third: %v after %v", err, time.Since(begun))
		}
		third.give()
		if second.give(); of.sum() != 0 || len(of.of) != 0 {
			t.Errorf("%d bytes are held by nobody", of.sum())
		}
	})
}

// sum is how much is held.
func (h *holdings) sum() int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.taken
}

func TestWhoHoldsMuchOrWaitsForItKeepsNobodyElseOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		of := newHoldings(heldAtOnce)
		greedy, other := payer{byAddress, "192.0.2.1"}, payer{byAddress, "192.0.2.2"}
		first := &share{of: of, payer: greedy}
		if err := first.take(t.Context(), heldAtOnce/2); err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() {
				if err := (&share{of: of, payer: greedy}).take(t.Context(), 128<<10); err == nil {
					t.Error("one caller holds more than half")
				}
			})
		}
		synctest.Wait()
		large := &share{of: of, payer: other}
		if err := large.take(t.Context(), heldAtOnce/2-128<<10); err != nil {
			t.Fatal(err)
		}
		all.Go(func() { // waits, and stands in nobody's way
			if err := (&share{of: of, payer: payer{byToken, "token"}}).take(t.Context(), 16<<20); err == nil {
				t.Error("more than all is held")
			}
		})
		synctest.Wait()
		begun, small := time.Now(), &share{of: of, payer: payer{byToken, "third"}}
		if err := small.take(t.Context(), 128<<10); err != nil || time.Since(begun) != 0 {
			t.Errorf("a small one: %v after %v", err, time.Since(begun))
		}
		all.Wait()
		for _, s := range []*share{first, large, small} {
			s.give()
		}
		if of.sum() != 0 || len(of.of) != 0 {
			t.Errorf("%d bytes are held by nobody", of.sum())
		}
	})
}

// Many that trickle leave room for one that comes: two of them had it all.
func TestABodyThatTricklesHoldsAMiBUntilThatHasCome(t *testing.T) {
	for _, c := range []struct {
		packed      string
		length      int64
		came        int
		first, held int64
	}{
		{"", -1, 60 << 10, 0, 0}, {"", -1, 100 << 10, heldFirst, 0}, {"gzip", -1, 100 << 10, heldFirst, 0}, {"", 200 << 10, 100 << 10, 200 << 10, 0},
		{"", heldFirst, heldFirst - 1, heldFirst, 0}, {"", maxBatch, heldFirst, heldFirst, 0}, {"", maxBatch, heldFirst + 2, 0, maxBatch}, {"gzip", -1, heldFirst + 2, 0, 2 * maxBatch},
	} {
		synctest.Test(t, func(t *testing.T) {
			a := New(Options{})
			theirs, ours := io.Pipe()
			r := httptest.NewRequest("POST", "/api/v1/metrics", theirs)
			r.ContentLength = c.length
			r.Header.Set("Content-Encoding", c.packed)
			with, done := a.sharing(r)
			var reader sync.WaitGroup
			reader.Go(func() { _, _ = readBody(httptest.NewRecorder(), with, maxBatch) })
			_, _ = ours.Write(make([]byte, c.came))
			synctest.Wait()
			if first, held := a.firsts.sum(), a.held.sum(); first != c.first || held != c.held {
				t.Errorf("%q of %d bytes, of which %d have come: %d and %d bytes are held", c.packed, c.length, c.came, first, held)
			}
			_ = ours.Close()
			reader.Wait()
			if done(); a.firsts.sum()+a.held.sum() != 0 {
				t.Errorf("%d and %d bytes are still held", a.firsts.sum(), a.held.sum())
			}
		})
	}
}

func TestTheLargestBatchThatIsPackedHasRoom(t *testing.T) {
	for _, announced := range []bool{true, false} {
		var b bytes.Buffer
		zip, _ := gzip.NewWriterLevel(&b, gzip.NoCompression)
		_, _ = zip.Write(make([]byte, maxBatch-4096))
		_ = zip.Close()
		a := New(Options{})
		r := httptest.NewRequest("POST", "/api/v1/metrics", &b)
		if !announced {
			r.ContentLength = -1
		}
		r.Header.Set("Content-Encoding", "gzip")
		with, done := a.sharing(r)
		if body, err := readBody(httptest.NewRecorder(), with, maxBatch); err != nil || len(body) != maxBatch-4096 {
			t.Errorf("%d bytes, %v", len(body), err)
		}
		done()
	}
}

func TestWhatABodyHoldsIsGivenBackHoweverItEnds(t *testing.T) {
	h := open(t)
	packed := func(text string) string {
		var b bytes.Buffer
		zip := gzip.NewWriter(&b)
		_, _ = zip.Write([]byte(text))
		_ = zip.Close()
		return b.String()
	}
	rows := strings.Repeat(`{"metric":"a","add":1}`+"\n", 100_000)
	whole := packed(rows)
	long := `{"metric":"` + strings.Repeat("x", maxRow) + `","add":1}`
	for name, c := range map[string]struct {
		path, body, encoding string
		status               int
		says                 string
	}{
		"gzip":              {"/api/v1/metrics", whole, "gzip", 200, `"value":100000,`},
		"half of it":        {"/api/v1/metrics", whole[:len(whole)/2], "gzip", 400, "to its end"},
		"a bomb":            {"/api/v1/metrics", packed(strings.Repeat(" ", maxBatch+1)), "gzip", 413, "16 MiB"},
		"a bomb of one":     {"/m/a", packed(strings.Repeat(" ", maxBody+1)), "gzip", 413, "1 MiB"},
		"no gzip":           {"/api/v1/metrics", "rows", "gzip", 400, "not gzip"},
		"deflate":           {"/m/a", "x", "deflate", 415, "gzip"},
		"a row that is one": {"/api/v1/metrics", long, "", 200, `{"status":413,"detail":"the row has`},
		"a row of an array": {"/api/v1/metrics", "[" + long + `,{"metric":"b","add":1}]`, "", 200, `"metric":"b","value":1`},
		"too many at once":  {"/api/v1/metrics?atomic=true", strings.Repeat(`{"metric":"c","add":1}`+"\n", maxAtomic+1), "", 413, "100000 rows"},
		"deep":              {"/api/v1/metrics", strings.Repeat("[", 1<<20), "", 400, "not JSON at byte"},
		"an open array":     {"/api/v1/metrics", "[" + strings.Repeat("1,", 1<<20) + "1", "", 400, "ends too early"},
	} {
		r := h.ask("POST", c.path, c.body, "Content-Encoding: "+c.encoding)
		if r.status != c.status || !strings.Contains(r.body, c.says) {
			t.Errorf("%s: %d %.200s", name, r.status, r.body)
		}
	}
	if n := h.api.firsts.sum() + h.api.held.sum(); n != 0 {
		t.Errorf("%d bytes are still held", n)
	}
	if r := h.ask("GET", "/m/c", ""); r.status != http.StatusNotFound {
		t.Errorf("of a batch that is too long something was done: %s", r.body)
	}
}

func TestAnArraysRowsAreThoseItHas(t *testing.T) {
	for text, want := range map[string]string{
		"[]": "", " [ ] ": "", "[1]": "1", `[ {"a":"],[\\\"{"} , [1,[2]] ,"x,\\", null]`: `{"a":"],[\\\"{"}|[1,[2]]|"x,\\"|null`, "[\n{},\r\n{}\t]\n": "{}|{}",
	} {
		rows, err := rowsOf([]byte(text))
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		var got []string
		for row := range rows {
			got = append(got, string(row))
		}
		if strings.Join(got, "|") != want {
			t.Errorf("%s has the rows %q", text, got)
		}
	}
}
