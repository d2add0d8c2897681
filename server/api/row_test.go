package api

import (
	"encoding/json"
	"math"
	"reflect"
	"testing"

	"telltale/shared/metric"
)

// rowsToRead are rows as clients send them, and such as they ought not to.
var rowsToRead = []string{
	`{"metric":"a","add":1}`, `{"metric":"a","set":-2.5e-3,"time":1700000000000,"key":"k"}`, " { \"set\" : 0 ,\t\"metric\" : \"a.b:c-d\" }\r\n", `{"time":-1,"add":1E+2,"metric":"a"}`,
	`{"metric":"","add":-0}`, `{"key":"","key":""}`, `{"key":"x","key":""}`, `{"metric":"a","add":1,"add":2}`, `{"metric":"a","metric":null}`, `{"Metric":"a","ADD":1}`, `{"metric":"a","add":null}`,
	`{"metric":"m{a=\"b\"}","add":1}`, `{"metric":"\u0061","add":1}`, `{"metric":"ä","add":1}`, "{\"metric\":\"\xff\",\"add\":1}", "{\"metric\":\"a\x7f\",\"add\":1}", "{\"metric\":\"a\nb\"}", `{"m\u0065tric":"a"}`,
	`{"add":01}`, `{"add":+1}`, `{"add":.5}`, `{"add":1.}`, `{"add":1e}`, `{"add":-}`, `{"add":0x10}`, `{"add":1_0}`, `{"add":Infinity}`, `{"add":NaN}`, `{"add":1e999}`, `{"add":1e-999}`, `{"add":"1"}`, `{"add":true}`, `{"add":{}}`, `{"add":[1]}`,
	`{"time":1.0}`, `{"time":1e3}`, `{"time":-0}`, `{"time":9223372036854775807}`, `{"time":9223372036854775808}`, `{"time":-9223372036854775808}`, `{"metric":1}`, `{"key":1}`, `{"colour":"red"}`, `{"":1}`,
	``, ` `, `{`, `{}`, `{ }`, `{,}`, `{"metric"}`, `{"metric":}`, `{"metric":"a"`, `{"metric":"a",}`, `{"metric":"a"}}`, `{"metric":"a"} x`, `{"metric":"a"}{"add":1}`, "{\"metric\":\"a\"}\x00", "{\"metric\":\"a\"\x00}", "\ufeff{}",
	`[]`, `null`, `7`, `"row"`, `{'metric':'a'}`, `{"metric":"a"/**/}`, "{\"metric\":\"a\",\v\"add\":1}", `{"add":1 2}`, `{"add":1"set":2}`,
}

// readsAlike fails unless a row reads, or is refused, as encoding/json alone reads or refuses it, whatever was read before.
func readsAlike(t *testing.T, r *rowReader, text []byte) {
	t.Helper()
	var want row
	refused := decodeJSON(text, &want)
	got, err := r.read(text)
	if (err == nil) != (refused == nil) || err != nil && err.Error() != refused.Error() {
		t.Fatalf("%q: %v, where encoding/json says %v", text, err, refused)
	}
	if err == nil && !reflect.DeepEqual(*got, want) {
		t.Fatalf("%q is %s, where encoding/json reads %s", text, inJSON(t, got), inJSON(t, &want))
	}
}

func inJSON(t *testing.T, r *row) []byte {
	t.Helper()
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestARowReadsAsEncodingJSONReadsIt(t *testing.T) {
	var r rowReader
	for _, text := range rowsToRead {
		readsAlike(t, &r, []byte(text))
	}
}

func TestTheUsualRowIsNotLeftToEncodingJSON(t *testing.T) {
	var r rowReader
	for _, text := range rowsToRead[:4] {
		if !r.usual([]byte(text)) {
			t.Errorf("%s is", text)
		}
	}
	text := []byte(`{"metric":"requests","set":12.5,"time":1700000000000}`)
	if allocated := testing.AllocsPerRun(100, func() { r.usual(text) }); allocated > 1 { // the name
		t.Errorf("a row is read with %v allocations", allocated)
	}
}

func FuzzRow(f *testing.F) {
	for _, text := range rowsToRead {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var r rowReader
		readsAlike(t, &r, []byte(`{"metric":"before","add":1,"set":2,"time":3,"key":"k"}`))
		readsAlike(t, &r, text)
	})
}

func FuzzSample(f *testing.F) {
	for _, s := range []metric.Sample{{}, {Metric: "a", Value: -2.5, Seq: 1, Time: -1}, {Metric: `m{a="<&>"}`, Value: 1e-7}, {Metric: "m{a=\"\u202e\u009b\x7f\"}", Value: 1e21, Seq: math.MaxUint64, Time: math.MaxInt64}} {
		f.Add(string(s.Metric), s.Value, s.Seq, s.Time)
	}
	f.Fuzz(func(t *testing.T, id string, value float64, seq uint64, at int64) {
		s := metric.Sample{Metric: metric.ID(id), Value: value, Seq: seq, Time: at}
		want, err := json.Marshal(s)
		if err != nil {
			return // not a number
		}
		if got := appendSample([]byte("before"), s); string(got) != "before"+string(shownJSON(want)) {
			t.Fatalf("%+v is %s, where encoding/json writes %s", s, got, want)
		}
	})
}
