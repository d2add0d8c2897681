package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"telltale/server/ledger"
	"telltale/server/store/dump"
	"telltale/server/store/rollup"
	"telltale/shared/metric"
	"telltale/shared/series"
)

// ErrNone says that there is no store in a directory.
var ErrNone = errors.New("holds no database of telltale")

// Export is the source of all that a directory's store keeps, which no process may have open.
// Its errors are those of Open, or ErrNone.
func Export(dir string, o Options) dump.Source {
	return func(ctx context.Context, put dump.Put) error {
		if err := exists(dir); err != nil {
			return err
		}
		s := newStore(o)
		defer s.closeFiles()
		if err := s.open(ctx, dir); err != nil { // as a start does: what a killed one left is put in order
			return err
		}
		return s.export(ctx, s.readers, put)
	}
}

// Backup is Export of a store that another process has open: as it is at one moment, which what
// comes meanwhile does not change. It answers ErrNewer where that process is of another version.
func Backup(dir string, o Options) dump.Source {
	return func(ctx context.Context, put dump.Put) error {
		if err := exists(dir); err != nil {
			return err
		}
		file := filepath.Join(dir, fileName)
		db, err := sql.Open("sqlite", dsn(file, "mode=ro&_pragma=busy_timeout(5000)&_pragma=query_only(1)"))
		if err != nil {
			return err
		}
		defer db.Close()
		var have int
		if err := db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&have); err != nil {
			return explain(file, err)
		}
		if have != version {
			return explain(file, ErrNewer)
		}
		return newStore(o).export(ctx, db, put)
	}
}

func exists(dir string) error {
	if err := dump.Half(dir); err != nil {
		return fmt.Errorf("the data directory %s %w", dir, err)
	}
	if _, err := os.Stat(filepath.Join(dir, fileName)); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the data directory %s %w", dir, ErrNone)
	}
	return nil
}

// export reads all in one transaction.
func (s *Store) export(ctx context.Context, db *sql.DB, put dump.Put) error {
	tx, err := db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return fmt.Errorf("read the store: %w", err)
	}
	defer tx.Rollback()
	e := &export{ctx: ctx, tx: tx, put: put, tails: map[uint32][]sample{}, places: map[uint32]uint32{}}
	for _, part := range []func() error{e.readStore, e.readMetrics, e.putMetrics, e.putSamples, e.putRuns, e.putRooms, e.putBoards,
		func() error { return e.putKeys(s.now() - ledger.KeysKept) }} {
		if err := part(); err != nil {
			return fmt.Errorf("read the store: %w", err)
		}
	}
	return nil
}

// export is a store being read within a transaction.
type export struct {
	ctx     context.Context
	tx      *sql.Tx
	put     dump.Put
	store   dump.Store
	flushed uint64
	metrics []exported // by ID
	tails   map[uint32][]sample
	places  map[uint32]uint32 // by number: that of the metric among metrics, from 1
}

// exported is a metric as its row has it.
type exported struct {
	num    uint32
	metric metric.Metric
	taken  uint64
}

// each calls row for every row of a query.
func (e *export) each(query string, args []any, row func(scan func(...any) error) error) error {
	rows, err := e.tx.QueryContext(e.ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (e *export) readStore() error {
	numbers := map[string]*uint64{metaFlushed: &e.flushed, metaForgotten: &e.store.Forgotten, metaPassed: &e.store.Passed}
	return e.each("SELECT name, value FROM meta", nil, func(scan func(...any) error) error {
		var name string
		var value any
		err := scan(&name, &value)
		if into := numbers[name]; into != nil {
			n, is := value.(int64)
			if *into = uint64(n); !is {
				err = fmt.Errorf("%w: %s is no number", ErrCorrupt, name)
			}
		}
		return err
	})
}

// readMetrics reads the rows of the metrics, and the samples that came after them.
func (e *export) readMetrics() error {
	err := e.each("SELECT num, id, kind, title, unit, floor, ceiling, time, seq, value, flushed FROM metrics ORDER BY id", nil,
		func(scan func(...any) error) error {
			var x exported
			m := &x.metric
			err := scan(&x.num, &m.ID, &m.Kind, &m.Title, &m.Unit, &m.Floor, &m.Ceiling, &m.Head.Time, &m.Head.Seq, &m.Head.Value, &x.taken)
			e.metrics = append(e.metrics, x)
			e.places[x.num] = uint32(len(e.metrics))
			return err
		})
	if err != nil {
		return err
	}
	e.store.Seq = e.flushed
	return e.eachBatch(e.flushed, func(first uint64, _ int64, samples []rollup.Sample) error {
		for i, p := range samples {
			e.store.Seq = first + uint64(i)
			if place := e.places[p.Num]; place > 0 && e.store.Seq > e.metrics[place-1].taken {
				late := sample{e.store.Seq, p.Time, p.Value, p.Add}
				e.tails[p.Num] = append(e.tails[p.Num], late)
				e.metrics[place-1].metric.Head.Apply(late.of(""))
			}
		}
		return nil
	})
}

// eachBatch calls yield for the batches of the log that end after a seq.
func (e *export) eachBatch(after uint64, yield func(first uint64, time int64, samples []rollup.Sample) error) error {
	var samples []rollup.Sample
	return e.each("SELECT first, time, samples FROM log WHERE last > ? ORDER BY last", []any{int64(after)}, func(scan func(...any) error) error {
		var first uint64
		var at int64
		var blob sql.RawBytes
		if err := scan(&first, &at, &blob); err != nil {
			return err
		}
		samples = samples[:0]
		err := rollup.Samples(blob, at, func(p rollup.Sample) bool {
			samples = append(samples, p)
			return true
		})
		if err != nil {
			return fmt.Errorf("%w: the batch from seq %d: %w", ErrCorrupt, first, err)
		}
		return yield(first, at, samples)
	})
}

func (e *export) putMetrics() error {
	if err := e.put(dump.Record{Store: &e.store}); err != nil {
		return err
	}
	for _, x := range e.metrics {
		if err := e.put(dump.Record{Metric: dump.Of(x.metric)}); err != nil {
			return err
		}
		var blob []byte
		if err := e.tx.QueryRowContext(e.ctx, "SELECT cells FROM metrics WHERE num = ?", x.num).Scan(&blob); err != nil {
			return err
		}
		for tier := range series.Tiers {
			var err error
			if blob, err = e.putTier(x.num, tier, blob); err != nil {
				return fmt.Errorf("the history of %s: %w", x.metric.ID, err)
			}
		}
	}
	return nil
}

// putTier gives a tier of a metric, of which open begins with the open cells, and answers what
// follows these.
func (e *export) putTier(num uint32, tier int, open []byte) (rest []byte, err error) {
	step := series.Tiers[tier].Step
	later, rest, err := openOf(open, step)
	if err != nil {
		return nil, err
	}
	for _, p := range e.tails[num] {
		later = rollup.Fold(later, step, p.bucket())
	}
	merge := dump.Merge{Tier: tier, Later: later, Put: e.put}
	first, last := rollup.Keys(num, tier)
	err = e.each("SELECT cells FROM chunk WHERE key BETWEEN ? AND ? ORDER BY key", []any{first, last}, func(scan func(...any) error) error {
		var blob sql.RawBytes
		if err := scan(&blob); err != nil {
			return err
		}
		cells, _, err := rollup.Cells(blob, step)
		if err != nil {
			return err
		}
		return merge.Chunk(cells)
	})
	if err != nil {
		return nil, err
	}
	return rest, merge.End()
}

// putSamples gives the batches that somebody may still ask for.
func (e *export) putSamples() error {
	return e.eachBatch(e.store.Forgotten, func(first uint64, at int64, samples []rollup.Sample) error {
		b := make([]byte, 0, 16*len(samples))
		for i, p := range samples {
			if p.Num = e.places[p.Num]; p.Num == 0 {
				return fmt.Errorf("%w: the sample %d is of no metric", ErrCorrupt, first+uint64(i))
			}
			b = rollup.AppendSample(b, at, p)
		}
		return e.put(dump.Record{Samples: &dump.Samples{First: first, Last: first + uint64(len(samples)) - 1, Time: at, Samples: b}})
	})
}

func (e *export) putRuns() error {
	var all []dump.Run
	err := e.each("SELECT run, taken FROM runs", nil, func(scan func(...any) error) error {
		var text string
		var r dump.Run
		if err := scan(&text, &r.Taken); err != nil {
			return err
		}
		all = append(all, r)
		return json.Unmarshal([]byte(text), &all[len(all)-1].Run)
	})
	if err != nil {
		return err
	}
	slices.SortFunc(all, func(a, b dump.Run) int { return strings.Compare(a.Run.ID, b.Run.ID) })
	for i := range all {
		if err := e.put(dump.Record{Run: &all[i]}); err != nil {
			return err
		}
	}
	return nil
}

func (e *export) putRooms() error {
	var nums []int64
	var all []dump.Room
	err := e.each(`SELECT num, name, pruned, rooms.time, coalesce(key, 0), coalesce(newest.time, 0) FROM rooms LEFT JOIN messages AS newest
		ON key = (SELECT max(key) FROM messages WHERE key BETWEEN num << ?1 AND num << ?1 | ?2) ORDER BY name`, []any{seqBits, maxSeq},
		func(scan func(...any) error) error {
			var r dump.Room
			var num, key, newest int64
			err := scan(&num, &r.Name, &r.Pruned, &r.Time, &key, &newest)
			r.Last, r.Time = max(uint64(key&maxSeq), r.Pruned), max(r.Time, newest)
			nums, all = append(nums, num), append(all, r)
			return err
		})
	if err != nil {
		return err
	}
	for i := range all {
		if err := e.put(dump.Record{Room: &all[i]}); err != nil {
			return err
		}
		err := e.each("SELECT key, first, time, lines FROM messages WHERE key BETWEEN ? AND ? ORDER BY key",
			[]any{messageKey(nums[i], 0), messageKey(nums[i], maxSeq)}, func(scan func(...any) error) error {
				var m dump.Messages
				var key int64
				if err := scan(&key, &m.First, &m.Time, (*sql.RawBytes)(&m.Lines)); err != nil {
					return err
				}
				m.Last = uint64(key & maxSeq)
				return e.put(dump.Record{Messages: &m})
			})
		if err != nil {
			return err
		}
	}
	return nil
}

func (e *export) putBoards() error {
	return e.each("SELECT id, title, panels, revision, time, document FROM boards ORDER BY id", nil, func(scan func(...any) error) error {
		var b dump.Board
		if err := scan(&b.ID, &b.Title, &b.Panels, &b.Revision, &b.Time, &b.Document); err != nil {
			return err
		}
		return e.put(dump.Record{Board: &b})
	})
}

// putKeys gives the idempotency keys that are younger than a time.
func (e *export) putKeys(since int64) error {
	return e.each("SELECT CAST(key AS BLOB), time, digest, outcomes FROM keys WHERE time > ? ORDER BY key", []any{since}, func(scan func(...any) error) error {
		var k dump.Key
		var digest int64
		if err := scan(&k.Key, &k.Time, &digest, &k.Answer); err != nil {
			return err
		}
		k.Digest = uint64(digest)
		return e.put(dump.Record{Key: &k})
	})
}
