package api

import (
	"net/http"
	"net/netip"
	"sync"
	"time"

	bucket "golang.org/x/time/rate"

	"telltale/server/auth"
	"telltale/shared/wire"
)

// maxPaces bounds how many tokens' paces are kept, and how many addresses'.
const maxPaces = 10_000

// sweepEvery is how often at most a full map is looked through. Within it every pace that
// is not asked for is back at its burst, and forgetting one of those loses nothing.
const sweepEvery = time.Second

// paces bound how many requests and messages come each second from a token, or from the
// address of who shows none. They are safe for concurrent use.
type paces struct {
	most int // a second; 0 for no bound

	mu    sync.Mutex
	swept [2]time.Time
	of    [2]map[string]*bucket.Limiter // of tokens, so that strangers do not fill their map; of addresses
	rest  [2]*bucket.Limiter            // of all for whom there is no place
}

func newPaces(most int) *paces {
	p := &paces{most: most}
	for i := range p.of {
		p.of[i], p.rest[i] = map[string]*bucket.Limiter{}, p.fresh()
	}
	return p
}

func (p *paces) fresh() *bucket.Limiter { return bucket.NewLimiter(bucket.Limit(p.most), p.most) }

// payer is one of those whose use is counted together: a token, or the address of who shows none.
// The zero payer is nobody.
type payer struct {
	kind int
	key  string
}

// The kinds of payers.
const (
	byToken = iota + 1
	byAddress
)

// payerOf is to whom a request of this caller, from this address, is counted.
func payerOf(c auth.Caller, address string) payer {
	if !c.Named() || c.Board != "" && c.User == "" { // a share link is many people's
		return payer{byAddress, Neighbourhood(address)}
	}
	return payer{byToken, c.ID}
}

// find is the pace of one token or address.
func (p *paces) find(c auth.Caller, address string, now time.Time) *bucket.Limiter {
	who := payerOf(c, address)
	kind, key := who.kind-byToken, who.key
	p.mu.Lock()
	defer p.mu.Unlock()
	of := p.of[kind]
	if pace, is := of[key]; is {
		return pace
	}
	if len(of) >= maxPaces && now.Sub(p.swept[kind]) >= sweepEvery {
		p.swept[kind] = now
		for key, pace := range of {
			if pace.TokensAt(now) >= float64(p.most) {
				delete(of, key)
			}
		}
	}
	if len(of) >= maxPaces {
		return p.rest[kind]
	}
	pace := p.fresh()
	of[key] = pace
	return pace
}

// Neighbourhood is an address without its port; of IPv6 its network of 64 bits, as whoever
// has one address there has them all.
func Neighbourhood(address string) string {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return address
	}
	ip := at.Addr().Unmap().WithZone("")
	if ip.Is6() {
		if net, err := ip.Prefix(64); err == nil {
			return net.String()
		}
	}
	return ip.String()
}

// pace refuses what comes from a caller, or an address, faster than --rate-limit. Who may do everything because only this
// machine can ask is not counted.
func (a *API) pace(c auth.Caller, address string) error {
	if a.paces.most == 0 || a.unbound(c) {
		return nil
	}
	if now := time.Now(); !a.paces.find(c, address, now).AllowN(now, 1) {
		return &problem{Status: http.StatusTooManyRequests, retry: 1, Detail: "this comes too fast: wait a second, and send many values in one request"}
	}
	return nil
}

// unbound tells the caller of a server that is open and reached from this machine alone.
func (a *API) unbound(c auth.Caller) bool { return a.Loopback && c.Free && !c.Named() }

// idleLimit is how long a socket of somebody who showed no token may be open before it asks for anything.
const idleLimit = 30 * time.Second

// expect cuts a socket of somebody who showed no token where there are some, unless it
// watches something or joins a room soon. stop ends the waiting.
func (c *session) expect() (stop func()) {
	if c.from.Named() || c.from.Free {
		return func() {}
	}
	timer := time.AfterFunc(idleLimit, func() {
		if !c.used.Load() {
			c.raw.interrupt()
			c.shut(wire.CloseNoHeartbeat, "nothing was asked for")
		}
	})
	return func() { timer.Stop() }
}
