package bench

import (
	"context"
	"errors"
	"fmt"
	"net"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"telltale/shared/wire"
)

// What a viewer's requests are called, so that their answers are known.
const (
	askWatch = "w"
	askJoin  = "j"
)

// What a viewer watches besides what comes.
const (
	watchRange  = 60_000 // ms
	watchPoints = 60
)

// patience is how long a viewer tries to come where the server asks it to wait, and how long what was
// acknowledged may take to come.
const patience = 30 * time.Second

// stretch is the changes with from < seq ≤ to.
type stretch struct{ from, to uint64 }

// viewer is one connection.
type viewer struct {
	number int
	room   int // of the rooms; -1 for none
	socket *socket

	seq  atomic.Uint64 // of the frame or snapshot it was sent last
	said atomic.Uint64 // seq of what it heard last in its room
	gone atomic.Bool   // its connection has ended

	// Its goroutine's, until that has ended.
	frames, changes, messages int64
	jumps                     []stretch // that a snapshot brought in the midst of it
	err                       error     // why its connection ended
}

// payloads are what messages are read into, while they are looked at.
var payloads = sync.Pool{New: func() any { return new([]byte) }}

// hear waits for the next message, reads it, and answers what is on the connection itself; ok is
// false where it was no message.
func (v *viewer) hear(h *heard) (w word, ok bool, err error) {
	opcode, size, err := v.socket.wait()
	if err != nil {
		return w, false, err
	}
	buffer := payloads.Get().(*[]byte)
	defer payloads.Put(buffer)
	if cap(*buffer) < size {
		*buffer = make([]byte, size+size/4)
	}
	payload := (*buffer)[:size]
	if err := v.socket.next(payload); err != nil {
		return w, false, err
	}
	if opcode != opText {
		return w, false, v.socket.control(opcode, payload)
	}
	return h.word(payload), true, nil
}

// come opens the connection and asks for all that it is to be told, until that is granted.
func (v *viewer) come(ctx context.Context, r *run) error {
	begun := time.Now()
	for {
		err := v.try(ctx, r)
		no, is := errors.AsType[*refusal](err)
		if !is || no.wait == 0 || time.Since(begun) > patience {
			return err
		}
		if v.socket != nil {
			v.socket.close()
		}
		select {
		case <-time.After(no.wait):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (v *viewer) try(ctx context.Context, r *run) (err error) {
	if v.socket, err = dial(ctx, r.Server, r.Token, r.from(v.number)); err != nil {
		return err
	}
	_ = v.socket.conn.SetReadDeadline(time.Now().Add(time.Minute))
	watched, joined := false, v.room < 0
	for !watched || !joined {
		w, is, err := v.hear(r.heard)
		switch {
		case err != nil:
			return err
		case !is:
		case w.kind == wire.TypeWelcome:
			if err := v.ask(r); err != nil {
				return err
			}
		case w.kind == wire.TypeSnapshot:
			v.seq.Store(w.seq)
			watched = true
		case w.kind == wire.TypeJoined:
			joined = true
		case w.kind == wire.TypeError && w.code == wire.CodeRateLimited:
			return &refusal{says: w.says, wait: time.Second}
		case w.kind == wire.TypeError:
			return &refusal{says: w.says}
		case w.kind == "":
			return errors.New("what answers there is no telltale")
		}
	}
	return v.socket.conn.SetReadDeadline(time.Time{})
}

// ask joins and watches.
func (v *viewer) ask(r *run) error {
	if v.room >= 0 {
		if err := v.socket.say(wire.Join{ID: askJoin, RoomID: roomName(v.room), UserID: "bench"}); err != nil {
			return err
		}
	}
	return v.socket.say(wire.Watch{ID: askWatch, Metrics: []string{r.prefix + "*"}, RangeMS: watchRange, Points: watchPoints, Rate: wire.DefaultRate})
}

// watch takes what comes until the connection ends.
func (v *viewer) watch(r *run) {
	defer v.gone.Store(true)
	for {
		w, is, err := v.hear(r.heard)
		if err != nil {
			v.err = err
			return
		}
		if is {
			v.take(r, w)
		}
	}
}

// take counts one message.
func (v *viewer) take(r *run, w word) {
	switch seq := v.seq.Load(); w.kind {
	case wire.TypeFrame:
		if w.from < seq {
			return // it had a part of it: what is in it does not count
		}
		v.frames++
		v.changes += w.count
		if w.due >= 0 {
			r.stale.add(time.Since(r.begun) - w.due)
		}
		r.frames.Add(1)
		v.seq.Store(w.seq)
	case wire.TypeSnapshot:
		v.jumps = append(v.jumps, stretch{seq, w.seq})
		v.seq.Store(w.seq)
	case wire.TypeBroadcast:
		if w.room != roomName(v.room) || w.seq <= v.said.Load() {
			return // it had it
		}
		if v.messages += w.count; w.due >= 0 {
			r.delays.add(time.Since(r.begun) - w.due)
		}
		v.said.Store(w.seq)
	}
}

// from is the address that a viewer calls from. One address has some 28,000 ports to call another
// from; of loopback Linux has as many addresses as one likes, in IPv4.
func (r *run) from(number int) net.Addr {
	const each = 10_000
	if !r.loopback || r.Viewers <= each || runtime.GOOS != "linux" {
		return nil
	}
	return &net.TCPAddr{IP: net.IPv4(127, 0, byte(number/each>>8), byte(number/each)+1)}
}

// gather has all viewers come, 32 at a time.
func (r *run) gather(ctx context.Context) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var dialers sync.WaitGroup
	var next atomic.Int64
	for range min(32, r.Viewers) {
		dialers.Go(func() {
			for i := next.Add(1) - 1; i < int64(r.Viewers) && ctx.Err() == nil; i = next.Add(1) - 1 {
				v := r.viewers[i]
				if err := v.come(ctx, r); err != nil {
					stop(fmt.Errorf("viewer %d of %d cannot come: %w", i+1, r.Viewers, err))
					return
				}
				r.came.Add(1)
				r.watching.Go(func() { v.watch(r) })
			}
		})
	}
	dialers.Wait()
	return context.Cause(ctx)
}

// leave ends all connections, and waits until nothing is counted any more.
func (r *run) leave() {
	for _, v := range r.viewers {
		if v.socket != nil {
			v.socket.close()
		}
	}
	r.watching.Wait()
}

// roomName is what a room is called.
func roomName(n int) string { return fmt.Sprintf("bench.%d", n) }

// plainly is an error as a person reads it.
func plainly(err error) string {
	return strings.TrimPrefix(err.Error(), "read tcp ")
}
