package auth

import (
	"context"
	"sync"
	"time"

	"telltale/shared/access"
)

// Caller is who asks, and what they may. The zero Caller may nothing.
type Caller struct {
	ID     string        // of the token, or "jwt " and the token's own id or subject; "" for one who showed none
	User   string        // the sender of what they say; "" for none
	Board  string        // of a share link, which reads what this board shows
	Bound  access.Scopes // and that no further than these
	Scopes access.Scopes
	Until  time.Time // what they may ends then; zero for never
	Free   bool      // they may call themselves as they like

	valid context.Context // ends when the token is revoked; nil where it cannot be
	link  *Caller         // who the share link is from that gives Board, where another token gives the rest
}

// Anyone is the caller of an open server: everything is allowed, under any name.
var Anyone = Caller{Free: true, Scopes: access.Scopes{{Right: access.Admin, Glob: "*"}}}

// Onlooker is who showed no token where anyone may look.
var Onlooker = Caller{Scopes: access.Scopes{{Right: access.Read, Glob: "*"}}}

// May tells whether the caller may do what is needed.
func (c Caller) May(n access.Need) bool { return c.Scopes.May(n) }

// Named tells whether the caller showed who they are.
func (c Caller) Named() bool { return c.ID != "" }

// with is the caller who has opened a share link besides.
func (c Caller) with(link Caller) Caller {
	c.Board, c.Bound, c.link = link.Board, link.Bound, &link
	return c
}

// Ended calls do once what the caller may has ended: a token was revoked, or its time is
// over; at once where that has been. stop tells that it need not be called any more.
func (c Caller) Ended(do func()) (stop func()) {
	if c.link != nil {
		do = sync.OnceFunc(do)
		first, second := c.link.Ended(do), c.own().Ended(do)
		return func() {
			first()
			second()
		}
	}
	if c.valid == nil && c.Until.IsZero() {
		return func() {}
	}
	ctx, cancel := c.valid, context.CancelFunc(func() {})
	if ctx == nil {
		ctx = context.Background()
	}
	if !c.Until.IsZero() {
		ctx, cancel = context.WithDeadline(ctx, c.Until)
	}
	forget := context.AfterFunc(ctx, do)
	return func() {
		forget()
		cancel()
	}
}

// own is the caller without the share link.
func (c Caller) own() Caller {
	c.link = nil
	return c
}
