package sqlite

import (
	"database/sql"
	"errors"
	"fmt"

	"telltale/server/ledger"
)

// keyRow is an idempotency key of the batch, with what it was answered.
type keyRow struct {
	key      string
	digest   uint64
	outcomes []byte
}

// answered gives the outcomes that were first given to the key; nil where it is
// new. A key that came with another digest is refused.
func (d *decision) answered(key string, digest uint64, items []ledger.Item) ([]ledger.Outcome, error) {
	row, err := d.row(key)
	if row == nil || err != nil {
		return nil, err
	}
	outcomes, err := []ledger.Outcome(nil), ledger.ErrKeyReused
	if row.digest == digest {
		outcomes, err = ledger.ReadOutcomes(row.outcomes, items)
	}
	if errors.Is(err, ledger.ErrKeyReused) {
		outcomes = make([]ledger.Outcome, len(items))
		for i := range outcomes {
			outcomes[i].Err = ledger.ErrKeyReused
		}
		return outcomes, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ledger.ErrUnavailable, err)
	}
	return outcomes, nil
}

// row finds the key in this batch or in the store.
func (d *decision) row(key string) (*keyRow, error) {
	if i, found := d.byKey[key]; found {
		return &d.keys[i], nil
	}
	var time, digest int64
	row := keyRow{key: key}
	err := d.store.sql.key.QueryRow(key).Scan(&time, &digest, &row.outcomes)
	if errors.Is(err, sql.ErrNoRows) || err == nil && time <= d.now-keysKept {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%w: look up an idempotency key: %w", ledger.ErrUnavailable, err)
	}
	row.digest = uint64(digest)
	return &row, nil
}

func (d *decision) keep(key string, digest uint64, outcomes []ledger.Outcome) {
	if d.byKey == nil {
		d.byKey = map[string]int{}
	}
	d.byKey[key] = len(d.keys)
	d.keys = append(d.keys, keyRow{key, digest, ledger.AppendOutcomes(nil, outcomes)})
}

func (d *decision) writeKeys() error {
	for _, k := range d.keys {
		if _, err := d.store.sql.keep.Exec(k.key, d.now, int64(k.digest), k.outcomes); err != nil {
			return fmt.Errorf("keep an idempotency key: %w", err)
		}
	}
	return nil
}
