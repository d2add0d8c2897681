package live

import (
	"context"
	"math/rand/v2"
	"time"
)

// Waiting between attempts: the first is about half of firstWait, each further one
// twice as long, none longer than lastWait. The jitter keeps viewers that lost the
// same server from coming back all at once.
const (
	firstWait = 300 * time.Millisecond
	lastWait  = 15 * time.Second
	patience  = 5 * time.Second // for one attempt
	askAgain  = time.Second     // a plain request that is not answered is followed by another
	mostAsks  = 4
)

// Run keeps the connection until the context ends.
func (v *Viewer) Run(ctx context.Context) {
	go v.describe(ctx)
	go v.read(ctx)
	go v.roll(ctx)
	failures := 0
	for first := true; ctx.Err() == nil; first = false {
		wait := time.Duration(0)
		socket, err := v.reach(ctx, !first)
		if err == nil {
			var useful bool
			if wait, useful = v.converse(ctx, socket); useful {
				failures = 0
			}
		}
		if v.hurried() {
			continue
		}
		v.sleep(ctx, max(wait, pause(failures)))
		failures++
	}
}

// pause is how long to wait after the n-th failed attempt in a row, from 0.
func pause(n int) time.Duration {
	longest := min(firstWait<<min(n, 10), lastWait)
	return longest/2 + rand.N(longest/2)
}

// hurried tells whether the connection was ours to close, for another.
func (v *Viewer) hurried() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	was := v.hurry
	v.hurry = false
	return was
}

// sleep ends early when somebody wakes the viewer.
func (v *Viewer) sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-v.wake:
	case <-ctx.Done():
	}
}

// reach opens a socket; careful, it asks a plain request first.
func (v *Viewer) reach(ctx context.Context, careful bool) (Socket, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if careful {
		if err := v.inquire(ctx); err != nil {
			return nil, err
		}
	}
	v.mu.Lock()
	dialed := v.contact.now()
	v.mu.Unlock()
	socket, err := v.network.Dial(ctx)
	if early, is := socket.(aged); is && err == nil {
		dialed -= early.Age().Milliseconds()
	}
	v.mu.Lock()
	v.contact.dialed = dialed
	v.mu.Unlock()
	return socket, err
}

// inquire asks until there is an answer or a refusal. A request may go over a connection that the browser kept, and
// that leads nowhere since the network changed, of which nobody is told: one that is not answered within a second is
// followed by another, which goes over another connection, and all that are left unanswered are ended.
func (v *Viewer) inquire(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	answers := make(chan error, mostAsks)
	another := time.NewTicker(askAgain)
	defer another.Stop()
	for asks := 1; ; asks++ {
		go func() { answers <- v.network.Ask(ctx) }()
		for again := false; !again; {
			select {
			case err := <-answers:
				return err
			case <-another.C:
				again = asks < mostAsks
			}
		}
	}
}

// converse reads a connection until it ends. It answers how long the server wants
// to be left alone, and whether the connection had come to show something.
func (v *Viewer) converse(ctx context.Context, socket Socket) (wait time.Duration, useful bool) {
	ctx, end := context.WithCancel(ctx)
	defer end()
	defer socket.Close()
	v.opened(socket)
	defer func() { useful = v.closed() }()
	v.watch(ctx, socket, true)
	go v.listen(ctx, socket)
	go v.tell(ctx, socket)
	for {
		message, err := socket.Read(ctx)
		if err != nil {
			return 0, useful
		}
		if wait, bye := v.hear(ctx, socket, message); bye {
			return wait, useful
		}
	}
}

// listen asks for a word now and then, and ends the connection when none comes. It counts
// the seconds that it sees pass, so that a machine that slept asks before it gives up.
func (v *Viewer) listen(ctx context.Context, socket Socket) {
	every := time.NewTicker(time.Second)
	defer every.Stop()
	for waited := 0; ; {
		woken := false
		select {
		case <-ctx.Done():
			return
		case <-every.C:
			waited++
		case <-v.wake:
			woken = true
		}
		v.mu.Lock()
		c := &v.contact
		now := c.now()
		gap := int64(askEvery)
		if v.look.Idle {
			gap = idleEvery
		}
		last := max(c.asked, c.heard)
		ask := c.pinged == 0 && (woken || c.doubt || c.suspect || now-last >= gap)
		mutes := c.pinged != 0 && (waited >= mute && c.word < c.pinged || waited >= deaf)
		v.mu.Unlock()
		switch {
		case ask:
			waited = 0
			v.question(ctx, socket)
		case mutes:
			socket.Close()
			return
		}
	}
}

// describe fetches declarations when metrics come that nothing is known of.
func (v *Viewer) describe(ctx context.Context) {
	for n := 0; ; {
		select {
		case <-ctx.Done():
			return
		case <-v.unknown:
		}
		asked, cancel := context.WithTimeout(ctx, patience)
		metrics, err := v.network.Metrics(asked)
		cancel()
		wait := time.Second // however fast metrics come, one request a second
		if err != nil {
			signal(v.unknown)
			wait = pause(n + 2)
			n++
		} else {
			n = 0
			v.mu.Lock()
			news := v.learn(metrics)
			v.listed = Look{Patterns: []string{"*"}}
			v.mu.Unlock()
			if news {
				v.change(Change{Known: true})
			}
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
	}
}
