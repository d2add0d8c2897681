package live

import (
	"cmp"
	"slices"

	"telltale/shared/room"
	"telltale/shared/wire"
)

// Bounds of what is held.
const (
	mostBytes   = 2 << 20   // of messages, in all rooms together: what is let go is read again
	leastBytes  = 128 << 10 // of messages, in any one room
	mostWaiting = 100       // lines of ours in one room that are not acknowledged
)

// Room is what a page holds of a room: which messages there are, those of them
// that were read, who is there, and what we said that is not acknowledged. It is
// valid during Viewer.SeeRoom.
type Room struct {
	Name        string
	First, Last uint64        // the seqs there are, as far as is known; none where First is Last + 1
	Joined      bool          // what is said comes live
	Refused     string        // why we may not be in it; "" where we may
	Present     bool          // Members were told
	Members     []wire.Member // sorted by name; must not be changed
	Waiting     []Waiting     // oldest first; must not be changed

	sure    bool   // First is what the server says
	known   bool   // heard holds
	heard   uint64 // all up to here has come live, or stood there when we came
	past    bool   // it is as it was at a moment: nothing that comes moves its end
	leaving bool   // nobody looks any more: it is left once nothing waits
	want    [2]uint64
	pages   map[uint64]*page
	bytes   int
	count   int // messages in pages
}

// Waiting is a line of ours on its way. It is said again with the same key until
// the server has it.
type Waiting struct {
	Key     string
	Content string
	Time    int64  // ms since 1970, when it was written
	Refused string // why the server did not take it; "" while it is on its way
}

// page holds up to pageSize messages that stand side by side.
type page struct {
	said  [pageSize]room.Message
	has   uint64 // a bit a message
	bytes int
}

const pageSize = 64

func newRoom(name string) *Room { return &Room{Name: name, First: 1, pages: map[uint64]*page{}} }

// At is a message; false where it was not read, or let go again.
func (r *Room) At(seq uint64) (room.Message, bool) {
	p := r.pages[seq/pageSize]
	if p == nil || p.has&(1<<(seq%pageSize)) == 0 {
		return room.Message{}, false
	}
	return p.said[seq%pageSize], true
}

// put keeps a message, however often it comes.
func (r *Room) put(m room.Message, most int) {
	if m.Seq < r.First {
		return
	}
	if !r.past {
		r.Last = max(r.Last, m.Seq)
	}
	if _, has := r.At(m.Seq); has {
		return
	}
	p := r.pages[m.Seq/pageSize]
	if p == nil {
		p = &page{}
		r.pages[m.Seq/pageSize] = p
	}
	p.said[m.Seq%pageSize] = m
	p.has |= 1 << (m.Seq % pageSize)
	size := len(m.Content) + len(m.Sender) + 100
	p.bytes += size
	r.bytes += size
	r.count++
	for r.bytes > most && r.drop() {
	}
}

// drop lets the page go that is farthest from what is looked at; false where all
// that is left is looked at.
func (r *Room) drop() bool {
	from, to := r.looked()
	var victim, farthest uint64
	for n := range r.pages {
		away := max(from/pageSize, n) - n + n - min(to/pageSize, n)
		if away > farthest {
			victim, farthest = n, away
		}
	}
	if farthest == 0 {
		return false
	}
	r.forget(victim)
	return true
}

func (r *Room) forget(n uint64) {
	for has := r.pages[n].has; has != 0; has &= has - 1 {
		r.count--
	}
	r.bytes -= r.pages[n].bytes
	delete(r.pages, n)
}

// looked is what somebody looks at: the end where nobody said.
func (r *Room) looked() (from, to uint64) {
	if r.want[1] == 0 {
		return r.Last, r.Last
	}
	return max(r.want[0], r.First), min(r.want[1], r.Last)
}

// missing is the newest message that is looked at and was not read.
func (r *Room) missing() (seq uint64, any bool) {
	if r.want[1] == 0 {
		return 0, false
	}
	from, to := r.looked()
	for seq = to; seq >= from && seq > 0; seq-- {
		if _, has := r.At(seq); !has {
			return seq, true
		}
	}
	return 0, false
}

// limit is how many messages to ask for at once: about 128 KiB of them.
func (r *Room) limit() int {
	if r.count == 0 {
		return 50
	}
	return min(max(128<<10/(r.bytes/r.count), 5), 200)
}

// begin says that nothing older than first is kept.
func (r *Room) begin(first uint64) {
	if first <= r.First {
		return
	}
	r.First = first
	r.Last = max(r.Last, first-1)
	for n := range r.pages {
		if (n+1)*pageSize <= first {
			r.forget(n)
		}
	}
}

// reset forgets what was said, for another store's life.
func (r *Room) reset() {
	r.First, r.Last, r.heard, r.known, r.sure = 1, 0, 0, false, false
	clear(r.pages)
	r.bytes, r.count, r.want = 0, 0, [2]uint64{}
}

// acknowledged takes a line of ours off what waits.
func (r *Room) acknowledged(key string) {
	r.Waiting = slices.DeleteFunc(slices.Clone(r.Waiting), func(w Waiting) bool { return w.Key == key })
}

// refused notes why a line of ours was not taken; false where it is none.
func (r *Room) refused(key, detail string) bool {
	i := slices.IndexFunc(r.Waiting, func(w Waiting) bool { return w.Key == key })
	if i < 0 {
		return false
	}
	r.Waiting = slices.Clone(r.Waiting)
	r.Waiting[i].Refused = detail
	return true
}

// came and went keep Members sorted. Neither minds hearing what is known.
func (r *Room) came(user string) {
	if at, is := r.member(user); !is {
		r.Members = slices.Insert(slices.Clone(r.Members), at, wire.Member{UserID: user, Connections: 1})
	}
}

func (r *Room) went(user string) {
	if at, is := r.member(user); is {
		r.Members = slices.Delete(slices.Clone(r.Members), at, at+1)
	}
}

func (r *Room) member(user string) (at int, is bool) {
	return slices.BinarySearchFunc(r.Members, user, func(m wire.Member, user string) int { return cmp.Compare(m.UserID, user) })
}
