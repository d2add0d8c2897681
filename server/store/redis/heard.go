package redis

import (
	"context"
	"time"
)

// Hear notes for all processes that a run goes on, which holds for as long as the lease.
func (s *Store) Hear(ctx context.Context, run string, lease time.Duration) error {
	client, err := s.reach()
	if err != nil {
		return err
	}
	return client.Do(ctx, client.B().Set().Key(s.prefix+"heard:"+run).Value("1").Px(lease).Build()).Error()
}

// Heard tells whether any process has said so, and the lease has not ended.
func (s *Store) Heard(ctx context.Context, run string) (bool, error) {
	client, err := s.reach()
	if err != nil {
		return false, err
	}
	n, err := client.Do(ctx, client.B().Exists().Key(s.prefix+"heard:"+run).Build()).AsInt64()
	return n > 0, err
}
