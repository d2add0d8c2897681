package redis

import (
	"context"
	"encoding/binary"
	"errors"
	"strconv"
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

// Stop tells all processes that a run is to end: the one that runs it heeds that. Its error wraps
// ledger.ErrUnavailable.
func (s *Store) Stop(_ context.Context, run string) error {
	s.follow.Lock()
	p := s.peers
	s.follow.Unlock()
	if p == nil {
		return s.unavailable(errAlone)
	}
	return p.stop(run)
}

// errAlone says that this process is not among others now, and is to tell them anew who is in it.
var errAlone = errors.New("the others cannot be told")

// stop makes a call of its own, which is over once the event is in the log.
func (p *Peers) stop(run string) error {
	if err := p.store.Writable(); err != nil {
		return err
	}
	p.telling.Lock()
	defer p.telling.Unlock()
	if p.ended {
		return p.store.unavailable(errAlone)
	}
	change := binary.LittleEndian.AppendUint32(appendShort([]byte{hubStop}, run), 0)
	answer, err := p.call([]string{p.store.process, strconv.FormatInt(p.lease.Milliseconds(), 10), "", "", string(change)})
	if err == nil && answer == "l" {
		p.mu.Lock()
		p.whole = true
		p.mu.Unlock()
		tell(p.wake)
		err = p.store.unavailable(errAlone)
	}
	return err
}

// HearStops has stops be told of each run that is to end, whoever asked for it. It must not block.
func (s *Store) HearStops(stops func(id string)) {
	s.follow.Lock()
	defer s.follow.Unlock()
	s.stops = stops
}
