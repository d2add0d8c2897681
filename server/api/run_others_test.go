package api

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"telltale/server/hub"
	"telltale/server/ledger"
	"telltale/server/store/sqlite"
	"telltale/shared/run"
)

// notices is Others in memory: what the servers that share a store have heard of.
type notices struct {
	mu   sync.Mutex
	till map[string]time.Time
	away bool

	stopped []string
}

func (n *notices) Hear(_ context.Context, id string, lease time.Duration) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.away {
		return errors.New("away")
	}
	n.till[id] = time.Now().Add(lease)
	return nil
}

func (n *notices) Heard(_ context.Context, id string) (bool, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.away {
		return false, errors.New("away")
	}
	return time.Now().Before(n.till[id]), nil
}

func (n *notices) Stop(_ context.Context, id string) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.away {
		return ledger.ErrUnavailable
	}
	n.stopped = append(n.stopped, id)
	return nil
}

// leasing is the server's own part in runs, which begins with keepLeases.
func leasing(t *testing.T) (a *API, keepLeases func()) {
	t.Helper()
	store, err := sqlite.Open(t.Context(), t.TempDir(), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	h := hub.New(store.Epoch(), 0, nil)
	a = New(Options{Ledger: ledger.New(store, h), Hub: h, Log: slog.New(slog.DiscardHandler)})
	return a, func() {
		var leases sync.WaitGroup
		leases.Go(func() { a.KeepLeases(t.Context()) })
		t.Cleanup(leases.Wait)
	}
}

func TestARunGoesOnWhereAnyServerHasHeardOfIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, keepLeases := leasing(t)
		ctx := t.Context()
		n := &notices{till: map[string]time.Time{}}
		a.Share(n, func() []string { return []string{"here"} })
		for id, host := range map[string]string{"here": "", "there": "", "desk": "desk", "gone": "desk"} {
			if err := a.report(ctx, ledger.Report{Run: run.Run{ID: id, Host: host, State: run.Running, Started: time.Now().UnixMilli()}}); err != nil {
				t.Fatal(err)
			}
		}
		keepLeases()
		check := func(when string, want map[string]run.State) {
			t.Helper()
			synctest.Wait()
			for id, state := range want {
				if r, _, err := a.Ledger.Run(ctx, id); err != nil || r.State != state {
					t.Errorf("%s %s is %s, want %s, %v", when, id, r.State, state, err)
				}
			}
		}
		goOn := func(d time.Duration, ids ...string) {
			for until := time.Now().Add(d); time.Now().Before(until); time.Sleep(10 * time.Second) {
				for _, id := range ids {
					_ = n.Hear(ctx, id, lease)
				}
			}
		}
		goOn(2*time.Minute, "there", "desk") // as another server does
		check("while others hear of them", map[string]run.State{"here": run.Running, "there": run.Running, "desk": run.Running, "gone": run.Lost})
		n.mu.Lock()
		n.away, n.till = true, map[string]time.Time{}
		n.mu.Unlock()
		goOn(2 * time.Minute)
		check("while nobody knows", map[string]run.State{"here": run.Running, "there": run.Running, "desk": run.Running})
		n.mu.Lock()
		n.away = false
		n.mu.Unlock()
		goOn(3*time.Minute, "desk")
		check("when one server has ended", map[string]run.State{"here": run.Running, "there": run.Lost, "desk": run.Running})
		for _, id := range []string{"here", "desk"} { // by what runs it, and by another server
			if err := a.report(ctx, ledger.Report{Run: run.Run{ID: id, State: run.Exited, Code: new(int)}}); err != nil {
				t.Fatal(err)
			}
		}
		goOn(2 * time.Minute)
		a.remotes.mu.Lock()
		defer a.remotes.mu.Unlock()
		if n := len(a.remotes.heard); n != 0 {
			t.Errorf("%d runs are remembered that have all ended", n)
		}
	})
}

func TestWhatRunsElsewhereIsStoppedThere(t *testing.T) {
	a, _ := leasing(t)
	others := &notices{}
	a.Share(others, func() []string { return nil })
	if err := a.report(t.Context(), ledger.Report{Run: run.Run{ID: "r1", Command: "job", State: run.Running, Started: 1}}); err != nil {
		t.Fatal(err)
	}
	stop := func() int {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodDelete, "/api/v1/runs/r1", nil)
		w := httptest.NewRecorder()
		a.Routes().ServeHTTP(w, r)
		return w.Code
	}
	others.away = true
	if code := stop(); code != http.StatusServiceUnavailable {
		t.Errorf("where nobody can be told: %d", code)
	}
	others.away = false
	if code := stop(); code != http.StatusAccepted || !slices.Equal(others.stopped, []string{"r1"}) {
		t.Errorf("%d, and %q are told to stop", code, others.stopped)
	}
}
