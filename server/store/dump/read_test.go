package dump

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"telltale/server/store/lines"
	"telltale/server/store/rollup"
	"telltale/shared/access"
	"telltale/shared/metric"
	"telltale/shared/room"
	"telltale/shared/run"
	"telltale/shared/series"
)

// some are records of each kind, in order.
func some() []Record {
	floor := -1.5
	cells := func(tier int, times ...int64) Record {
		var all []rollup.Cell
		for _, at := range times {
			all = rollup.Fold(all, series.Tiers[tier].Step, series.Of(metric.Sample{Time: at, Value: 1.5}))
		}
		return Record{Cells: &Cells{tier, rollup.AppendCells(nil, series.Tiers[tier].Step, all)}}
	}
	row := func(seq uint64, contents ...string) Record {
		var b []byte
		for _, content := range contents {
			b = lines.Append(b, "", room.Message{Sender: "ann", Content: content})
		}
		return Record{Messages: &Messages{First: seq, Last: seq + uint64(len(contents)) - 1, Time: 9, Lines: b}}
	}
	samples := rollup.AppendSample(rollup.AppendSample(nil, 5, rollup.Sample{Num: 1, Time: 5, Value: 2}), 5, rollup.Sample{Num: 2, Time: 4, Value: 1, Add: 1})
	return []Record{
		{Store: &Store{Seq: 7, Forgotten: 2, Passed: 3}},
		{Metric: &Metric{ID: `a{b="<é>"}`, Declaration: metric.Declaration{Kind: metric.Gauge, Title: "A & B", Floor: &floor}, Time: 5, Seq: 6, Value: 2}},
		cells(0, 0, 1000, 719_000), cells(0, 720_000), cells(3, 5),
		{Metric: &Metric{ID: "c"}},
		{Samples: &Samples{First: 4, Last: 5, Time: 5, Samples: samples}},
		{Samples: &Samples{First: 6, Last: 7, Time: 5, Samples: samples}},
		{Run: &Run{Run: run.Run{ID: "x", State: run.Running}, Taken: 3}},
		{Room: &Room{Name: "build", Last: 6, Time: 9, Pruned: 2}}, row(3, "a", "b"), row(5, "c", "d"),
		{Room: &Room{Name: "run.x", Time: 1}},
		{Board: &Board{ID: "home", Title: "Home", Document: []byte(`{"a": 1}`)}},
		{Key: &Key{Key: []byte("\x00\xff"), Time: 3, Digest: 1 << 63, Answer: []byte{1}}},
		{Token: &Token{access.Token{ID: "t", Name: "t", Scopes: access.Scopes{{Right: access.Read, Glob: "*"}}}, make([]byte, 32)}},
		{Event: &access.Event{Seq: 2, Did: "token.create"}},
		{Event: &access.Event{Seq: 1, Did: "token.create"}},
	}
}

func write(t testing.TB, records ...Record) []byte {
	t.Helper()
	var b bytes.Buffer
	_, err := Write(t.Context(), &b, func(_ context.Context, put Put) error {
		for _, r := range records {
			if err := put(r); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// read reads all of a file.
func read(file []byte) (all []Record, err error) {
	for r := NewReader(bytes.NewReader(file)); ; {
		record, err := r.Next()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return all, err
		}
		all = append(all, record)
	}
}

func TestWhatWasWrittenIsReadAndWrittenAgain(t *testing.T) {
	file := write(t, some()...)
	all, err := read(file)
	if err != nil || len(all) != len(some()) {
		t.Fatalf("%d records, %v", len(all), err)
	}
	if again := write(t, all...); !bytes.Equal(again, file) {
		t.Errorf("%s\nis written again as\n%s", file, again)
	}
}

func TestTheSHA256IsThatOfAllLinesButTheLast(t *testing.T) {
	file := write(t, some()...)
	last := bytes.LastIndexByte(file[:len(file)-1], '\n') + 1
	sum := sha256.Sum256(file[:last])
	if want := fmt.Sprintf(`{"end":{"sha256":"%s","records":%d}}`+"\n", hex.EncodeToString(sum[:]), len(some())+1); string(file[last:]) != want {
		t.Errorf("ends with %s, not with %s", file[last:], want)
	}
}

func TestATornFileIsRefusedWhereverItWasTorn(t *testing.T) {
	file := write(t, some()...)
	for n := range file {
		_, err := read(file[:n])
		if n < len(`{"telltale`) && !errors.Is(err, ErrForeign) || n >= len(`{"telltale`) && !errors.Is(err, ErrTorn) {
			t.Fatalf("of %d bytes the first %d: %v", len(file), n, err)
		}
	}
	for _, more := range []string{"\n", "x", string(file)} {
		if _, err := read(append(bytes.Clone(file), more...)); !errors.Is(err, ErrDamaged) {
			t.Errorf("with %.10q behind it: %v", more, err)
		}
	}
}

func TestAByteThatChangedIsFound(t *testing.T) {
	file := write(t, some()...)
	for i := range file {
		other := bytes.Clone(file)
		other[i] ^= [...]byte{1, 4, 32}[i%3]
		if _, err := read(other); !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrForeign) && !errors.Is(err, ErrTorn) && !errors.Is(err, ErrNewer) {
			t.Fatalf("byte %d, %q for %q: %v", i, other[i], file[i], err)
		}
	}
}

func TestWhatIsNoExportIsSaidToBeNone(t *testing.T) {
	for text, want := range map[string]error{
		"": ErrForeign, "hello": ErrForeign, "hello\n": ErrForeign, "{}\n": ErrForeign, "\x1f\x8b\x08": ErrForeign, strings.Repeat("x", 3<<20): ErrForeign,
		`{"store":{"seq":1,"forgotten":0,"passed":0}}` + "\n": ErrForeign,
		`{"telltale_export":{"version":2}}` + "\n":            ErrNewer,
		`{"telltale_export":{"version":1}}` + "\n":            ErrTorn,
	} {
		if _, err := read([]byte(text)); !errors.Is(err, want) {
			t.Errorf("%.40q: %v, want %v", text, err, want)
		}
	}
	for _, line := range []string{"\n", " \n", "{} {}\n", "{}x\n", `{"store":null}` + "\n"} {
		file := bytes.Replace(write(t, some()...), []byte("\n"), []byte("\n"+line), 1)
		if _, err := read(file); !errors.Is(err, ErrDamaged) || errors.Is(err, io.EOF) {
			t.Errorf("with the line %q: %v", line, err)
		}
	}
	if _, err := read(write(t)); !errors.Is(err, ErrDamaged) {
		t.Errorf("an export without a store: %v", err)
	}
}

// TestNoStoreTakesRecordsThatCannotBe changes one thing of a file that is whole otherwise.
func TestNoStoreTakesRecordsThatCannotBe(t *testing.T) {
	for name, change := range map[string]func([]Record) []Record{
		"two stores":                     func(all []Record) []Record { return append(all[:1:1], all...) },
		"no store":                       func(all []Record) []Record { return all[1:] },
		"a metric twice":                 func(all []Record) []Record { return append(all[:6:6], all[5:]...) },
		"cells twice":                    func(all []Record) []Record { return append(all[:3:3], all[2:]...) },
		"cells of no metric":             func(all []Record) []Record { return append(all[:1:1], all[2:]...) },
		"cells of two chunks":            func(all []Record) []Record { all[2].Cells.Tier = 1; return all },
		"no such tier":                   func(all []Record) []Record { all[4].Cells.Tier = 4; return all },
		"a tier before none":             func(all []Record) []Record { all[2].Cells.Tier = -1; return all },
		"no cells":                       func(all []Record) []Record { all[2].Cells.Cells = []byte{0}; return all },
		"a metric's name":                func(all []Record) []Record { all[5].Metric.ID = "c{}"; return all },
		"a head beyond the store":        func(all []Record) []Record { all[5].Metric.Seq = 8; return all },
		"samples twice":                  func(all []Record) []Record { return append(all[:7:7], all[6:]...) },
		"samples of no metric":           func(all []Record) []Record { return append(all[:5:5], all[6:]...) },
		"samples beyond the store":       func(all []Record) []Record { all[0].Store.Seq = 6; return all },
		"more samples than it says":      func(all []Record) []Record { all[6].Samples.Last = 4; return all },
		"samples that are forgotten":     func(all []Record) []Record { all[0].Store.Forgotten = 4; return all },
		"a run without a room":           func(all []Record) []Record { return append(all[:12:12], all[13:]...) },
		"a run without a room, and none": func(all []Record) []Record { return all[:9] },
		"a room twice":                   func(all []Record) []Record { return append(all[:12:12], all[9:]...) },
		"a row twice":                    func(all []Record) []Record { return append(all[:11:11], all[10:]...) },
		"a row of no room":               func(all []Record) []Record { return append(all[:9:9], all[10:]...) },
		"a row that is missing":          func(all []Record) []Record { return append(all[:11:11], all[12:]...) },
		"a row with too few lines":       func(all []Record) []Record { all[10].Messages.Lines = all[10].Messages.Lines[:4]; return all },
		"a row later than its room":      func(all []Record) []Record { all[10].Messages.Time = 10; return all },
		"a room's name":                  func(all []Record) []Record { all[9].Room.Name = "a b"; return all },
		"a room before a run":            func(all []Record) []Record { all[8], all[12] = all[12], all[8]; return all },
		"a key before a board":           func(all []Record) []Record { all[13], all[14] = all[14], all[13]; return all },
		"an event twice":                 func(all []Record) []Record { return append(all, all[len(all)-1]) },
		"two in one line":                func(all []Record) []Record { all[0].Metric = all[1].Metric; return all },
		"nothing in a line":              func(all []Record) []Record { return append(all, Record{}) },
	} {
		if _, err := read(write(t, change(some())...)); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzReader(f *testing.F) {
	f.Add(write(f, some()...))
	for i := range some() {
		f.Add(write(f, some()[:i]...))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		// The sum of whatever it is, so that what is changed within is looked at.
		if last := bytes.LastIndex(file, []byte("\n{\"end\"")); last > 0 {
			sum := sha256.Sum256(file[:last+1])
			file = append(file[:last+1:last+1], fmt.Sprintf(`{"end":{"sha256":"%x","records":%d}}`+"\n", sum, bytes.Count(file[:last+1], []byte("\n")))...)
		}
		all, err := read(file)
		if err != nil {
			return
		}
		if again, err := read(write(t, all...)); err != nil || len(again) != len(all) {
			t.Errorf("%d records are written as %d, %v", len(all), len(again), err)
		}
	})
}
