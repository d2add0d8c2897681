package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"telltale/server/ledger"
	"telltale/server/store/rollup"
)

// Rows that a step of retention removes at most.
const (
	logStep   = 64
	keyStep   = 256
	chunkStep = 64
)

// retain removes what is older than its tier keeps, in steps between which
// mutations go on; of the metrics' chunks it looks at one of so many shares.
func (s *Store) retain(ctx context.Context, shares int) error {
	now := s.now()
	err := s.steps(ctx, logStep, func() (int64, error) {
		return affected(s.sql.pruneLog.Exec(int64(s.flushed), logStep, now-s.options.Raw.Milliseconds()))
	})
	if err != nil {
		return fmt.Errorf("prune the log: %w", err)
	}
	err = s.steps(ctx, keyStep, func() (int64, error) { return affected(s.sql.pruneKeys.Exec(keyStep, now-ledger.KeysKept)) })
	if err != nil {
		return fmt.Errorf("prune the idempotency keys: %w", err)
	}
	for _, num := range s.share(shares) {
		if err := s.retainChunks(ctx, num, now); err != nil {
			return fmt.Errorf("prune the roll-ups: %w", err)
		}
	}
	return s.bury(ctx)
}

// share is the next of so many shares of the metrics.
func (s *Store) share(shares int) (nums []uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.turn++
	for _, e := range s.sorted {
		if int(e.num)%shares == s.turn%shares {
			nums = append(nums, e.num)
		}
	}
	return nums
}

// retainChunks removes a metric's chunks that lie wholly before their tier's horizon.
func (s *Store) retainChunks(ctx context.Context, num uint32, now int64) error {
	for i, tier := range s.options.Tiers {
		if tier.Keep == 0 {
			continue
		}
		first, _ := rollup.Keys(num, i)
		if err := s.removeChunks(ctx, first, rollup.Key(num, i, tier.Step, now-tier.Keep)-1); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) removeChunks(ctx context.Context, first, last int64) error {
	return s.steps(ctx, chunkStep, func() (int64, error) {
		return affected(s.sql.pruneChunks.Exec(first, last, chunkStep))
	})
}

// bury removes the chunks of deleted metrics.
func (s *Store) bury(ctx context.Context) error {
	for {
		var num uint32
		s.w.Lock()
		err := s.sql.nextGone.QueryRow().Scan(&num)
		s.w.Unlock()
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("bury a metric: %w", err)
		}
		first, _ := rollup.Keys(num, 0)
		_, last := rollup.Keys(num, len(s.options.Tiers)-1)
		if err := s.removeChunks(ctx, first, last); err != nil {
			return err
		}
		if err := s.steps(ctx, 1, func() (int64, error) { _, err := s.sql.buried.Exec(num); return 0, err }); err != nil {
			return err
		}
	}
}

// steps runs a step, one statement, until one removes fewer rows than full.
func (s *Store) steps(ctx context.Context, full int64, step func() (int64, error)) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		s.w.Lock()
		n, err := step()
		err = s.wrote(err)
		s.w.Unlock()
		if n < full || err != nil {
			return err
		}
	}
}

func affected(r sql.Result, err error) (int64, error) {
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}
