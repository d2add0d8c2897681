package storetest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"telltale/server/ledger"
	"telltale/shared/room"
)

// say is a post of one line for each content.
func say(name, sender string, contents ...string) ledger.Post {
	p := ledger.Post{Room: name, Sender: sender}
	for _, content := range contents {
		p.Lines = append(p.Lines, ledger.Line{Content: content})
	}
	return p
}

func keyedPost(key string, digest uint64, p ledger.Post) ledger.Post {
	p.Key, p.Digest = key, digest
	return p
}

// post posts a batch; an error ends the test.
func (w *world) post(batch ...ledger.Post) []ledger.Posted {
	w.t.Helper()
	answers, err := w.Post(w.t.Context(), batch)
	if err != nil || len(answers) != len(batch) {
		w.t.Fatalf("%d posts got %d answers, %v", len(batch), len(answers), err)
	}
	return answers
}

func (w *world) extent(name string) ledger.Extent {
	w.t.Helper()
	x, err := w.Extent(w.t.Context(), name)
	if err != nil {
		w.t.Fatalf("extent of %s: %v", name, err)
	}
	return x
}

// listed are the rooms, which are held against their extents.
func (w *world) listed() []ledger.RoomSummary {
	w.t.Helper()
	all, err := w.Rooms(w.t.Context())
	if err != nil {
		w.t.Fatalf("rooms: %v", err)
	}
	for i, r := range all {
		if i > 0 && all[i-1].Room >= r.Room {
			w.t.Errorf("%s is listed after %s", r.Room, all[i-1].Room)
		}
		if x := w.extent(r.Room); x != r.Extent {
			w.t.Errorf("%s is listed with %v, its extent is %v", r.Room, r.Extent, x)
		}
	}
	return all
}

// page reads one page; its bounds are checked, and that it has no hole.
func (w *world) page(name string, after uint64, limit int) []room.Message {
	w.t.Helper()
	all, err := w.Messages(w.t.Context(), name, after, limit)
	if err != nil {
		w.t.Fatalf("messages of %s after %d: %v", name, after, err)
	}
	bytes := 0
	for i, m := range all {
		bytes += len(m.Content)
		if m.Room != name || m.Seq <= after || i > 0 && m.Seq != all[i-1].Seq+1 {
			w.t.Fatalf("message %d of %s after %d is %s %d", i, name, after, m.Room, m.Seq)
		}
	}
	if len(all) > limit || len(all) > 1 && bytes > 80<<10 {
		w.t.Fatalf("%d messages of %d bytes, with a limit of %d", len(all), bytes, limit)
	}
	return all
}

// all reads a room page by page.
func (w *world) all(name string, after uint64) (all []room.Message) {
	w.t.Helper()
	for page := w.page(name, after, 1000); len(page) > 0; page = w.page(name, after, 1000) {
		all, after = append(all, page...), page[len(page)-1].Seq
	}
	return all
}

func postsInOrder(t *testing.T, w *world) {
	if x := w.extent("a"); x != (ledger.Extent{First: 1}) {
		t.Errorf("before its first message: %v", x)
	}
	got := w.post(say("a", "alice", "1", "2"), say("b", "", "1"), say("a", "bob", "3"), say("a", "bob", "4", "5", "6"))
	got = append(got, w.post(say("b", "alice", "2", "3"), say("a", "", "7"))...)
	var want []ledger.Posted
	for _, span := range [][2]uint64{{1, 2}, {1, 1}, {3, 3}, {4, 6}, {2, 3}, {7, 7}} {
		want = append(want, ledger.Posted{First: span[0], Last: span[1], Time: start})
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("answers %v, want %v", got, want)
	}
	for i, m := range w.all("a", 0) {
		if m.Seq != uint64(i+1) || m.Content != fmt.Sprint(i+1) || m.Sender != []string{"alice", "alice", "bob", "bob", "bob", "bob", ""}[i] {
			t.Errorf("message %d is %+v", i+1, m)
		}
	}
	rooms := []ledger.RoomSummary{{Room: "a", Extent: ledger.Extent{First: 1, Last: 7}, Time: start}, {Room: "b", Extent: ledger.Extent{First: 1, Last: 3}, Time: start}}
	if all := w.listed(); !reflect.DeepEqual(all, rooms) {
		t.Errorf("rooms %v, want %v", all, rooms)
	}
}

func postsDurable(t *testing.T, w *world) {
	for i := range 4 {
		w.now += 10
		w.post(say("a", "alice", fmt.Sprint(i), "x"), say(fmt.Sprint("b", i), "", "y"), say("a", "", "z"))
		rooms, a := w.listed(), w.all("a", 0)
		if len(a) != 3*(i+1) {
			t.Fatalf("after %d posts there are %d messages", i+1, len(a))
		}
		w.reopen()
		if again := w.listed(); !reflect.DeepEqual(again, rooms) {
			t.Errorf("rooms before %v, after a restart %v", rooms, again)
		}
		if again := w.all("a", 0); !reflect.DeepEqual(again, a) {
			t.Errorf("messages before %v, after a restart %v", a, again)
		}
		w.maintain()
	}
}

func postsAllOrNothing(t *testing.T, w *world) {
	w.post(say("a", "alice", "1"))
	rooms := w.listed()
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Post(t.Context(), []ledger.Post{say("a", "alice", "2"), keyedPost("k", 1, say("b", "", "1"))}); !errors.Is(err, ledger.ErrUnavailable) {
		t.Errorf("a closed store answers %v", err)
	}
	w.open()
	if again := w.listed(); !reflect.DeepEqual(again, rooms) {
		t.Errorf("rooms before %v, after %v", rooms, again)
	}
	if p := w.post(keyedPost("k", 1, say("b", "", "1")))[0]; p.Repeat || p.Last != 1 {
		t.Errorf("the key of a batch that failed counts as seen: %+v", p)
	}
	w.options.MaxRooms = 2
	w.reopen()
	got := w.post(say("a", "", "2"), say("c", "", "1"), say("a", "", "3"), say("b", "", "2"))
	if !errors.Is(got[1].Err, ledger.ErrTooManyRooms) || got[0].Err != nil || got[2].First != 3 || got[3].First != 2 {
		t.Errorf("one refused of four: %+v", got)
	}
}

func postKeys(t *testing.T, w *world) {
	same := func(when string, first ledger.Posted, p ledger.Post) {
		t.Helper()
		again := w.post(p)[0]
		if first.Repeat = true; fmt.Sprint(again) != fmt.Sprint(first) || !errors.Is(again.Err, errors.Unwrap(first.Err)) {
			t.Errorf("%s: first %+v, then %+v", when, first, again)
		}
	}
	p := keyedPost("k1", 7, say("a", "alice", "1", "2"))
	twice := w.post(say("a", "", "0"), p, p, say("a", "", "3"))
	if twice[1] != (ledger.Posted{First: 2, Last: 3, Time: start}) || !twice[2].Repeat || twice[2].First != 2 || twice[2].Last != 3 || twice[3].First != 4 {
		t.Errorf("twice in one batch: %+v", twice)
	}
	same("in the next batch", twice[1], p)
	w.batch(entry(keyed("k2", 7, add("m", 1))), ledger.Entry{Key: "k3", Digest: 7, Items: []ledger.Item{add("m", 1), add("m", 1)}})
	for name, reused := range map[string]ledger.Post{
		"another body":   keyedPost("k1", 8, say("a", "alice", "1", "2")),
		"another room":   keyedPost("k1", 7, say("b", "alice", "1", "2")),
		"fewer lines":    keyedPost("k1", 7, say("a", "alice", "1")),
		"a mutation's":   keyedPost("k2", 7, say("a", "alice", "1")),
		"an entry's key": keyedPost("k3", 7, say("a", "alice", "1", "2")),
	} {
		if got := w.post(reused)[0]; !errors.Is(got.Err, ledger.ErrKeyReused) {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if o := w.one(keyed("k1", 7, add("m", 1))); !errors.Is(o.Err, ledger.ErrKeyReused) {
		t.Errorf("a mutation with a post's key: %+v", o)
	}
	w.options.MaxRooms = 1
	w.reopen()
	refused := keyedPost("k4", 1, say("b", "", "1"))
	refusal := w.post(refused)[0]
	if !errors.Is(refusal.Err, ledger.ErrTooManyRooms) {
		t.Fatalf("%+v", refusal)
	}
	w.options.MaxRooms = 0
	w.reopen()
	same("a refusal, with place again", refusal, refused)
	w.now += 24*3_600_000 - 1000
	w.maintain()
	same("after restarts and almost a day", twice[1], p)
	if all := w.all("a", 0); len(all) != 4 {
		t.Errorf("repeats were said again: %v", all)
	}
	w.now += 2000
	if got := w.post(p)[0]; got.Repeat || got.First != 5 {
		t.Errorf("after a day the key still holds: %+v", got)
	}
}

func postTimes(t *testing.T, w *world) {
	times := func() (all []int64) {
		for _, m := range w.all("a", 0) {
			all = append(all, m.Time)
		}
		return all
	}
	w.post(say("a", "", "1"))
	w.now -= hour
	if p := w.post(say("a", "", "2"))[0]; p.Time != start {
		t.Errorf("an hour back it answers %+v", p)
	}
	w.reopen()
	w.post(say("a", "", "3"), say("b", "", "1"))
	w.now += hour + 5
	w.post(say("a", "", "4"))
	if got, want := times(), []int64{start, start, start, start + 5}; !reflect.DeepEqual(got, want) {
		t.Errorf("times %v, want %v", got, want)
	}
	for at, want := range map[int64]uint64{start - 1: 0, start: 0, start + 1: 3, start + 5: 3, start + 6: 4, start + day: 4} {
		if seq, err := w.SeqBefore(t.Context(), "a", at); seq != want || err != nil {
			t.Errorf("before %d ms: seq %d, %v, want %d", at-start, seq, err, want)
		}
	}
	if seq, err := w.SeqBefore(t.Context(), "nobody", start); seq != 0 || err != nil {
		t.Errorf("in a room that does not exist: %d, %v", seq, err)
	}
}

func messages(t *testing.T, w *world) {
	contents := []string{"", "\n", "a\r\nb", "\x00", "é😀", "…", strings.Repeat("x", room.MaxContent), strings.Repeat("😀", room.MaxLine/4), "end"}
	var want []room.Message
	for i, content := range contents {
		w.now += int64(i)
		p := ledger.Post{Room: "a", Sender: []string{"", "alice", "Zoë van Dam"}[i%3]}
		for _, stream := range []room.Stream{"", room.Stdout, room.Stderr} {
			p.Lines = append(p.Lines, ledger.Line{Content: content, Stream: stream})
			want = append(want, room.Message{Room: "a", Seq: uint64(len(want) + 1), Time: w.now, Sender: p.Sender, Stream: stream, Content: content})
		}
		w.post(p)
	}
	many := ledger.Post{Room: "a", Sender: "build"}
	for i := range 5000 {
		line := ledger.Line{Content: strings.Repeat(fmt.Sprint(i, " "), i%40)}
		many.Lines = append(many.Lines, line)
		want = append(want, room.Message{Room: "a", Seq: uint64(len(want) + 1), Time: w.now, Sender: "build", Content: line.Content})
	}
	w.post(many, say("b", "", "elsewhere"))
	for _, after := range []uint64{0, 1, 26, 27, 28, 3000, uint64(len(want)) - 1, uint64(len(want)), uint64(len(want)) + 7} {
		if got := w.all("a", after); !reflect.DeepEqual(got, append([]room.Message(nil), want[min(int(after), len(want)):]...)) {
			t.Errorf("after %d there are %d messages, not those that were posted", after, len(got))
		}
	}
	for _, limit := range []int{1, 2, 100} {
		if got := w.page("a", 27, limit); !reflect.DeepEqual(got, want[27:27+limit]) {
			t.Errorf("%d of at most %d", len(got), limit)
		}
	}
	if got := w.page("a", 0, 0); len(got) != 0 {
		t.Errorf("of none: %v", got)
	}
	if got := w.page("nobody", 0, 10); len(got) != 0 {
		t.Errorf("of a room that does not exist: %v", got)
	}
}

// messagesWhilePosting reads what is answered already while more is posted: it is
// there, it has no hole, and it does not change.
func messagesWhilePosting(t *testing.T, w *world) {
	var answered atomic.Uint64
	var others sync.WaitGroup
	var done atomic.Bool
	others.Go(func() {
		defer done.Store(true)
		for i := range 150 {
			posted, err := w.Post(context.Background(), []ledger.Post{say("a", "", fmt.Sprint(2*i+1), fmt.Sprint(2*i+2))})
			if err != nil || posted[0].Last != uint64(2*i+2) {
				t.Errorf("post %d: %+v, %v", i, posted, err)
				return
			}
			answered.Store(posted[0].Last)
		}
	})
	others.Go(func() {
		for !done.Load() {
			if err := w.Maintain(context.Background()); err != nil {
				t.Error(err)
			}
		}
	})
	for after := uint64(0); !done.Load() || after < answered.Load(); {
		last := answered.Load()
		page := w.page("a", after, 50)
		for _, m := range page {
			if after++; m.Seq != after || m.Content != fmt.Sprint(after) {
				t.Errorf("message %d is %+v", after, m)
				done.Store(true)
			}
		}
		if len(page) < 50 && after < last {
			t.Errorf("%d was answered, the page ends at %d", last, after)
		}
	}
	others.Wait()
}

func roomBound(t *testing.T, w *world) {
	w.options.MaxRooms, w.options.RoomAge = 3, time.Hour
	w.reopen()
	w.post(say("a", "", "1"), say("b", "", "1", "2", "3", "4"), say("c", "", "1"))
	got := w.post(say("d", "", "1"), say("a", "", "2"))
	if !errors.Is(got[0].Err, ledger.ErrTooManyRooms) || got[1].First != 2 {
		t.Errorf("with none empty: %+v", got)
	}
	w.now += hour - 1
	w.post(say("c", "", "2"))
	w.now++
	names := func() (names string) {
		for _, r := range w.listed() {
			names += r.Room
		}
		return names
	}
	got = w.post(say("d", "", "1"), say("b", "", "5"), say("e", "", "1"), say("a", "", "3"))
	if got[0].First != 3 || got[1].First != 5 || !errors.Is(got[2].Err, ledger.ErrTooManyRooms) || !errors.Is(got[3].Err, ledger.ErrTooManyRooms) {
		t.Errorf("with two empty, of which one is posted to: %+v", got)
	}
	for range 2 {
		if names() != "bcd" {
			t.Errorf("rooms %s, want bcd", names())
		}
		if x := w.extent("a"); x != (ledger.Extent{First: 3, Last: 2}) {
			t.Errorf("the room that made place would go on with %v", x)
		}
		if seq, err := w.SeqBefore(t.Context(), "a", w.now); seq != 2 || err != nil {
			t.Errorf("the room that made place has %d before now, %v", seq, err)
		}
		w.reopen()
	}
	w.now += hour
	w.maintain()
	got = w.post(say("a", "", "3"), say("c", "", "again"), say("f", "", "1"))
	if got[0].First != 3 || got[1].First != 6 || got[2].First != 6 || names() != "acf" {
		t.Errorf("c, then b, then d made place: %+v, rooms %s", got, names())
	}
	w.reopen()
	w.maintain()
	if all := w.all("a", 0); len(all) != 1 || all[0].Content != "3" {
		t.Errorf("what was said in its life before: %v", all)
	}
	w.options.MaxRooms = 2
	w.reopen()
	if got = w.post(say("g", "", "1"), say("a", "", "4")); !errors.Is(got[0].Err, ledger.ErrTooManyRooms) || got[1].Err != nil {
		t.Errorf("with more rooms than now allowed: %+v", got)
	}
}

func roomRetention(t *testing.T, w *world) {
	w.options.RoomMessages, w.options.RoomAge = 10, time.Hour
	w.reopen()
	for i := range 6 { // 24 messages, four a minute
		w.post(say("a", "", "x", "x", "x"), say("b", "", "y"), say("a", "", "x"))
		w.now += minute
		if i%2 == 0 {
			w.maintain()
		}
	}
	check := func(when string, name string, first, last uint64) {
		t.Helper()
		if x := w.extent(name); x != (ledger.Extent{First: first, Last: last}) {
			t.Errorf("%s %s has %v, want %d to %d", when, name, x, first, last)
		}
		if all := w.all(name, 0); len(all) != int(last-first+1) || len(all) > 0 && all[0].Seq != first {
			t.Errorf("%s %s has %d messages, want %d to %d", when, name, len(all), first, last)
		}
		if seq, err := w.SeqBefore(t.Context(), name, start-day); seq != first-1 || err != nil {
			t.Errorf("%s %s has %d before yesterday, %v", when, name, seq, err)
		}
	}
	each := func(when string, aFirst, bFirst uint64) {
		t.Helper()
		for _, then := range []func(){func() {}, w.maintain, w.reopen, w.maintain} {
			check(when, "a", aFirst, 24)
			check(when, "b", bFirst, 6)
			w.listed()
			then()
		}
	}
	each("by count", 15, 1)
	w.now = start + hour - 1
	each("before an hour", 15, 1)
	w.now = start + hour
	each("after an hour", 15, 2)
	w.now = start + hour + 4*minute
	each("by age", 21, 6)
	w.now = start + 2*hour
	each("when all is too old", 25, 7)
	w.now += 40 * day
	each("much later", 25, 7)
	if got := w.post(say("a", "", "x"), say("b", "", "y")); got[0].First != 25 || got[1].First != 7 {
		t.Errorf("emptied rooms go on with %+v", got)
	}
	check("anew", "a", 25, 25)
	check("anew", "b", 7, 7)
}

// roomRetentionInSteps lets many messages fall due at once.
func roomRetentionInSteps(t *testing.T, w *world) {
	w.options.RoomMessages = 50
	w.reopen()
	long := strings.Repeat("x", 4000)
	for range 150 {
		p := say("a", "", long, long, long, long, long, long, long, long, long, long)
		w.post(p, say("b", "", long))
	}
	w.goesOn(func() { w.post(say("c", "", "1")) })
}
