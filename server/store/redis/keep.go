package redis

import (
	"context"
	_ "embed"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/rueidis"

	"telltale/server/store/rollup"
)

// How often the store is looked after, by the process that holds the lease.
const (
	leaseFor    = 10 * time.Second
	leaseEvery  = 3 * time.Second
	flushEvery  = 9 * time.Second
	retainEvery = time.Minute
	retainShare = 60      // each time one of so many shares of the metrics has its chunks looked at
	flushAfter  = 1 << 16 // samples in memory that start a flush early
)

var (
	//go:embed lua/lease.lua
	leaseBody string
	lease     = rueidis.NewLuaScript(leaseBody)
)

// keeper is what the process that holds the lease keeps in mind.
type keeper struct {
	wake  chan struct{} // a flush is due early
	full  chan struct{} // retention is: much was said
	leads atomic.Bool   // this process has the lease

	mu    sync.Mutex // held over a flush, and over retention; guards what follows
	lane  lane
	epoch string // that mark belongs to
	mark  uint64 // seq when the last flush began: the target of the next
	turn  int    // shares of the metrics that retention has looked at
}

// keepUp flushes and retains, while this process holds the lease, until the store is closed.
// What fails is tried again the next time.
func (s *Store) keepUp() {
	renew, retain := time.NewTicker(leaseEvery), time.NewTicker(retainEvery)
	defer renew.Stop()
	defer retain.Stop()
	var last time.Time
	s.holds()
	for {
		due := false
		select {
		case <-s.ctx.Done():
			return
		case <-renew.C:
			due = time.Since(last) >= flushEvery
		case <-s.keep.wake:
			due = time.Since(last) >= leaseEvery
		case <-s.keep.full:
			if s.holds() {
				_ = s.retain(s.ctx, retainShare)
			}
		case <-retain.C:
			if s.holds() {
				_ = s.retain(s.ctx, retainShare)
			}
		}
		if s.holds() && due {
			last = time.Now()
			_ = s.flush(s.ctx)
		}
	}
}

// Maintain does at once, and to the end, what the process that holds the lease otherwise
// does bit by bit.
func (s *Store) Maintain(ctx context.Context) error {
	if err := s.flush(ctx); err != nil {
		return err
	}
	return s.retain(ctx, 1)
}

// holds takes or renews the lease, and tells whether this process has it. It saves work,
// and no more: what two processes do at a time comes out as if one had.
func (s *Store) holds() bool {
	ctx, cancel := context.WithTimeout(s.ctx, s.options.Patience)
	defer cancel()
	if s.Writable() != nil {
		s.keep.leads.Store(false)
		return false
	}
	got, err := s.run(ctx, lease, []string{s.process, strconv.FormatInt(leaseFor.Milliseconds(), 10)}).AsInt64()
	s.keep.leads.Store(err == nil && got == 1)
	return s.keep.leads.Load()
}

// release gives the lease back.
func (s *Store) release() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = s.run(ctx, lease, []string{s.process, "0"}).Error()
}

// Rows that a step of retention removes at most.
const (
	logStep   = 64
	chunkStep = 64
)

// retain removes what is older than its tier keeps, in steps between which Redis does other
// things; of the metrics' chunks it looks at one of so many shares.
func (s *Store) retain(ctx context.Context, shares int) error {
	s.keep.mu.Lock()
	defer s.keep.mu.Unlock()
	if err := s.Writable(); err != nil {
		return err
	}
	if err := s.retainLog(ctx); err != nil {
		return fmt.Errorf("prune the log: %w", err)
	}
	for _, num := range s.share(shares) {
		if err := s.retainChunks(ctx, num); err != nil {
			return fmt.Errorf("prune the roll-ups: %w", err)
		}
	}
	if err := s.bury(ctx); err != nil {
		return fmt.Errorf("bury a metric: %w", err)
	}
	return s.retainRooms(ctx)
}

// retainLog removes what is too old and in roll-ups; and where the log is too large, what
// is in roll-ups, oldest first.
func (s *Store) retainLog(ctx context.Context) error {
	client := s.redis()
	s.mu.RLock()
	flushed := s.metrics.flushed
	s.mu.RUnlock()
	since := s.now() - s.options.Raw.Milliseconds()
	for {
		page, err := client.Do(ctx, client.B().Xrange().Key(s.prefix+"log").Start("-").End("+").Count(logStep).Build()).AsXRange()
		if err != nil {
			return err
		}
		size, err := client.Do(ctx, client.B().MemoryUsage().Key(s.prefix+"log").Build()).AsInt64()
		if err != nil && !rueidis.IsRedisNil(err) {
			return err
		}
		n, keep := 0, ""
		for ; n < len(page); n++ {
			e, err := readPlaced(page[n].ID, page[n].FieldValues["e"])
			if err != nil {
				return err
			}
			if e.at.seq > flushed || e.time > since && size <= s.options.LogBytes {
				break
			}
			keep = place{seq: e.at.seq, n: e.at.n + 1}.String()
		}
		if n == 0 {
			return nil
		}
		if err := client.Do(ctx, client.B().Xtrim().Key(s.prefix+"log").Minid().Threshold(keep).Build()).Error(); err != nil {
			return err
		}
		if n < logStep {
			return nil
		}
	}
}

// share is the next of so many shares of the metrics.
func (s *Store) share(shares int) (nums []uint32) {
	s.keep.turn++
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, e := range s.metrics.sorted {
		if int(e.num)%shares == s.keep.turn%shares {
			nums = append(nums, e.num)
		}
	}
	return nums
}

// retainChunks removes a metric's chunks that lie wholly before their tier's horizon.
func (s *Store) retainChunks(ctx context.Context, num uint32) error {
	client, now := s.redis(), s.now()
	for i, tier := range s.options.Tiers {
		if tier.Keep == 0 {
			continue
		}
		key := s.chunks(num, i)
		held, err := client.Do(ctx, client.B().Hkeys().Key(key).Build()).AsStrSlice()
		if err != nil {
			return err
		}
		var old []string
		for _, field := range held {
			if index, err := strconv.ParseInt(field, 10, 64); err == nil && index < rollup.Chunk(now-tier.Keep, tier.Step) {
				old = append(old, field)
			}
		}
		for len(old) > 0 {
			n := min(len(old), chunkStep)
			if err := client.Do(ctx, client.B().Hdel().Key(key).Field(old[:n]...).Build()).Error(); err != nil {
				return err
			}
			old = old[n:]
		}
	}
	return nil
}

// bury removes the roll-ups of deleted metrics.
func (s *Store) bury(ctx context.Context) error {
	client := s.redis()
	gone, err := client.Do(ctx, client.B().Smembers().Key(s.prefix+"gone").Build()).AsStrSlice()
	if err != nil {
		return err
	}
	for _, text := range gone {
		n, err := strconv.ParseUint(text, 10, 32)
		if err != nil {
			continue
		}
		num := uint32(n)
		s.mu.RLock()
		_, known := s.metrics.byNum[num]
		s.mu.RUnlock()
		if known {
			continue // its end is still to be read in the log
		}
		keys := make([]string, len(s.options.Tiers))
		for i := range keys {
			keys[i] = s.chunks(num, i)
		}
		for _, answer := range client.DoMulti(ctx,
			client.B().Unlink().Key(keys...).Build(),
			client.B().Hdel().Key(s.prefix+"cells").Field(text).Build(),
			client.B().Srem().Key(s.prefix+"gone").Member(text).Build(),
		) {
			if err := answer.Error(); err != nil {
				return err
			}
		}
	}
	return nil
}
