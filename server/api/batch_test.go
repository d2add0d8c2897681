package api

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// answers splits the answer of a batch into its lines.
func answers(t *testing.T, body string) (rows []struct {
	Metric string
	Value  float64
	Seq    uint64
	Status int
	Detail string
}) {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(body))
	for decoder.More() {
		rows = append(rows, struct {
			Metric string
			Value  float64
			Seq    uint64
			Status int
			Detail string
		}{})
		if err := decoder.Decode(&rows[len(rows)-1]); err != nil {
			t.Fatal(err)
		}
	}
	if lines := strings.Count(body, "\n"); lines != len(rows) {
		t.Errorf("%d rows on %d lines", len(rows), lines)
	}
	return rows
}

const mixed = `{"metric":"a","add":1}
{"metric":"b","set":2.5,"time":1700000000000}

not json
{"metric":"a","add":-5}
{"metric":"a","add":1,"colour":"red"}
{"add":1}
"row"
{"metric":"9","add":1}
{"metric":"a","add":1,"set":1}
{"metric":"a","add":1e999}
{"metric":"a","set":"1"}
{"metric":"a","add":2}`

func TestRowsOfABatchFailAlone(t *testing.T) {
	h := open(t)
	r := h.ask("POST", "/api/v1/metrics", mixed)
	if r.status != 200 || r.header.Get("Content-Type") != "application/x-ndjson" {
		t.Errorf("%d %s", r.status, r.header.Get("Content-Type"))
	}
	rows := answers(t, r.body)
	want := []string{"", "", "not JSON at byte 2", "floor is 0", `"colour"`, `"metric"`, "is a string", "[A-Za-z_]", "exclude each other", "1e999", `the field "set" is a string`, ""}
	if len(rows) != len(want) {
		t.Fatalf("%d answers to %d rows: %s", len(rows), len(want), r.body)
	}
	for i, row := range rows {
		if (row.Status == 0) != (want[i] == "") || !strings.Contains(row.Detail, want[i]) || row.Status != 0 && row.Status != 400 {
			t.Errorf("row %d: %+v, want %q", i+1, row, want[i])
		}
	}
	if h.value("a") != "3" || h.value("b") != "2.5" || rows[0].Seq != 1 || rows[1].Seq != 2 || rows[11].Seq != 3 {
		t.Errorf("a %s, b %s: %s", h.value("a"), h.value("b"), r.body)
	}
}

func TestAnArrayIsABatchToo(t *testing.T) {
	h := open(t)
	rows := answers(t, h.must("POST", "/api/v1/metrics", ` [ {"metric":"a","add":1}, 7, {"metric":"a",
		"add":1}, null ] `))
	if len(rows) != 4 || rows[0].Value != 1 || rows[1].Status != 400 || rows[2].Value != 2 || rows[3].Status != 400 {
		t.Errorf("%+v", rows)
	}
	if got := h.must("POST", "/api/v1/metrics", "[]"); got != "" {
		t.Errorf("an empty array: %q", got)
	}
	if got := h.must("POST", "/api/v1/metrics", "\n"); got != "" {
		t.Errorf("an empty body: %q", got)
	}
}

func TestAnAtomicBatchIsAllOrNothingAndNamesTheFirstFailingRow(t *testing.T) {
	h := open(t)
	for name, c := range map[string]struct{ body, detail string }{
		"not JSON":      {mixed, "row 3: not JSON"},
		"below a floor": {`[{"metric":"a","add":5},{"metric":"a","add":-6},{"metric":"a","add":-7}]`, "row 2: below the floor"},
	} {
		r := h.ask("POST", "/api/v1/metrics?atomic=true", c.body)
		if r.status != 400 || !strings.Contains(r.detail(), c.detail) || !strings.Contains(r.detail(), "nothing was changed") {
			t.Errorf("%s: %d %s", name, r.status, r.body)
		}
	}
	if got := h.must("GET", "/api/v1/metrics", ""); got != "[]\n" {
		t.Errorf("something was changed: %s", got)
	}
	rows := answers(t, h.must("POST", "/api/v1/metrics?atomic=true", `[{"metric":"a","add":5},{"metric":"b","set":1},{"metric":"a","add":-5}]`))
	if len(rows) != 3 || rows[2].Value != 0 || rows[2].Seq != 3 {
		t.Errorf("%+v", rows)
	}
}

func TestABatchsKeysHoldForRowsAndForTheWhole(t *testing.T) {
	h := open(t)
	var body strings.Builder
	for i := range 2500 {
		fmt.Fprintf(&body, `{"metric":"m%d","add":1}`+"\n", i%7)
	}
	for _, query := range []string{"", "?atomic=true"} {
		key := "Idempotency-Key: whole" + query
		first := h.must("POST", "/api/v1/metrics"+query, body.String(), key)
		value := h.value("m3")
		if again := h.must("POST", "/api/v1/metrics"+query, body.String(), key); again != first || h.value("m3") != value {
			t.Errorf("%q: the same upload again changed %s to %s", query, value, h.value("m3"))
		}
		if r := h.ask("POST", "/api/v1/metrics"+query, body.String()+"\n", key); r.status != 422 {
			t.Errorf("%q: another body: %d %.80s", query, r.status, r.body)
		}
		if len(answers(t, first)) != 2500 {
			t.Errorf("%q: %d answers", query, len(answers(t, first)))
		}
	}
	if r := h.ask("POST", "/api/v1/metrics?atomic=true", body.String(), "Idempotency-Key: whole"); r.status != 422 {
		t.Errorf("the same key, asked otherwise: %d", r.status)
	}
	rows := answers(t, h.must("POST", "/api/v1/metrics", `{"metric":"k","add":1,"key":"x"}
{"key":"x","add":1.0,"metric":"k"}
{"metric":"k","add":2,"key":"x"}`))
	if rows[0].Value != 1 || rows[1] != rows[0] || rows[2].Status != 422 || h.value("k") != "1" {
		t.Errorf("%+v, value %s", rows, h.value("k"))
	}
}

func TestSmallBatchesDoNotWaitForLargeOnes(t *testing.T) {
	h := open(t)
	others := &share{of: h.api.held}
	if err := others.take(t.Context(), heldAtOnce); err != nil {
		t.Fatal(err)
	}
	h.must("POST", "/api/v1/metrics", `{"metric":"a","add":1}`)
	h.must("POST", "/api/v1/metrics", strings.Repeat(" ", heldFirst-100)+`{"metric":"a","add":-1}`)
	h.must("POST", "/api/v1/metrics", `{"metric":"a","add":1}`)
	others.give()
	h.must("POST", "/api/v1/metrics", strings.Repeat(`{"metric":"a","add":1}`+"\n", 1000)+strings.Repeat(" ", 2<<20))
	if h.value("a") != "1001" || h.api.held.sum() != 0 {
		t.Errorf("a is %s, %d bytes are held", h.value("a"), h.api.held.sum())
	}
}
