package main

import (
	"context"
	"errors"
	"fmt"

	"telltale/server/ledger"
	"telltale/server/store/dump"
	"telltale/server/store/sqlite"
	"telltale/shared/metric"
)

// openStore opens the database; its error is a sentence.
func openStore(ctx context.Context, c config) (*sqlite.Store, error) {
	store, err := sqlite.Open(ctx, c.data, sqlite.Options{Limits: c.limits()})
	if err == nil {
		return store, nil
	}
	advice := "cannot be opened: start with --log-level debug to see why"
	for _, known := range []struct {
		err    error
		advice string
	}{
		{sqlite.ErrLocked, "is used by another telltale: stop it, or give another folder with --data"},
		{sqlite.ErrCorrupt, "holds a damaged database: put a backup in its place, or give another folder with --data"},
		{sqlite.ErrNewer, "was written by a newer telltale: start that one, or give another folder with --data"},
		{dump.ErrHalf, "holds an import that has not ended: import into it again, or give another folder with --data"},
		{sqlite.ErrUnwritable, "cannot be written: change its permissions, make room on its disk, or give another folder with --data"},
	} {
		if errors.Is(err, known.err) {
			advice = known.advice
			break
		}
	}
	return nil, &sentence{text: fmt.Sprintf("the data folder %s %s", c.data, advice), code: 1, cause: err}
}

// limits are how much is kept, wherever it is.
func (c config) limits() ledger.Limits {
	return ledger.Limits{
		Raw: c.retention.raw, Tiers: c.retention.tiers(), MaxMetrics: c.maxMetrics,
		RoomMessages: c.roomRetention.messages, RoomAge: c.roomRetention.age,
	}
}

// declareShop makes the shop's counters known, so that a board shows them before the first order.
func declareShop(ctx context.Context, truth *ledger.Ledger) error {
	for id, title := range map[metric.ID]string{"orders": "Orders", "products": "Products", "customers": "Customers"} {
		if err := (recorder{truth}).Declare(ctx, id, metric.Declaration{Kind: metric.Counter, Title: title}); err != nil {
			return fmt.Errorf("declare %s: %w", id, err)
		}
	}
	return nil
}

// recorder puts this machine's readings into the ledger.
type recorder struct{ ledger *ledger.Ledger }

// Declare says what a metric is, unless somebody has said so before: a title given by hand survives a restart.
func (r recorder) Declare(ctx context.Context, id metric.ID, declaration metric.Declaration) error {
	known, err := r.ledger.Metric(ctx, id)
	if err == nil && (known.Title != "" || known.Unit != "") {
		return nil
	}
	if err != nil && !errors.Is(err, ledger.ErrUnknown) {
		return err
	}
	_, err = r.ledger.Declare(ctx, id, declaration)
	return err
}

// Record applies one batch. A reading that somebody's declaration refuses is their wish, and no error.
func (r recorder) Record(ctx context.Context, batch []metric.Mutation) error {
	entry := ledger.Entry{Items: make([]ledger.Item, 0, len(batch))}
	for _, mutation := range batch {
		entry.Items = append(entry.Items, ledger.Item{Mutation: mutation})
	}
	_, err := r.ledger.Apply(ctx, entry)
	return err
}
