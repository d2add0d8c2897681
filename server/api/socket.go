package api

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"telltale/server/hub"
	"telltale/shared/wire"
)

// The heartbeat of every socket.
const (
	beatEvery = 25 * time.Second
	pongLimit = 10 * time.Second
	pingLimit = 5 * time.Second // to write it
)

// inFlight is what the kernel holds, in bytes, of what was written to a peer and has
// not arrived. Left alone it takes megabytes: a ping stands behind them, and who
// reads them at 100 KiB a second has not answered it after 10 s.
const inFlight = 128 << 10

// socket is one open WebSocket.
type socket struct {
	api     *API
	conn    *websocket.Conn
	raw     *inbound // what conn reads from and writes to
	out     *hub.Outbox
	ctx     context.Context // ends with the socket
	cancel  context.CancelFunc
	last    []byte // sent before the server closes it; nil for nothing
	heart   *time.Timer
	patient *time.Timer   // of a write that waits
	pinged  atomic.Int64  // number of the last ping
	ponged  chan struct{} // signalled when the answer to that has come

	place turn           // in the line of those who have something to write
	stage atomic.Int32   // of the writing
	wrote sync.WaitGroup // until nothing more will be

	// Its writer's, of which there is one at a time.
	next     func() outgoing
	kept     *outgoing // to be gathered before next is asked
	gathered gathered
	led      bool // by a writer of the API's; false where it had to wait for something
	broken   bool // nothing more can be written
	// ends is set once nothing more will be read and the peer is to be told so.
	ends atomic.Pointer[verdict]
	why  atomic.Pointer[string] // it ended, where it was closed with a word
	stay func()                 // its caller's access need not be watched any more

	// In ns, times since the API began; 0 while none runs.
	writing   atomic.Int64 // since when a write runs
	answering atomic.Int64 // since when a message is being answered
	answered  atomic.Int64 // how long the answering of all before it took
}

// open takes the handshake.
func (a *API) open(w http.ResponseWriter, r *http.Request) (*socket, error) {
	if !a.ownOrigin(r) {
		return nil, refuse(http.StatusForbidden, "a page of another site may not open a socket here")
	}
	s := &socket{api: a, ponged: make(chan struct{}, 1)}
	s.out = hub.NewTellingOutbox(s.wake)
	s.place.socket = s
	s.stage.Store(served) // until it runs
	a.mu.Lock()
	if a.state.Load() == draining {
		a.mu.Unlock()
		return nil, &problem{Status: http.StatusServiceUnavailable, Detail: "the server is about to restart: try again soon", retry: 2}
	}
	a.done.Add(1)
	a.mu.Unlock()
	shake := &handshake{ResponseWriter: w, limit: a.MaxMessage}
	conn, err := websocket.Accept(shake, r, &websocket.AcceptOptions{CompressionMode: websocket.CompressionDisabled, OnPongReceived: s.pong})
	if err != nil {
		a.done.Done()
		if shake.refused == 0 {
			return nil, errGone
		}
		return nil, refuse(shake.refused, "this is no WebSocket handshake of version 13: connect with ws:// or wss://")
	}
	conn.SetReadLimit(a.MaxMessage)
	s.conn, s.raw = conn, shake.judged
	// The request's context ends in ways of its own once the connection is taken over, and
	// holds what nobody needs.
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.heart = time.AfterFunc(beatEvery, s.beat)
	s.heart.Stop()
	a.mu.Lock()
	a.sockets[s] = struct{}{}
	a.mu.Unlock()
	a.traffic.sockets.open()
	a.settling.come()
	s.stay = a.lasts(callerOf(r), func() {
		s.raw.interrupt()
		s.shut(wire.CloseUnauthorized, "access has ended")
	}, func() { s.leave("the board has changed") })
	return s, nil
}

// controlBytes is more than a control frame has (RFC 6455, section 5.5): the library
// writes nothing else.
const controlBytes = 160

// readBytes is what is read at once of small messages: a large one is read past it.
const readBytes = 256

// handshake keeps the library's own words for a refusal back, and gives it a
// connection whose frames are judged.
type handshake struct {
	http.ResponseWriter
	limit   int64 // bytes of a message
	refused int
	judged  *inbound // once the connection is taken over
}

// WriteHeader keeps a refusal back and passes any other status on.
func (h *handshake) WriteHeader(status int) {
	if status >= http.StatusBadRequest {
		h.refused = status
		return
	}
	h.ResponseWriter.WriteHeader(status)
}

// Write swallows the words of a refusal.
func (h *handshake) Write(b []byte) (int, error) {
	if h.refused != 0 {
		return len(b), nil
	}
	return h.ResponseWriter.Write(b)
}

// Hijack gives the library a connection whose frames are judged before it reads them.
func (h *handshake) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, both, err := http.NewResponseController(h.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	below := conn
	if secret, is := conn.(*tls.Conn); is {
		below = secret.NetConn()
	}
	if tcp, is := below.(interface{ SetWriteBuffer(bytes int) error }); is {
		_ = tcp.SetWriteBuffer(inFlight) // where it fails the kernel decides
	}
	before, _ := both.Reader.Peek(both.Reader.Buffered())
	h.judged = &inbound{before: bytes.Clone(before), judge: judge{limit: h.limit}}
	h.judged.init(conn)
	return h.judged, bufio.NewReadWriter(bufio.NewReaderSize(h.judged, readBytes), bufio.NewWriterSize(h.judged, controlBytes)), nil
}

// close ends the socket at once; open's counterpart.
func (s *socket) close() {
	s.stay()
	s.cut()
	s.api.mu.Lock()
	delete(s.api.sockets, s)
	s.api.mu.Unlock()
	why := endedGone
	if said := s.why.Load(); said != nil {
		why = *said
	}
	s.api.traffic.sockets.close(why)
	s.api.done.Done()
}

// cut ends the connection without a word.
func (s *socket) cut() {
	s.end()
	_ = s.conn.CloseNow()
}

// shut closes the connection with a code and waits a little for the peer's.
func (s *socket) shut(code int, reason string) {
	s.why.CompareAndSwap(nil, new(whyClosed(code, reason)))
	_ = s.conn.Close(websocket.StatusCode(code), reason)
	s.end()
}

// end lets those who wait for the socket go, the writer too.
func (s *socket) end() {
	s.cancel()
	s.out.Signal()
}

// run serves the socket until it ends: it hands each text message to receive, and
// writes the outbox's messages and what next gives. next is asked whenever the
// outbox is signalled, until it gives nothing, by one goroutine at a time.
func (s *socket) run(next func() outgoing, receive func([]byte)) {
	s.next = next
	s.wrote.Add(1)
	s.again()
	s.heart.Reset(beatEvery)
	why := s.read(receive)
	s.heart.Stop()
	if v := (*verdict)(nil); errors.As(why, &v) {
		s.ends.Store(v)
		s.out.Signal()
	} else {
		s.cut()
	}
	s.wrote.Wait()
}

// read answers why nothing more can be read. Messages are answered by goroutines of their
// own, one after the other: the stack that this needs would be kept by one that goes on
// reading. No context ends the reading, whose upkeep costs a KiB: cut does.
func (s *socket) read(receive func([]byte)) error {
	var answer sync.WaitGroup
	for {
		_, message, err := s.conn.Read(context.Background())
		if err != nil {
			return err
		}
		s.api.traffic.in()
		begun := s.now()
		s.answering.Store(begun)
		answer.Go(func() {
			defer func() { s.recovered(recover()) }()
			receive(message)
		})
		answer.Wait()
		s.answered.Add(s.now() - begun)
		s.answering.Store(0)
	}
}

// recovered ends the socket where there was a panic, and nothing else.
func (s *socket) recovered(cause any) {
	if cause != nil {
		s.api.Log.Error("socket panicked", "panic", cause, "stack", string(debug.Stack()))
		s.cut()
	}
}

// now is never 0.
func (s *socket) now() int64 { return int64(time.Since(s.api.begun)) + 1 }

// busy is how long messages have been answered so far.
func (s *socket) busy() time.Duration {
	busy := s.answered.Load()
	if since := s.answering.Load(); since != 0 {
		busy += s.now() - since
	}
	return time.Duration(busy)
}

// ignore takes messages of sockets that only listen.
func ignore([]byte) {}

// reply queues an answer; while the outbox is full it waits, and with it the
// peer that asked.
func (s *socket) reply(message []byte) {
	for !s.out.Offer(message) {
		select {
		case <-s.out.Room():
		case <-s.ctx.Done():
			return
		}
	}
}

// The stages of a socket's writing.
const (
	resting int32 = iota // until it is woken
	lined                // it stands in line
	served               // it is written to
	woken                // while it was
	done
)

// wake has the socket written to, soon, if there is anything.
func (s *socket) wake() {
	for {
		switch stage := s.stage.Load(); stage {
		case resting:
			if s.stage.CompareAndSwap(stage, lined) {
				s.api.turns.line(&s.place)
				return
			}
		case served:
			if s.stage.CompareAndSwap(stage, woken) {
				return
			}
		default:
			return
		}
	}
}

// again puts the socket, which is being written to, at the end of the line.
func (s *socket) again() {
	s.stage.Store(lined)
	s.api.turns.line(&s.place)
}

// turned writes what there is, and answers false where the writer had to wait for
// something and another has taken its place.
func (s *socket) turned() (led bool) {
	s.stage.Store(served)
	s.led = true
	more, over := s.attempt()
	if over {
		s.aside() // what ends a connection may take a while
	}
	led, s.led = s.led, false
	switch {
	case over:
		s.stage.Store(done)
		s.cut()
		s.wrote.Done()
	case more, !s.stage.CompareAndSwap(served, resting):
		s.again()
	}
	return led
}

// attempt is write; where that panics the socket is over, and no other.
func (s *socket) attempt() (more, over bool) {
	defer func() {
		if cause := recover(); cause != nil {
			s.aside()
			s.recovered(cause)
			more, over = false, true
		}
	}()
	return s.write()
}

// greed is how often one socket is written to before others have their turn.
const greed = 4

// write gathers what is there and writes it, before it asks for what may take time. It
// ends where nothing is left; with more, where others are to have their turn first; and
// over, once nothing more can be written.
func (s *socket) write() (more, over bool) {
	for writes := 0; !s.broken; {
		if !s.led || writes == greed {
			return true, false
		}
		select {
		case <-s.api.draining:
			s.goodbye()
			return false, true
		default:
		}
		var o outgoing
		if s.kept != nil {
			o, s.kept = *s.kept, nil
		} else {
			v := s.ends.Load() // once it is set, all answers are queued
			payload, any := s.out.Take()
			if v != nil && !any {
				s.flush()
				s.aside()
				s.shut(v.code, v.reason)
				return false, true
			}
			if o.payload = payload; !any {
				o = s.next()
			}
		}
		switch {
		case !o.none() && !s.led:
			kept := o // o is not to be allocated
			s.kept = &kept
		case !o.none():
			if o.later != nil {
				o = outgoing{payload: o.later()}
			}
			if s.put(o) {
				writes++
			}
		case s.gathered.messages > 0:
			s.flush()
			writes++
			if s.led && !s.broken {
				return false, false // whatever has come since has woken it
			}
		case s.ctx.Err() != nil:
			return false, true
		case s.led:
			return false, false
		}
	}
	return false, true
}

// put gathers what is to be sent, and writes once that is enough.
func (s *socket) put(o outgoing) (wrote bool) {
	if wrote = !s.gathered.fits(o); wrote {
		s.flush()
	}
	if !s.broken && !s.gathered.add(o) {
		s.flush()
		wrote = true
	}
	return wrote
}

// flush writes what is gathered. A deadline of its own for each write would cost a
// third of the time that the library took: one timer watches those that wait.
func (s *socket) flush() {
	if s.broken || s.gathered.messages == 0 {
		return
	}
	s.api.traffic.told(s.gathered.messages)
	if !s.raw.turn.try() { // the library writes, and may have to wait
		s.waits()
		_ = s.raw.turn.take(context.Background())
	}
	_, err := s.raw.write(s.gathered.bytes(), s.waits)
	if s.writing.Load() != 0 {
		s.patient.Stop()
		s.writing.Store(0)
	}
	s.gathered.clear()
	if errors.Is(err, os.ErrDeadlineExceeded) {
		<-s.ctx.Done() // whoever interrupted it shuts the socket
	}
	if s.broken = err != nil; !s.broken && s.out.Stuck() {
		s.aside()
		s.shut(wire.CloseTryLater, "reads too slowly")
		s.broken = true
	}
}

// waits begins the time that a write may take.
func (s *socket) waits() {
	if s.aside(); s.writing.Load() == 0 {
		s.writing.Store(s.now())
		s.patient = time.AfterFunc(hub.Patience, func() {
			s.raw.interrupt()
			s.shut(wire.CloseTryLater, "reads too slowly")
		})
	}
}

// aside lets others have their turn: something is to be waited for.
func (s *socket) aside() {
	if s.led {
		s.led = false
		s.api.turns.leave()
	}
}

func (s *socket) goodbye() {
	if s.last != nil {
		s.put(outgoing{payload: s.last})
	}
	if s.flush(); !s.broken {
		s.aside()
		s.shut(wire.CloseRestart, "the server is about to restart")
	}
}

// beat pings the peer and ends a connection that does not answer. While one write
// runs the ping cannot be sent, and the write has its own limit; while messages
// are answered no pong is read, and that of a peer that sent many stands behind
// them.
func (s *socket) beat() {
	begun, busy := s.now(), s.busy()
	ctx, cancel := context.WithTimeout(s.ctx, pongLimit)
	defer cancel()
	err := s.ping(ctx)
	since := s.writing.Load()
	ours := since != 0 && since <= begun || s.busy()-busy > pongLimit/2
	switch {
	case s.ctx.Err() != nil:
	case err == nil, ours && errors.Is(err, context.DeadlineExceeded):
		s.heart.Reset(beatEvery)
	default:
		s.shut(wire.CloseNoHeartbeat, "no pong came")
	}
}

// ping writes a ping and waits until it is answered. It is not the library's, which
// would close the connection while a write takes its time.
func (s *socket) ping(ctx context.Context) error {
	select {
	case <-s.ponged: // late
	default:
	}
	number := strconv.AppendInt(nil, s.pinged.Add(1), 10)
	soon, cancel := context.WithTimeout(ctx, pingLimit)
	defer cancel()
	if err := s.raw.turn.take(soon); err != nil {
		return err
	}
	stop := context.AfterFunc(soon, s.cut)
	_, err := s.raw.write(append([]byte{0x80 | opPing, byte(len(number))}, number...), idle)
	if stop(); err != nil {
		return err
	}
	select {
	case <-s.ponged:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// pong is told of what answers a ping, or comes unasked.
func (s *socket) pong(_ context.Context, payload []byte) {
	if string(payload) == strconv.FormatInt(s.pinged.Load(), 10) {
		select {
		case s.ponged <- struct{}{}:
		default:
		}
	}
}
