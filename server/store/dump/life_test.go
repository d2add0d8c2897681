package dump_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"testing"
	"time"

	"telltale/server/ledger"
	"telltale/server/store/dump"
	"telltale/server/store/redis"
	"telltale/server/store/redistest"
	"telltale/server/store/sqlite"
	"telltale/server/store/storetest"
	"telltale/server/store/tokens"
	"telltale/shared/access"
)

// place is where a store may be.
type place struct {
	open    storetest.Open
	access  func() (storetest.AccessStore, error)
	sources func(now func() time.Time) []dump.Source
	begin   func(now func() time.Time) (importer, error)
}

type importer interface {
	Put(context.Context, dump.Record) error
	Export(context.Context, dump.Put) error
	End(context.Context) error
	Abandon() error
}

func folder(t *testing.T) place {
	dir := t.TempDir()
	opened := func() (storetest.AccessStore, error) { return tokens.Open(t.Context(), dir, tokens.Options{}) }
	return place{
		open: func(o storetest.Options) (storetest.Store, error) {
			return sqlite.Open(t.Context(), dir, sqlite.Options{Now: o.Now, Limits: o.Limits})
		},
		access: opened,
		sources: func(now func() time.Time) []dump.Source {
			return []dump.Source{sqlite.Export(dir, sqlite.Options{Now: now}), func(ctx context.Context, put dump.Put) error {
				s, err := opened()
				if err != nil {
					return err
				}
				defer s.Close()
				return dump.Access(s)(ctx, put)
			}}
		},
		begin: func(now func() time.Time) (importer, error) {
			i, err := sqlite.Begin(t.Context(), dir, sqlite.Options{Now: now})
			if err != nil {
				return nil, err
			}
			return withTokens{i, dir}, nil
		},
	}
}

// withTokens lets a folder have the tokens too.
type withTokens struct {
	*sqlite.Import
	dir string
}

func (w withTokens) Put(ctx context.Context, r dump.Record) error {
	if r.Token == nil && r.Event == nil {
		return w.Import.Put(ctx, r)
	}
	s, err := tokens.Open(ctx, w.dir, tokens.Options{Importing: true})
	if err != nil {
		return err
	}
	return errors.Join(s.Put(ctx, []dump.Record{r}), s.Close())
}

var prefixes int

func server(t *testing.T, r *redistest.Server) place {
	prefixes++
	o := redis.Options{URL: r.URL(), Prefix: fmt.Sprint("life", prefixes), Patience: time.Minute, // with a busy disk
		Limits: ledger.Limits{MaxBoards: 3}} // which a refusal names
	at := func(now func() time.Time) redis.Options { o.Now = now; return o }
	return place{
		open: func(with storetest.Options) (storetest.Store, error) {
			o := at(with.Now)
			o.Limits = with.Limits
			return redis.Open(t.Context(), o)
		},
		access:  func() (storetest.AccessStore, error) { return redis.Open(t.Context(), o) },
		sources: func(now func() time.Time) []dump.Source { return []dump.Source{redis.Export(at(now))} },
		begin: func(now func() time.Time) (importer, error) {
			i, err := redis.Begin(t.Context(), at(now))
			if err != nil {
				return nil, err
			}
			return i, nil
		},
	}
}

// file is what a place exports.
func (p place) file(t *testing.T, now func() time.Time) []byte {
	t.Helper()
	var b bytes.Buffer
	if _, err := dump.Write(t.Context(), &b, p.sources(now)...); err != nil {
		t.Fatalf("export: %v", err)
	}
	return b.Bytes()
}

// take imports a file.
func (p place) take(t *testing.T, now func() time.Time, file io.Reader) error {
	t.Helper()
	i, err := p.begin(now)
	if err != nil {
		return err
	}
	return takeAll(t.Context(), i, file)
}

// takeAll takes all of a file, or abandons it.
func takeAll(ctx context.Context, i importer, file io.Reader) error {
	r := dump.NewReader(file)
	put := func() error {
		for {
			record, err := r.Next()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err == nil {
				err = i.Put(ctx, record)
			}
			if err != nil {
				return err
			}
		}
	}
	err := put()
	if err == nil {
		err = i.Export(ctx, func(dump.Record) error { return nil })
	}
	if err != nil {
		return errors.Join(err, i.Abandon())
	}
	return i.End(ctx)
}

// TestAStoreThatMovedIsTheSameStore lets stores live at random, moves them both ways, and holds what both then
// are asked, and live on to, against each other.
func TestAStoreThatMovedIsTheSameStore(t *testing.T) {
	r := redistest.Start(t)
	for seed := range uint64(*lives) {
		t.Run(fmt.Sprint("from a folder to Redis, seed ", seed), func(t *testing.T) { move(t, folder(t), server(t, r), seed) })
		t.Run(fmt.Sprint("from Redis to a folder, seed ", seed), func(t *testing.T) { move(t, server(t, r), folder(t), seed+1000) })
	}
}

// lives are many in make soak.
var lives = flag.Int("lives", 1, "lives of stores that move, each way")

func move(t *testing.T, from, to place, seed uint64) {
	life := storetest.NewLife(t, seed)
	life.Join(from.open)
	life.Go(150)
	life.End()
	giveAccess(t, from)
	file := from.file(t, life.Now)
	if err := to.take(t, life.Now, bytes.NewReader(file)); err != nil {
		t.Fatalf("import: %v", err)
	}
	if again := to.file(t, life.Now); !bytes.Equal(again, file) {
		before, after := bytes.Split(file, []byte("\n")), bytes.Split(again, []byte("\n"))
		for i := range min(len(before), len(after)) {
			if !bytes.Equal(before[i], after[i]) {
				t.Fatalf("line %d was\n%s\nand is exported again as\n%s", i+1, before[i], after[i])
			}
		}
		t.Fatalf("%d lines were exported again as %d", len(before), len(after))
	}
	compareAccess(t, from, to)
	life.RunBytes = 0 // how many bytes the same lines have is each store's own
	life.Join(from.open)
	life.Join(to.open)
	defer life.End()
	life.Compare(false)
	life.Go(40)
	life.Compare(true)
}

func giveAccess(t *testing.T, p place) {
	t.Helper()
	s, err := p.access()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for i := range 5 {
		token := access.Token{ID: fmt.Sprint("id", i), Name: fmt.Sprint("token ", i), User: "ann", Created: int64(i), Board: []string{"", "home"}[i%2],
			Scopes: access.Scopes{{Right: access.Read, Glob: "*"}}, Hash: [32]byte{1, byte(i)}, Expires: []int64{0, 1 << 50}[i%2]}
		if err := errors.Join(s.Add(t.Context(), token), s.Note(t.Context(), access.Event{Time: 17, User: "ann", Did: "token.create", About: token.Name})); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Revoke(t.Context(), "token 2"); err != nil {
		t.Fatal(err)
	}
}

// compareAccess holds the tokens and the audit of two places against each other, and adds to both.
func compareAccess(t *testing.T, from, to place) {
	t.Helper()
	var all [2]string
	for i, p := range []place{from, to} {
		s, err := p.access()
		if err != nil {
			t.Fatal(err)
		}
		taken := s.Add(t.Context(), access.Token{ID: "other", Name: "token 1"})
		err = s.Note(t.Context(), access.Event{Time: 18, Did: "next"})
		tokens, err2 := s.Tokens(t.Context())
		events, err3 := s.Events(t.Context(), 0, 100)
		all[i] = fmt.Sprintf("%+v %+v %v", tokens, events, errors.Is(taken, access.ErrTaken))
		if err := errors.Join(err, err2, err3, s.Close()); err != nil {
			t.Fatal(err)
		}
	}
	if all[0] != all[1] || len(all[0]) < 100 {
		t.Errorf("of tokens and the audit there is\n%s\nand\n%s", all[0], all[1])
	}
}
