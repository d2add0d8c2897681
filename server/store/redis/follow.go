package redis

import (
	"context"
	_ "embed"
	"errors"
	"time"

	"github.com/redis/rueidis"

	"telltale/server/ledger"
)

//go:embed lua/attach.lua
var attachBody string

//go:embed lua/renew.lua
var renewBody string

var (
	attach = rueidis.NewLuaScript(attachBody)
	renew  = rueidis.NewLuaScript(renewBody)
)

// The ways a process is no longer at a place of the log.
var (
	errTrimmed = errors.New("the log was trimmed past this process's place")
	errForked  = errors.New("the log is not the one that this process has read: writes were lost")
)

// logPage is how many events are read at a time: the largest has about 300 KiB.
const logPage = 64

// followLog reads the log from this process's place until the store is closed.
func (s *Store) followLog() {
	for s.ctx.Err() == nil {
		err := s.ready()
		if err == nil {
			err = s.read()
		}
		switch {
		case err == nil:
			continue
		case errors.Is(err, errForked):
			err = s.begin(err)
		case errors.Is(err, errTrimmed), errors.Is(err, errEpoch):
			s.lose(err)
			err = s.attach(s.ctx)
		}
		if err != nil && s.ctx.Err() == nil {
			s.lose(err)
			sleep(s.ctx, retryWait)
		}
	}
}

// ready answers nil where this process has a place in the log, which it looks for.
func (s *Store) ready() error {
	if s.Epoch() == "" {
		return s.attach(s.ctx)
	}
	s.mu.RLock()
	away := s.away
	s.mu.RUnlock()
	if away == nil {
		return nil
	}
	return s.look()
}

// read takes the events that follow, and waits for the first of them.
func (s *Store) read() error {
	ctx, cancel := context.WithTimeout(s.ctx, blockFor+s.options.Patience)
	defer cancel()
	client := s.redis()
	s.follow.Lock()
	at := s.place
	s.follow.Unlock()
	read := client.B().Xread().Count(logPage).Block(blockFor.Milliseconds()).Streams().Key(s.prefix + "log").Id(at.String()).Build()
	streams, err := client.Do(ctx, read).AsXRead()
	if rueidis.IsRedisNil(err) {
		if s.mu.RLock(); time.Since(s.looked) < lookEvery {
			s.mu.RUnlock()
			return nil
		}
		s.mu.RUnlock()
		return s.look()
	}
	if err != nil {
		return err
	}
	for _, entry := range streams[s.prefix+"log"] {
		e, err := readPlaced(entry.ID, entry.FieldValues["e"])
		if err != nil {
			return err
		}
		if err := s.take(e); errors.Is(err, errTrimmed) {
			return s.beyond(at)
		} else if err != nil {
			return err
		}
	}
	return nil
}

// beyond finds out why the log does not go on where this process is: where it still has what
// came before, or comes next, in another order of seqs, it is another log.
func (s *Store) beyond(at place) error {
	ctx, cancel := context.WithTimeout(s.ctx, s.options.Patience)
	defer cancel()
	client := s.redis()
	first, err := client.Do(ctx, client.B().Xrange().Key(s.prefix+"log").Start("-").End("+").Count(1).Build()).AsXRange()
	if err != nil || len(first) == 0 {
		return errors.Join(errTrimmed, err)
	}
	e, err := readPlaced(first[0].ID, first[0].FieldValues["e"])
	if err == nil && e.at.n <= at.n+1 {
		return errForked
	}
	return errors.Join(errTrimmed, err)
}

// look finds out whether the log still is the one that this process has read.
func (s *Store) look() error {
	ctx, cancel := context.WithTimeout(s.ctx, s.options.Patience)
	defer cancel()
	client := s.redis()
	s.follow.Lock()
	at := s.place
	s.follow.Unlock()
	meta, err := client.Do(ctx, client.B().Hmget().Key(s.prefix+"meta").Field("epoch", "n", "last", "seq").Build()).AsStrSlice()
	if err != nil {
		return err
	}
	n := whole(meta[1])
	switch {
	case meta[0] == "":
		return errEpoch // all of it is gone
	case n < at.n, n == at.n && meta[2] != at.id:
		return errForked
	case whole(meta[3]) < at.seq: // a seq never falls; and XREAD finds nothing below it, however great n is
		return errForked
	case n == at.n && meta[0] != s.Epoch():
		return errEpoch
	}
	s.back(n)
	s.hear(at.n)
	return nil
}

// back notes that Redis is there, with so many events: where it was away this process has missed some of them.
func (s *Store) back(n uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.away != nil || n < s.missed {
		s.missed = n
	}
	s.looked, s.away = time.Now(), nil
}

// hear notes that so many events have been read.
func (s *Store) hear(n uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.away == nil && n >= s.missed {
		s.heard, s.missed = time.Now(), 0
	}
}

// lose notes that Redis is not.
func (s *Store) lose(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.away = err
}

// take lets memory have an event, tells the publisher, and wakes the call that made it.
func (s *Store) take(e event) error {
	s.follow.Lock()
	defer s.follow.Unlock()
	switch {
	case e.at.n > s.place.n+1:
		return errTrimmed
	case e.at.n <= s.place.n || e.before != s.place.id:
		return errForked
	}
	if err := s.takeKind(e); err != nil {
		return err
	}
	s.place = e.at
	if s.peers != nil {
		s.peers.reached(e.at)
	}
	s.hear(e.at.n) // before its call is answered: who has the answer is not told that values are old
	s.mu.RLock()
	waits := s.waiting[e.id]
	s.mu.RUnlock()
	if waits != nil {
		waits <- e
	}
	return nil
}

// takeKind is take for what each kind of event says.
func (s *Store) takeKind(e event) error {
	switch e.kind {
	case sampled:
		return s.takeSamples(e)
	case declared:
		return s.takeDeclared(e)
	case deleted:
		return s.takeDeleted(e)
	case flushed:
		return s.takeFlushed(e)
	case peersChanged:
		return s.takePeers(e)
	case hallsChanged:
		return s.takeRooms(e)
	case renewed:
		return errEpoch
	}
	return nil // of a newer telltale
}

// begin begins a new epoch, as the one that was told of has lost what was told, and
// joins it.
func (s *Store) begin(cause error) error {
	s.lose(cause)
	if err := s.run(s.ctx, renew, []string{s.Epoch(), newEpoch(), newID()}).Error(); err != nil {
		return err
	}
	return s.attach(s.ctx)
}

// Follow implements ledger.Follower.
func (s *Store) Follow(p ledger.Publisher) {
	s.follow.Lock()
	defer s.follow.Unlock()
	s.publisher = p
	s.renewed()
}

// renewed tells the publisher that all is new; its caller holds follow.
func (s *Store) renewed() {
	if s.peers != nil {
		s.peers.anew()
	}
	if r, can := s.publisher.(ledger.Renewer); can {
		all, seq := s.heads()
		r.Renew(s.Epoch(), seq, all)
		r.Reached(func(name string) uint64 {
			e, passed := s.room(name)
			if e == nil {
				return passed
			}
			s.mu.RLock()
			defer s.mu.RUnlock()
			return e.last
		})
	}
}

// sleep waits; false where the context ended before.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

var _ ledger.Follower = (*Store)(nil)
