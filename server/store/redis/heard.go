package redis

import (
	"context"
	"errors"
	"time"
)

// stopKept is how long it is known that a run is to end.
const stopKept = 24 * time.Hour

// Hear notes for all processes that a run goes on, which holds for as long as the lease. Where it is to end
// this process may not have been told, as it reads the log anew: then it is now.
func (s *Store) Hear(ctx context.Context, run string, lease time.Duration) error {
	client, err := s.reach()
	if err != nil {
		return err
	}
	answers := client.DoMulti(ctx, client.B().Set().Key(s.prefix+"heard:"+run).Value("1").Px(lease).Build(),
		client.B().Exists().Key(s.prefix+"stop:"+run).Build())
	asked, err := answers[1].AsInt64()
	if err := errors.Join(answers[0].Error(), err); err != nil {
		return err
	}
	s.follow.Lock()
	stops := s.stops
	s.follow.Unlock()
	if asked > 0 && stops != nil {
		stops(run)
	}
	return nil
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

// Stop tells all processes that a run is to end: the one that runs it heeds that, at once or when it says next
// that the run goes on. Its error wraps ledger.ErrUnavailable.
func (s *Store) Stop(ctx context.Context, run string) error {
	s.follow.Lock()
	p := s.peers
	s.follow.Unlock()
	if p == nil {
		return s.unavailable(errAlone)
	}
	client, err := s.reach()
	if err == nil {
		err = p.stop(ctx, run)
	}
	if err != nil {
		return err
	}
	if err := client.Do(ctx, client.B().Set().Key(s.prefix+"stop:"+run).Value("1").Px(stopKept).Build()).Error(); err != nil {
		return s.unavailable(err)
	}
	return nil
}

// errAlone says that this process cannot tell the others anything now.
var errAlone = errors.New("the others cannot be told")

// stop returns once the event is in the log. Where it returns earlier it is never sent, unless a call
// has it under way.
func (p *Peers) stop(ctx context.Context, run string) error {
	ctx, cancel := context.WithTimeout(ctx, p.store.options.Patience)
	defer cancel()
	q, id := &question{open: map[string]bool{inLog: true}, answered: make(chan struct{})}, newID()
	if !p.ask(id, q, hubStop, run, nil) {
		return p.store.unavailable(errAlone)
	}
	select {
	case <-q.answered:
	case <-ctx.Done():
	case <-p.store.ctx.Done():
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.asked, id)
	clear(q.open)
	if !q.sent {
		return p.store.unavailable(errAlone)
	}
	return nil
}

// HearStops has stops be told of each run that is to end, whoever asked for it, more than once maybe. It must not block.
func (s *Store) HearStops(stops func(id string)) {
	s.follow.Lock()
	defer s.follow.Unlock()
	s.stops = stops
}
