package sqlite

import (
	"database/sql"
	"errors"
	"fmt"

	"telltale/server/ledger"
)

// keySet are the idempotency keys of a batch being decided. Mutations and posts
// share them: a key means one thing, whoever asks.
type keySet struct {
	store *Store
	now   int64
	rows  []keyRow
	byKey map[string]int // in rows
}

// keyRow is a key with what came with it.
type keyRow struct {
	key    string
	digest uint64
	kept   []byte // what it was answered
}

// row finds the key in this batch or in the store; nil where it is new.
func (k *keySet) row(key string) (*keyRow, error) {
	if i, found := k.byKey[key]; found {
		return &k.rows[i], nil
	}
	var time, digest int64
	row := keyRow{key: key}
	err := k.store.sql.key.QueryRow(key).Scan(&time, &digest, &row.kept)
	if errors.Is(err, sql.ErrNoRows) || err == nil && time <= k.now-ledger.KeysKept {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%w: look up an idempotency key: %w", ledger.ErrUnavailable, err)
	}
	row.digest = uint64(digest)
	return &row, nil
}

func (k *keySet) keep(key string, digest uint64, kept []byte) {
	if k.byKey == nil {
		k.byKey = map[string]int{}
	}
	k.byKey[key] = len(k.rows)
	k.rows = append(k.rows, keyRow{key, digest, kept})
}

// shorten takes back all but the first n.
func (k *keySet) shorten(n int) {
	for _, row := range k.rows[n:] {
		delete(k.byKey, row.key)
	}
	k.rows = k.rows[:n]
}

func (k *keySet) write() error {
	for _, row := range k.rows {
		if _, err := k.store.sql.keep.Exec(row.key, k.now, int64(row.digest), row.kept); err != nil {
			return fmt.Errorf("keep an idempotency key: %w", err)
		}
	}
	return nil
}
