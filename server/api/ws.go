package api

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"telltale/server/auth"
	"telltale/server/ledger"
	"telltale/shared/access"
	"telltale/shared/metric"
	"telltale/shared/wire"
)

// retry is how long a client that was said goodbye to waits, in ms.
const retry = 1000

// session is one connection to /ws. Requests are answered one after the other, each by a
// goroutine of its own; whichever writer comes along the line, one at a time, gives what is
// said in the rooms it is in, and makes snapshots and frames of what it watches.
type session struct {
	*socket
	from    auth.Caller
	address string // of the peer
	agent   string
	watch   atomic.Pointer[watch]
	rooms   rooms
	used    atomic.Bool    // it has watched something or joined a room
	shown   wire.ScreenRow // the page's word of itself, under api.screens.mu; without an ID while there is none
}

func (a *API) getSocket(w http.ResponseWriter, r *http.Request) error {
	if !wantsSocket(r) {
		w.Header().Set("Upgrade", "websocket")
		return refuse(http.StatusUpgradeRequired, "this is a WebSocket: connect with ws:// or wss://")
	}
	s, err := a.open(w, r)
	if err != nil {
		return err
	}
	s.last = goodbye
	agent := r.UserAgent()
	c := &session{socket: s, from: callerOf(r), address: r.RemoteAddr, agent: strings.ToValidUTF8(strings.Clone(agent[:min(len(agent), maxAgent)]), ""), rooms: newRooms()}
	// The request ends here: with its goroutine and its buffers go two thirds of what an idle
	// connection would hold.
	go c.serve()
	return nil
}

// goodbye is the last word of a server that stops.
var goodbye = wire.Encode(wire.Goodbye{RetryMS: retry})

// serve talks until the connection ends.
func (c *session) serve() {
	s, a := c.socket, c.api
	defer s.close()
	defer func() { s.recovered(recover()) }()
	defer c.unwatch()
	defer a.Hub.Exit(s.out)
	defer a.screens.leave(c)
	defer c.expect()()
	if c.from.User != "" {
		if err := c.enter(""); err != nil {
			a.complain("a user cannot be named", "error", err)
			return
		}
	}
	s.out.Offer(wire.Encode(wire.Welcome{Session: rand.Text()[:16], Epoch: a.Ledger.Epoch(), Time: time.Now().UnixMilli(), Version: a.Version, User: c.from.User}))
	s.run(c.next, c.receive)
}

// receive answers one request.
func (c *session) receive(message []byte) {
	e, err := wire.Open(message)
	if err == nil {
		err = c.api.pace(c.from, c.address)
	}
	if err == nil {
		switch e.Type {
		case wire.TypeWatch:
			err = c.startWatch(message)
			c.used.Store(true)
		case wire.TypeUnwatch:
			c.unwatch()
		case wire.TypeMutate:
			err = c.mutate(message)
		case wire.TypeJoin:
			err = c.join(message)
			c.used.Store(true)
		case wire.TypeLeave:
			err = c.leave(message)
		case wire.TypeBroadcast:
			err = c.broadcast(message)
		case wire.TypeDirect:
			err = c.direct(message)
		case wire.TypePresence:
			err = c.presence(message)
		case wire.TypeScreen:
			err = c.screen(message)
		case wire.TypePing:
			err = c.pong(message)
		default:
			c.fail(e.ID, wire.CodeUnknownType, fmt.Sprintf("no message has the type %.60q", e.Type))
		}
	}
	if err != nil {
		c.refuse(e.ID, err)
	}
}

// allow refuses what the caller may not do.
func (c *session) allow(right access.Right, class access.Class, name string) error {
	return c.api.permit(c.ctx, c.from, access.Need{Right: right, Class: class, Name: name})
}

// pong answers a ping.
func (c *session) pong(message []byte) error {
	var m wire.Ping
	if err := wire.Decode(message, &m); err != nil {
		return err
	}
	answer := wire.Pong{ID: m.ID}
	if m.Clock {
		answer.Time, answer.Known, answer.Stale = time.Now().UnixMilli(), c.api.Hub.Known(), c.api.staleMS()
	}
	c.reply(wire.Encode(answer))
	return nil
}

// next is what its rooms or its watch give, in turns, so that neither keeps the
// other waiting.
func (c *session) next() outgoing {
	if c.rooms.turn = !c.rooms.turn; c.rooms.turn {
		if o := c.frame(); !o.none() {
			return o
		}
		return c.heard()
	}
	if o := c.heard(); !o.none() {
		return o
	}
	return c.frame()
}

func (c *session) fail(id, code, detail string) {
	c.reply(wire.Encode(wire.Error{ID: id, Code: code, Detail: detail}))
}

// refuse answers a request with its error.
func (c *session) refuse(id string, err error) {
	p := explain(err)
	if p.Status >= http.StatusInternalServerError && c.ctx.Err() == nil {
		c.api.complain("message failed", "error", err)
	}
	c.fail(id, codeOf(err, p), p.Detail)
}

func (c *session) mutate(message []byte) error {
	var m wire.Mutate
	if err := wire.Decode(message, &m); err != nil {
		return err
	}
	if m.Metric == "" || (m.Add == nil) == (m.Set == nil) {
		return badMessage(`a mutate names its "metric" and either "add" or "set"`)
	}
	id, err := metric.Parse(m.Metric)
	if err != nil {
		return err
	}
	if err := c.allow(access.Write, access.Metrics, string(id)); err != nil {
		return err
	}
	mutation, err := change{Add: m.Add, Set: m.Set, Time: m.Time}.mutation(id)
	if err != nil {
		return err
	}
	item, err := keyed(c.from, mutation, m.Key)
	if err != nil {
		return err
	}
	outcomes, err := c.api.Ledger.Apply(c.ctx, ledger.Entry{Items: []ledger.Item{item}})
	if err != nil {
		return err
	}
	c.api.metrics.mutated(outcomes)
	if err := outcomes[0].Err; err != nil {
		return err
	}
	c.reply(wire.Encode(wire.Mutated{ID: m.ID, Sample: outcomes[0].Sample}))
	return nil
}

// badMessage is a request that cannot be meant.
func badMessage(sentence string) error { return &said{sentence, wire.ErrBadMessage} }

// said is an error in words of its own that counts as one of those explain knows.
type said struct {
	sentence string
	as       error
}

// Error is the sentence for the user.
func (s *said) Error() string { return s.sentence }

// Unwrap answers the error that it counts as.
func (s *said) Unwrap() error { return s.as }
