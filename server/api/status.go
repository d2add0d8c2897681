package api

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// lobby is the open /status sockets. Every connect and disconnect is told to all
// of them, and the uptime every second.
type lobby struct {
	begun time.Time

	mu    sync.Mutex
	open  map[*guest]struct{}
	clock *time.Timer // runs while somebody is here
	owed  bool        // a crowd is told soon
}

// Each arrival is told to all at once; in a crowd, where that would cost the
// square of it when all come or go together, at most every crowdTick.
const (
	crowd     = 256
	crowdTick = 50 * time.Millisecond
)

// guest is one of them; behind says that it missed a count its outbox had no
// room for, and is owed the last one.
type guest struct {
	*socket
	behind atomic.Bool
}

func (l *lobby) enter(g *guest) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open[g] = struct{}{}
	if len(l.open) > crowd {
		g.out.Offer(counted(len(l.open)))
	}
	l.change()
	if len(l.open) == 1 {
		l.clock = time.AfterFunc(l.untilNext(), l.tick)
	}
}

func (l *lobby) leave(g *guest) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.open, g)
	l.change()
	if len(l.open) == 0 {
		l.clock.Stop()
	}
}

// change tells the count now, or soon. Its caller holds mu.
func (l *lobby) change() {
	switch {
	case l.owed:
	case len(l.open) <= crowd:
		l.tell()
	default:
		l.owed = true
		time.AfterFunc(crowdTick, func() {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.owed = false
			l.tell()
		})
	}
}

// tell gives the count to all. Its caller holds mu.
func (l *lobby) tell() {
	message := counted(len(l.open))
	for g := range l.open {
		if !g.out.Offer(message) {
			g.behind.Store(true)
		}
	}
}

func (l *lobby) tick() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.open) == 0 {
		return
	}
	message := fmt.Appendf(nil, "%d seconds uptime", l.uptime())
	for g := range l.open {
		g.out.Offer(message) // a full one gets the next
	}
	l.clock.Reset(l.untilNext())
}

func (l *lobby) uptime() int64 { return int64(time.Since(l.begun) / time.Second) }

// untilNext is the time to the next whole second of uptime.
func (l *lobby) untilNext() time.Duration {
	return time.Second - time.Since(l.begun)%time.Second
}

func (l *lobby) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.open)
}

func counted(n int) []byte { return fmt.Appendf(nil, "%d client(s) connected.", n) }

// getStatus tells who is here and since when the server runs, once or as a
// WebSocket.
func (a *API) getStatus(w http.ResponseWriter, r *http.Request) error {
	if !wantsSocket(r) {
		return sendJSON(w, struct {
			Uptime  int64  `json:"uptime_seconds"`
			Clients int    `json:"clients"`
			Version string `json:"version"`
		}{a.lobby.uptime(), a.lobby.count(), a.Version})
	}
	s, err := a.open(w, r)
	if err != nil {
		return err
	}
	defer s.close()
	g := &guest{socket: s}
	a.lobby.enter(g)
	defer a.lobby.leave(g)
	s.run(func() outgoing {
		if g.behind.Swap(false) {
			return outgoing{payload: counted(a.lobby.count())}
		}
		return outgoing{}
	}, ignore)
	return nil
}
