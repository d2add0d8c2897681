package tokens

import (
	"context"
	"database/sql"
	"fmt"

	"telltale/shared/access"
)

// slack is how many events more than the bound may be kept: they go together.
const slack = 100

// Note implements access.Store.
func (s *Store) Note(ctx context.Context, e access.Event) error {
	err := s.within(ctx, func(ctx context.Context, tx *sql.Tx) error {
		added, err := tx.ExecContext(ctx, "INSERT INTO audit (time, user, token, place, did, about, more) VALUES (?, ?, ?, ?, ?, ?, ?)",
			e.Time, e.User, e.Token, e.From, e.Did, e.About, e.More)
		if err != nil {
			return err
		}
		seq, err := added.LastInsertId()
		if err != nil || seq%slack != 0 {
			return err
		}
		_, err = tx.ExecContext(ctx, "DELETE FROM audit WHERE seq <= ?", seq-int64(s.events))
		return err
	})
	if err != nil {
		return fmt.Errorf("note an event: %w", err)
	}
	return nil
}

// Events implements access.Store.
func (s *Store) Events(ctx context.Context, before uint64, limit int) (all []access.Event, err error) {
	rows, err := s.db.QueryContext(ctx,
		"SELECT seq, time, user, token, place, did, about, more FROM audit WHERE ?1 = 0 OR seq < ?1 ORDER BY seq DESC LIMIT ?2", int64(before), limit)
	if err != nil {
		return nil, fmt.Errorf("read the audit: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var e access.Event
		if err := rows.Scan(&e.Seq, &e.Time, &e.User, &e.Token, &e.From, &e.Did, &e.About, &e.More); err != nil {
			return nil, fmt.Errorf("read an event: %w", err)
		}
		all = append(all, e)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read the audit: %w", err)
	}
	return all, nil
}
