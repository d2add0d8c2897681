package api

import (
	"bytes"
	"compress/gzip"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestLargeBodiesWaitForEachOtherAndAreRefusedAfterAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		of := newHoldings()
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
		third.give() // what it had of what it needs
		if second.give(); len(of.parts) != 0 || len(of.turn) != 0 {
			t.Errorf("%d parts are held by nobody", len(of.parts))
		}
	})
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
	if n := len(h.api.held.parts); n != 0 {
		t.Errorf("%d parts are still held", n)
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
