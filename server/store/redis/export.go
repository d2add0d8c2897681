package redis

import (
	"cmp"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/rueidis"

	"telltale/server/ledger"
	"telltale/server/store/dump"
	"telltale/server/store/rollup"
	"telltale/shared/metric"
	"telltale/shared/series"
)

var (
	//go:embed lua/whole.lua
	wholeBody string
	//go:embed lua/scan.lua
	scanBody string

	readWhole = rueidis.NewLuaScriptReadOnly(wholeBody)
	scan      = rueidis.NewLuaScriptReadOnly(scanBody)
)

// The ways Export and Begin refuse, besides ErrNewer and dump.ErrHalf.
var (
	ErrNone  = errors.New("holds no store of telltale with that prefix")
	ErrInUse = errors.New("is in use by a telltale, or was a moment ago")
	ErrTaken = errors.New("holds a store with that prefix already")
)

// movePatience is what Redis may take for a call of an export or an import, which are large.
const movePatience = 30 * time.Second

// Export is the source of all that a store in Redis keeps, which no server may have joined:
// where one does so meanwhile, or has changed anything, it ends in ErrInUse.
func Export(o Options) dump.Source {
	return func(ctx context.Context, put dump.Put) error {
		o.Patience = cmp.Or(o.Patience, movePatience)
		s, err := newStore(ctx, o)
		if err != nil {
			return err
		}
		defer s.Close()
		if err := s.joinAlone(ctx); err != nil {
			return fmt.Errorf("the Redis server %w", err)
		}
		renewed := time.Now()
		err = s.export(ctx, func(r dump.Record) error {
			if time.Since(renewed) > leaseEvery {
				if renewed = time.Now(); !s.holds() {
					return ErrInUse
				}
			}
			return put(r)
		})
		if err == nil {
			err = s.unchanged(ctx)
		}
		if err != nil {
			return fmt.Errorf("the Redis server %w", err)
		}
		return nil
	}
}

// joinAlone reads what a process keeps in memory, and takes the lease, where nobody else has
// joined the store. It makes none.
func (s *Store) joinAlone(ctx context.Context) error {
	if err := s.connect(); err != nil {
		return fmt.Errorf("cannot be reached: %w", err)
	}
	client := s.redis()
	there, err := client.Do(ctx, client.B().Exists().Key(s.prefix+"meta").Build()).AsInt64()
	if err != nil {
		return fmt.Errorf("cannot be reached: %w", err)
	}
	if there == 0 {
		return ErrNone
	}
	if err := s.attach(ctx); err != nil {
		return err
	}
	_, processes, err := s.whoIsThere(ctx)
	if err != nil {
		return err
	}
	if len(processes) > 0 || !s.holds() {
		return ErrInUse
	}
	return nil
}

// unchanged answers ErrInUse where the log has grown.
func (s *Store) unchanged(ctx context.Context) error {
	client := s.redis()
	now, err := client.Do(ctx, client.B().Hmget().Key(s.prefix+"meta").Field("n", "last").Build()).AsStrSlice()
	if err == nil && (whole(now[0]) != s.place.n || now[1] != s.place.id) {
		err = ErrInUse
	}
	return err
}

// export gives all that is kept. Nobody changes it meanwhile.
func (s *Store) export(ctx context.Context, put dump.Put) error {
	err := put(dump.Record{Store: &dump.Store{Seq: s.metrics.seq, Forgotten: s.metrics.forgotten, Passed: s.halls.passed}})
	for _, part := range []func(context.Context, dump.Put) error{s.putMetrics, s.putSamples, s.putRuns, s.putRooms, s.putBoards, s.putKeys, dump.Access(s)} {
		if err == nil {
			err = part(ctx, put)
		}
	}
	return err
}

func (s *Store) putMetrics(ctx context.Context, put dump.Put) error {
	for _, e := range s.metrics.sorted {
		if err := put(dump.Record{Metric: dump.Of(e.metric)}); err != nil {
			return err
		}
		found, err := s.run(ctx, readWhole, []string{strconv.FormatUint(uint64(e.num), 10), strconv.Itoa(len(series.Tiers))}).ToArray()
		if err != nil {
			return fmt.Errorf("read the history of %s: %w", e.metric.ID, err)
		}
		record, err := found[0].ToString()
		if err != nil {
			return err
		}
		taken, open, err := readCells(record)
		if err != nil {
			return err
		}
		for tier := range series.Tiers {
			chunks, err := found[1+tier].AsStrMap()
			if err == nil {
				open, err = putTier(tier, chunks, open, taken, e.tail, put)
			}
			if err != nil {
				return fmt.Errorf("the history of %s: %w", e.metric.ID, err)
			}
		}
	}
	return nil
}

// putTier gives a tier of a metric, of which open begins with the open cells, and answers what
// follows these.
func putTier(tier int, chunks map[string]string, open []byte, taken uint64, tail []sample, put dump.Put) (rest []byte, err error) {
	step := series.Tiers[tier].Step
	later, rest, err := openOf(open, step)
	if err != nil {
		return nil, err
	}
	for _, p := range tail {
		if p.seq > taken {
			later = rollup.Fold(later, step, p.bucket())
		}
	}
	merge := dump.Merge{Tier: tier, Later: later, Put: put}
	indexes := make([]int64, 0, len(chunks))
	for index := range chunks {
		n, err := strconv.ParseInt(index, 10, 64)
		if err != nil {
			return nil, err
		}
		indexes = append(indexes, n)
	}
	slices.Sort(indexes)
	for _, index := range indexes {
		var cells []rollup.Cell
		for pieces := []byte(chunks[strconv.FormatInt(index, 10)]); len(pieces) > 0; {
			var piece []rollup.Cell
			if piece, pieces, err = rollup.Cells(pieces, step); err != nil {
				return nil, err
			}
			cells = rollup.Merge(cells, piece)
		}
		if err := merge.Chunk(cells); err != nil {
			return nil, err
		}
	}
	return rest, merge.End()
}

// putSamples gives the batches that somebody may still ask for.
func (s *Store) putSamples(ctx context.Context, put dump.Put) error {
	places := make(map[uint32]uint32, len(s.metrics.sorted))
	for i, e := range s.metrics.sorted {
		places[e.num] = uint32(i + 1)
	}
	return s.events(ctx, s.metrics.forgotten, s.place.String(), func(e event) (bool, error) {
		if e.kind != sampled {
			return true, nil
		}
		batch, known := dump.Samples{Time: e.time}, true
		err := eachSample(e, func(uint32, metric.Kind, metric.ID) {}, func(num uint32, p sample) {
			if batch.First == 0 {
				batch.First = p.seq
			}
			batch.Last = p.seq
			known = known && places[num] > 0
			batch.Samples = rollup.AppendSample(batch.Samples, e.time, rollup.Sample{Num: places[num], Time: p.time, Value: p.value, Add: p.add})
		})
		switch {
		case err != nil:
			return false, err
		case !known:
			return false, fmt.Errorf("%w: a sample of the batch from %d is of no metric", errEvent, batch.First)
		case batch.First == 0:
			return true, nil
		}
		return true, put(dump.Record{Samples: &batch})
	})
}

func (s *Store) putRuns(_ context.Context, put dump.Put) error {
	for _, id := range slices.Sorted(maps.Keys(s.halls.runs)) {
		r := s.halls.runs[id]
		if err := put(dump.Record{Run: &dump.Run{Run: r.Run, Taken: r.Taken}}); err != nil {
			return err
		}
	}
	return nil
}

// rowPage is how many rows of messages, of about 64 KiB at most, are read at a time.
const rowPage = 32

func (s *Store) putRooms(ctx context.Context, put dump.Put) error {
	client := s.redis()
	for _, name := range slices.Sorted(maps.Keys(s.halls.rooms)) {
		e := s.halls.rooms[name]
		if err := put(dump.Record{Room: &dump.Room{Name: name, Last: e.last, Time: e.time, Pruned: e.pruned}}); err != nil {
			return err
		}
		for after := e.pruned; after < e.last; {
			page, err := client.Do(ctx, client.B().Xrange().Key(s.prefix+"room:"+name).Start(strconv.FormatUint(after+1, 10)).End("+").Count(rowPage).Build()).AsXRange()
			if err != nil || len(page) == 0 {
				return errors.Join(fmt.Errorf("read the room %s after %d", name, after), err)
			}
			for _, row := range page {
				r := reading{b: row.FieldValues["h"]}
				m := dump.Messages{First: uint64(r.number()), Time: int64(r.number()), Lines: []byte(row.FieldValues["l"])}
				last, _, _ := strings.Cut(row.ID, "-")
				if m.Last, err = strconv.ParseUint(last, 10, 64); cmp.Or(r.err, err) != nil {
					return fmt.Errorf("read the room %s: %w", name, cmp.Or(r.err, err))
				}
				if err := put(dump.Record{Messages: &m}); err != nil {
					return err
				}
				after = m.Last
			}
		}
	}
	return nil
}

func (s *Store) putBoards(_ context.Context, put dump.Put) error {
	for _, id := range slices.Sorted(maps.Keys(s.halls.boards)) {
		if err := put(dump.Record{Board: dump.OfBoard(s.halls.boards[id])}); err != nil {
			return err
		}
	}
	return nil
}

// keysHeld is how many idempotency keys are sorted at a time: each time all are looked through.
const keysHeld = 200_000

// putKeys gives the idempotency keys. Redis gives keys in no order, so it is asked for the first
// ones of those that follow, until there are no more.
func (s *Store) putKeys(ctx context.Context, put dump.Put) error {
	for after, more := "", true; more; {
		var names []string
		var err error
		if names, more, err = s.keysAfter(ctx, after); err != nil {
			return fmt.Errorf("find the idempotency keys: %w", err)
		}
		for names := range slices.Chunk(names, 256) {
			if err := s.putSome(ctx, names, put); err != nil {
				return fmt.Errorf("read the idempotency keys: %w", err)
			}
			after = names[len(names)-1]
		}
	}
	return nil
}

// keysAfter are the first keys after one, sorted, and whether there are others.
func (s *Store) keysAfter(ctx context.Context, after string) (names []string, more bool, err error) {
	const beginning = "key:"
	shorten := func() {
		slices.Sort(names)
		names = slices.Compact(names)
		if len(names) > keysHeld {
			more, names = true, names[:keysHeld]
		}
	}
	for cursor := "0"; ; {
		page, err := s.run(ctx, scan, []string{cursor, beginning}).ToArray()
		if err != nil {
			return nil, false, err
		}
		found, err := page[1].AsStrSlice()
		if err != nil {
			return nil, false, err
		}
		for _, key := range found {
			if name := key[len(s.prefix)+len(beginning):]; name > after {
				names = append(names, name)
			}
		}
		if len(names) > 2*keysHeld {
			shorten()
		}
		if cursor, err = page[0].ToString(); err != nil || cursor == "0" {
			shorten()
			return names, more, err
		}
	}
}

// putSome gives those keys that still hold.
func (s *Store) putSome(ctx context.Context, names []string, put dump.Put) error {
	client := s.redis()
	gets := make(rueidis.Commands, len(names))
	for i, name := range names {
		gets[i] = client.B().Get().Key(s.prefix + "key:" + name).Build()
	}
	since := s.now() - ledger.KeysKept
	for i, answer := range client.DoMulti(ctx, gets...) {
		kept, err := answer.ToString()
		if rueidis.IsRedisNil(err) {
			continue
		}
		if err != nil {
			return err
		}
		k, err := s.keyRecord(names[i], kept)
		if err != nil {
			return fmt.Errorf("%q: %w", names[i], err)
		}
		if k.Time > since && k.Answer != nil {
			if err := put(dump.Record{Key: &k}); err != nil {
				return err
			}
		}
	}
	return nil
}
