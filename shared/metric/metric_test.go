package metric_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"path"
	"strings"
	"testing"

	"telltale/shared/metric"
)

func TestAnIdentityHasOneCanonicalForm(t *testing.T) {
	for in, want := range map[string]metric.ID{
		"orders":                            "orders",
		"_a.b:c-d9":                         "_a.b:c-d9",
		`m{}`:                               "m",
		`m{job="web",code="200"}`:           `m{code="200",job="web"}`,
		`m{code="200",job="web"}`:           `m{code="200",job="web"}`,
		`m{a="say \"hi\" \\ \n"}`:           `m{a="say \"hi\" \\ \n"}`,
		`m{path="/a/b c,}{"}`:               `m{path="/a/b c,}{"}`,
		"m{a=\"line\nbreak\"}":              `m{a="line\nbreak"}`,
		`m{a=""}`:                           `m{a=""}`,
		strings.Repeat("n", metric.MaxName): metric.ID(strings.Repeat("n", metric.MaxName)),
		`m{ort="Zürich"}`:                   `m{ort="Zürich"}`,
		labels(metric.MaxLabels):            metric.ID(labels(metric.MaxLabels)),
		`m{a="` + strings.Repeat("v", 2000) + `"}`: metric.ID(`m{a="` + strings.Repeat("v", 2000) + `"}`),
	} {
		got, err := metric.Parse(in)
		if err != nil || got != want {
			t.Errorf("Parse(%q) = %q, %v; want %q", in, got, err, want)
		}
	}
}

// labels spells a metric with n labels whose names are in order.
func labels(n int) string {
	var b strings.Builder
	b.WriteString("m{")
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `l%02d="1"`, i)
	}
	return b.String() + "}"
}

func TestWhatIsOutsideTheGrammarIsRefusedWithTheGrammar(t *testing.T) {
	for _, in := range []string{
		"", " ", "9a", "a b", "a/b", "ä", "-a", "a\n", "m{", "m}", `m{a}`, `m{a=1}`, `m{a="1"`, `m{a="1}`, `m{a="1",}`,
		`m{,a="1"}`, `m{a="1" ,b="2"}`, `m{a="1"}x`, `m{a="1"}}`, `m{a="\q"}`, `m{a="\`, `m{1a="1"}`, `m{a.b="1"}`,
		`m{a="1",a="2"}`, `{a="1"}`, "m{a=\"\xff\"}", strings.Repeat("n", metric.MaxName+1), labels(metric.MaxLabels + 1),
		`m{a="` + strings.Repeat("v", metric.MaxID) + `"}`, `m{a="` + strings.Repeat("v", 1<<20) + `"}`,
	} {
		id, err := metric.Parse(in)
		if !errors.Is(err, metric.ErrName) || !strings.Contains(err.Error(), metric.Grammar) {
			t.Errorf("Parse(%.60q) = %q, %v", in, id, err)
		} else if len(err.Error()) > 600 {
			t.Errorf("Parse(%.60q): an error of %d bytes", in, len(err.Error()))
		}
	}
}

func FuzzParseIsIdempotentAndItsLabelsSpellTheIdentity(f *testing.F) {
	for _, s := range []string{"orders", `m{b="2",a="1"}`, `m{a="\\\"\n"}`, "m{}", "m{a=\"\xff\"}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		id, err := metric.Parse(s)
		if err != nil {
			return
		}
		again, err := metric.Parse(string(id))
		if err != nil || again != id {
			t.Fatalf("%q parses to %q, which parses to %q, %v", s, id, again, err)
		}
		if (len(id.Labels()) > 0) != strings.Contains(string(id), "{") || !strings.HasPrefix(string(id), id.Name()) {
			t.Fatalf("%q has labels %v", id, id.Labels())
		}
	})
}

func TestAMutationIsDecidedByKindAndBounds(t *testing.T) {
	five, ten := 5.0, 10.0
	had := func(kind metric.Kind, v float64) metric.Metric {
		return metric.Metric{Declaration: metric.Declaration{Kind: kind}, Head: metric.Head{Seq: 1, Value: v}}
	}
	bound := func(m metric.Metric, lo, hi *float64) metric.Metric { m.Floor, m.Ceiling = lo, hi; return m }
	for _, c := range []struct {
		name string
		m    metric.Metric
		op   metric.Op
		v    float64
		want float64
		kind metric.Kind
		err  error
	}{
		{"a first add makes a counter", metric.Metric{}, metric.Add, 2, 2, metric.Counter, nil},
		{"a first set makes a gauge", metric.Metric{}, metric.Set, -2, -2, metric.Gauge, nil},
		{"a first add below zero", metric.Metric{}, metric.Add, -3, 0, metric.Counter, metric.ErrFloor},
		{"a counter at zero", had(metric.Counter, 0), metric.Add, -1, 0, metric.Counter, metric.ErrFloor},
		{"a counter down to zero", had(metric.Counter, 1), metric.Add, -1, 0, metric.Counter, nil},
		{"a set corrects a counter", had(metric.Counter, 1), metric.Set, 40, 40, metric.Counter, nil},
		{"a set below a counter's floor", had(metric.Counter, 1), metric.Set, -1, 0, metric.Counter, metric.ErrFloor},
		{"a gauge goes below zero", had(metric.Gauge, 0), metric.Add, -3, -3, metric.Gauge, nil},
		{"a declared floor", bound(had(metric.Gauge, 6), &five, nil), metric.Add, -2, 0, metric.Gauge, metric.ErrFloor},
		{"a declared ceiling", bound(had(metric.Gauge, 9), nil, &ten), metric.Add, 2, 0, metric.Gauge, metric.ErrCeiling},
		{"exactly the ceiling", bound(had(metric.Gauge, 9), nil, &ten), metric.Add, 1, 10, metric.Gauge, nil},
		{"a first add starts at a floor above zero", bound(metric.Metric{}, &five, nil), metric.Add, 1, 6, metric.Counter, nil},
		{"out of the range of numbers", had(metric.Gauge, math.MaxFloat64), metric.Add, math.MaxFloat64, 0, metric.Gauge, metric.ErrNotFinite},
		{"not a number", had(metric.Gauge, 0), metric.Set, math.NaN(), 0, metric.Gauge, metric.ErrNotFinite},
		{"infinite", had(metric.Gauge, 0), metric.Set, math.Inf(-1), 0, metric.Gauge, metric.ErrNotFinite},
	} {
		before := c.m
		s, kind, err := metric.Decide(c.m, metric.Mutation{Metric: "m", Op: c.op, Value: c.v}, 1000)
		if !errors.Is(err, c.err) || kind != c.kind || err == nil && (s.Value != c.want || s.Time != 1000) {
			t.Errorf("%s: %+v, %v, %v", c.name, s, kind, err)
		}
		if before != c.m {
			t.Errorf("%s: the metric was changed", c.name)
		}
	}
}

func TestATimeMoreThanAnHourAheadIsRefused(t *testing.T) {
	for ahead, want := range map[int64]error{metric.MaxAhead: nil, metric.MaxAhead + 1: metric.ErrFuture} {
		_, _, err := metric.Decide(metric.Metric{}, metric.Mutation{Metric: "m", Op: metric.Set, Time: 5000 + ahead}, 5000)
		if !errors.Is(err, want) {
			t.Errorf("%d ms ahead: %v", ahead, err)
		}
	}
}

func TestTheHeadIsTheNewestValueAndAnAddAlwaysMovesIt(t *testing.T) {
	var h metric.Head
	for i, c := range []struct {
		s    metric.Sample
		want metric.Head
	}{
		{metric.Sample{Seq: 1, Time: 100, Value: 5}, metric.Head{Time: 100, Seq: 1, Value: 5}},
		{metric.Sample{Seq: 2, Time: 50, Value: 9}, metric.Head{Time: 100, Seq: 1, Value: 5}},
		{metric.Sample{Seq: 3, Time: 100, Value: 6}, metric.Head{Time: 100, Seq: 3, Value: 6}},
		{metric.Sample{Seq: 4, Time: 60, Value: 8, Add: 2}, metric.Head{Time: 100, Seq: 4, Value: 8}},
		{metric.Sample{Seq: 5, Time: 120, Value: 1}, metric.Head{Time: 120, Seq: 5, Value: 1}},
	} {
		if h.Apply(c.s); h != c.want {
			t.Errorf("after sample %d: %+v, want %+v", i+1, h, c.want)
		}
	}
}

func TestADeclarationThatContradictsItselfIsRefused(t *testing.T) {
	minus, one := -1.0, 1.0
	for _, d := range []metric.Declaration{
		{Floor: &one, Ceiling: &minus},
		{Kind: metric.Counter, Ceiling: &minus},
		{Title: strings.Repeat("t", 201)},
		{Unit: strings.Repeat("u", 33)},
	} {
		if err := d.Check(); !errors.Is(err, metric.ErrDeclaration) {
			t.Errorf("%+v: %v", d, err)
		}
	}
	if err := (metric.Declaration{Kind: metric.Counter, Floor: &minus, Title: "Kühlraum"}).Check(); err != nil {
		t.Error(err)
	}
}

func TestAMetricIsTheSameAfterJSON(t *testing.T) {
	floor := -1.0
	for _, m := range []metric.Metric{
		{ID: "begun", Declaration: metric.Declaration{Kind: metric.Counter}},
		{ID: "declared", Declaration: metric.Declaration{Kind: metric.Gauge, Title: "T", Unit: "bytes", Floor: &floor}},
		{ID: `m{a="1"}`, Declaration: metric.Declaration{Kind: metric.Counter}, Head: metric.Head{Time: 7, Seq: 3, Value: 0}},
	} {
		b, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		var got metric.Metric
		if err := json.Unmarshal(b, &got); err != nil {
			t.Fatal(err)
		}
		again, _ := json.Marshal(got)
		if string(again) != string(b) || strings.Contains(string(b), `"value":null`) != (m.ID == "declared") || got.Head != m.Head {
			t.Errorf("%s became %s", b, again)
		}
	}
	var k metric.Kind
	if err := k.UnmarshalText([]byte("histogram")); err == nil {
		t.Error("histogram is taken for a kind")
	}
}

func TestAPatternNamesMetrics(t *testing.T) {
	for _, c := range []struct {
		pattern string
		id      metric.ID
		want    bool
	}{
		{"*", `m{a="1"}`, true},
		{"orders", "orders", true},
		{"orders", "orders2", false},
		{"m", `m{a="1"}`, true},
		{`m{a="1"}`, `m{a="1"}`, true},
		{`m{a="1"}`, "m", false},
		{"host.*", "host.cpu", true},
		{"host.*", "hosts", false},
		{"*cpu*", "host.cpu.idle", true},
		{`m{*job="web"*}`, `m{code="200",job="web"}`, true},
		{`m{*job="web"*}`, `m{code="200",job="api"}`, false},
		{"a*b*c", "abxbc", true},
		{"a*b*c", "abxb", false},
		{"**", "x", true},
	} {
		if got := metric.Match(c.pattern, c.id); got != c.want {
			t.Errorf("Match(%q, %q) = %v", c.pattern, c.id, got)
		}
	}
	for _, bad := range []string{"", strings.Repeat("*", metric.MaxPattern+1)} {
		if metric.CheckPattern(bad) == nil {
			t.Errorf("a pattern of %d bytes passes", len(bad))
		}
	}
}

func TestAGlobMatchesAsPathMatchDoes(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	text := func(alphabet string) string {
		b := make([]byte, r.IntN(9))
		for i := range b {
			b[i] = alphabet[r.IntN(len(alphabet))]
		}
		return string(b)
	}
	matched := 0
	for range 200_000 {
		pattern, name := text("ab*")+"*"+text("ab*"), text("ab")
		want, err := path.Match(pattern, name)
		if got := metric.Match(pattern, metric.ID(name)); err != nil || got != want {
			t.Fatalf("%q and %q: %v, want %v, %v", pattern, name, got, want, err)
		}
		if want {
			matched++
		}
	}
	if matched < 1000 {
		t.Errorf("%d pairs match: too few say anything", matched)
	}
}
