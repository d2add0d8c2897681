package live

import (
	"bytes"
	"context"
	"math/rand/v2"
	"strconv"
	"time"

	"telltale/shared/wire"
)

// opened takes a connection over; it counts as contact once its watch is answered.
func (v *Viewer) opened(socket Socket) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.socket, v.welcome, v.contact.pinged = socket, false, 0
}

// closed forgets the connection and tells whether it had come to show something.
func (v *Viewer) closed() (useful bool) {
	v.mu.Lock()
	useful = v.contact.open
	v.socket, v.welcome = nil, false
	v.contact.open = useful && v.hurry // only to take another name: no news for anybody
	for _, r := range v.rooms {
		r.Joined = false
	}
	v.mu.Unlock()
	v.change(Change{})
	return useful
}

// asked is the id of the last watch.
func (v *Viewer) asked() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return strconv.FormatUint(v.ask, 10)
}

// send writes one message; a failure shows as the end of the connection.
func (v *Viewer) send(ctx context.Context, socket Socket, message []byte) {
	_ = socket.Write(ctx, message)
}

// watch asks for what is looked at. It goes on from the set where that was made
// for the same look and resume is asked for.
func (v *Viewer) watch(ctx context.Context, socket Socket, resume bool) {
	v.mu.Lock()
	if v.ask++; len(v.look.Patterns) == 0 {
		v.pending, v.shown, v.past.at = false, v.look, v.look.To
		v.mu.Unlock()
		v.send(ctx, socket, wire.Encode(wire.Unwatch{}))
		return
	}
	v.pending = true
	w := wire.Watch{
		ID: strconv.FormatUint(v.ask, 10), Metrics: v.look.Patterns,
		RangeMS: v.look.RangeMS, Points: v.look.Points, Rate: v.look.Rate, Clock: true,
	}
	v.contact.watched = v.contact.now()
	v.resumes = resume && v.resumable()
	if v.resumes {
		seq := v.set.Seq
		w.Since, w.Epoch, w.Have = &seq, v.set.Epoch, v.have()
	}
	if v.look.To != 0 {
		w = v.askMoment()
	}
	v.mu.Unlock()
	v.send(ctx, socket, wire.Encode(w))
}

// hear takes one message. It answers true where the server says goodbye, and how
// long to stay away.
func (v *Viewer) hear(ctx context.Context, socket Socket, message []byte) (time.Duration, bool) {
	kind, id := wire.TypeFrame, ""
	switch {
	case bytes.HasPrefix(message, framePrefix):
	case isSaid(message):
		kind = wire.TypeBroadcast
	default:
		envelope, err := wire.Open(message)
		if err != nil {
			return 0, false
		}
		kind, id = envelope.Type, envelope.ID
	}
	v.mu.Lock()
	now := v.contact.now()
	v.contact.word = now
	v.mu.Unlock()
	switch kind {
	case wire.TypeFrame:
		v.hearFrame(ctx, socket, message, now)
	case wire.TypeSnapshot:
		v.hearSnapshot(message, now)
	case wire.TypePong:
		v.hearPong(ctx, socket, message, now)
	case wire.TypeWelcome:
		v.hearWelcome(ctx, socket, message, now)
	case wire.TypeBroadcast, wire.TypeJoined, wire.TypePresence, wire.TypeMemberJoined, wire.TypeMemberLeft, wire.TypeGap:
		v.hearRoom(ctx, socket, kind, message)
	case wire.TypeScreen:
		v.hearOrder(message)
	case wire.TypeError:
		if v.hearError(message) {
			break
		}
		if id == v.asked() && v.widen() {
			v.watch(ctx, socket, false)
			break
		}
		// Without its watch the connection is of no use; later it may be granted.
		return pause(3), id == v.asked()
	case wire.TypeGoodbye:
		var bye wire.Goodbye
		_ = wire.Decode(message, &bye)
		wait := time.Duration(max(bye.RetryMS, 0)) * time.Millisecond
		return min(wait+rand.N(wait/2+firstWait), lastWait), true
	}
	return 0, false
}

// framePrefix is how the server begins a frame; frames come ten a second and are
// not worth reading twice. One that begins otherwise is read all the same.
var framePrefix = []byte(`{"type":"frame",`)

// hearWelcome joins the rooms: only now it is known whether they are the same ones.
func (v *Viewer) hearWelcome(ctx context.Context, socket Socket, message []byte, at int64) {
	var w wire.Welcome
	if wire.Decode(message, &w) != nil {
		return
	}
	v.mu.Lock()
	if v.epoch != "" && v.epoch != w.Epoch {
		for _, r := range v.rooms {
			r.reset()
		}
	}
	v.epoch, v.welcome = w.Epoch, true
	v.contact.answered(v.contact.dialed, at, w.Time)
	if len(v.look.Patterns) == 0 {
		v.contact.open = true // no snapshot will say so
	}
	question := v.contact.question(at)
	v.mu.Unlock()
	v.send(ctx, socket, question)
	v.joinAll(ctx, socket)
	v.change(Change{All: true})
}

func (v *Viewer) hearFrame(ctx context.Context, socket Socket, message []byte, at int64) {
	v.mu.Lock()
	err := v.decoder.Frame(message, &v.frame)
	// What an answer that is awaited adds to the set holds this frame, too.
	if err != nil || !v.contact.open || v.past.at != 0 || v.stray || v.pending && v.resumes {
		v.mu.Unlock()
		return
	}
	fresh, strange := v.news()
	v.set.Shift = v.contact.shift(v.frame.Time, at)
	err = v.set.Apply(v.frame)
	gap := err != nil && !v.pending
	ask := v.contact.suspect && v.contact.pinged == 0
	v.mu.Unlock()
	if ask {
		v.question(ctx, socket)
	}
	if gap {
		v.watch(ctx, socket, true)
	}
	if err != nil {
		return
	}
	if strange {
		signal(v.unknown)
	}
	v.change(Change{Metrics: v.frame.Values, Known: fresh})
}

// news tells whether the frame has metrics that the set does not hold, and such
// that nothing is known of. The caller holds mu.
func (v *Viewer) news() (fresh, strange bool) {
	for id := range v.frame.Values {
		_, known := v.known[id]
		strange = strange || !known
		fresh = fresh || v.set.Metrics[id] == nil
	}
	return fresh, strange
}

func (v *Viewer) hearSnapshot(message []byte, now int64) {
	v.mu.Lock()
	snap, id, err := v.decoder.Snapshot(message)
	if v.stray = id != strconv.FormatUint(v.ask, 10); err != nil || v.stray {
		v.mu.Unlock()
		return // of an earlier watch: its successor's answer is on the way
	}
	if v.look.To != 0 {
		another := v.hearMoment(snap)
		v.pending, v.contact.open = false, true
		v.mu.Unlock()
		signal(v.reel)
		signal(v.wanted)
		if another {
			signal(v.unknown)
		}
		v.change(Change{All: true, Known: another})
		return
	}
	v.past.at, v.past.film, v.past.rooms = 0, nil, nil
	unasked := !v.pending
	v.load(snap, now)
	v.mu.Unlock()
	if unasked {
		signal(v.unknown) // names and units may have changed
	}
	v.change(Change{All: true, Known: true})
}
