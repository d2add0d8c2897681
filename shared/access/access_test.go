package access

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestScopesAreReadAsPeopleWriteThem(t *testing.T) {
	for text, want := range map[string]Scopes{
		"read":                           {{Read, "*"}},
		"read:*":                         {{Read, "*"}},
		"write:orders,read:*,room:build": {{Write, "orders"}, {Read, "*"}, {Room, "build"}},
		`read:http{code="200",job="a"},run:deploy`: {{Read, `http{code="200",job="a"}`}, {Run, "deploy"}},
		"read:a,read:a": {{Read, "a"}},
	} {
		got, err := ParseScopes(text)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: %v, %v", text, got, err)
		}
		if again, err := ParseScopes(got.String()); err != nil || !slices.Equal(again, got) {
			t.Errorf("%q written as %q is read as %v, %v", text, got.String(), again, err)
		}
	}
	for _, text := range []string{"", "reed:*", "read:", ",", "read,", "Read:*", "read:*,,room:x", "write:orders,raed:*", `read:a{b="c"},raed:*`, strings.Repeat("read:a,", 3000) + "read:b:"} {
		if got, err := ParseScopes(text); err == nil && text != "" && !strings.HasPrefix(text, "read:a") || err != nil && !errors.Is(err, ErrScope) || text == "" && err == nil {
			t.Errorf("%.40q: %v, %v", text, got, err)
		}
	}
	var many strings.Builder
	for i := range MaxScopes + 1 {
		many.WriteString(",read:" + strings.Repeat("a", i+1))
	}
	if _, err := ParseScopes(many.String()[1:]); !errors.Is(err, ErrScope) {
		t.Errorf("more than %d scopes: %v", MaxScopes, err)
	}
}

func TestWhatAScopeGives(t *testing.T) {
	for _, c := range []struct {
		scopes string
		need   Need
		want   bool
	}{
		{"read:*", Need{Read, Metrics, "orders"}, true},
		{"read:orders", Need{Read, Metrics, "orders"}, true},
		{"read:orders", Need{Read, Metrics, `orders{shop="1"}`}, true},
		{"read:orders", Need{Read, Metrics, "order"}, false},
		{"read:host.*", Need{Read, Metrics, "host.cpu"}, true},
		{"read:host.*", Need{Read, Metrics, ""}, false},
		{"read:*", Need{Read, Metrics, ""}, true},
		{"read:host.*", Need{Read, None, ""}, true},
		{"write:orders", Need{Read, None, ""}, false},
		{"write:orders", Need{Read, Metrics, "orders"}, false},
		{"write:orders", Need{Write, Metrics, "orders"}, true},
		{"write:orders", Need{Write, Metrics, "orders2"}, false},
		{"room:build", Need{Room, Rooms, "build"}, true},
		{"room:build", Need{Read, Rooms, "build"}, true},
		{"room:build", Need{Read, Metrics, "build"}, false},
		{"room:build", Need{Read, None, ""}, true},
		{"read:build", Need{Room, Rooms, "build"}, false},
		{"run:deploy", Need{Run, Commands, "deploy"}, true},
		{"run:deploy", Need{Read, Commands, "deploy"}, true},
		{"run:deploy", Need{Run, Commands, "drop"}, false},
		{"board:home", Need{Board, Boards, "home"}, true},
		{"board:home", Need{Read, Boards, "home"}, true},
		{"board:home", Need{Board, Boards, ""}, false},
		{"admin", Need{Admin, None, ""}, true},
		{"admin", Need{Write, Metrics, "orders"}, true},
		{"admin:orders", Need{Admin, Metrics, "orders"}, true},
		{"admin:orders", Need{Write, Metrics, "orders"}, true},
		{"admin:orders", Need{Admin, Metrics, "x"}, false},
		{"admin:orders", Need{Admin, None, ""}, false},
		{"read:*,write:*,room:*,run:*,board:*", Need{Admin, None, ""}, false},
		{"read:*", Need{Write, Metrics, "orders"}, false},
	} {
		scopes, err := ParseScopes(c.scopes)
		if err != nil {
			t.Fatal(err)
		}
		if got := scopes.May(c.need); got != c.want {
			t.Errorf("%s and %+v: %v", c.scopes, c.need, got)
		}
		if more := append(slices.Clone(scopes), Scope{Write, "zzz"}, Scope{Read, "zzz"}); c.want && !more.May(c.need) {
			t.Errorf("%s gives less once another scope stands beside it", c.scopes)
		}
	}
	if (Scopes{}).May(Need{Read, None, ""}) {
		t.Error("no scope at all lets read")
	}
}

func TestGlobsSiftAsMayDoes(t *testing.T) {
	scopes, _ := ParseScopes("read:host.*,room:build,write:orders")
	for _, c := range []struct {
		right Right
		class Class
		want  []string
	}{
		{Read, Metrics, []string{"host.*"}}, {Read, Rooms, []string{"host.*", "build"}}, {Write, Metrics, []string{"orders"}}, {Run, Commands, nil},
	} {
		if got := scopes.Globs(c.right, c.class); !slices.Equal(got, c.want) {
			t.Errorf("%s of %d: %q", c.right, c.class, got)
		}
	}
	all, _ := ParseScopes("read:a,admin")
	if got := all.Globs(Read, Metrics); !slices.Equal(got, []string{"*"}) {
		t.Errorf("%q", got)
	}
}

func FuzzScopes(f *testing.F) {
	for _, seed := range []string{"read:*", "write:orders,read:*,room:build", `read:http{code="200",job="read"},run`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		scopes, err := ParseScopes(text)
		if err != nil {
			return
		}
		again, err := ParseScopes(scopes.String())
		if err != nil || !slices.Equal(again, scopes) {
			t.Errorf("%q is %v, written as %q is %v, %v", text, scopes, scopes.String(), again, err)
		}
	})
}
