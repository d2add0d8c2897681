package api

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"telltale/server/ledger"
	"telltale/server/store/sqlite"
)

// lostStore is a store that is lost amid each change after so many.
type lostStore struct {
	*sqlite.Store
	left int
}

func (s *lostStore) Apply(ctx context.Context, batch []ledger.Entry) ([][]ledger.Outcome, error) {
	if s.left--; s.left < 0 {
		return nil, fmt.Errorf("%w: %w", ledger.ErrUnavailable, ledger.ErrFate)
	}
	return s.Store.Apply(ctx, batch)
}

func TestOfAChangeWhoseFateIsNotKnownNobodyIsToldThatItDidNotHappen(t *testing.T) {
	h := open(t)
	store, err := sqlite.Open(t.Context(), t.TempDir(), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	lost := &lostStore{Store: store}
	h.api.Ledger = ledger.New(lost, h.api.Hub)
	const says = "this may have happened"
	for _, query := range []string{"", "?atomic=true"} {
		if r := h.ask("POST", "/api/v1/metrics"+query, `{"metric":"a","add":1}`); r.status != 503 || !strings.Contains(r.body, says) || r.header.Get("Retry-After") != "" {
			t.Errorf("a batch%s: %d %s, Retry-After %q", query, r.status, r.body, r.header.Get("Retry-After"))
		}
	}
	lost.left = 1
	r := h.ask("POST", "/api/v1/metrics", strings.Repeat(`{"metric":"a","add":1}`+"\n", piece+1))
	if rows := strings.Split(strings.TrimSpace(r.body), "\n"); r.status != 200 || len(rows) != piece+1 || !strings.Contains(rows[piece], `"status":503`) || !strings.Contains(rows[piece], says) {
		t.Errorf("the row of a batch: %d, %d rows, %.200s", r.status, len(rows), rows[len(rows)-1])
	}
	p := h.dial("/ws")
	p.send(`{"type":"mutate","id":"1","metric":"a","add":1}`)
	if got := string(p.until(`"error"`)); !strings.Contains(got, `"unavailable"`) || !strings.Contains(got, says) {
		t.Errorf("on a socket: %s", got)
	}
}
