package dump_test

import (
	"context"
	"testing"

	"telltale/server/store/dump"
	"telltale/shared/access"
)

// endless is a store with an audit that has no end.
type endless struct{ access.Store }

func (endless) Tokens(context.Context) ([]access.Token, error) { return nil, nil }

func (endless) Events(_ context.Context, before uint64, limit int) ([]access.Event, error) {
	page := make([]access.Event, limit)
	for i := range page {
		page[i].Seq = before - uint64(i) - 1
	}
	return page, nil
}

func TestOfTheAuditAsManyAreGivenAsAreKept(t *testing.T) {
	given := 0
	err := dump.Access(endless{})(t.Context(), func(dump.Record) error {
		given++
		return nil
	})
	if err != nil || given != access.MaxEvents {
		t.Errorf("%d are given, %v", given, err)
	}
}
