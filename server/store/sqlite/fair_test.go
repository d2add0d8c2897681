package sqlite

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"telltale/server/ledger"
	"telltale/shared/metric"
)

// counted counts the commits of each kind.
type counted struct {
	*Store
	posts, entries atomic.Int64
}

func (c *counted) Post(ctx context.Context, batch []ledger.Post) ([]ledger.Posted, error) {
	c.posts.Add(1)
	return c.Store.Post(ctx, batch)
}

func (c *counted) Apply(ctx context.Context, batch []ledger.Entry) ([][]ledger.Outcome, error) {
	c.entries.Add(1)
	return c.Store.Apply(ctx, batch)
}

// TestPostsAndMutationsTakeTurns has one caller who waits for each answer beside a
// crowd of the other kind: it waits for a few commits of the crowd, never for the
// crowd to pause.
func TestPostsAndMutationsTakeTurns(t *testing.T) {
	const calls, most = 100, 10 // commits of the crowd for each of the caller's, on average
	c := &counted{Store: mustOpen(t, t.TempDir())}
	defer c.Close()
	l := ledger.New(c, silent{})
	p := ledger.Post{Room: "a", Lines: make([]ledger.Line, 256)}
	for i := range p.Lines {
		p.Lines[i].Content = strings.Repeat("x", 100)
	}
	post := func() error { _, err := l.Post(t.Context(), p); return err }
	mutate := func() error {
		_, err := l.Apply(t.Context(), ledger.Entry{Items: []ledger.Item{{Mutation: metric.Mutation{Metric: "a", Op: metric.Add, Value: 1}}}})
		return err
	}
	for name, each := range map[string]struct {
		crowd, one func() error
		commits    *atomic.Int64 // of the crowd
	}{"a mutation beside posts": {post, mutate, &c.posts}, "a post beside mutations": {mutate, post, &c.entries}} {
		var crowd sync.WaitGroup
		var done atomic.Bool
		for range 16 {
			crowd.Go(func() {
				for !done.Load() {
					if err := each.crowd(); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		before := each.commits.Load()
		for range calls {
			if err := each.one(); err != nil {
				t.Error(err)
			}
		}
		n := each.commits.Load() - before
		done.Store(true)
		crowd.Wait()
		if t.Logf("%s waits for %.1f commits on average", name, float64(n)/calls); n > most*calls || n < calls/10 {
			t.Errorf("%s waited for %d commits in %d calls", name, n, calls)
		}
	}
}
