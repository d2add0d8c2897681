package redis

import (
	"context"
	"time"
)

// lagLook is how often CatchUp looks.
const lagLook = 5 * time.Millisecond

// CatchUp returns once this process knows all that had happened when it was called. Its error
// wraps ledger.ErrUnavailable, where that cannot be known, or takes too long.
func (s *Store) CatchUp(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.options.Patience)
	defer cancel()
	if err := s.Writable(); err != nil {
		return err
	}
	client := s.redis()
	meta, err := client.Do(ctx, client.B().Hmget().Key(s.prefix+"meta").Field("epoch", "n").Build()).AsStrSlice()
	if err != nil {
		return s.unavailable(err)
	}
	for n := whole(meta[1]); ; {
		s.follow.Lock()
		at, epoch := s.place.n, s.Epoch()
		s.follow.Unlock()
		if epoch == meta[0] && at >= n {
			return nil
		}
		if !sleep(ctx, lagLook) {
			return s.unavailable(ctx.Err())
		}
	}
}
