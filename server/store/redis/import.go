package redis

import (
	"cmp"
	"context"
	_ "embed"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/redis/rueidis"

	"telltale/server/ledger"
	"telltale/server/store/dump"
	"telltale/server/store/rollup"
	"telltale/shared/access"
	"telltale/shared/metric"
	"telltale/shared/run"
	"telltale/shared/series"
)

//go:embed lua/import.lua
var importBody string

var importing = rueidis.NewLuaScript(importBody)

// Bounds of one call of an import.
const (
	importBytes = 1 << 20
	importWords = 4096
)

// Import makes a store in Redis out of records. Until End no server joins what is there,
// whatever becomes of this process; those that wait for Redis come up then. It is for one goroutine.
type Import struct {
	store *Store
	id    string

	words []string // of the next call: commands
	bytes int

	meta   dump.Store
	n      uint64 // events of the log
	last   string // id of the newest
	metric uint32 // number of the newest
	taken  bool   // its open cells are noted

	runs   map[string]bool
	room   *dump.Room // the one whose messages come
	since  int64      // when its first row was kept
	rows   int64      // bytes of these
	boards int        // bytes of documents
	tokens int
	events []access.Event // the newest first; a file has access.MaxEvents of them
}

// Begin begins an import. It answers ErrTaken where there is a store, and ErrInUse while another
// import is under way.
func Begin(ctx context.Context, o Options) (*Import, error) {
	o.Patience = cmp.Or(o.Patience, movePatience)
	s, err := newStore(ctx, o)
	if err != nil {
		return nil, err
	}
	s.format = halfFormat
	i := &Import{store: s, id: s.process, last: string(make([]byte, idSize)), runs: map[string]bool{}}
	if err := i.begin(ctx); err != nil {
		_ = s.Close()
		return nil, fmt.Errorf("the Redis server %w", err)
	}
	return i, nil
}

func (i *Import) begin(ctx context.Context) error {
	if err := i.store.connect(); err != nil {
		return fmt.Errorf("cannot be reached: %w", err)
	}
	answer, err := i.call(context.WithoutCancel(ctx), "begin", newEpoch()) // so that it is known whether it has begun
	switch {
	case err != nil:
		return fmt.Errorf("cannot be reached: %w", err)
	case answer == "taken":
		return ErrTaken
	case answer == "busy":
		return ErrInUse
	case answer == "again":
		err = i.sweep(ctx)
	}
	if err = cmp.Or(err, ctx.Err()); err != nil {
		return fmt.Errorf("%w: %w", dump.ErrHalf, errors.Join(err, i.Abandon()))
	}
	return nil
}

func (i *Import) call(ctx context.Context, what string, words ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, i.store.options.Patience)
	defer cancel()
	return i.store.run(ctx, importing, append([]string{i.id, what}, words...)).ToString()
}

// sweep removes what an import has left.
func (i *Import) sweep(ctx context.Context) (err error) {
	for cursor := "0"; ; {
		if cursor, err = i.call(ctx, "sweep", cursor); err != nil || cursor == "0" {
			return err
		}
	}
}

// command has the next call write something.
func (i *Import) command(ctx context.Context, name, key string, rest ...string) error {
	i.words = append(append(i.words, strconv.Itoa(2+len(rest)), name, key), rest...)
	for _, word := range rest {
		i.bytes += len(word)
	}
	if i.bytes < importBytes && len(i.words) < importWords {
		return nil
	}
	return i.flush(ctx)
}

func (i *Import) flush(ctx context.Context) error {
	if len(i.words) == 0 {
		return nil
	}
	_, err := i.call(ctx, "put", i.words...)
	i.words, i.bytes = i.words[:0], 0
	if err != nil {
		return fmt.Errorf("the Redis server takes no more: %w", err)
	}
	return nil
}

// Put takes the next record that a dump.Reader has checked.
func (i *Import) Put(ctx context.Context, r dump.Record) error {
	switch {
	case r.Store != nil:
		i.meta = *r.Store
	case r.Metric != nil:
		i.metric++
		i.taken = false
		return i.command(ctx, "HSET", "heads", string(r.Metric.ID), string(appendRecord(nil, i.metric, r.Metric.Metric())))
	case r.Cells != nil:
		return i.putCells(ctx, r.Cells)
	case r.Samples != nil:
		return i.putSamples(ctx, r.Samples)
	case r.Run != nil:
		standing := r.Run.Standing()
		record, err := appendRun(nil, &standing)
		if err != nil {
			return err
		}
		i.runs[run.Room(r.Run.Run.ID)] = true
		return i.command(ctx, "HSET", "runs", r.Run.Run.ID, string(record))
	case r.Room != nil:
		err := i.endRoom(ctx)
		i.room, i.since, i.rows = r.Room, 0, 0
		return err
	case r.Messages != nil:
		m := r.Messages
		if i.rows += int64(len(m.Lines)); m.First == i.room.Pruned+1 {
			i.since = m.Time
		}
		return i.command(ctx, "XADD", "room:"+i.room.Name, strconv.FormatUint(m.Last, 10)+"-0",
			"h", string(appendNumber(appendNumber(nil, float64(m.First)), float64(m.Time))), "l", string(m.Lines))
	case r.Board != nil:
		return i.putBoard(ctx, r.Board.Board())
	case r.Key != nil:
		return i.putKey(ctx, r.Key)
	case r.Token != nil:
		return i.putToken(ctx, r.Token)
	case r.Event != nil:
		i.events = append(i.events, *r.Event)
	}
	return nil
}

// appendRecord writes a field of the hash heads, as readRecord reads it.
func appendRecord(b []byte, num uint32, m metric.Metric) []byte {
	var flags byte
	var floor, ceiling float64
	if m.Floor != nil {
		flags, floor = flags|hasFloor, *m.Floor
	}
	if m.Ceiling != nil {
		flags, ceiling = flags|hasCeiling, *m.Ceiling
	}
	b = append(binary.LittleEndian.AppendUint32(b, num), byte(m.Kind), flags)
	for _, v := range [...]float64{floor, ceiling, float64(m.Head.Time), float64(m.Head.Seq), m.Head.Value} {
		b = appendNumber(b, v)
	}
	return appendTexts(b, m.Declaration)
}

func (i *Import) putCells(ctx context.Context, c *dump.Cells) error {
	num := strconv.FormatUint(uint64(i.metric), 10)
	if !i.taken { // all that there is, so nothing is open
		i.taken = true
		if err := i.command(ctx, "HSET", "cells", num, string(appendNumber(nil, float64(i.meta.Seq)))); err != nil {
			return err
		}
	}
	step, start := series.Tiers[c.Tier].Step, int64(0)
	if _, err := rollup.EachCell(c.Cells, step, func(c *rollup.Cell) { start = c.Start }); err != nil {
		return err
	}
	return i.command(ctx, "HSET", "c:"+num+":"+strconv.Itoa(c.Tier), strconv.FormatInt(rollup.Chunk(start, step), 10), string(c.Cells))
}

// putSamples writes a batch as the event that told of it.
func (i *Import) putSamples(ctx context.Context, batch *dump.Samples) error {
	id := newID()
	b := append(append(append(make([]byte, 0, headerSize+16*len(batch.Samples)), sampled), id...), i.last...)
	b = appendNumber(appendNumber(b, float64(batch.Time)), float64(batch.First))
	b = binary.LittleEndian.AppendUint32(b, 0)
	err := rollup.Samples(batch.Samples, batch.Time, func(p rollup.Sample) bool {
		b = appendSample(b, batch.Time, p)
		return true
	})
	if err != nil {
		return err
	}
	i.n, i.last = i.n+1, id
	return i.command(ctx, "XADD", "log", place{seq: batch.Last, n: i.n}.String(), "e", string(b))
}

// appendSample writes an accepted outcome of a batch of a time, as apply.lua does.
func appendSample(b []byte, now int64, p rollup.Sample) []byte {
	value, add := int32Of(p.Value), int32Of(p.Add)
	switch {
	case p.Time != now || (p.Add != 0 || math.Signbit(p.Add)) && (value == nil || add == nil):
		b = binary.LittleEndian.AppendUint32(append(b, outFull), p.Num)
		return appendNumber(appendNumber(appendNumber(b, float64(p.Time)), p.Value), p.Add)
	case p.Add == 0:
		return appendNumber(binary.LittleEndian.AppendUint32(append(b, outSet), p.Num), p.Value)
	}
	b = binary.LittleEndian.AppendUint32(append(b, outWhole), p.Num)
	return binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(b, uint32(*value)), uint32(*add))
}

// int32Of is a number as an int32; nil where it is none.
func int32Of(v float64) *int32 {
	if v < math.MinInt32 || v > math.MaxInt32 || v != math.Trunc(v) || v == 0 && math.Signbit(v) {
		return nil
	}
	n := int32(v)
	return &n
}

// endRoom writes the room whose messages have come to their end.
func (i *Import) endRoom(ctx context.Context) error {
	r := i.room
	if i.room = nil; r == nil {
		return nil
	}
	bytes := float64(-1)
	if i.runs[r.Name] {
		bytes = float64(i.rows)
	} else if err := i.command(ctx, "ZADD", "idle", strconv.FormatInt(r.Time, 10), r.Name); err != nil {
		return err
	}
	var record []byte
	for _, v := range [...]float64{float64(r.Last), float64(r.Time), float64(r.Pruned), float64(i.since), bytes} {
		record = appendNumber(record, v)
	}
	return i.command(ctx, "HSET", "rooms", r.Name, string(record))
}

func (i *Import) putBoard(ctx context.Context, b ledger.Board) error {
	about, err := json.Marshal(summary{b.Title, b.Panels})
	if err != nil {
		return err
	}
	i.boards += len(b.Document)
	record := append(appendShort(appendNumber(nil, float64(b.Time)), b.Revision), about...)
	if err := i.command(ctx, "HSET", "boards", b.ID, string(record)); err != nil {
		return err
	}
	return i.command(ctx, "HSET", "documents", b.ID, string(b.Document))
}

func (i *Import) putKey(ctx context.Context, k *dump.Key) error {
	kept, err := keptKey(k)
	if err != nil {
		return err
	}
	left := min(max(k.Time+ledger.KeysKept-i.store.now(), 0), ledger.KeysKept) + 3_600_000 // the scripts know when it ends, and this one may take a while
	return i.command(ctx, "SET", "key:"+string(k.Key), kept, "PX", strconv.FormatInt(left, 10))
}

func (i *Import) putToken(ctx context.Context, t *dump.Token) error {
	record, err := json.Marshal(tokenRecord{t.Token, t.Hash})
	if err != nil {
		return err
	}
	i.tokens++
	err = i.command(ctx, "HSET", "tokens", t.ID, string(append(appendShort(nil, t.Name), record...)))
	if err == nil {
		err = i.command(ctx, "HSET", "tokens.names", t.Name, t.ID)
	}
	if err == nil && t.Expires > 0 {
		err = i.command(ctx, "ZADD", "tokens.expire", strconv.FormatInt(t.Expires, 10), t.ID)
	}
	return err
}

// Export is the source of what was put. No more may be put.
func (i *Import) Export(ctx context.Context, put dump.Put) error {
	if err := i.complete(ctx); err != nil {
		return err
	}
	if err := i.store.attach(ctx); err != nil {
		return fmt.Errorf("the Redis server cannot be read: %w", err)
	}
	return i.store.export(ctx, put)
}

// complete writes what is known at the end.
func (i *Import) complete(ctx context.Context) error {
	if err := i.endRoom(ctx); err != nil {
		return err
	}
	audit := uint64(0)
	for _, e := range slices.Backward(i.events) {
		text, err := json.Marshal(e)
		if err == nil {
			err = i.command(ctx, "XADD", "audit", strconv.FormatUint(e.Seq, 10)+"-0", "e", string(text))
		}
		if err != nil {
			return err
		}
		audit = e.Seq
	}
	i.events = nil
	seq := strconv.FormatUint(i.meta.Seq, 10)
	meta := []string{"n", strconv.FormatUint(i.n, 10), "last", i.last, "seq", seq, "num", strconv.FormatUint(uint64(i.metric)+1, 10), "flushed", seq,
		"forgotten", strconv.FormatUint(i.meta.Forgotten, 10), "boards", strconv.Itoa(i.boards), "tokens", strconv.Itoa(i.tokens)}
	if i.meta.Passed > 0 {
		meta = append(meta, "passed", strconv.FormatUint(i.meta.Passed, 10))
	}
	if audit > 0 {
		meta = append(meta, "audit", strconv.FormatUint(audit, 10))
	}
	if err := i.command(ctx, "HSET", "meta", meta...); err != nil {
		return err
	}
	return i.flush(ctx)
}

// End makes what was put, and given by Export, a store: from then on servers may join it.
func (i *Import) End(ctx context.Context) error {
	_, err := i.call(context.WithoutCancel(ctx), "end", format) // so that it is known whether it has ended
	if err != nil {
		err = fmt.Errorf("the Redis server cannot be written: %w", err)
	}
	return errors.Join(err, i.store.Close())
}

// Abandon removes what was put, where End was not reached. A server that waits there does so until
// another import has ended: it would make an empty store, into which nothing could be imported.
func (i *Import) Abandon() error {
	ctx := context.Background()
	err := i.sweep(ctx)
	if err == nil {
		_, err = i.call(ctx, "drop")
	}
	return errors.Join(err, i.store.Close())
}
