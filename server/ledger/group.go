package ledger

import (
	"context"
	"fmt"
	"runtime"
	"sync"
)

// group commits what its callers ask for. Those who arrive while a commit runs
// form the next one: the first of them leads it and passes the lead on.
type group[Q, A any] struct {
	what    string // is weighed, for a refusal: "mutations"
	most    int    // weight of one commit, unless one request alone has more
	waiters int    // weight that may wait; more is refused with ErrUnavailable
	weigh   func(Q) int
	write   func(batch []Q) ([]A, error)
	publish func(batch []Q, answers []A)

	commit sync.Mutex // held over write and publish

	mu      sync.Mutex // guards what follows
	queue   []*call[Q, A]
	waiting int  // weight of queue
	led     bool // a leader runs, or has been told to
}

// call is a request on its way. Its fields are written under mu, or by the leader
// that took it off the queue, before wake is signalled.
type call[Q, A any] struct {
	request Q
	weight  int
	wake    chan struct{} // signalled when answered, or when told to lead
	lead    bool
	answer  A
	err     error
}

// do answers the request once it is written and published. Its error means that
// nothing was written; it is ctx's only where ctx ended before the commit began.
func (g *group[Q, A]) do(ctx context.Context, request Q) (A, error) {
	c := &call[Q, A]{request: request, weight: g.weigh(request), wake: make(chan struct{}, 1)}
	if err := g.enqueue(c); err != nil {
		return c.answer, err
	}
	select {
	case <-c.wake:
	case <-ctx.Done():
		if g.withdraw(c) {
			return c.answer, ctx.Err()
		}
		<-c.wake
	}
	if c.lead {
		g.leadOne()
	}
	return c.answer, c.err
}

// enqueue lets the call wait, and tells it to lead where nobody does.
func (g *group[Q, A]) enqueue(c *call[Q, A]) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.queue) > 0 && g.waiting+c.weight > g.waiters {
		return fmt.Errorf("%w: %d %s wait for the disk already", ErrUnavailable, g.waiting, g.what)
	}
	g.queue = append(g.queue, c)
	g.waiting += c.weight
	if !g.led {
		g.passLead()
	}
	return nil
}

// withdraw takes the call off the queue; false where it is off it already and
// its commit under way.
func (g *group[Q, A]) withdraw(c *call[Q, A]) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	for i, o := range g.queue {
		if o == c {
			g.queue = append(g.queue[:i], g.queue[i+1:]...)
			g.waiting -= c.weight
			if c.lead {
				g.passLead()
			}
			return true
		}
	}
	return false
}

// passLead tells the longest waiting call to lead. Its caller holds mu and the lead.
func (g *group[Q, A]) passLead() {
	g.led = len(g.queue) > 0
	if g.led {
		g.queue[0].lead = true
		g.queue[0].wake <- struct{}{}
	}
}

// leadOne commits one batch, of which the leader's own call is the first, passes
// the lead on and answers all others of the batch.
func (g *group[Q, A]) leadOne() {
	// Callers that the last batch answered are about to come back. Two turns for
	// them make a batch of 56 out of 64 such callers, none one of 31; where nobody
	// is about to come they cost a microsecond.
	runtime.Gosched()
	runtime.Gosched()
	g.commit.Lock()
	calls := g.take()
	g.commitBatch(calls)
	g.commit.Unlock()

	g.mu.Lock()
	g.passLead()
	g.mu.Unlock()
	for _, c := range calls[1:] {
		c.wake <- struct{}{}
	}
}

// take takes the next batch off the queue.
func (g *group[Q, A]) take() []*call[Q, A] {
	g.mu.Lock()
	defer g.mu.Unlock()
	n, weight := 0, 0
	for n < len(g.queue) && (n == 0 || weight+g.queue[n].weight <= g.most) {
		weight += g.queue[n].weight
		n++
	}
	calls := g.queue[:n:n]
	g.queue = g.queue[n:]
	g.waiting -= weight
	return calls
}

// commitBatch writes and publishes the calls. Its caller holds commit.
func (g *group[Q, A]) commitBatch(calls []*call[Q, A]) {
	batch := make([]Q, len(calls))
	for i, c := range calls {
		batch[i] = c.request
	}
	answers, err := g.write(batch)
	if err != nil {
		for _, c := range calls {
			c.err = err
		}
		return
	}
	for i, c := range calls {
		c.answer = answers[i]
	}
	g.publish(batch, answers)
}
