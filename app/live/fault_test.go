package live

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"telltale/server/hub"
	"telltale/shared/fresh"
	"telltale/shared/metric"
	"telltale/shared/room"
	"telltale/shared/series"
	"telltale/shared/wire"
)

var (
	faults = flag.Int("faults", 10_000, "how many faults TestNothingStaleLooksFresh makes")
	seed   = flag.Uint64("seed", 1, "of its dice")
)

// faulty is a world of one server, one screen and what lies between them. The bubble's clock
// is the true time; the server's and the screen's are what they say. The server is the real
// hub over a plain list of samples; the screen is the real viewer, painted once a second.
type faulty struct {
	t *testing.T
	r *rand.Rand

	mu    sync.Mutex
	hub   *hub.Hub
	seq   uint64
	heads map[metric.ID]metric.Head
	taken map[float64]*fact // by the value, which is never the same twice
	now   map[metric.ID]float64
	next  float64
	began time.Time    // the server's process
	wall  atomic.Int64 // ns that the server's clock is ahead of the truth
	up    bool         // the server answers
	open  *pipe

	slept, set   time.Duration // of the screen's machine: what its steady clock lacks, what its wall clock is ahead
	asleep       int           // its sleeps that overlap just now
	since        time.Time     // it sleeps
	running, way *gate         // the screen runs; messages to it come through
	stopped      *gate         // the server's process runs
	heard        time.Time     // when the newest message was sent that has reached the screen
	ids          []string
}

// fact is the truth about a value.
type fact struct{ written, passed time.Time }

var promises = map[metric.ID]int64{"a": 3_000, "b": 10_000, "c": 60_000, "d": 0, "e": 600_000, "f": 3_600_000}

// gate lets through, or holds.
type gate struct {
	mu   sync.Mutex
	held chan struct{}
}

func (g *gate) hold() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.held == nil {
		g.held = make(chan struct{})
	}
}

func (g *gate) free() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.held != nil {
		close(g.held)
		g.held = nil
	}
}

func (g *gate) isHeld() bool { g.mu.Lock(); defer g.mu.Unlock(); return g.held != nil }

// pass waits until the gate is free; it answers false where the context ended first.
func (g *gate) pass(ctx context.Context) bool {
	for {
		g.mu.Lock()
		held := g.held
		g.mu.Unlock()
		if held == nil {
			return ctx.Err() == nil
		}
		select {
		case <-held:
		case <-ctx.Done():
			return false
		}
	}
}

type sent struct {
	bytes []byte
	at    time.Time
}

// pipe is one connection.
type pipe struct {
	world    *faulty
	up, down chan sent
	gone     chan struct{}
	once     sync.Once
	lost     bool // half open: nothing arrives, and nobody is told
}

func (p *pipe) Close() { p.once.Do(func() { close(p.gone) }) }

func (p *pipe) Read(ctx context.Context) ([]byte, error) {
	for {
		select {
		case m := <-p.down:
			if !p.world.way.pass(ctx) || !p.world.running.pass(ctx) {
				return nil, errDown
			}
			p.world.mu.Lock()
			lost := p.lost
			if !lost && m.at.After(p.world.heard) {
				p.world.heard = m.at
			}
			p.world.mu.Unlock()
			if !lost {
				return m.bytes, nil
			}
		case <-p.gone:
			return nil, errDown
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (p *pipe) Write(ctx context.Context, message []byte) error {
	if !p.world.running.pass(ctx) {
		return errDown
	}
	select {
	case p.up <- sent{message, time.Now()}:
		return nil
	case <-p.gone:
		return errDown
	}
}

func (w *faulty) Ask(ctx context.Context) error {
	if !w.running.pass(ctx) || !w.stopped.pass(ctx) {
		return errDown
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.up {
		return errDown
	}
	return nil
}

func (w *faulty) Metrics(ctx context.Context) ([]metric.Metric, error) {
	if err := w.Ask(ctx); err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.metrics(), nil
}

func (w *faulty) metrics() (all []metric.Metric) {
	for id, head := range w.heads {
		all = append(all, metric.Metric{ID: id, Head: head})
	}
	return all
}

func (w *faulty) Rooms(context.Context) ([]wire.RoomRow, error) { return nil, errDown }

func (w *faulty) Messages(context.Context, string, uint64, int) ([]room.Message, error) {
	return nil, errDown
}

func (w *faulty) Until(context.Context, string, int64, int) ([]room.Message, error) {
	return nil, errDown
}

func (w *faulty) Dial(ctx context.Context) (Socket, error) {
	if err := w.Ask(ctx); err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	p := &pipe{world: w, up: make(chan sent, 1000), down: make(chan sent, 10_000), gone: make(chan struct{})}
	w.open = p
	go w.serve(p, w.hub)
	return p, nil
}

// clock is the server's.
func (w *faulty) clock() (steady, wall int64) {
	return time.Since(w.began).Milliseconds(), time.Now().Add(time.Duration(w.wall.Load())).UnixMilli()
}

// serve is a session of the server, as server/api holds it.
func (w *faulty) serve(p *pipe, h *hub.Hub) {
	ctx, end := context.WithCancel(context.Background())
	defer end()
	out := hub.NewOutbox()
	say := func(b []byte) { p.down <- sent{b, time.Now()} }
	var viewer *hub.Viewer
	var watch wire.Watch
	defer func() {
		if viewer != nil {
			viewer.Close()
		}
	}()
	w.mu.Lock()
	_, wall := w.clock()
	w.mu.Unlock()
	say(wire.Encode(wire.Welcome{Epoch: "life", Time: wall}))
	go func() {
		<-p.gone
		end()
		out.Signal()
	}()
	for w.stopped.pass(ctx) {
		select {
		case m := <-p.up:
			w.mu.Lock()
			lost := p.lost
			w.mu.Unlock()
			envelope, _ := wire.Open(m.bytes)
			if lost || !w.stopped.pass(ctx) {
				continue
			}
			switch envelope.Type {
			case wire.TypePing:
				w.mu.Lock()
				_, wall := w.clock()
				w.mu.Unlock()
				say(wire.Encode(wire.Pong{ID: envelope.ID, Time: wall, Known: h.Known()}))
			case wire.TypeWatch, wire.TypeUnwatch:
				if viewer != nil {
					viewer.Close()
					viewer = nil
				}
				watch = wire.Watch{}
				if envelope.Type == wire.TypeUnwatch || wire.Decode(m.bytes, &watch) != nil {
					continue
				}
				ask := hub.Watch{Patterns: watch.Metrics, Rate: watch.Rate, Epoch: watch.Epoch}
				if watch.Since != nil {
					ask.Since = *watch.Since
				}
				viewer, _ = h.Watch(out, ask)
			}
		case <-out.Ready():
		case <-ctx.Done():
			return
		}
		for viewer != nil && w.stopped.pass(ctx) {
			frame, at := viewer.Next()
			if at != nil {
				snap := series.Snapshot{Epoch: at.Epoch, Seq: at.Seq, Resumed: at.Resume, Values: at.Values}
				snap.Time, snap.Written = h.Written(at.Values, at.Seq)
				frame = wire.AppendSnapshot(nil, snap, watch.ID)
			}
			if frame == nil {
				break
			}
			say(frame)
		}
	}
}

// write sets a metric to a value that never was, now and then with a time of its own.
func (w *faulty) write(id metric.ID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.up || w.stopped.isHeld() {
		return
	}
	_, wall := w.clock()
	switch w.r.IntN(40) {
	case 0:
		wall += int64(w.r.IntN(metric.MaxAhead))
	case 1:
		wall -= int64(w.r.IntN(10_000_000))
	}
	w.seq++
	w.next++
	s := metric.Sample{Metric: id, Value: w.next, Seq: w.seq, Time: wall}
	head := w.heads[id]
	if head.Apply(s); head.Seq == s.Seq {
		if before := w.taken[w.now[id]]; before != nil {
			before.passed = time.Now()
		}
		w.now[id] = s.Value
		w.taken[s.Value] = &fact{written: time.Now()}
	}
	w.heads[id] = head
	w.hub.Publish([]metric.Sample{s})
}

// start is the server's process, anew on what was stored.
func (w *faulty) start() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.began = time.Now()
	w.hub = hub.New("life", w.seq, w.metrics())
	began := w.began
	w.hub.Keep(func() (int64, int64) {
		return time.Since(began).Milliseconds(), time.Now().Add(time.Duration(w.wall.Load())).UnixMilli()
	})
	w.up = true
}

// restartable tells whether the clock is honest about what was stored: a server that starts
// has nothing but the times of samples to go by.
func (w *faulty) restartable() bool {
	_, wall := w.clock()
	for id, head := range w.heads {
		if f := w.taken[w.now[id]]; f != nil && head.Time <= wall && wall-head.Time+tolerance < time.Since(f.written).Milliseconds() {
			return false
		}
	}
	return true
}

// fault makes one, which lasts a while. It answers what it was.
func (w *faulty) fault() string {
	some := func(most time.Duration) time.Duration { return time.Duration(w.r.Int64N(int64(most))) }
	during := func(d time.Duration, begin, end func()) {
		begin()
		time.AfterFunc(d, end)
	}
	for _, d := range []time.Duration{time.Second, 15 * time.Second, 2 * time.Minute}[w.r.IntN(3):] {
		d = some(d) + time.Millisecond
		w.mu.Lock()
		open := w.open
		restartable := w.up && w.restartable()
		w.mu.Unlock()
		switch w.r.IntN(11) {
		case 0:
			if open != nil {
				open.Close()
			}
			return "cut"
		case 1:
			during(d, func() {
				w.mu.Lock()
				w.up = false
				w.mu.Unlock()
				if open != nil {
					open.Close()
				}
			}, func() { w.mu.Lock(); w.up = true; w.mu.Unlock() })
			return fmt.Sprint("away for ", d)
		case 2:
			if restartable {
				if open != nil {
					open.Close()
				}
				w.start()
				return "restart"
			}
		case 3:
			during(d, w.stopped.hold, w.stopped.free)
			return fmt.Sprint("server frozen for ", d)
		case 4:
			during(d, w.running.hold, w.running.free)
			return fmt.Sprint("page frozen for ", d)
		case 5:
			w.mu.Lock()
			if w.asleep++; w.asleep == 1 {
				w.since = time.Now()
			}
			w.mu.Unlock()
			during(d, w.running.hold, func() {
				w.mu.Lock()
				if w.asleep--; w.asleep == 0 {
					w.slept += time.Since(w.since)
				}
				w.mu.Unlock()
				w.running.free()
			})
			return fmt.Sprint("machine asleep for ", d)
		case 6:
			during(d, w.way.hold, w.way.free)
			return fmt.Sprint("messages held back for ", d)
		case 7:
			w.mu.Lock()
			if w.open != nil {
				w.open.lost = true
			}
			w.mu.Unlock()
			return "half open"
		case 8, 9:
			by := some(2*time.Hour) - time.Hour
			if w.r.IntN(2) == 0 {
				by /= 1000
			}
			w.wall.Add(int64(by))
			return fmt.Sprint("server's clock set by ", by)
		case 10:
			by := some(4*time.Hour) - 2*time.Hour
			w.mu.Lock()
			w.set += by
			w.mu.Unlock()
			return fmt.Sprint("screen's clock set by ", by)
		}
	}
	return "nothing"
}

// shown is what the screen says.
type shown struct {
	at    time.Time
	cut   bool
	words map[metric.ID]Word
	state map[metric.ID]fresh.State
}

// paint does as the page does: app/ui's stale and trust.
func paint(v *Viewer) shown {
	s := shown{at: time.Now(), words: map[metric.ID]Word{}, state: map[metric.ID]fresh.State{}}
	v.See(func(_ *series.Set, _ int64, c Contact) {
		s.cut = c.State == Lost || c.State == Connecting && fresh.Of(c.Now, 0, c.Values, 0) == fresh.Cut
		for id, every := range promises {
			word := v.Word(id)
			s.words[id], s.state[id] = word, fresh.Of(c.Now, word.Written, word.Heard, every)
		}
	})
	return s
}

// check is the oracle: it knows nothing but when values were really written, when the next
// one took their place, and when what reached the screen was sent.
func (w *faulty) check(s shown) (fresh int, wrong string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	lag := time.Since(s.at)
	if s.cut || w.asleep > 0 || lag > 9*time.Second { // the veil has come
		return 0, ""
	}
	for id, state := range s.state {
		word := s.words[id]
		if state != 0 || word.Head.Seq == 0 {
			continue
		}
		fresh++
		f := w.taken[word.Head.Value]
		every := time.Duration(promises[id]) * time.Millisecond
		switch heard := time.Since(w.heard) - lag; {
		case f == nil:
			return fresh, fmt.Sprintf("%s shows %v, which was never written", id, word.Head.Value)
		case every > 0 && time.Since(f.written)-lag > every+tolerance*time.Millisecond:
			return fresh, fmt.Sprintf("%s looks fresh, promised every %v and written %v ago, %v by the screen; lag %v", id, every, time.Since(f.written)-lag, word, lag)
		case heard >= 10*time.Second:
			return fresh, fmt.Sprintf("%s looks fresh, what was heard last was sent %v ago", id, heard)
		case !f.passed.IsZero() && time.Since(f.passed)-lag > 11*time.Second:
			return fresh, fmt.Sprintf("%s looks fresh, and another value took its place %v ago", id, time.Since(f.passed)-lag)
		}
	}
	return fresh, ""
}

// run makes the faults and checks what the screen shows at every second.
func (w *faulty) run(count int) (seconds, fresh, looks int) {
	var last shown
	var log []string
	v := NewViewer(w, Look{Patterns: []string{"a", "b", "c", "d", "e", "f"}, RangeMS: 60_000, Points: 60, Rate: 10}, func(Change) {})
	v.contact.clock = w.screen
	ctx, end := context.WithCancel(w.t.Context())
	done := make(chan struct{})
	go func() { defer close(done); v.Run(ctx) }()
	flock := 0
	pace := []int{1, 4, 20, 2, 200, 1500} // s between two writes of each
	for made := 0; made < count; seconds++ {
		if w.r.IntN(40) == 0 || flock > 0 && w.r.IntN(3) == 0 { // they come in flocks
			flock = w.r.IntN(3)
			what := w.fault()
			log = append(log, fmt.Sprintf("%6d s: %s", seconds, what))
			made++
		}
		if w.r.IntN(20) == 0 { // somebody scrolls, or looks away
			some := slices.Clone(w.ids)
			w.r.Shuffle(len(some), func(i, j int) { some[i], some[j] = some[j], some[i] })
			if !w.running.isHeld() {
				v.Look(ctx, Look{Patterns: some[:w.r.IntN(len(some)+1)], RangeMS: 60_000, Points: 60, Rate: 10})
				looks++
			}
		}
		for range 4 {
			for i, n := range pace {
				if w.r.IntN(4*n) == 0 && w.r.IntN(4) > 0 {
					w.write(metric.ID(w.ids[i]))
				}
			}
			time.Sleep(250 * time.Millisecond)
			synctest.Wait()
			if !w.running.isHeld() {
				last = paint(v)
			}
		}
		n, wrong := w.check(last)
		fresh += n
		if wrong != "" {
			w.t.Logf("contact %+v look %v pending %v", v.contact, v.look.Patterns, v.pending)
			w.t.Errorf("seed %d, second %d: %s\n%s", *seed, seconds, wrong, strings.Join(log[max(0, len(log)-12):], "\n"))
			break
		}
	}
	w.running.free()
	w.stopped.free()
	w.way.free()
	end()
	<-done
	w.mu.Lock()
	if w.open != nil {
		w.open.Close()
	}
	w.mu.Unlock()
	return seconds, fresh, looks
}

// screen reads the clocks of the screen's machine. The steady one rests while that sleeps; it does not go back.
func (w *faulty) screen() (steady, wall int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	awake := time.Since(bubble) - w.slept
	if w.asleep > 0 {
		awake -= time.Since(w.since)
	}
	return awake.Milliseconds(), time.Now().Add(w.set).UnixMilli()
}

// bubble is when synctest's clocks begin.
var bubble = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// TestNothingStaleLooksFresh makes random cuts, freezes, sleeps, restarts and set clocks, on
// both sides, and asserts at every second that what the screen shows as fresh is.
func TestNothingStaleLooksFresh(t *testing.T) {
	const each = 250
	seconds, fresh, looks := 0, 0, 0
	began := time.Now()
	for n := uint64(0); int(n)*each < *faults && !t.Failed(); n++ {
		synctest.Test(t, func(t *testing.T) {
			w := &faulty{t: t, r: rand.New(rand.NewPCG(*seed, n)), heads: map[metric.ID]metric.Head{}, taken: map[float64]*fact{},
				now: map[metric.ID]float64{}, running: &gate{}, way: &gate{}, stopped: &gate{}, ids: []string{"a", "b", "c", "d", "e", "f"}}
			w.start()
			s, f, l := w.run(min(each, *faults))
			seconds, fresh, looks = seconds+s, fresh+f, looks+l
			time.Sleep(5 * time.Minute)
		})
	}
	t.Logf("%d faults and %d other looks in %v, in %v of true time: %d values shown as fresh", *faults, looks, time.Duration(seconds)*time.Second, time.Since(began).Round(time.Millisecond), fresh)
	if fresh < seconds/2 {
		t.Errorf("only %d values were shown as fresh in %d seconds: the runs tell little", fresh, seconds)
	}
}
