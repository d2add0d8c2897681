package storetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"telltale/shared/access"
)

// AccessStore is what the suite asks of a store of tokens besides the contract.
type AccessStore interface {
	access.Store
	Close() error
}

// AccessOptions are what the suite sets when it opens a store of tokens.
type AccessOptions struct {
	Now       func() time.Time
	MaxEvents int
}

// RunAccess runs the suite of access.Store. fresh makes a new empty place, which may be
// opened several times at once, as by several processes.
func RunAccess(t *testing.T, fresh func(t *testing.T) func(AccessOptions) (AccessStore, error)) {
	for _, line := range []struct {
		name string
		test func(t *testing.T, open func(AccessOptions) AccessStore)
	}{
		{"A1 a token of a name is kept once", tokenNames},
		{"A1 of many that add one name at a time one does", tokenRace},
		{"A2 A3 A4 tokens come and go for every process", tokensShared},
		{"A5 the audit gives the newest first, and is bound", audit},
	} {
		t.Run(line.name, func(t *testing.T) {
			place := fresh(t)
			line.test(t, func(o AccessOptions) AccessStore {
				t.Helper()
				if o.Now == nil {
					o.Now = time.Now
				}
				s, err := place(o)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = s.Close() })
				return s
			})
		})
	}
}

func aToken(name string) access.Token {
	t := access.Token{ID: "id-" + name, Name: name, User: "user " + name, Created: 17,
		Scopes: access.Scopes{{Right: access.Read, Glob: "*"}, {Right: access.Write, Glob: `a{b="c,d"}`}}}
	copy(t.Hash[:], name)
	return t
}

func tokenNames(t *testing.T, open func(AccessOptions) AccessStore) {
	now := time.UnixMilli(1_000_000)
	s := open(AccessOptions{Now: func() time.Time { return now }})
	ctx := t.Context()
	short := aToken("a")
	short.Expires = now.UnixMilli() + 10
	if err := s.Add(ctx, short); err != nil {
		t.Fatal(err)
	}
	again := aToken("a")
	again.ID, again.Hash = "other", [32]byte{7}
	if err := s.Add(ctx, again); !errors.Is(err, access.ErrTaken) {
		t.Errorf("a second token of the name: %v", err)
	}
	same := aToken("b")
	same.ID = short.ID
	if err := s.Add(ctx, same); !errors.Is(err, access.ErrTaken) {
		t.Errorf("a second token of the id: %v", err)
	}
	now = now.Add(10 * time.Millisecond)
	if err := s.Add(ctx, again); err != nil {
		t.Errorf("the name of a token that has expired: %v", err)
	}
	for _, name := range []string{"", " a", "a\x1b[31m", strings.Repeat("a", access.MaxName+1), "\xff"} {
		bad := aToken("z")
		if bad.Name = name; !errors.Is(s.Add(ctx, bad), access.ErrName) {
			t.Errorf("the name %q was taken", name)
		}
	}
	if all, err := s.Tokens(ctx); err != nil || len(all) != 1 || all[0].ID != "other" {
		t.Errorf("%+v, %v", all, err)
	}
}

func tokenRace(t *testing.T, open func(AccessOptions) AccessStore) {
	var all sync.WaitGroup
	won := make(chan int, 8)
	for i := range 8 {
		s := open(AccessOptions{})
		all.Go(func() {
			token := aToken("one")
			token.ID, token.Hash = fmt.Sprint("id ", i), [32]byte{byte(i + 1)}
			if err := s.Add(t.Context(), token); err == nil {
				won <- i
			} else if !errors.Is(err, access.ErrTaken) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if len(won) != 1 {
		t.Errorf("%d of 8 added a token of one name", len(won))
	}
}

func tokensShared(t *testing.T, open func(AccessOptions) AccessStore) {
	ctx := t.Context()
	one, other := open(AccessOptions{}), open(AccessOptions{})
	before, err := other.Version(ctx)
	if err != nil {
		t.Fatal(err)
	}
	want := []access.Token{aToken("a"), aToken("b"), aToken("c")}
	want[1].Expires, want[1].Board = 1<<50, "home"
	for _, i := range []int{2, 0, 1} {
		if err := one.Add(ctx, want[i]); err != nil {
			t.Fatal(err)
		}
	}
	same := func(a, b access.Token) bool {
		return a.Scopes.String() == b.Scopes.String() && fmt.Sprint(a) == fmt.Sprint(b)
	}
	if got, err := other.Tokens(ctx); err != nil || !slices.EqualFunc(got, want, same) {
		t.Errorf("the other process sees %+v, %v", got, err)
	}
	after, err := other.Version(ctx)
	if err != nil || after == before {
		t.Errorf("the version stayed %d, %v", after, err)
	}
	if got, err := other.Revoke(ctx, "a"); err != nil || !same(got, want[0]) {
		t.Errorf("revoked by name: %+v, %v", got, err)
	}
	if got, err := one.Revoke(ctx, "id-b"); err != nil || !same(got, want[1]) {
		t.Errorf("revoked by id: %+v, %v", got, err)
	}
	if _, err := one.Revoke(ctx, "a"); !errors.Is(err, access.ErrNoToken) {
		t.Errorf("revoked twice: %v", err)
	}
	if last, err := other.Version(ctx); err != nil || last == after {
		t.Errorf("the version stayed %d, %v", last, err)
	}
	third := open(AccessOptions{})
	if got, err := third.Tokens(ctx); err != nil || !slices.EqualFunc(got, want[2:], same) {
		t.Errorf("one that opens later sees %+v, %v", got, err)
	}
}

func audit(t *testing.T, open func(AccessOptions) AccessStore) {
	ctx := t.Context()
	const bound, noted = 200, 450
	one, other := open(AccessOptions{MaxEvents: bound}), open(AccessOptions{MaxEvents: bound})
	if got, err := one.Events(ctx, 0, 10); err != nil || len(got) != 0 {
		t.Errorf("a new audit: %v, %v", got, err)
	}
	for i := range noted {
		s := one
		if i%2 == 1 {
			s = other
		}
		if err := s.Note(ctx, access.Event{Time: int64(i), User: "u", Token: "t", From: "127.0.0.1", Did: "board.put", About: "home", More: fmt.Sprint(i)}); err != nil {
			t.Fatal(err)
		}
	}
	var all []access.Event
	for before := uint64(0); ; {
		page, err := other.Events(ctx, before, 70)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		all = append(all, page...)
		before = page[len(page)-1].Seq
	}
	if len(all) < bound || len(all) >= noted {
		t.Errorf("%d events are kept of %d, where %d are the bound", len(all), noted, bound)
	}
	for i, e := range all {
		want := access.Event{Seq: uint64(noted - i), Time: int64(noted - i - 1), User: "u", Token: "t", From: "127.0.0.1", Did: "board.put", About: "home", More: fmt.Sprint(noted - i - 1)}
		if e != want {
			t.Fatalf("event %d is %+v, want %+v", i, e, want)
		}
	}
}
