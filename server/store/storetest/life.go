package storetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"sync/atomic"
	"testing"
	"time"

	"telltale/server/ledger"
	"telltale/shared/metric"
	"telltale/shared/room"
	"telltale/shared/run"
)

// Life is a random life of stores: one of each place, which are told the same at the same times.
type Life struct {
	ledger.Limits // of stores that are opened from now on

	t      *testing.T
	r      *rand.Rand
	stores []*world
	now    atomic.Int64
	n      int // names what comes next

	entries []ledger.Entry // of the last day or so, with keys
	posts   []ledger.Post
	changes []ledger.BoardChange
}

// NewLife begins a life, one for each seed.
func NewLife(t *testing.T, seed uint64) *Life {
	l := &Life{t: t, r: rand.New(rand.NewPCG(seed, 3)), Limits: ledger.Limits{
		MaxMetrics: 9, RoomMessages: 40, RoomAge: 50 * time.Hour, MaxRooms: 5, MaxRuns: 4, MaxBoards: 3, RunBytes: 3000}}
	l.now.Store(start)
	return l
}

// Now is the clock of all stores.
func (l *Life) Now() time.Time { return time.UnixMilli(l.now.Load()) }

// Join opens a store that lives from now on. It must be as those are that live already.
func (l *Life) Join(place Open) {
	w := &world{t: l.t, place: place, clock: l.Now}
	w.options.Limits = l.Limits
	w.open()
	l.stores = append(l.stores, w)
}

// End closes all stores.
func (l *Life) End() {
	for _, w := range l.stores {
		if err := w.Close(); err != nil {
			l.t.Error(err)
		}
	}
	l.stores = nil
}

// Go lets so many things happen.
func (l *Life) Go(steps int) {
	for range steps {
		l.n++
		switch n := l.r.IntN(100); {
		case n < 30:
			l.pass(3 * second)
			l.mutate()
		case n < 50:
			l.pass(20 * second)
			l.post()
		case n < 65:
			l.pass(20 * second)
			l.report()
		case n < 75:
			l.board()
		case n < 80:
			l.declare()
		case n < 82:
			id := l.id()
			l.each(func(w *world) any { return text(w.Delete(l.t.Context(), id)) })
		case n < 92:
			l.each(func(w *world) any { w.maintain(); return nil })
		case n < 95:
			l.each(func(w *world) any { w.reopen(); return nil })
		case n < 97:
			l.pass(40 * day)
		default:
			l.pass(9 * hour)
		}
	}
}

func (l *Life) pass(most int64) { l.now.Add(l.r.Int64N(most)) }

// each has every store do something, whose answers must be the same.
func (l *Life) each(do func(*world) any) {
	l.t.Helper()
	var first any
	for i, w := range l.stores {
		answer := do(w)
		if i == 0 {
			first = answer
		} else if !reflect.DeepEqual(answer, first) {
			l.t.Fatalf("store %d answers\n%+v\nthe first one\n%+v", i+1, answer, first)
		}
	}
}

func text(err error) string { return fmt.Sprint(err) }

func (l *Life) id() metric.ID {
	names := []metric.ID{"e", "f", `g{e="ü"}`, "h", "i", "j", "k", "l"}
	return append(names, ids...)[l.r.IntN(len(names)+len(ids))]
}

// key is one in three times a new key, and sometimes one that was used.
func (l *Life) key() (string, uint64) {
	switch l.r.IntN(9) {
	case 0, 1, 2:
		return fmt.Sprintf("token\x00\xff%d", l.n), uint64(l.n)
	case 3:
		n := 1 + l.r.IntN(l.n)
		return fmt.Sprintf("token\x00\xff%d", n), uint64(n)
	}
	return "", 0
}

func (l *Life) mutate() {
	e := ledger.Entry{Atomic: l.r.IntN(4) == 0, Items: make([]ledger.Item, 1+l.r.IntN(12))}
	for i := range e.Items {
		e.Items[i] = randomItem(l.r, l.now.Load())
		if l.r.IntN(3) == 0 {
			e.Items[i].Metric = l.id()
		}
		if l.r.IntN(40) == 0 {
			e.Items[i].Time = l.now.Load() + 2*metric.MaxAhead
		}
		if l.r.IntN(6) == 0 {
			e.Items[i].Key, e.Items[i].Digest = fmt.Sprintf("item %d.%d", l.n, i), uint64(i)
		}
	}
	if e.Key, e.Digest = l.key(); e.Key != "" || e.Items[0].Key != "" {
		l.entries = append(l.entries, e)
	}
	l.apply(e)
}

func (l *Life) apply(e ledger.Entry) {
	l.t.Helper()
	l.each(func(w *world) any {
		var all []string
		for _, o := range w.batch(e)[0] {
			all = append(all, fmt.Sprintf("%+v %v %v", o.Sample, o.Err, o.Repeat))
		}
		return all
	})
}

func (l *Life) post() {
	p := ledger.Post{Room: fmt.Sprint("room-", l.r.IntN(7)), Sender: []string{"", "ann", "bob"}[l.r.IntN(3)]}
	for range 1 + l.r.IntN(9) {
		line := ledger.Line{Content: fmt.Sprintf("line %d é", l.r.IntN(1000)), Open: l.r.IntN(9) == 0}
		switch l.r.IntN(4) {
		case 0:
			line.Stream = room.Stderr
		case 1:
			line.Raw = line.Content + "\r"
		}
		p.Lines = append(p.Lines, line)
	}
	if p.Key, p.Digest = l.key(); p.Key != "" {
		l.posts = append(l.posts, p)
	}
	l.say(p)
}

func (l *Life) say(p ledger.Post) {
	l.t.Helper()
	l.each(func(w *world) any {
		got := w.post(p)[0]
		return fmt.Sprintf("%+v %v", got, got.Err)
	})
}

func (l *Life) report() {
	id := fmt.Sprint("run", l.r.IntN(8))
	r := run.Run{ID: id, Command: []string{"make", "test"}[l.r.IntN(2)], State: run.Running, Started: l.now.Load() - l.r.Int64N(hour), By: "ann", Args: map[string]string{"a": "b"}}
	if l.r.IntN(2) == 0 {
		code := l.r.IntN(3)
		r.State, r.Code, r.Duration = run.Exited, &code, 17
	}
	p := news(r, l.r.Uint64N(1000))
	for range l.r.IntN(5) {
		p.Lines = append(p.Lines, ledger.Line{Content: fmt.Sprintf("%0*d", 1+l.r.IntN(900), l.n), Stream: room.Stdout})
	}
	if len(p.Lines) == 0 && l.r.IntN(2) == 0 {
		if p.Key, p.Digest = l.key(); p.Key != "" {
			l.posts = append(l.posts, p)
		}
	}
	l.say(p)
}

func (l *Life) board() {
	c := ledger.BoardChange{Board: aBoard(fmt.Sprint("board-", l.r.IntN(5)), fmt.Sprint("revision ", l.n), 1+l.r.IntN(300))}
	switch l.r.IntN(5) {
	case 0:
		c.Document = nil
	case 1:
		c.If = []string{"", fmt.Sprint("revision ", l.r.IntN(l.n))}
	}
	if c.Key, c.Digest = l.key(); c.Key != "" {
		l.changes = append(l.changes, c)
	}
	l.change(c)
}

func (l *Life) change(c ledger.BoardChange) {
	l.t.Helper()
	l.each(func(w *world) any {
		got := w.change(c)
		if got.Err != nil {
			got.Time = 0 // of what was not done
		}
		return fmt.Sprintf("%+v %v", got, got.Err)
	})
}

func (l *Life) declare() {
	d := metric.Declaration{Title: fmt.Sprint("title ", l.n), Unit: "bytes"}
	if floor := float64(l.r.IntN(9) - 4); l.r.IntN(2) == 0 {
		ceiling := floor + 900
		d.Floor, d.Ceiling = &floor, &ceiling
	}
	id := l.id()
	l.each(func(w *world) any {
		m, err := w.Declare(l.t.Context(), id, d)
		return []any{m, text(err)}
	})
}

// Compare asks all stores whatever can be asked, and sends again what had keys. Where they have lived
// apart, as each flushes and prunes when it likes, the log of one may reach back further.
func (l *Life) Compare(apart bool) {
	l.t.Helper()
	ctx := l.t.Context()
	var names []metric.ID
	var newest uint64
	l.each(func(w *world) any {
		all, seq := w.state()
		names, newest = nil, seq
		for _, m := range all {
			names = append(names, m.ID)
		}
		return []any{all, seq}
	})
	for range 40 {
		q := ledger.Range{IDs: names, Step: steps[l.r.IntN(len(steps))]}
		q.To = l.now.Load() + 2*hour - l.r.Int64N([]int64{2 * hour, 4 * hour, 4 * day, 200 * day}[l.r.IntN(4)])
		q.From = max(q.To-l.r.Int64N([]int64{30, 300}[l.r.IntN(2)]*q.Step), -90*day)
		l.each(func(w *world) any {
			rows, err := w.Rows(ctx, q)
			return []any{len(rows), fmt.Sprint(rows), err}
		})
		at := l.now.Load() - l.r.Int64N([]int64{hour, 4 * day, 200 * day}[l.r.IntN(3)])
		l.each(func(w *world) any {
			values, err := w.ValuesAt(ctx, names, at)
			return []any{values, err}
		})
		since := newest - min(newest, l.r.Uint64N(60))
		if !apart {
			l.each(func(w *world) any {
				all, err := w.After(ctx, since, newest, anything, 1000)
				return []any{all, errors.Is(err, ledger.ErrPruned)}
			})
		}
	}
	l.each(func(w *world) any { return w.listed() })
	rooms := []string{"nowhere"}
	for _, r := range l.stores[0].listed() {
		rooms = append(rooms, r.Room)
	}
	for _, name := range rooms {
		at := l.now.Load() - l.r.Int64N(60*hour)
		l.each(func(w *world) any {
			seq, err := w.SeqBefore(ctx, name, at)
			return []any{w.extent(name), w.all(name, 0), seq, err}
		})
	}
	l.each(func(w *world) any {
		runs, err := w.Runs(ctx)
		all := []any{runs, err}
		for _, r := range runs {
			r, taken, err := w.Run(ctx, r.ID)
			all = append(all, r, taken, err)
		}
		boards, err := w.Boards(ctx)
		all = append(all, boards, err)
		for _, b := range boards {
			b, err := w.Board(ctx, b.ID)
			all = append(all, b, err)
		}
		return all
	})
	for _, e := range l.entries {
		l.apply(e)
	}
	for _, p := range l.posts {
		if p.Run != nil {
			l.each(func(w *world) any {
				id, err := w.RunOf(ctx, p.Key, p.Digest)
				return []any{id, text(err)}
			})
		}
		l.say(p)
	}
	for _, c := range l.changes {
		l.change(c)
	}
}
