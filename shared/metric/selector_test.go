package metric_test

import (
	"errors"
	"math/rand/v2"
	"path"
	"strings"
	"testing"
	"time"

	"telltale/shared/metric"
)

func TestConditionsOnLabelsNameThoseThatFulfilThemAll(t *testing.T) {
	for _, c := range []struct {
		pattern string
		id      metric.ID
		want    bool
	}{
		{`http{code=~"5*"}`, `http{code="500"}`, true},
		{`http{code=~"5*"}`, `http{code="500",job="web"}`, true},
		{`http{code=~"5*"}`, `http{a="5",code="404",z="500"}`, false},
		{`http{code=~"5*"}`, `http`, false},
		{`http{code=~"5*"}`, `https{code="500"}`, false},
		{`http{code=~"*"}`, `http`, true}, // a label that is not there is ""
		{`http{code=~"?*"}`, `http{code="500"}`, false},
		{`http{code!="200"}`, `http{code="200"}`, false},
		{`http{code!="200"}`, `http{code="2000"}`, true},
		{`http{code!="200"}`, `http`, true},
		{`http{code!=""}`, `http`, false},
		{`http{code!~"5*"}`, `http{code="500"}`, false},
		{`http{code!~"5*"}`, `http{code="200"}`, true},
		{`http{code=~"500"}`, `http{code="500"}`, true},
		{`http{code=~"500"}`, `http{code="5000"}`, false},
		{`http{code!="200",job=~"web-*"}`, `http{code="500",job="web-1"}`, true},
		{`http{code!="200",job=~"web-*"}`, `http{code="200",job="web-1"}`, false},
		{`http{code!="200",job=~"web-*"}`, `http{code="500",job="api"}`, false},
		{`http{job=~"web-*",code!="200"}`, `http{code="500",job="web-1"}`, true},
		{`http{code=~"5*",code!="503"}`, `http{code="503"}`, false},
		{`http{code=~"5*",code!="503"}`, `http{code="502"}`, true},
		{`http{job="web",code!="200"}`, `http{code="500",job="web"}`, true}, // = among conditions is one
		{`http{job="w*",code!="200"}`, `http{code="500",job="web"}`, false},
		{`http{job="w*",code!="200"}`, `http{code="500",job="w*"}`, true},
		{`http{job=""  ,code!="200"}`, `http{code="500"}`, false},
		{`http{job="",code!="200"}`, `http{code="500"}`, true},
		{`ht*{code!="200"}`, `http{code="500"}`, true},
		{`ht*{code!="200"}`, `ftp{code="500"}`, false},
		{`*{host=~"db*"}`, `load{host="db1"}`, true},
		{`m{a="x!~\"=~"}`, `m{a="x!~\"=~"}`, true}, // an identity, whatever its values hold
		{`m{a="x!~\"=~"}`, `m{a="x!~\"=~",b="1"}`, false},
		{`m{a=~"*=~*"}`, `m{a="x!~\"=~",b="1"}`, true},
		{`m{a=~"*\"*"}`, `m{a="x\"y"}`, true},
		{`m{a=~"*\n"}`, `m{a="x\n"}`, true},
		{`m{a=~"*\n"}`, `m{a="x\\n"}`, false}, // a backslash and an n are no line feed
		{`m{a=~"*\\"}`, `m{a="x\\"}`, true},
		{`m{a=~"é*"}`, `m{a="é1"}`, true},
		{`m{b!="1"}`, `m{a="b=\"1\""}`, true},
		{`m{b!="1"}`, `m{a="\",b=\"1"}`, true},
		{`m{a!=}`, `m{a="1"}`, false},
		{`m{a!="x"`, `m{a="1"}`, false},
		{`m{!}`, `m`, false},
		{`{a!="x"}`, `m{a="1"}`, false},
	} {
		if got := metric.Match(c.pattern, c.id); got != c.want {
			t.Errorf("Match(%q, %q) = %v", c.pattern, c.id, got)
		}
	}
}

func TestAPatternThatCanMatchNothingIsRefused(t *testing.T) {
	for _, good := range []string{"*", "orders", "host.*", "*cpu*", `m{a="1"}`, `m{*job="web"*}`, `m{a="*"}`, `*job="we b"*`, `http{code=~"5*"}`,
		`http{code!="200",job=~"web-*"}`, `ht*{a!~"x"}`, `*{a!=""}`, `m{a=~"é \" \\ \n"}`, `m{a="!="}`, "a:*-b", `m{b="2",a="1"}`} {
		if err := metric.CheckPattern(good); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []string{"", "a b", "a b*", "5*", "-*", "é*", `"*`, "m*\n", `m{a=1}`, `m{a="1"`, `m{a!="1"`, `m{a!=1}`, `m{a=~}`, `m{!~"x"}`, `m{a!~"x",}`,
		`m{a!~"x"}y`, `m{a!~"x"} `, `m{a!~"x" ,b="1"}`, `{a!="x"}`, `5{a!="x"}`, `a b{a!="x"}`, `é*{a!="x"}`, `m{a!="\q"}`, "m{a!=\"\xff\"}", `m{1a!="x"}`, `m{a~"x"}`, `m{a!"x"}`, `m{a==~"x"}`,
		`m{*,a!="x"}`, strings.Repeat("a", 129) + `{a!="x"}`, `m{` + strings.Repeat(`a!="x",`, 32) + `a!="x"}`, `m{a=~"` + strings.Repeat("x", metric.MaxPattern) + `"}`} {
		if err := metric.CheckPattern(bad); !errors.Is(err, metric.ErrPattern) && !errors.Is(err, metric.ErrName) {
			t.Errorf("%.60q passes: %v", bad, err)
		}
	}
}

// model is Match for conditions, written plainly.
func model(name string, conditions [][3]string, id metric.ID) bool {
	if is, err := path.Match(name, id.Name()); err != nil || !is {
		return false
	}
	labels := map[string]string{}
	for _, l := range id.Labels() {
		labels[l.Name] = l.Value
	}
	for _, c := range conditions {
		is := labels[c[0]] == c[2]
		if c[1][1] == '~' {
			is, _ = path.Match(strings.ReplaceAll(c[2], `\`, `\\`), labels[c[0]])
		}
		if is == (c[1][0] == '!') {
			return false
		}
	}
	return true
}

func TestConditionsHoldAsAPlainModelHasThem(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	text := func(alphabet string, most int) string {
		b := make([]byte, r.IntN(most))
		for i := range b {
			b[i] = alphabet[r.IntN(len(alphabet))]
		}
		return string(b)
	}
	escape := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)
	matched := 0
	for range 100_000 {
		var labels []string
		for _, label := range []string{"a", "b", "c"} {
			if r.IntN(3) > 0 {
				labels = append(labels, label+`="`+escape.Replace(text("xy\\\"n\n", 4))+`"`)
			}
		}
		id, err := metric.Parse("m" + text("xy", 3) + "{" + strings.Join(labels, ",") + "}")
		if err != nil {
			t.Fatal(err)
		}
		name := "m" + text("xy*", 3)
		var conditions [][3]string
		var parts []string
		for range 1 + r.IntN(3) {
			c := [3]string{text("abcd", 2), []string{"==", "!=", "=~", "!~"}[r.IntN(4)], ""}
			if c[0] == "" {
				c[0] = "a"
			}
			c[2] = text("xy\\\"n\n", 3)
			if c[1][1] == '~' {
				c[2] += "*" + text("xyn*", 3)
			}
			conditions = append(conditions, c)
			parts = append(parts, c[0]+strings.Replace(c[1], "==", "=", 1)+`"`+escape.Replace(c[2])+`"`)
		}
		pattern := name + "{" + strings.Join(parts, ",") + "}"
		if !metric.IsGlob(pattern) || !strings.ContainsAny(pattern, "!~") {
			continue // only = : an identity
		}
		if err := metric.CheckPattern(pattern); err != nil {
			t.Fatalf("%s: %v", pattern, err)
		}
		want := model(name, conditions, id)
		if got := metric.Match(pattern, id); got != want {
			t.Fatalf("%s and %s: %v, want %v", pattern, id, got, want)
		}
		if want {
			matched++
		}
	}
	if matched < 1000 {
		t.Errorf("%d pairs match: too few say anything", matched)
	}
}

func TestMatchingTakesTimeThatGrowsWithTheLengths(t *testing.T) {
	id, err := metric.Parse(`m{a="` + strings.Repeat("x", 1900) + `"}`)
	if err != nil {
		t.Fatal(err)
	}
	for _, pattern := range []string{
		`m{a=~"` + strings.Repeat("x*", 1000) + `y"}`,
		`m{` + strings.Repeat(`a=~"*x*y",`, 31) + `a!="z"}`,
		strings.Repeat("*x", 1000) + "y",
	} {
		begun := time.Now()
		for range 100 {
			if metric.Match(pattern, id) {
				t.Fatalf("%.40s matches", pattern)
			}
		}
		if took := time.Since(begun); took > time.Minute {
			t.Errorf("%.40s: %s for 100 times", pattern, took)
		}
	}
}

func FuzzMatch(f *testing.F) {
	for _, seed := range [][2]string{{`http{code=~"5*"}`, `http{code="500"}`}, {`m{*a="1"*}`, `m{a="1"}`}, {`*{a!="\n"}`, `m{a="\n"}`}, {"host.*", "host.cpu"}, {`m{a!=`, `m`}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, pattern, name string) {
		id, err := metric.Parse(name)
		if err != nil {
			return
		}
		got := metric.Match(pattern, id)
		if err := metric.CheckPattern(pattern); err == nil && !metric.IsGlob(pattern) {
			if exact, err := metric.Parse(pattern); err != nil || !metric.Match(string(exact), exact) {
				t.Errorf("%q passes as a name: %v", pattern, err)
			}
		} else if err != nil && got && !strings.Contains(pattern, "*") {
			t.Errorf("%q is refused (%v) and matches %q", pattern, err, id)
		}
	})
}
