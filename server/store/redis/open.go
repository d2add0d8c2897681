package redis

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/redis/rueidis"

	"telltale/server/ledger"
	"telltale/shared/access"
	"telltale/shared/metric"
)

// Options of a store. The zero value of each field but URL means its default.
type Options struct {
	URL    string // as Dial takes it
	Prefix string // of all keys; telltale

	ledger.Limits
	LogBytes  int64 // of the log that are kept about, the newest, however young; 512 MiB
	MaxEvents int   // of the audit; access.MaxEvents

	Patience time.Duration // how long Redis may take for a call, before what became of it is asked, for as long again; 5 s

	Now func() time.Time // the clock; that of the Redis server, which all processes share
}

func (o Options) withDefaults() Options {
	o.Prefix = cmp.Or(o.Prefix, "telltale")
	o.Limits = o.Limits.WithDefaults()
	o.LogBytes = cmp.Or(o.LogBytes, 512<<20)
	o.MaxEvents = cmp.Or(o.MaxEvents, access.MaxEvents)
	o.Patience = cmp.Or(o.Patience, patience)
	return o
}

// Store is one process's part of a store in Redis. All methods are safe for concurrent use.
type Store struct {
	options Options
	dial    rueidis.ClientOption
	prefix  string // of all keys, as KEYS[1]
	process string // names this opening among all
	format  string // that it reads

	ctx   context.Context // ends with Close
	stop  context.CancelFunc
	tasks sync.WaitGroup

	values  lane // of mutations, declarations and deletions
	posts   lane // of posts
	prunes  lane // of what removes messages
	changes lane // of boards
	tokens  lane // of tokens and the audit

	follow    sync.Mutex // held while an event is taken; guards what follows
	publisher ledger.Publisher
	place     place
	peers     *Peers          // nil where no hub was joined
	boards    func(id string) // is told of changed boards; nil for nobody
	stops     func(id string) // is told which run is to end; nil for nobody

	mu      sync.RWMutex // guards what follows; for moments only
	client  rueidis.Client
	epoch   string
	metrics metrics
	halls   halls
	waiting map[string]chan event // calls whose event is to come, by its id
	looked  time.Time             // when it was last made sure that the log is still the same
	heard   time.Time             // when all that Redis had was known last
	missed  uint64                // the event up to which the log is to be read until that is so again; 0 where it is
	away    error                 // why Redis cannot be reached; nil while it can
	closed  bool

	keep keeper
}

// Open joins the store at o.URL, and makes it where there is none. Where Redis cannot be
// reached the store is there all the same: empty, Stale, and taking no writes until it can; Writable
// says why.
// Its error is of options alone.
func Open(ctx context.Context, o Options) (*Store, error) {
	s, err := newStore(ctx, o)
	if err != nil {
		return nil, err
	}
	first, cancel := context.WithTimeout(ctx, s.options.Patience)
	defer cancel()
	if err := s.attach(first); err != nil { // the follower tries again
		s.lose(err)
	}
	s.tasks.Go(s.followLog)
	s.tasks.Go(s.keepUp)
	return s, nil
}

// newStore is a part of the store that has not begun to do anything.
func newStore(ctx context.Context, o Options) (*Store, error) {
	o = o.withDefaults()
	dial, err := Dial(o.URL)
	if err != nil {
		return nil, err
	}
	dial.Dialer.Timeout, dial.ConnWriteTimeout = o.Patience, o.Patience
	s := &Store{options: o, dial: dial, prefix: "{" + o.Prefix + "}:", process: newID(), waiting: map[string]chan event{},
		format: format, metrics: newMetrics(), away: errNotYet, heard: time.Now()}
	s.values, s.posts, s.prunes = newLane(s.process+"v"), newLane(s.process+"p"), newLane(s.process+"r")
	s.changes, s.tokens, s.keep.lane = newLane(s.process+"b"), newLane(s.process+"t"), newLane(s.process+"k")
	s.halls = newHalls()
	s.keep.wake, s.keep.full = make(chan struct{}, 1), make(chan struct{}, 1)
	s.ctx, s.stop = context.WithCancel(context.WithoutCancel(ctx))
	return s, nil
}

var errNotYet = errors.New("redis has not been reached yet")

// Close ends this process's part. Calls that come later get ledger.ErrUnavailable.
func (s *Store) Close() error {
	s.follow.Lock()
	peers := s.peers
	s.follow.Unlock()
	if peers != nil {
		peers.farewell()
	}
	s.mu.Lock()
	closed := s.closed
	s.closed = true
	s.mu.Unlock()
	if closed {
		return nil
	}
	s.stop()
	if client := s.redis(); client != nil {
		s.release()
		client.Close() // ends the wait of the follower too
	}
	s.tasks.Wait()
	return nil
}

// Epoch names the store's life; "" as long as Redis was never reached.
func (s *Store) Epoch() string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.epoch
}

// Writable answers nil while Redis takes mutations, as far as is known; otherwise an
// error that wraps ledger.ErrUnavailable.
func (s *Store) Writable() error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return fmt.Errorf("%w: it is closed", ledger.ErrUnavailable)
	}
	if s.away != nil {
		return fmt.Errorf("%w: Redis is out of reach: %w", ledger.ErrUnavailable, s.away)
	}
	return nil
}

// Stale tells whether Redis is out of reach, or what was missed meanwhile has not been read yet, and
// when all that it had was known last: what readers get is as of then.
func (s *Store) Stale() (since time.Time, is bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.heard, s.away != nil || s.missed != 0
}

// Leads tells whether this process holds the lease: of all that share the store at most one
// does, but for the seconds after it was cut off.
func (s *Store) Leads() bool { return s.keep.leads.Load() }

// now is the time that readers measure ages by, ms since 1970.
func (s *Store) now() int64 {
	if s.options.Now != nil {
		return s.options.Now().UnixMilli()
	}
	return time.Now().UnixMilli()
}

var _ interface {
	Epoch() string
	Apply(ctx context.Context, batch []ledger.Entry) ([][]ledger.Outcome, error)
	Declare(ctx context.Context, id metric.ID, d metric.Declaration) (metric.Metric, error)
	Delete(ctx context.Context, id metric.ID) error
} = (*Store)(nil)
