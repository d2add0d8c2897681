package journey

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"telltale/server/store/redistest"
	"telltale/shared/metric"
	"telltale/shared/wire"
)

// storm is three processes that share a Redis, so many clients on each, and faults.
type storm struct {
	clients, faults int
	pace            time.Duration // of a client between two requests, on average
	seed            uint64

	t        *testing.T
	redis    *redistest.Server
	servers  []*server
	urls     []string
	rooms    []string
	users    []string
	rand     *rand.Rand // of faults
	begun    time.Time
	over     chan struct{} // closed: nothing more is asked
	answered atomic.Int64
	behind   atomic.Int64 // joins of a process that did not know yet what the client did

	requests []*byRequest
	sockets  []*onSocket
	streams  []*onStream
}

// TestNothingIsLostOrDoubledWhateverIsKilledOrPaused is what make soak runs with 50 clients on each
// process and 200 faults.
func TestNothingIsLostOrDoubledWhateverIsKilledOrPaused(t *testing.T) {
	(&storm{clients: 12, faults: 6, pace: 60 * time.Millisecond, seed: 1}).endure(t)
}

func (w *storm) now() time.Duration { return time.Since(w.begun) }

func (w *storm) endure(t *testing.T) {
	w.t, w.redis, w.over = t, redistest.Start(t), make(chan struct{})
	w.rooms = []string{"hall", "yard", "loft", "quay"}
	w.rand = rand.New(rand.NewPCG(w.seed, 0x5708))
	for range 3 {
		s := quiet(t, "--redis", w.redis.URL(), "--room-retention", "10000000")
		w.servers, w.urls = append(w.servers, s), append(w.urls, s.url)
	}
	declarations := map[string]string{"t.g0": `{"kind":"gauge"}`, "t.g1%7Bof=%22a%20b%22%7D": `{"kind":"gauge"}`}
	for id, b := range bounds {
		declarations[string(id)] = fmt.Sprintf(`{"kind":"counter","floor":%v}`, b[0])
		if !math.IsInf(b[1], 1) {
			declarations[string(id)] = fmt.Sprintf(`{"kind":"counter","floor":%v,"ceiling":%v}`, b[0], b[1])
		}
	}
	for id, declaration := range declarations {
		eventually(t, wait, "all is declared", func() bool {
			status, _ := w.servers[0].call("PUT", "/api/v1/metrics/"+id, declaration)
			return status == http.StatusOK
		})
	}
	w.begun = time.Now()
	ctx, stop := context.WithCancel(t.Context())
	var all sync.WaitGroup
	defer all.Wait()
	defer stop()
	w.people()
	for _, c := range w.requests {
		all.Go(func() { c.live(ctx) })
	}
	for _, c := range w.sockets {
		all.Go(func() { c.live(ctx) })
	}
	for _, c := range w.streams {
		all.Go(func() { c.live(ctx) })
	}
	w.strike()
	close(w.over)
	eventually(t, 2*time.Minute, "everything that was asked is answered", func() bool {
		return !slices.ContainsFunc(w.requests, func(c *byRequest) bool { return !c.idle.Load() }) &&
			!slices.ContainsFunc(w.sockets, func(c *onSocket) bool { return !c.idle.Load() })
	})
	took := w.now()
	last := w.close(ctx)
	w.arrive(last)
	w.present()
	w.roundOff(ctx)
	w.again(ctx)
	free := w.value("l.free")
	stop()
	all.Wait()
	w.judge(took, free)
}

// people makes the clients: of each process's two fifths speak HTTP, two fifths have a WebSocket, and
// the others listen to a stream. Every third of them comes to any process.
func (w *storm) people() {
	for i := range 3 * w.clients {
		home, n := i%3, i/3
		c := &stormClient{w: w, name: fmt.Sprintf("u%d", i), home: home, roam: n%3 == 0, rand: rand.New(rand.NewPCG(w.seed, uint64(i)))}
		own := &http.Client{Transport: &http.Transport{}}
		switch n % 5 {
		case 0, 1:
			w.requests = append(w.requests, &byRequest{stormClient: c, client: own})
		case 2, 3:
			w.users = append(w.users, c.name)
			w.sockets = append(w.sockets, &onSocket{stormClient: c, client: dialler(), rooms: []string{w.rooms[n%4], w.rooms[(n+1+i%2)%4]},
				answers: make(chan answer, 64), last: make(chan string, 8), logs: map[string]log{}, direct: map[string]int{}})
		default:
			w.streams = append(w.streams, &onStream{stormClient: c, client: own, room: w.rooms[n%4]})
		}
	}
}

// strike lets the faults befall the processes and Redis, one after another, each once things went on
// after the one before.
func (w *storm) strike() {
	struck := map[string]int{}
	for i := range w.faults {
		before := w.answered.Load()
		eventually(w.t, 2*time.Minute, fmt.Sprintf("things go on before fault %d", i+1), func() bool { return w.answered.Load() >= before+int64(3*w.clients) })
		rest(w.t.Context(), time.Duration(w.rand.IntN(300))*time.Millisecond)
		begun, what := w.now(), w.fault(i)
		struck[what]++
		w.t.Logf("%v: %s, %v, %d answered", begun.Round(time.Millisecond), what, (w.now() - begun).Round(time.Millisecond), w.answered.Load())
	}
	before := w.answered.Load()
	eventually(w.t, 2*time.Minute, "things go on after the last fault", func() bool { return w.answered.Load() >= before+int64(3*w.clients) })
	w.t.Logf("faults: %v", struck)
}

// fault is the i-th: first each brief kind once, those early whose clients are listed for longest, then any.
func (w *storm) fault(i int) (what string) {
	s, other := w.servers[w.rand.IntN(3)], w.servers[w.rand.IntN(3)]
	brief := func() { rest(w.t.Context(), time.Duration(w.rand.IntN(1200))*time.Millisecond) }
	long := func() { rest(w.t.Context(), time.Duration(4+w.rand.IntN(16))*time.Second) } // than a call may take, or than a lease
	all := []struct {
		what string
		do   func()
	}{
		{"a process is killed", func() { w.kill(s); brief(); s.again() }},
		{"Redis and a process are killed, and the process is back first", func() { w.redis.Kill(); w.kill(s); s.again(); brief(); w.redis.Begin() }},
		{"Redis and a process are paused, another one is killed meanwhile", func() {
			w.redis.Pause()
			s.pause()
			if other != s {
				w.kill(other)
			}
			brief()
			w.redis.Resume()
			brief()
			s.resume()
			if other != s {
				other.again()
			}
		}},
		{"Redis is killed", func() { w.redis.Kill(); brief(); w.redis.Begin() }},
		{"a process is paused", func() { s.pause(); brief(); s.resume() }},
		{"Redis is paused", func() { w.redis.Pause(); brief(); w.redis.Resume() }},
		{"Redis is paused for long", func() { w.redis.Pause(); long(); w.redis.Resume() }},
		{"a process is paused for long", func() { s.pause(); long(); s.resume() }},
	}
	if i >= 6 {
		if i = w.rand.IntN(14); i >= 8 {
			i -= 8
		}
	}
	all[i].do()
	return all[i].what
}

// kill kills a process, which must not have ended by itself before.
func (w *storm) kill(s *server) {
	select {
	case <-s.ended:
		w.t.Errorf("a process ended by itself:\n%s", s.log)
	default:
	}
	s.kill()
}

// close asks for the last things of all, and answers how far everything then is.
func (w *storm) close(ctx context.Context) (last map[string]uint64) {
	c := &byRequest{stormClient: &stormClient{w: w, name: "last", rand: rand.New(rand.NewPCG(w.seed, 99))}, client: client}
	last = map[string]uint64{}
	ask := func(a *asked) {
		a.key, a.first = fmt.Sprintf("last-%d", len(c.all)), w.now()
		c.open = a
		eventually(w.t, wait, "the last request is answered", func() bool { return c.ask(ctx) })
	}
	for _, room := range w.rooms {
		a := &asked{room: room, content: fmt.Sprintf("last-%d .", len(c.all))}
		ask(a)
		last[room] = a.seq
	}
	a := &asked{changes: []change{{metric: "t.g0", value: 1}}}
	ask(a)
	last[""] = a.changes[0].seq
	w.requests = append(w.requests, c)
	return last
}

// arrive waits until everybody has heard all.
func (w *storm) arrive(last map[string]uint64) {
	var late string
	defer func() {
		if w.t.Failed() {
			w.t.Log(late)
		}
	}()
	eventually(w.t, 2*time.Minute, "every client has heard all", func() bool {
		for _, c := range w.sockets {
			c.mu.Lock()
			seq := c.view.seq
			late = fmt.Sprintf("%s shows seq %d of %d", c.name, seq, last[""])
			for _, room := range c.rooms {
				if n := uint64(len(c.logs[room])); n < last[room] {
					seq, late = 0, fmt.Sprintf("%s has heard %d of %d messages of %s", c.name, n, last[room], room)
				}
			}
			c.mu.Unlock()
			if seq < last[""] {
				return false
			}
		}
		for _, c := range w.streams {
			if n := uint64(c.length()); n < last[c.room] {
				late = fmt.Sprintf("%s has heard %d of %d messages of %s", c.name, n, last[c.room], c.room)
				return false
			}
		}
		return true
	})
}

// present waits until every process says of every room that those are there who are.
func (w *storm) present() {
	var is, want map[string]int
	defer func() {
		if w.t.Failed() {
			w.t.Logf("it lists %v, want %v", is, want)
		}
	}()
	for _, room := range w.rooms {
		want = map[string]int{}
		for _, c := range w.sockets {
			if slices.Contains(c.rooms, room) {
				want[c.name] = 1
			}
		}
		for i, s := range w.servers {
			eventually(w.t, 2*time.Minute, fmt.Sprintf("process %d knows who is in %s", i, room), func() bool {
				var found wire.Presence
				if err := json.Unmarshal([]byte(s.must("GET", "/api/v1/rooms/"+room+"/presence", "")), &found); err != nil {
					w.t.Fatal(err)
				}
				is = map[string]int{}
				for _, m := range found.Members {
					is[m.UserID] = m.Connections
				}
				return maps.Equal(is, want)
			})
		}
	}
}

// roundOff has everybody say something to three others, which arrives, now that all is calm.
func (w *storm) roundOff(ctx context.Context) {
	before := map[*onSocket]int{}
	for i, c := range w.sockets {
		c.mu.Lock()
		before[c] = len(c.said)
		c.mu.Unlock()
		for k := range 3 {
			c.last <- w.sockets[(i+k*k+1)%len(w.sockets)].name
		}
	}
	for _, c := range w.sockets {
		eventually(w.t, wait, "direct messages are taken", func() bool {
			c.mu.Lock()
			defer c.mu.Unlock()
			return len(c.said) == before[c]+3
		})
		for _, d := range c.said[before[c]:] {
			to := w.user(d.to)
			eventually(w.t, wait, fmt.Sprintf("%s of %s arrives", d.content, c.name), func() bool {
				to.mu.Lock()
				defer to.mu.Unlock()
				return d.taken && to.direct[c.name+": "+d.content] == 1
			})
		}
	}
}

func (w *storm) user(name string) *onSocket {
	return w.sockets[slices.IndexFunc(w.sockets, func(c *onSocket) bool { return c.name == name })]
}

// again asks for some of what was answered once more, at any process: it is answered the same.
func (w *storm) again(ctx context.Context) {
	for i, c := range w.requests {
		again := &byRequest{stormClient: &stormClient{w: w, name: "again", roam: true, rand: rand.New(rand.NewPCG(w.seed, uint64(1000+i)))}, client: client}
		for _, a := range c.all[max(0, len(c.all)-5):] {
			b := *a
			b.changes = slices.Clone(a.changes)
			for i := range b.changes {
				b.changes[i].refused, b.changes[i].seq, b.changes[i].result = false, 0, 0
			}
			b.seq, again.open = 0, &b
			eventually(w.t, wait, "what was asked again is answered", func() bool { return again.ask(ctx) })
			if b.seq != a.seq || !slices.Equal(b.changes, a.changes) {
				w.t.Errorf("%s was answered %d %+v, and asked again %d %+v", a.key, a.seq, a.changes, b.seq, b.changes)
			}
		}
		for _, problem := range again.wrong {
			w.t.Errorf("again: %s", problem)
		}
	}
}

func (w *storm) value(id metric.ID) (value int) {
	w.t.Helper()
	if err := json.Unmarshal([]byte(w.servers[0].must("GET", "/m/"+string(id), "")), &value); err != nil {
		w.t.Fatal(err)
	}
	return value
}

// judge compares what everybody was told with the model.
func (w *storm) judge(took time.Duration, free int) {
	t := w.t
	var all []*asked
	var loose, lost, stale int
	for _, c := range w.requests {
		all = append(all, c.all...)
		loose, lost, stale = loose+c.loose, lost+c.lost, stale+c.stale
		w.report(c.stormClient, nil)
	}
	for _, c := range w.sockets {
		all = append(all, c.all...)
	}
	p, untold, wrong := model(all)
	for _, problem := range wrong[:min(len(wrong), 20)] {
		t.Error(problem)
	}
	if free < loose || free > loose+lost || untold != free {
		t.Errorf("%d adds without a key were acknowledged, of %d it is not known, %d were counted, and there are %d seqs that nobody was told of", loose, lost, free, untold)
	}
	w.judgeServers(p)
	messages := w.judgeRooms(all)
	directs, due := w.judgeDirects()
	var frames, resumed, shots, joins int
	for _, c := range w.sockets {
		w.report(c.stormClient, c.view.check(p))
		frames, resumed, shots, joins = frames+c.view.frames, resumed+c.view.resumed, shots+len(c.view.shots), joins+len(c.spans)
	}
	refused := 0
	for _, a := range all {
		refused += len(a.refusals())
	}
	t.Logf("%d requests in %v: %d samples, %d refused; %d adds without a key, of %d more it was not known, %d of which count; %d stale reads", len(all), took.Round(time.Second), p.last, refused, loose, lost, free-loose, stale)
	t.Logf("%d messages in %d rooms, %d direct ones taken, %d of which had to arrive; %d connections, %d snapshots, %d resumed; %d frames; %d joins of a process that was behind",
		messages, len(w.rooms), directs, due, joins, shots, resumed, frames, w.behind.Load())
}

// judgeServers holds what processes said when they were asked against the model, and what they say now.
func (w *storm) judgeServers(p *plain) {
	t := w.t
	for _, c := range w.requests {
		for _, r := range c.reads {
			for id, shown := range r.values {
				if n := p.upTo(id, r.seq); n == 0 || p.seqs[id][n-1] != r.seq || p.value[id][n-1] != shown.Value {
					t.Errorf("%s read %s as %v of seq %d", c.name, id, shown.Value, r.seq)
				}
			}
		}
	}
	for id := range p.seqs {
		is, _ := p.at(id, p.last)
		for i, s := range w.servers {
			if shown := s.must("GET", "/m/"+url.PathEscape(string(id)), ""); strings.TrimSpace(shown) != fmt.Sprint(is) {
				t.Errorf("process %d says that %s is %s, it is %v", i, id, shown, is)
			}
		}
	}
	for i, s := range w.servers {
		if said := s.log.String(); strings.Contains(said, "panic") || strings.Contains(said, "another epoch") {
			t.Errorf("process %d says %s", i, said)
		}
	}
}

func (w *storm) report(c *stormClient, more []string) {
	for _, problem := range append(c.wrong, more...) {
		w.t.Errorf("%s: %s", c.name, problem)
	}
}

// judgeRooms finds every message once, where its sender was told it is, in what every process
// keeps and every client heard.
func (w *storm) judgeRooms(all []*asked) (messages int) {
	t := w.t
	for _, room := range w.rooms {
		said := map[string]*asked{}
		for _, a := range all {
			if a.room == room {
				said[a.content] = a
			}
		}
		kept := w.servers[0].history(room)
		for _, s := range w.servers[1:] {
			if !slices.Equal(s.history(room), kept) {
				t.Errorf("two processes have another %s", room)
			}
		}
		if len(kept) != len(said) {
			t.Errorf("%s has %d messages, %d were said", room, len(kept), len(said))
		}
		var sums, events log
		for i, r := range kept {
			sums, events = append(sums, r.sum()), append(events, sumOf(r.Seq, r.Content))
			a := said[r.Content]
			if a == nil || r.Seq != uint64(i)+1 || a.seq != r.Seq || a.sender != r.Sender {
				t.Errorf("message %d of %s is %+v, said was %+v", i+1, room, r, a)
			}
		}
		for _, c := range w.sockets {
			if slices.Contains(c.rooms, room) && !slices.Equal(c.logs[room], sums) {
				t.Errorf("%s heard another %s: %d messages of %d", c.name, room, len(c.logs[room]), len(sums))
			}
		}
		for _, c := range w.streams {
			if c.room == room && !slices.Equal(c.heard, events) {
				t.Errorf("%s heard another %s: %d messages of %d", c.name, room, len(c.heard), len(events))
			}
		}
		messages += len(kept)
	}
	for _, c := range w.streams {
		w.report(c.stormClient, nil)
	}
	return messages
}

// steady is how long before a direct message and after it its receiver's connection must have been
// there, so that it has to arrive: no older connection is left that could have got it instead, and
// what a process held while it was paused has gone out.
const steady = 50 * time.Second

// judgeDirects finds that none came twice or to others, and that those that were taken arrived where
// the receiver was there all the time.
func (w *storm) judgeDirects() (taken, due int) {
	said := map[string]direct{}
	for _, c := range w.sockets {
		for _, d := range c.said {
			said[c.name+": "+d.content] = d
			to := w.user(d.to)
			there := slices.ContainsFunc(to.spans, func(s span) bool { return s.began < d.first-steady && s.ended > d.last+steady/2 })
			if d.taken {
				taken++
			}
			if !there {
				continue
			}
			due++
			if d.taken && to.direct[c.name+": "+d.content] == 0 {
				w.t.Errorf("%s was taken, and %s did not get it", d.content, d.to)
			}
		}
	}
	for _, c := range w.sockets {
		for content, times := range c.direct {
			if d, is := said[content]; !is || d.to != c.name || times != 1 {
				w.t.Errorf("%s got %q %d times: %+v", c.name, content, times, d)
			}
		}
	}
	return taken, due
}
