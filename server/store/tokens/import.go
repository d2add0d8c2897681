package tokens

import (
	"context"
	"database/sql"
	"fmt"

	"telltale/server/store/dump"
)

// Put takes records of tokens and of the audit as they were kept elsewhere.
func (s *Store) Put(ctx context.Context, records []dump.Record) error {
	err := s.changing(ctx, func(ctx context.Context, tx *sql.Tx) error {
		for _, r := range records {
			if r.Token != nil {
				t := r.Token.Full()
				_, err := tx.ExecContext(ctx, "INSERT INTO tokens ("+columns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
					t.ID, t.Name, t.User, t.Scopes.String(), t.Hash[:], t.Created, t.Expires, t.Board)
				if err != nil {
					return err
				}
			}
			if e := r.Event; e != nil {
				_, err := tx.ExecContext(ctx, "INSERT INTO audit (seq, time, user, token, place, did, about, more) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
					int64(e.Seq), e.Time, e.User, e.Token, e.From, e.Did, e.About, e.More)
				if err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("keep tokens and events: %w", err)
	}
	return nil
}
