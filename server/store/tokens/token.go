package tokens

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"telltale/shared/access"
	"telltale/shared/room"
)

const columns = "id, name, user, scopes, hash, created, expires, board"

// Add implements access.Store.
func (s *Store) Add(ctx context.Context, t access.Token) error {
	if room.CheckUser(t.Name) != nil || len(t.Name) > access.MaxName {
		return access.ErrName
	}
	now := s.now().UnixMilli()
	err := s.changing(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "DELETE FROM tokens WHERE expires <> 0 AND expires <= ?", now); err != nil {
			return err
		}
		var same, all int
		const count = "SELECT count(*) FILTER (WHERE name IN (?1, ?2) OR id IN (?1, ?2)), count(*) FROM tokens"
		if err := tx.QueryRowContext(ctx, count, t.Name, t.ID).Scan(&same, &all); err != nil {
			return err
		}
		switch {
		case same > 0:
			return access.ErrTaken
		case all >= access.MaxTokens:
			return access.ErrMany
		}
		_, err := tx.ExecContext(ctx, "INSERT INTO tokens ("+columns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
			t.ID, t.Name, t.User, t.Scopes.String(), t.Hash[:], t.Created, t.Expires, t.Board)
		return err
	})
	if err != nil {
		return fmt.Errorf("keep a token: %w", err)
	}
	return nil
}

// Revoke implements access.Store.
func (s *Store) Revoke(ctx context.Context, nameOrID string) (t access.Token, err error) {
	err = s.changing(ctx, func(ctx context.Context, tx *sql.Tx) error {
		// One's name may be another's id only if both were made by hand: the name is what people see.
		t, err = read(tx.QueryRowContext(ctx, "SELECT "+columns+" FROM tokens WHERE name = ?1 OR id = ?1 ORDER BY name = ?1 DESC LIMIT 1", nameOrID).Scan)
		if errors.Is(err, sql.ErrNoRows) {
			return access.ErrNoToken
		}
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "DELETE FROM tokens WHERE id = ?", t.ID)
		return err
	})
	if err != nil {
		return access.Token{}, fmt.Errorf("revoke a token: %w", err)
	}
	return t, nil
}

// Tokens implements access.Store.
func (s *Store) Tokens(ctx context.Context) (all []access.Token, err error) {
	rows, err := s.db.QueryContext(ctx, "SELECT "+columns+" FROM tokens ORDER BY name")
	if err != nil {
		return nil, fmt.Errorf("read the tokens: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		t, err := read(rows.Scan)
		if err != nil {
			return nil, fmt.Errorf("read a token: %w", err)
		}
		all = append(all, t)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read the tokens: %w", err)
	}
	return all, nil
}

func read(scan func(...any) error) (t access.Token, err error) {
	var scopes string
	var hash []byte
	if err = scan(&t.ID, &t.Name, &t.User, &scopes, &hash, &t.Created, &t.Expires, &t.Board); err != nil {
		return t, err
	}
	copy(t.Hash[:], hash)
	return t, t.Scopes.UnmarshalText([]byte(scopes))
}
