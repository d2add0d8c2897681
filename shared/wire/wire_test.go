package wire

import (
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"telltale/shared/metric"
	"telltale/shared/room"
	"telltale/shared/series"
)

var nasty = metric.ID(`http_requests{code="200",path="/a\\b \"c\" é` + "\u2028" + `"}`)

func exampleFrame() series.Frame {
	return series.Frame{From: 7, Seq: 12, Time: 1_700_000_000_123, Values: map[metric.ID]series.Bucket{
		"orders": {Time: 1_700_000_000_100, Last: 3, Min: 1, Max: 3, Sum: 3, Total: math.NaN(), Count: 3},
		nasty:    {Time: -5, Last: -0.1, Min: -1e-9, Max: 1e300, Sum: math.MaxFloat64, Total: math.NaN(), Count: 1},
	}}
}

func exampleSnapshot() series.Snapshot {
	return series.Snapshot{Epoch: "e1", Seq: math.MaxUint64, Resumed: true, Time: 1_700_000_000_123, Stale: 7,
		Values: map[metric.ID]series.Point{"orders": {Time: 1, Value: 2.5}, nasty: {}},
		History: map[metric.ID][]series.Row{
			"orders": {{Time: 0, Min: 1, Max: 2, Avg: 1.5, Last: 2, Sum: 1, Count: 2}, {Time: 1000, Count: 1}},
			nasty:    nil,
		}}
}

func TestAFrameIsWrittenAsTheContractSays(t *testing.T) {
	f := series.Frame{From: 1, Seq: 3, Time: 9, Values: map[metric.ID]series.Bucket{
		"b": {Time: 8, Last: 2, Min: 1, Max: 2.5, Sum: -3, Total: 3, Count: 2}, "a": {Time: 7, Count: 1}}}
	const want = `{"type":"frame","from":1,"seq":3,"time":9,"values":{"a":[7,0,0,0,0,1],"b":[8,2,1,2.5,-3,2]}}`
	if got := string(AppendFrame(nil, f)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestASnapshotIsWrittenAsTheContractSays(t *testing.T) {
	s := series.Snapshot{Epoch: "e", Seq: 3, Values: map[metric.ID]series.Point{"a": {Time: 7, Value: 1}},
		History: map[metric.ID][]series.Row{"a": {{Time: 0, Min: 1, Max: 2, Avg: 1.5, Last: 2, Sum: 4, Count: 2}}}}
	const want = `{"type":"snapshot","id":"w","epoch":"e","seq":3,"resumed":false,"values":{"a":[7,1]},"history":{"a":[[0,1,2,1.5,2,4,2]]}}`
	if got := string(AppendSnapshot(nil, s, "w")); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestAFrameComesBackWithoutItsTotals(t *testing.T) {
	want, b := exampleFrame(), AppendFrame(nil, exampleFrame())
	if !json.Valid(b) {
		t.Fatalf("not JSON: %s", b)
	}
	var got series.Frame
	var d Decoder
	for range 2 { // the second time into a map that holds the first
		if err := d.Frame(b, &got); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range []series.Frame{got, want} {
		for id, v := range f.Values {
			if !math.IsNaN(v.Total) {
				t.Errorf("%s has a total", id)
			}
			v.Total = 0
			f.Values[id] = v
		}
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestASnapshotComesBack(t *testing.T) {
	b := AppendSnapshot(nil, exampleSnapshot(), "id")
	if !json.Valid(b) {
		t.Fatalf("not JSON: %s", b)
	}
	var d Decoder
	got, id, err := d.Snapshot(b)
	if err != nil || id != "id" || !reflect.DeepEqual(got, exampleSnapshot()) {
		t.Errorf("got %+v, %q, %v", got, id, err)
	}
}

func TestWhatIsNotFiniteNeverReachesTheWire(t *testing.T) {
	rows := []series.Row{{Min: math.Inf(-1), Max: math.Inf(1), Avg: math.NaN()}}
	b := AppendRows(nil, rows)
	if string(b) != `[[0,null,null,null,0,0,0]]` {
		t.Errorf("got %s", b)
	}
	var d Decoder
	s, _, err := d.Snapshot([]byte(`{"history":{"a":` + string(b) + `}}`))
	if err != nil || !math.IsNaN(s.History["a"][0].Avg) {
		t.Errorf("got %+v, %v", s, err)
	}
}

func TestANewerServersFieldsAreIgnored(t *testing.T) {
	var d Decoder
	var f series.Frame
	err := d.Frame([]byte(` { "new" : [ {"a\"":[1.5e3,true,null,"x"]} ] , "seq" : 4,"values":{"a":[1,2,2,2,0,1,"more"]} } `), &f)
	if err != nil || f.Seq != 4 || f.Values["a"].Count != 1 {
		t.Errorf("got %+v, %v", f, err)
	}
}

func TestABrokenFrameIsAnErrorThatNamesThePlace(t *testing.T) {
	var d Decoder
	for _, b := range []string{
		``, `[]`, `{`, `{"from"`, `{"from":`, `{"from":-1}`, `{"seq":1.5}`, `{"seq":1}x`, `{"seq":1 "time":2}`, `{"values":[]}`,
		`{"values":{"a":[1,2,3]}}`, `{"values":{"a":[1,0x1p4,2,2,2,1]}}`, `{"values":{"a":[1,inf,2,2,2,1]}}`, `{"x":nope}`,
		`{"a` + "\n" + `":1}`, `{"a\x":1}`, `{"x":` + strings.Repeat("[", 100_000),
	} {
		var f series.Frame
		if err := d.Frame([]byte(b), &f); !errors.Is(err, ErrBadMessage) || !strings.Contains(err.Error(), "byte ") {
			t.Errorf("%.40q: %v", b, err)
		}
	}
}

func TestMessagesCarryTheirTypeAndComeBack(t *testing.T) {
	three, since, at := 3.0, uint64(0), int64(1)
	for _, m := range []Message{
		Watch{}, Watch{ID: "1", Board: "all", Metrics: []string{"a*"}, RangeMS: 5, Points: 6, Rate: 20, Since: &since, Epoch: "e"},
		Unwatch{}, Mutate{Metric: "a", Add: &three, Key: "k"}, Mutate{ID: "2", Metric: "a", Set: &three, Time: &at}, Ping{ID: "3"},
		Welcome{Session: "s", Epoch: "e", Time: 1, Version: "v", User: "u"},
		Mutated{ID: "4", Sample: metric.Sample{Metric: "a", Value: 1, Seq: 2, Time: 3}},
		Pong{}, Error{ID: "5", Code: CodeRefused, Detail: "a \"b\""}, Goodbye{RetryMS: 9},
	} {
		b := Encode(m)
		e, err := Open(b)
		if err != nil || e.Type != m.kind() {
			t.Errorf("%s: opened as %+v, %v", b, e, err)
		}
		back := reflect.New(reflect.TypeOf(m))
		if err := Decode(b, back.Interface()); err != nil || !reflect.DeepEqual(back.Elem().Interface(), m) {
			t.Errorf("%s came back as %+v, %v", b, back.Elem(), err)
		}
	}
}

func TestAMessageThatCannotBeReadNamesWhy(t *testing.T) {
	for b, want := range map[string]string{
		``: "not JSON", `nope`: "not a JSON object", `[1]`: "not a JSON object", `"x"`: "not a JSON object", `{"type":`: "not JSON",
		`{}`: `no "type"`, `{"type":1}`: `"type" is a number`, `{"type":"x","id":{}}`: `"id" is a object`, `{} {}`: "not JSON at byte",
	} {
		if _, err := Open([]byte(b)); !errors.Is(err, ErrBadMessage) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", b, err, want)
		}
	}
	var w Watch
	if err := Decode([]byte(`{"type":"watch","since":-1}`), &w); err == nil || !strings.Contains(err.Error(), `"since"`) {
		t.Errorf("a negative since: %v", err)
	}
}

func TestADecoderKeepsABoundedNumberOfNames(t *testing.T) {
	var d Decoder
	for i := range 3 * maxNames {
		d.id(strconv.AppendInt(nil, int64(i), 10))
	}
	if len(d.names) > maxNames {
		t.Errorf("%d names kept", len(d.names))
	}
}

func TestDecodingAFrameOfKnownNamesAllocatesNothing(t *testing.T) {
	b := AppendFrame(nil, bigFrame())
	var d Decoder
	var f series.Frame
	if got := testing.AllocsPerRun(100, func() { _ = d.Frame(b, &f) }); got > 2 {
		t.Errorf("%v allocations a frame", got)
	}
}

func FuzzFrame(f *testing.F) {
	f.Add(AppendFrame(nil, exampleFrame()))
	f.Add([]byte(`{"from":1,"x":[{"y":"\u00e9"}],"values":{"a":[1,2,null,2,2e9,1]}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var d Decoder
		var first, again series.Frame
		if d.Frame(b, &first) != nil {
			return
		}
		out := AppendFrame(nil, first)
		if err := d.Frame(out, &again); err != nil {
			t.Fatalf("%s reads as %+v, whose own form %s is refused: %v", b, first, out, err)
		}
		if len(first.Values) < len(again.Values) || first.Seq != again.Seq {
			t.Fatalf("%+v became %+v", first, again)
		}
	})
}

func FuzzSnapshot(f *testing.F) {
	f.Add(AppendSnapshot(nil, exampleSnapshot(), "x"))
	f.Fuzz(func(t *testing.T, b []byte) {
		var d Decoder
		s, id, err := d.Snapshot(b)
		if err != nil {
			return
		}
		again, _, err := d.Snapshot(AppendSnapshot(nil, s, id))
		if err != nil || again.Seq != s.Seq || len(again.History) > len(s.History) {
			t.Fatalf("%q: %+v became %+v, %v", b, s, again, err)
		}
	})
}

func FuzzMessage(f *testing.F) {
	f.Add([]byte(`{"type":"watch","metrics":["a"],"since":1}`))
	f.Add([]byte(`{"type":"mutate","metric":"a","add":1}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := Open(b)
		if err == nil && e.Type == "" {
			t.Fatal("opened without a type")
		}
		for _, into := range []any{&Watch{}, &Mutate{}, &Ping{}} {
			if err := Decode(b, into); err != nil && !errors.Is(err, ErrBadMessage) {
				t.Fatal(err)
			}
		}
	})
}

func BenchmarkAppendFrame(b *testing.B) {
	f, buf := bigFrame(), []byte(nil)
	b.ReportAllocs()
	for b.Loop() {
		buf = AppendFrame(buf[:0], f)
	}
	b.SetBytes(int64(len(buf)))
}

func BenchmarkDecodeFrame(b *testing.B) {
	buf := AppendFrame(nil, bigFrame())
	var d Decoder
	var f series.Frame
	b.ReportAllocs()
	b.SetBytes(int64(len(buf)))
	for b.Loop() {
		if err := d.Frame(buf, &f); err != nil {
			b.Fatal(err)
		}
	}
}

// bigFrame has 100 metrics, as the fan-out of DESIGN.md §8 was measured with.
func bigFrame() series.Frame {
	f := series.Frame{Seq: 1000, Time: 1_700_000_000_000, Values: map[metric.ID]series.Bucket{}}
	for c := range 100 {
		id := metric.ID("machine.load." + string(rune('a'+c/26)) + string(rune('a'+c%26)))
		f.Values[id] = series.Bucket{Time: 1_700_000_000_000, Last: float64(c) / 7, Min: 1.5, Max: 99.25, Sum: 3, Count: 5}
	}
	return f
}

func TestARoomsMessageIsWrittenAsTheContractSays(t *testing.T) {
	m := room.Message{Room: "lobby", Seq: 7, Time: 9, Sender: "Zoë", Content: "<b>\"hi\"\n\u2028\\"}
	for _, c := range []struct {
		id     string
		stream room.Stream
		open   bool
		want   string
	}{
		{"", "", false, `{"type":"broadcast","room_id":"lobby","content":"\u003cb\u003e\"hi\"\n\u2028\\","sender":"Zoë","seq":7,"time":9}`},
		{"q", room.Stderr, false, `{"type":"broadcast","id":"q","room_id":"lobby","content":"\u003cb\u003e\"hi\"\n\u2028\\","sender":"Zoë","seq":7,"time":9,"stream":"stderr"}`},
		{"", room.Stdout, true, `{"type":"broadcast","room_id":"lobby","content":"\u003cb\u003e\"hi\"\n\u2028\\","sender":"Zoë","seq":7,"time":9,"stream":"stdout","open":true}`},
	} {
		m.Stream, m.Open = c.stream, c.open
		b := AppendSaid(nil, m, c.id)
		if string(b) != c.want {
			t.Errorf("got  %s\nwant %s", b, c.want)
		}
		var said Said
		if err := Decode(b, &said); err != nil || said.Message() != m || said.ID != c.id {
			t.Errorf("%s came back as %+v, %v", b, said, err)
		}
	}
}

func TestSinceIsAllOrASeq(t *testing.T) {
	for text, want := range map[string]int{`"all"`: 0, `0`: 0, `17`: 17, `-1`: -1, `1.5`: -1, `"17"`: -1, `true`: -1, `{}`: -1, `1e3`: -1} {
		var j Join
		err := Decode([]byte(`{"type":"join","room_id":"r","since":`+text+`}`), &j)
		if want < 0 {
			if !errors.Is(err, ErrBadMessage) || !strings.Contains(err.Error(), `"since"`) {
				t.Errorf("%s: %v", text, err)
			}
		} else if err != nil || j.Since == nil || int(*j.Since) != want {
			t.Errorf("%s: %v, %v", text, j.Since, err)
		}
	}
	for _, text := range []string{`{"type":"join","room_id":"r"}`, `{"type":"join","room_id":"r","since":null}`} {
		var j Join
		if err := Decode([]byte(text), &j); err != nil || j.Since != nil {
			t.Errorf("%s: %v, %v", text, j.Since, err)
		}
	}
}
