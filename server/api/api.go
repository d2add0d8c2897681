package api

import (
	"context"
	"log/slog"
	"net/http"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"telltale/server/auth"
	"telltale/server/hub"
	"telltale/server/ledger"
	"telltale/shared/access"
	"telltale/shared/series"
)

// Options is what an API is made of. Ledger, Hub, Writable, Pages, Assets and Log
// are needed.
type Options struct {
	Ledger   *ledger.Ledger
	Hub      *hub.Hub
	Writable func() error                      // nil while the store takes mutations
	Stale    func() (since time.Time, is bool) // as of when the store is, where it is out of reach; nil where it never is
	// CatchUp returns once the store knows here all that others had written when it was called, or
	// with an error where it cannot; nil where nobody else writes to it.
	CatchUp func(context.Context) error
	Pages   http.Handler // pages for browsers and what belongs to them
	Assets  http.Handler // GET /web/...
	// Packs gives what sends an answer, which is written as a whole, packed to who takes it so; nil sends it as it is.
	Packs func(http.ResponseWriter, *http.Request) http.ResponseWriter
	Log   *slog.Logger

	Gate       *auth.Gate   // nil lets everybody do everything
	Access     access.Store // of share links and of the audit; nil with no Gate
	Commands   Commands     // nil where the configuration names none
	BoardFiles BoardFiles   // nil where there is no folder of boards
	Version    string
	MaxMessage int64 // bytes of a WebSocket message; 64 KiB
	// SlowClient is what becomes of a reader that falls behind its room; Catchup.
	SlowClient SlowClient
	// Tiers are the roll-ups that the store keeps, finest first; series.Tiers.
	Tiers [len(series.Tiers)]series.Tier
	// Loopback and AdminLoopback say that the port is reached from this machine
	// alone: its Host header is then checked.
	Loopback, AdminLoopback bool
	// Hosts are the names that a Host header may say besides those of this machine, as
	// auth.HostName gives them; none for any where others reach the port.
	Hosts []string
	// Origins are those, as auth.Origin gives them, whose pages may open sockets besides our own.
	Origins []string
	// Proxies is how many stand in front of the main port, and are believed what they say of clients.
	Proxies int
	// RateLimit is how many requests and messages a second come from a token, or from
	// the address of who shows none; 0 for no bound.
	RateLimit int
}

// API answers requests. All methods are safe for concurrent use.
type API struct {
	Options
	begun   time.Time
	traffic traffic
	// delivery counts what rooms' readers did not get live.
	delivery delivery
	boards   Boards
	blocks   blocks
	openings openings
	metrics  *instruments
	lobby    lobby
	remotes  remotes
	turns    turns // of writing
	settling *settling
	paces    *paces
	screens  screens
	editions editions
	rules    map[string]rule // of each route, by its pattern
	// description is the main port as it is told; it is made when it is first asked for.
	description func() (*description, error)
	// snapshots bounds how many histories are read for viewers at once.
	snapshots chan struct{}
	pictures  chan struct{} // and this, how many pictures are drawn
	firsts    *holdings     // what larger bodies take at first
	held      *holdings     // and in all

	state      atomic.Int32 // starting, serving, draining
	complained atomic.Int64 // the second of the last complaint
	draining   chan struct{}

	mu      sync.Mutex
	sockets map[*socket]struct{}
	done    sync.WaitGroup // of the sockets
}

// The states of readiness.
const (
	starting = iota
	serving
	draining
)

// snapshotsAtOnce is more than a machine has disks, and few enough that the
// memory of all histories being encoded stays small.
const snapshotsAtOnce = 8

// New makes an API that is starting: /ready says so until Serving is called.
func New(o Options) *API {
	if o.MaxMessage == 0 {
		o.MaxMessage = 64 << 10
	}
	if o.SlowClient == "" {
		o.SlowClient = Catchup
	}
	if o.Tiers == ([len(series.Tiers)]series.Tier{}) {
		o.Tiers = series.Tiers
	}
	a := &API{Options: o, begun: time.Now(), snapshots: make(chan struct{}, snapshotsAtOnce), pictures: make(chan struct{}, picturesAtOnce),
		firsts: newHoldings(firstsAtOnce), held: newHoldings(heldAtOnce), remotes: newRemotes(), turns: newTurns(), settling: newSettling(debug.FreeOSMemory), paces: newPaces(o.RateLimit),
		draining: make(chan struct{}), sockets: map[*socket]struct{}{}}
	a.Pages = a.seeing(o.Pages)
	a.boards = Boards{Ledger: o.Ledger, Files: o.BoardFiles}
	a.screens.open = map[string]*session{}
	a.lobby = lobby{begun: a.begun, open: map[*guest]struct{}{}}
	a.rules = map[string]rule{}
	a.metrics = newInstruments(a)
	return a
}

// Serving says that the main port serves now.
func (a *API) Serving() { a.state.CompareAndSwap(starting, serving) }

// Drain refuses new sockets, says goodbye on the open ones, and returns when all
// are closed or ctx ends. /ready fails from its start on.
func (a *API) Drain(ctx context.Context) {
	a.mu.Lock()
	if a.state.Swap(draining) != draining {
		close(a.draining)
		for s := range a.sockets {
			s.out.Signal()
		}
	}
	a.mu.Unlock()
	closed := make(chan struct{})
	go func() {
		a.done.Wait()
		close(closed)
	}()
	select {
	case <-closed:
	case <-ctx.Done():
		a.mu.Lock()
		defer a.mu.Unlock()
		for s := range a.sockets {
			s.cut()
		}
	}
}

// Sockets is how many WebSockets are open.
func (a *API) Sockets() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.sockets)
}

// complain logs a failure, at most one a second: a full disk fails every request,
// and the log may be on it.
func (a *API) complain(what string, about ...any) {
	if now := time.Now().Unix(); a.complained.Swap(now) != now {
		a.Log.Error(what, about...)
	}
}
