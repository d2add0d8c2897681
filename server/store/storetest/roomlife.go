package storetest

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"telltale/server/ledger"
	"telltale/shared/room"
)

// hall is what a store should hold of rooms: all that was ever said in those
// that exist.
type hall struct {
	Options
	said   map[string][]room.Message
	begins map[string]uint64 // the first seq of a room
	passed uint64
	keys   map[string]answer
}

// answer is what a key was first given, and when.
type answer struct {
	post   ledger.Post
	posted ledger.Posted
	at     int64
}

// post is what Post should answer.
func (h *hall) post(p ledger.Post, now int64) (posted ledger.Posted) {
	if first, found := h.keys[p.Key]; found && p.Key != "" && now-first.at < day {
		if first.post.Digest != p.Digest || first.post.Room != p.Room || len(first.post.Lines) != len(p.Lines) {
			return ledger.Posted{Err: ledger.ErrKeyReused}
		}
		first.posted.Repeat = true
		return first.posted
	}
	defer func() {
		if p.Key != "" {
			h.keys[p.Key] = answer{p, posted, now}
		}
	}()
	if h.begins[p.Room] == 0 {
		over := len(h.begins) + 1 - h.MaxRooms
		if over > len(h.empty(now)) {
			return ledger.Posted{Err: ledger.ErrTooManyRooms}
		}
		for _, name := range h.empty(now)[:max(0, over)] {
			h.passed = max(h.passed, h.last(name))
			delete(h.begins, name)
			delete(h.said, name)
		}
		h.begins[p.Room] = h.passed + 1
	}
	first := h.last(p.Room) + 1
	for i, line := range p.Lines {
		h.said[p.Room] = append(h.said[p.Room], room.Message{Room: p.Room, Seq: first + uint64(i), Time: now,
			Sender: p.Sender, Stream: line.Stream, Content: line.Content})
	}
	return ledger.Posted{First: first, Last: h.last(p.Room), Time: now}
}

// empty are the rooms that may make place, in the order they do.
func (h *hall) empty(now int64) (empty []string) {
	for _, name := range slices.Sorted(maps.Keys(h.begins)) {
		if len(h.kept(name, now)) == 0 {
			empty = append(empty, name)
		}
	}
	slices.SortStableFunc(empty, func(a, b string) int { return cmp.Compare(h.newest(a), h.newest(b)) })
	return empty
}

func (h *hall) last(name string) uint64 {
	if h.begins[name] == 0 {
		return h.passed
	}
	return h.begins[name] + uint64(len(h.said[name])) - 1
}

func (h *hall) newest(name string) int64 { return h.said[name][len(h.said[name])-1].Time }

// kept are the messages that are beyond no bound.
func (h *hall) kept(name string, now int64) []room.Message {
	all := h.said[name]
	all = all[max(0, len(all)-h.RoomMessages):]
	for len(all) > 0 && all[0].Time <= now-h.RoomAge.Milliseconds() {
		all = all[1:]
	}
	return all
}

func anyRooms(t *testing.T, w *world) {
	for seed := range uint64(2) {
		AnyRooms(t, w.fresh(t), seed)
	}
}

// AnyRooms lets a store and a plain model live through the same random life, one
// for each seed: posts with keys, some of them used before, more rooms than there
// is place for, restarts with other bounds, retention, a clock that leaps; after each step it
// compares all rooms and all messages.
func AnyRooms(t *testing.T, place Open, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 3))
	w := &world{t: t, place: place, now: start}
	w.options = Options{Limits: ledger.Limits{RoomMessages: 1 + r.IntN(60), RoomAge: time.Duration(1+r.IntN(100)) * time.Minute, MaxRooms: 2 + r.IntN(4)}}
	w.open()
	defer func() {
		if t.Failed() {
			t.Logf("seed %d", seed)
		}
		_ = w.Close()
	}()
	h := &hall{Options: w.options, said: map[string][]room.Message{}, begins: map[string]uint64{}, keys: map[string]answer{}}
	for range 150 {
		switch n := r.IntN(100); {
		case n < 60:
			postRandomly(t, r, w, h)
		case n < 70:
			w.maintain()
		case n < 78:
			w.options.MaxRooms = 2 + r.IntN(4) // more may exist
			w.reopen()
			h.Options = w.options
		case n < 95:
			w.now += r.Int64N(20 * minute)
		default:
			w.now += r.Int64N(30 * hour)
		}
		compareRooms(t, r, w, h)
	}
}

var names = []string{"a", "b", "build", "c", "run.1", "run.2", "x"}

func postRandomly(t *testing.T, r *rand.Rand, w *world, h *hall) {
	w.now += r.Int64N(3 * minute)
	batch := make([]ledger.Post, 1+r.IntN(5))
	for i := range batch {
		p := ledger.Post{Room: names[r.IntN(len(names))], Sender: []string{"", "alice", "bob"}[r.IntN(3)]}
		for range 1 + r.IntN(9) {
			p.Lines = append(p.Lines, ledger.Line{Stream: []room.Stream{"", room.Stdout, room.Stderr}[r.IntN(3)],
				Content: strings.Repeat("x", r.IntN([]int{3, 100, 30_000}[r.IntN(3)]))})
		}
		if r.IntN(3) == 0 {
			p.Key, p.Digest = fmt.Sprint("key", r.IntN(40)), r.Uint64N(2)
		}
		if first := h.keys[p.Key]; first.post.Key != "" && r.IntN(2) == 0 {
			p = first.post
		}
		batch[i] = p
	}
	for i, got := range w.post(batch...) {
		want := h.post(batch[i], w.now)
		if got.Err != nil && errors.Is(got.Err, want.Err) {
			got.Err = want.Err
		}
		if got != want {
			t.Fatalf("post %d of %d lines in %s with key %q: %+v, want %+v", i, len(batch[i].Lines), batch[i].Room, batch[i].Key, got, want)
		}
	}
}

func compareRooms(t *testing.T, r *rand.Rand, w *world, h *hall) {
	t.Helper()
	listed := map[string]bool{}
	for _, got := range w.listed() {
		listed[got.Room] = true
		if h.begins[got.Room] == 0 || got.Time != h.newest(got.Room) {
			t.Fatalf("listed %+v", got)
		}
	}
	if len(listed) != len(h.begins) {
		t.Fatalf("rooms %v, want %v", listed, h.begins)
	}
	for _, name := range names {
		kept := h.kept(name, w.now)
		want := ledger.Extent{First: h.last(name) + 1 - uint64(len(kept)), Last: h.last(name)}
		if x := w.extent(name); x != want {
			t.Fatalf("%s has %v, want %v", name, x, want)
		}
		after := want.First - min(want.First, r.Uint64N(5)) + r.Uint64N(40)
		for _, after := range []uint64{0, after} {
			from := kept[min(len(kept), int(max(after+1, want.First)-want.First)):]
			if got := w.all(name, after); len(got)+len(from) > 0 && !reflect.DeepEqual(got, from) {
				t.Fatalf("%s has %d messages after %d, want %d", name, len(got), after, len(from))
			}
		}
		before := w.now - r.Int64N(2*h.RoomAge.Milliseconds())
		i, _ := slices.BinarySearchFunc(kept, before, func(m room.Message, at int64) int { return cmp.Compare(m.Time, at) })
		if seq, err := w.SeqBefore(t.Context(), name, before); err != nil || seq != want.First+uint64(i)-1 {
			t.Fatalf("%s: the newest before %d is %d, %v, want %d", name, before, seq, err, want.First+uint64(i)-1)
		}
	}
}
