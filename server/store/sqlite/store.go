package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"telltale/server/ledger"
	"telltale/shared/metric"
	"telltale/shared/series"
)

// Options of a store. The zero value of each field means its default.
type Options struct {
	ledger.Limits
	Now func() time.Time // the clock; time.Now
}

// Store is the embedded ledger.Store. All methods are safe for concurrent use.
type Store struct {
	options Options
	bounds  bounds
	epoch   string

	w       sync.Mutex // one writer; guards what follows
	conn    *sql.Conn
	sql     statements
	writer  *sql.DB
	next    uint32 // number of the next new metric
	flushed uint64 // every sample up to it is in metrics or chunk
	round   round  // the flush under way
	commits int    // since the last look at the journal
	lost    error  // why nothing can be written until the next start
	journal *os.File
	sync    func(*os.File) error

	readers  *sql.DB
	query    queries
	copier   *sql.DB // copies the journal into the file
	lock     *sql.DB
	prepared []*sql.Stmt // all of them

	mu        sync.RWMutex // guards what follows; written with w held too
	metrics   map[metric.ID]*entry
	byNum     map[uint32]*entry
	sorted    []*entry // by ID
	seq       uint64   // of the newest sample
	forgotten uint64
	tails     int // samples in all tails
	turn      int // shares of the metrics that retention has looked at
	rooms     rooms
	runs      runs
	boards    boards
	broken    error
	closed    bool

	wake  chan struct{} // a flush is due early
	grown chan struct{} // the journal may be worth copying
	full  chan struct{} // rooms may hold much that is to be pruned
	stop  context.CancelFunc
	tasks sync.WaitGroup // keepUp and keepCopying
}

var _ ledger.Store = (*Store)(nil)

// entry is a metric in memory.
type entry struct {
	num     uint32
	decided metric.Metric // as of the batch being decided; guarded by Store.w
	stored  metric.Head   // as in the row of metrics; guarded by Store.w
	taken   uint64        // the row's flushed; guarded by Store.w
	dirty   bool          // in a list of the flush; guarded by Store.w
	gone    bool          // deleted; guarded by Store.w

	metric metric.Metric // as committed; guarded by Store.mu
	tail   []sample      // since the last flush; its elements never change
}

// sample is a metric's sample in its tail.
type sample struct {
	seq        uint64
	time       int64
	value, add float64
}

func (s sample) bucket() series.Bucket {
	return series.Of(s.of(""))
}

func (s sample) of(id metric.ID) metric.Sample {
	return metric.Sample{Metric: id, Value: s.value, Seq: s.seq, Time: s.time, Add: s.add}
}

// Epoch names the store's life.
func (s *Store) Epoch() string { return s.epoch }

// Writable answers nil while mutations can be taken, and an error that wraps
// ledger.ErrUnavailable from a failed write until the next that works; one is
// tried every second.
func (s *Store) Writable() error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return fmt.Errorf("%w: it is closed", ledger.ErrUnavailable)
	}
	return s.broken
}

func (s *Store) now() int64 { return s.options.Now().UnixMilli() }

// transaction runs do within one transaction of the writer, durable on return; its
// caller holds w. An error wraps ledger.ErrUnavailable.
func (s *Store) transaction(do func() error) error {
	err := s.commit(do)
	if err == nil {
		err = s.syncJournal()
	}
	return s.wrote(err)
}

// lazily is transaction for what need not be durable on return: once something
// later is, it is too.
func (s *Store) lazily(do func() error) error { return s.wrote(s.commit(do)) }

func (s *Store) commit(do func() error) error {
	if s.lost != nil {
		return s.lost
	}
	err := s.exec("BEGIN IMMEDIATE")
	if err == nil {
		if err = do(); err == nil {
			err = s.exec("COMMIT")
		}
		if err != nil {
			_ = s.exec("ROLLBACK") // where the failure has not done so itself
		}
	}
	return err
}

// wrote notes how a write ended, and answers its error as the ledger knows it.
func (s *Store) wrote(err error) error {
	if s.lost != nil {
		err = s.lost
	}
	if err != nil {
		err = fmt.Errorf("%w: %w", ledger.ErrUnavailable, err)
	} else if s.commits++; s.commits >= lookEvery {
		s.commits = 0
		tell(s.grown)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broken = err
	return err
}

// tell leaves a token in a channel that holds one.
func tell(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default: // told already
	}
}

func (s *Store) exec(query string) error {
	_, err := s.conn.ExecContext(context.Background(), query)
	return err
}

// insert makes an entry known; its caller holds mu.
func (s *Store) insert(e *entry) {
	i, _ := s.find(e.metric.ID)
	s.sorted = slices.Insert(s.sorted, i, e)
	s.metrics[e.metric.ID], s.byNum[e.num] = e, e
}

func (s *Store) find(id metric.ID) (int, bool) {
	return slices.BinarySearchFunc(s.sorted, id, func(e *entry, id metric.ID) int {
		return strings.Compare(string(e.metric.ID), string(id))
	})
}
