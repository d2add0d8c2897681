package redis

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"telltale/server/ledger"
	"telltale/server/store/redistest"
	"telltale/server/store/storetest"
	"telltale/shared/access"
)

func TestTheContractOfTokensHolds(t *testing.T) {
	server := redistest.Start(t)
	n := 0
	storetest.RunAccess(t, func(t *testing.T) func(storetest.AccessOptions) (storetest.AccessStore, error) {
		n++
		prefix := fmt.Sprint("tokens", n)
		return func(o storetest.AccessOptions) (storetest.AccessStore, error) {
			return Open(t.Context(), Options{URL: server.URL(), Prefix: prefix, Now: o.Now, MaxEvents: o.MaxEvents})
		}
	})
}

func TestANoteWaitsNoLongerThanItsCallerDoes(t *testing.T) {
	server := redistest.Start(t)
	s := open(t, server.URL(), "p")
	note := func(did string) error {
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		begun := time.Now()
		err := s.Note(ctx, access.Event{Did: did})
		if took := time.Since(begun); took > s.options.Patience/2 {
			t.Errorf("%s took %v", did, took)
		}
		return err
	}
	server.Pause()
	t.Cleanup(server.Resume)
	if err := note("during the call"); !errors.Is(err, ledger.ErrUnavailable) || !errors.Is(err, ledger.ErrFate) {
		t.Error(err)
	}
	server.Resume()
	eventually(t, "its fate is known", func() bool { return note("afterwards") == nil })
	<-s.tokens.turn
	if err := note("in the row"); !errors.Is(err, ledger.ErrUnavailable) || errors.Is(err, ledger.ErrFate) {
		t.Error(err)
	}
	s.tokens.turn <- struct{}{}
	all, err := s.Events(t.Context(), 0, 10)
	counts := map[string]int{}
	for _, e := range all {
		counts[e.Did]++
	}
	if err != nil || counts["during the call"] > 1 || counts["afterwards"] == 0 || counts["in the row"] > 0 {
		t.Errorf("%v, %v", counts, err)
	}
}
