package live

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"telltale/shared/metric"
	"telltale/shared/series"
	"telltale/shared/wire"
)

// server is one that a test plays: it holds a plain count of samples and answers
// as its fields say.
type server struct {
	mu      sync.Mutex
	down    bool // neither answers nor accepts
	deaf    bool // accepts, and never says a word
	dead    int  // connections that the browser kept, and that lead nowhere: so many requests are not answered
	epoch   string
	samples []metric.Sample
	metrics []metric.Metric
	asked   int
	dialed  int
	watches []wire.Watch
	open    *socket
	rooms   map[string]*modelRoom
	finest  int64  // ms, of the steps of its past; 0 is a second
	slow    bool   // watches wait for answer
	owes    []byte // the answer to the newest of them
	stale   int64  // ms, that its pongs and snapshots say
	mum     bool   // it answers no pings
}

type socket struct {
	server *server
	in     chan []byte // to the viewer
	joined map[string]bool
	gone   chan struct{}
	once   sync.Once
}

var errDown = errors.New("no route")

func (s *server) Ask(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	if s.dead > 0 {
		s.dead--
		s.mu.Unlock()
		<-ctx.Done()
		s.mu.Lock()
		return ctx.Err()
	}
	if s.down {
		return errDown
	}
	return nil
}

func (s *server) Metrics(context.Context) ([]metric.Metric, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down {
		return nil, errDown
	}
	return s.metrics, nil
}

func (s *server) Dial(context.Context) (Socket, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dialed++
	if s.down {
		return nil, errDown
	}
	s.open = &socket{server: s, in: make(chan []byte, 10_000), gone: make(chan struct{}), joined: map[string]bool{}}
	if !s.deaf {
		s.open.in <- wire.Encode(wire.Welcome{Epoch: s.epoch, Time: time.Now().UnixMilli(), Version: "1"})
	}
	return s.open, nil
}

func (c *socket) Read(ctx context.Context) ([]byte, error) {
	select {
	case m := <-c.in:
		return m, nil
	case <-c.gone:
	case <-ctx.Done():
	}
	return nil, errDown
}

func (c *socket) Close() { c.once.Do(func() { close(c.gone) }) }

func (c *socket) Write(_ context.Context, message []byte) error {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	select {
	case <-c.gone:
		return errDown
	default:
	}
	if c.server.deaf {
		return nil
	}
	envelope, err := wire.Open(message)
	if err != nil {
		return err
	}
	switch envelope.Type {
	case wire.TypePing:
		if c.server.mum {
			break
		}
		c.in <- wire.Encode(wire.Pong{ID: envelope.ID, Time: time.Now().UnixMilli(), Stale: c.server.stale})
	case wire.TypeJoin, wire.TypeLeave, wire.TypeBroadcast, wire.TypePresence:
		c.hearRoom(envelope.Type, message)
	case wire.TypeWatch:
		var w wire.Watch
		if err := json.Unmarshal(message, &w); err != nil {
			return err
		}
		c.server.watches = append(c.server.watches, w)
		if c.server.owes = wire.AppendSnapshot(nil, c.server.snapshot(w), w.ID); !c.server.slow {
			c.in <- c.server.owes
		}
	}
	return nil
}

// snapshot answers a watch by a plain fold over all samples.
func (s *server) snapshot(w wire.Watch) series.Snapshot {
	snap := series.Snapshot{Epoch: s.epoch, Seq: uint64(len(s.samples)),
		Values: map[metric.ID]series.Point{}, History: map[metric.ID][]series.Row{}}
	if w.To != 0 {
		s.moment(w, &snap)
		return snap
	}
	var since uint64
	if w.Since != nil && w.Epoch == s.epoch {
		snap.Resumed, since = true, *w.Since
	}
	if w.Clock {
		snap.Time, snap.Stale = time.Now().UnixMilli(), s.stale
	}
	step := series.Step(w.RangeMS, w.Points)
	for _, sample := range s.samples {
		id := sample.Metric
		if !slices.ContainsFunc(w.Metrics, func(p string) bool { return metric.Match(p, id) }) {
			continue
		}
		snap.Values[id] = series.Point{Time: sample.Time, Value: sample.Value}
		if sample.Seq <= since && (w.Have == nil || slices.Contains(w.Have, string(id))) {
			continue
		}
		rows, start := snap.History[id], series.Floor(sample.Time, step)
		if n := len(rows); n > 0 && rows[n-1].Time == start {
			b := rows[n-1].Bucket()
			b.Add(sample)
			rows[n-1] = b.Row(start)
		} else {
			rows = append(rows, series.Of(sample).Row(start))
		}
		snap.History[id] = rows
	}
	return snap
}

// answer gives the answer that is owed.
func (s *server) answer() { s.open.in <- s.owes }

// add makes a sample without telling anybody.
func (s *server) add(id metric.ID, n float64) {
	var before float64
	for _, sample := range s.samples {
		if sample.Metric == id {
			before = sample.Value
		}
	}
	s.samples = append(s.samples, metric.Sample{Metric: id, Add: n, Value: before + n,
		Seq: uint64(len(s.samples)) + 1, Time: time.Now().UnixMilli()})
}

// tell sends the newest sample as a frame.
func (s *server) tell() {
	sample := s.samples[len(s.samples)-1]
	s.open.in <- wire.AppendFrame(nil, series.Frame{From: sample.Seq - 1, Seq: sample.Seq, Time: sample.Time,
		Values: map[metric.ID]series.Bucket{sample.Metric: series.Of(sample)}})
}

func (s *server) do(f func()) {
	s.mu.Lock()
	f()
	s.mu.Unlock()
	synctest.Wait()
}

func (s *server) dials() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.dialed
}

var minute = Look{Patterns: []string{"*"}, RangeMS: 60_000, Points: 60, Rate: 10}

// play runs a test beside a connected viewer.
func play(t *testing.T, test func(s *server, v *Viewer)) {
	beside(t, &server{epoch: "e1", metrics: []metric.Metric{{ID: "orders"}}}, minute, "", test)
}

// beside runs a test beside a viewer that looks at a server, by a name unless that is "".
func beside(t *testing.T, s *server, look Look, name string, test func(s *server, v *Viewer)) {
	synctest.Test(t, func(t *testing.T) {
		v := NewViewer(s, look, func(Change) {})
		if name != "" {
			v.As(name)
		}
		ctx, end := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); v.Run(ctx) }()
		synctest.Wait()
		test(s, v)
		end()
		<-done
		synctest.Wait()
	})
}

func (v *Viewer) value(id metric.ID) (value float64) {
	v.See(func(set *series.Set, _ int64, _ Contact) {
		if e := set.Metrics[id]; e != nil {
			value = e.Head.Value
		}
	})
	return value
}

// sums adds up a metric's columns.
func (v *Viewer) sums(id metric.ID) (sum float64, count int64) {
	v.See(func(set *series.Set, _ int64, _ Contact) {
		if e := set.Metrics[id]; e != nil {
			for k, next := e.Series.Bounds(); k < next; k++ {
				sum += e.Series.Column(k).Sum
				count += e.Series.Column(k).Count
			}
		}
	})
	return sum, count
}

func TestFramesArriveAndContactIsLive(t *testing.T) {
	play(t, func(s *server, v *Viewer) {
		s.do(func() { s.add("orders", 1); s.tell() })
		if got := v.value("orders"); got != 1 {
			t.Errorf("orders = %v, want 1", got)
		}
		if c := v.Contact(); c.State != Live || c.Heard.IsZero() {
			t.Errorf("contact %+v, want live", c)
		}
	})
}

func TestALossLeavesNoStepMissingAndNoneTwice(t *testing.T) {
	play(t, func(s *server, v *Viewer) {
		for range 300 {
			s.do(func() {
				s.add("orders", 1)
				if !s.down {
					s.tell()
				}
			})
			switch rand.N(12) {
			case 0:
				s.do(func() { s.down = true; s.open.Close() })
			case 1:
				s.do(func() { s.down = false })
			}
			time.Sleep(50 * time.Millisecond)
		}
		s.do(func() { s.down = false })
		time.Sleep(time.Minute / 2)
		s.do(func() {})
		sum, count := v.sums("orders")
		if v.value("orders") != 300 || sum != 300 || count != 300 {
			t.Errorf("value %v, sum %v, count %v, want 300 of each", v.value("orders"), sum, count)
		}
	})
}

func TestAFrameThatDoesNotFollowOnIsResumedOnTheSameConnection(t *testing.T) {
	play(t, func(s *server, v *Viewer) {
		s.do(func() { s.add("orders", 1); s.tell() })
		s.do(func() { s.add("orders", 1) }) // never sent
		s.do(func() { s.add("orders", 1); s.tell() })
		if sum, _ := v.sums("orders"); sum != 3 || v.value("orders") != 3 {
			t.Errorf("sum %v, value %v, want 3", sum, v.value("orders"))
		}
		if s.dialed != 1 || len(s.watches) != 2 || s.watches[1].Since == nil || *s.watches[1].Since != 1 {
			t.Errorf("dialed %d times, watches %+v", s.dialed, s.watches)
		}
	})
}

func TestAnotherEpochReplacesWhatIsThere(t *testing.T) {
	play(t, func(s *server, v *Viewer) {
		s.do(func() { s.add("orders", 5); s.tell() })
		s.do(func() { s.epoch, s.samples = "e2", nil; s.add("products", 1); s.open.Close() })
		time.Sleep(5 * time.Second)
		if v.value("orders") != 0 || v.value("products") != 1 {
			t.Errorf("orders %v, products %v, want 0 and 1", v.value("orders"), v.value("products"))
		}
	})
}

func TestSilenceIsSaidWithinTenSeconds(t *testing.T) {
	play(t, func(s *server, v *Viewer) {
		s.do(func() { s.deaf = true })
		began := time.Now()
		for v.Contact().State == Live && time.Since(began) < time.Minute {
			time.Sleep(100 * time.Millisecond)
		}
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("lost contact was said after %v", took)
		}
	})
}

func TestAQuietServerThatAnswersPingsStaysLive(t *testing.T) {
	play(t, func(s *server, v *Viewer) {
		for range 600 {
			time.Sleep(time.Second)
			if c := v.Contact(); c.State != Live {
				t.Fatalf("contact %+v though every ping was answered", c)
			}
		}
		if s.dialed != 1 {
			t.Errorf("dialed %d times", s.dialed)
		}
	})
}

func TestWhileDownPlainRequestsAreAskedAndNoSocketIsOpened(t *testing.T) {
	play(t, func(s *server, v *Viewer) {
		s.do(func() { s.down = true; s.open.Close() })
		time.Sleep(10 * time.Minute)
		s.do(func() {})
		if s.dialed != 1 {
			t.Errorf("dialed %d times while down", s.dialed-1)
		}
		if s.asked < 30 || s.asked > 120 {
			t.Errorf("asked %d times in ten minutes, want about 50", s.asked)
		}
	})
}

// A browser keeps six connections to a server. Where the network went away under them, a request over each waits in vain.
func TestConnectionsThatLeadNowhereHoldNobodyUp(t *testing.T) {
	play(t, func(s *server, v *Viewer) {
		s.do(func() { s.dead = 6; s.open.Close() })
		time.Sleep(10 * time.Second)
		s.do(func() {})
		if c := v.Contact(); c.State != Live || s.dead != 0 {
			t.Errorf("%s after 10 s, %d connections were not tried", c.State, s.dead)
		}
	})
}

func TestWakingUpAsksAtOnce(t *testing.T) {
	play(t, func(s *server, v *Viewer) {
		s.do(func() { s.down = true; s.open.Close() })
		time.Sleep(10 * time.Minute)
		s.do(func() { s.down = false })
		v.Wake()
		synctest.Wait()
		if c := v.Contact(); c.State != Live {
			t.Errorf("contact %+v right after waking up", c)
		}
	})
}

func TestGoodbyeIsObeyed(t *testing.T) {
	play(t, func(s *server, v *Viewer) {
		s.do(func() { s.open.in <- wire.Encode(wire.Goodbye{RetryMS: 2000}) })
		if c := v.Contact(); c.State != Lost {
			t.Errorf("contact %+v after goodbye", c)
		}
		time.Sleep(1900 * time.Millisecond)
		s.do(func() {})
		if s.dials() != 1 {
			t.Error("came back before it was asked to")
		}
		time.Sleep(2 * time.Second)
		s.do(func() {})
		if c := v.Contact(); s.dials() != 2 || c.State != Live {
			t.Errorf("dialed %d times, contact %+v", s.dialed, c)
		}
	})
}

func TestAnotherRangeKeepsWhatIsThereUntilItsAnswerComes(t *testing.T) {
	play(t, func(s *server, v *Viewer) {
		s.do(func() { s.add("orders", 1); s.tell() })
		hour := minute
		hour.RangeMS = 3_600_000
		v.Look(t.Context(), hour)
		if v.value("orders") != 1 {
			t.Error("the value went away")
		}
		synctest.Wait()
		v.See(func(set *series.Set, _ int64, _ Contact) {
			if want := series.Step(hour.RangeMS, hour.Points); set.Step() != want {
				t.Errorf("columns of %d ms, want %d", set.Step(), want)
			}
		})
		if w := s.watches[1]; w.Since != nil {
			t.Error("another range cannot go on from the columns of this one")
		}
		s.do(func() { s.add("orders", 1); s.tell() })
		if sum, _ := v.sums("orders"); sum != 2 {
			t.Errorf("sum %v, want 2", sum)
		}
	})
}

func TestAnotherLookGoesOnWithWhatItHas(t *testing.T) {
	play(t, func(s *server, v *Viewer) {
		s.do(func() { s.add("orders", 1); s.tell() })
		s.do(func() { s.add("products", 1); s.tell() })
		look := func(patterns ...string) {
			other := minute
			other.Patterns = patterns
			v.Look(t.Context(), other)
		}
		last := func() wire.Watch { s.mu.Lock(); defer s.mu.Unlock(); return s.watches[len(s.watches)-1] }
		look("orders")
		synctest.Wait()
		if w := last(); w.Since == nil || !slices.Equal(w.Have, []string{"orders"}) {
			t.Errorf("asked for %+v", w)
		}
		v.See(func(set *series.Set, _ int64, c Contact) {
			if set.Metrics["products"] != nil {
				t.Error("what is no longer watched is still in the set")
			}
			if w := v.Word("products"); w.Head.Value != 1 || w.Heard == 0 || w.Heard > c.Values {
				t.Errorf("of it is known %+v", w)
			}
			if !v.Read("orders") || v.Read("products") {
				t.Error("what was read and what was not are taken for each other")
			}
		})
		s.do(func() { s.add("orders", 1); s.tell() })
		s.do(func() { s.down = true; s.open.Close() })
		look("orders", "products")
		s.do(func() { s.add("products", 1); s.down = false })
		time.Sleep(20 * time.Second)
		s.do(func() {})
		if w := last(); w.Since == nil || len(w.Metrics) != 2 || !slices.Equal(w.Have, []string{"orders"}) {
			t.Errorf("asked for %+v", w)
		}
		for id, want := range map[metric.ID]float64{"orders": 2, "products": 2} {
			if sum, count := v.sums(id); sum != want || float64(count) != want || v.value(id) != want {
				t.Errorf("%s: %v in %d steps, value %v, want %v", id, sum, count, v.value(id), want)
			}
		}
		look()
		time.Sleep(20 * time.Second)
		v.See(func(_ *series.Set, _ int64, c Contact) {
			if c.Now-c.Values < 20_000 {
				t.Error("what nobody watches is taken for known")
			}
		})
		look("customers")
		synctest.Wait()
		if w := last(); w.Since != nil || w.Have != nil {
			t.Errorf("asked for %+v, and has nothing of it", w)
		}
		v.See(func(set *series.Set, _ int64, _ Contact) {
			if set.Metrics["customers"] != nil || !v.Read("customers") {
				t.Error("that there is nothing of a metric counts as not read")
			}
		})
	})
}

// What comes between a watch and its answer is of the watch before.
func TestAStepThatComesBeforeTheAnswerIsCountedOnce(t *testing.T) {
	play(t, func(s *server, v *Viewer) {
		s.do(func() { s.add("orders", 1); s.tell() })
		s.do(func() { s.slow = true })
		other := minute
		other.Patterns = []string{"orders"}
		v.Look(t.Context(), other)
		s.do(func() { s.add("orders", 1); s.tell() })
		s.do(func() {
			w := s.watches[len(s.watches)-1]
			s.owes = wire.AppendSnapshot(nil, s.snapshot(w), w.ID)
			s.answer()
		})
		if sum, count := v.sums("orders"); sum != 2 || count != 2 || v.value("orders") != 2 {
			t.Errorf("sum %v of %d steps, value %v, want 2", sum, count, v.value("orders"))
		}
		s.do(func() { s.add("orders", 1); s.tell() })
		if sum, _ := v.sums("orders"); sum != 3 {
			t.Errorf("sum %v, want 3", sum)
		}
	})
}

// A frame may follow on what the set holds by chance, and yet be of other metrics than those.
func TestFramesOfAWatchWhoseAnswerWasNotTakenAreNotFolded(t *testing.T) {
	play(t, func(s *server, v *Viewer) {
		s.do(func() { s.add("orders", 1); s.tell() })
		look := func(patterns ...string) {
			other := minute
			other.Patterns = patterns
			v.Look(t.Context(), other)
		}
		look("orders")
		synctest.Wait()
		s.do(func() { s.slow = true })
		look("products")
		look() // the answer to what was looked at before is still on its way, and what follows it
		s.do(func() { s.answer(); s.add("products", 5); s.tell() })
		if got := v.value("products"); got != 0 {
			t.Errorf("products shows %v, which is a part of what it is", got)
		}
		s.do(func() { s.slow = false })
		look("products")
		s.do(func() { s.add("products", 1); s.tell() })
		if got := v.value("products"); got != 6 {
			t.Errorf("products shows %v, want 6", got)
		}
	})
}

func TestAMetricNobodyKnewIsDescribed(t *testing.T) {
	play(t, func(s *server, v *Viewer) {
		s.do(func() {
			s.metrics = append(s.metrics, metric.Metric{ID: "temp", Declaration: metric.Declaration{Unit: "°C"}})
			s.add("temp", 21)
			s.tell()
		})
		time.Sleep(2 * time.Second)
		known := v.Known()
		if len(known) != 2 || known[1].ID != "temp" || known[1].Unit != "°C" || known[1].Head.Value != 21 {
			t.Errorf("known %+v", known)
		}
	})
}

func TestWhatIsRememberedShowsUntilTheFirstContactAndIsNeverResumedFrom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{epoch: "e1", down: true}
		s.add("orders", 9)
		v := NewViewer(s, minute, func(Change) {})
		v.Remember([]metric.Metric{{ID: "orders", Declaration: metric.Declaration{Title: "Orders"}}}, series.Snapshot{
			Epoch: "e1", Seq: 1, Values: map[metric.ID]series.Point{"orders": {Time: 1, Value: 7}}}, -1)
		ctx, end := context.WithCancel(t.Context())
		defer end()
		go v.Run(ctx)
		time.Sleep(time.Minute)
		if known := v.Known(); v.value("orders") != 7 || known[0].Title != "Orders" || known[0].Head.Seq == 0 {
			t.Errorf("known %+v", known)
		}
		if c := v.Contact(); c.State != Connecting {
			t.Errorf("contact %+v without a word from the server", c)
		}
		s.do(func() { s.down = false })
		time.Sleep(20 * time.Second)
		if sum, _ := v.sums("orders"); v.value("orders") != 9 || sum != 9 || s.watches[0].Since != nil {
			t.Errorf("value %v, sum %v, first watch %+v", v.value("orders"), sum, s.watches[0])
		}
	})
}

func TestAConnectionThatNeverShowsAnythingIsTriedEverMoreRarely(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{deaf: true}
		v := NewViewer(s, minute, func(Change) {})
		ctx, end := context.WithCancel(t.Context())
		defer end()
		go v.Run(ctx)
		time.Sleep(10 * time.Minute)
		s.do(func() {})
		if s.dialed < 15 || s.dialed > 60 {
			t.Errorf("dialed %d times in ten minutes", s.dialed)
		}
	})
}
