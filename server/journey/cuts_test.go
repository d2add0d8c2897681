package journey

import (
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

var (
	cuts = flag.Int("cuts", 25, "how many faults TestAPageNeverLiesWhateverIsCut makes")
	seed = flag.Uint64("seed", 1, "of what is left to chance: faults, cuts, and what clients do")
)

// way is what lies between a page and its server: a network on which everything may happen.
type way struct {
	address string

	mutex sync.Mutex
	pairs map[*pair]bool
	away  bool          // connections are refused
	held  chan struct{} // nothing comes through until it is closed; nil where it does
	late  time.Duration // what passes waits so long
	heard time.Time     // when the newest was sent that has reached the page
}

// pair is one connection through it.
type pair struct {
	client, server *net.TCPConn
	up, down       bool // what goes up, or down, is swallowed, and nobody is told
	gone           chan struct{}
	once           sync.Once
}

// end closes both sides, with a reset or in order.
func (p *pair) end(reset bool) {
	p.once.Do(func() {
		if reset {
			_, _ = p.client.SetLinger(0), p.server.SetLinger(0)
		}
		_, _ = p.client.Close(), p.server.Close()
		close(p.gone)
	})
}

// ways makes the way to a server.
func ways(t *testing.T, to string) *way {
	t.Helper()
	w := &way{pairs: map[*pair]bool{}, heard: time.Now()}
	w.address = relay(t, to, w.pass)
	t.Cleanup(func() { w.cut(true, false) }) // before relay waits for all
	return w
}

func (w *way) pass(client, server *net.TCPConn) {
	p := &pair{client: client, server: server, gone: make(chan struct{})}
	w.mutex.Lock()
	refused := w.away
	w.pairs[p] = true
	w.mutex.Unlock()
	if refused {
		p.end(true)
	}
	var both sync.WaitGroup
	both.Go(func() { w.carry(p, server, client, false) })
	both.Go(func() { w.carry(p, client, server, true) })
	both.Wait()
	w.mutex.Lock()
	delete(w.pairs, p)
	w.mutex.Unlock()
}

// chunk is what one side sent, and when.
type chunk struct {
	bytes []byte
	at    time.Time
}

// carry takes what comes at once, and hands it on when the way lets it through.
func (w *way) carry(p *pair, to, from *net.TCPConn, down bool) {
	chunks := make(chan chunk, 4096)
	go func() {
		defer close(chunks)
		for {
			bytes := make([]byte, 16<<10)
			n, err := from.Read(bytes)
			if n > 0 {
				select {
				case chunks <- chunk{bytes[:n], time.Now()}:
				case <-p.gone:
				}
			}
			if err != nil {
				return
			}
		}
	}()
	for c := range chunks {
		if !w.let(p, c.at) {
			break
		}
		w.mutex.Lock()
		swallowed := down && p.down || !down && p.up
		w.mutex.Unlock()
		if swallowed {
			continue
		}
		if _, err := to.Write(c.bytes); err != nil {
			break
		}
		w.mutex.Lock()
		if down && c.at.After(w.heard) {
			w.heard = c.at
		}
		w.mutex.Unlock()
	}
	w.mutex.Lock()
	swallowed := p.up || p.down
	w.mutex.Unlock()
	if swallowed { // nor is it told that the other side has gone
		<-p.gone
	}
	p.end(false)
	_, _ = io.Copy(io.Discard, from)
}

// let waits until what was sent then may pass; false where the connection ended before.
func (w *way) let(p *pair, at time.Time) bool {
	for {
		w.mutex.Lock()
		held, wait := w.held, time.Until(at.Add(w.late))
		w.mutex.Unlock()
		if held == nil && wait <= 0 {
			return true
		}
		if held == nil {
			held = make(chan struct{})
		}
		select {
		case <-held:
		case <-time.After(max(wait, time.Millisecond)):
		case <-p.gone:
			return false
		}
	}
}

// silent is for how long the page can have heard nothing.
func (w *way) silent() time.Time { w.mutex.Lock(); defer w.mutex.Unlock(); return w.heard }

func (w *way) each(do func(p *pair)) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	for p := range w.pairs {
		do(p)
	}
}

// cut ends all connections; none comes to be while away.
func (w *way) cut(away, reset bool) {
	w.mutex.Lock()
	w.away = away
	w.mutex.Unlock()
	w.each(func(p *pair) { p.end(reset) })
}

func (w *way) hold() {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if w.held == nil {
		w.held = make(chan struct{})
	}
}

func (w *way) free() {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if w.held != nil {
		close(w.held)
		w.held = nil
	}
}

func (w *way) delay(d time.Duration) { w.mutex.Lock(); w.late = d; w.mutex.Unlock() }

// fact is the truth about a value: when it was written, and when another took its place.
type fact struct{ written, passed time.Time }

// truth is what a metric's values really were. Its values are 1, 2, 3 and so on.
type truth struct {
	metric string
	every  time.Duration // promised; 0: nothing is
	pace   time.Duration // between two, on average
	mutex  sync.Mutex
	facts  []fact
}

// trial is a server, a page, the way between and what is true.
type trial struct {
	t      *testing.T
	s      *server
	w      *way
	p      *tab
	r      *rand.Rand
	truths []*truth
	up     sync.RWMutex // held for reading by who writes values: the server answers
	gone   atomic.Bool  // it does not, by a fault
	under  atomic.Int32 // faults that last
	ends   sync.WaitGroup
	began  time.Time
	log    []string
}

func (tr *trial) note(format string, about ...any) {
	tr.log = append(tr.log, fmt.Sprintf("%8v ", time.Since(tr.began).Round(time.Millisecond))+fmt.Sprintf(format, about...))
}

// watchful keeps in the page what its clock lacks, and how long its thread was busy or left waiting of late.
const watchful = `{
	const Real = Date, now = () => performance.now(), gaps = [];
	window.clockSet = 0;
	window.Date = class extends Real {
		constructor(...a) { a.length ? super(...a) : super(Real.now() + clockSet); }
		static now() { return Real.now() + clockSet; }
	};
	let timer = now(), paint = now();
	const gap = (since) => { const lasted = now() - since; if (lasted > 200) gaps.push([now(), lasted]); return now(); };
	const tick = () => { timer = gap(timer); setTimeout(tick, 50); };
	const frame = () => { paint = gap(paint); requestAnimationFrame(frame); };
	tick(); frame();
	window.lag = () => {
		while (gaps.length && gaps[0][0] < now() - 4000) gaps.shift();
		return Math.max(now() - timer, now() - paint, ...gaps.map((g) => g[1]));
	};
}`

// sight is what a page shows at a time.
type sight struct {
	Lag    float64 // ms
	Veiled bool
	Stale  bool
	Lamp   string
	Panels []panelSight
}

type panelSight struct{ Metric, Trust, Age, Value string }

const sighted = `({
	lag: lag(),
	veiled: +getComputedStyle(document.getElementById("veil")).opacity > .5,
	stale: document.documentElement.dataset.values === "stale",
	lamp: document.getElementById("lamp").innerText,
	panels: [...document.querySelectorAll(".card")].map((card) => ({
		metric: card.dataset.panel, trust: card.dataset.trust || "", age: card.querySelector(".age").textContent,
		value: card.querySelector(".now").textContent.replace(/[^0-9]/g, "")})),
})`

// What is shown with the look of what is fresh is, whatever happens between page and server and to both, at every
// moment that is looked at; silence is said within 10 s; and once nothing happens any more the page shows what is.
// Only what makes the page late, because this machine is busy, is allowed for: it is measured in the page.
func TestAPageNeverLiesWhateverIsCut(t *testing.T) {
	tr := &trial{t: t, s: quiet(t), began: time.Now(), r: rand.New(rand.NewPCG(*seed, 0xfa17)), truths: []*truth{
		{metric: "a", every: 2 * time.Second, pace: time.Second},
		{metric: "b", every: 5 * time.Second, pace: 3 * time.Second},
		{metric: "c", every: 30 * time.Second, pace: 9 * time.Second},
		{metric: "d", pace: 400 * time.Millisecond},
	}}
	var panels []string
	for _, m := range tr.truths {
		panel := fmt.Sprintf(`{"id":%q,"kind":"stat","queries":[{"metric":%q}]`, m.metric, m.metric)
		if m.every > 0 {
			panel += fmt.Sprintf(`,"every":%q`, m.every)
		}
		panels = append(panels, panel+"}")
		tr.write(m)
	}
	keepBoard(tr.s, "trial", `{"title":"Trial","panels":[`+strings.Join(panels, ",")+`]}`)
	tr.w = ways(t, strings.TrimPrefix(tr.s.url, "http://"))
	through := &server{url: "http://" + tr.w.address}
	b := look(t, through)
	b.expect(gone...)
	tr.p = b.blank(1000, 800, "light")
	command(tr.p, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: watchful})
	tr.p.visit(through.url + "/b/trial")
	tr.p.until("it is live", live)

	ctx, stop := context.WithCancel(t.Context())
	var writers sync.WaitGroup
	for i, m := range tr.truths {
		r := rand.New(rand.NewPCG(*seed, uint64(i)))
		writers.Go(func() {
			for rest(ctx, time.Duration(float64(m.pace)*r.ExpFloat64())) {
				tr.write(m)
			}
		})
	}
	fresh, cut, seen := tr.endure(ctx)
	stop()
	writers.Wait()
	tr.ends.Wait()
	t.Logf("seed %d: %d faults, %d looks: %d values with the look of fresh ones, %d times the page said that nothing is heard", *seed, *cuts, seen, fresh, cut)
	if fresh < seen/2 || cut == 0 {
		t.Error("that shows little")
	}

	tr.p.until("the page is live again", live+" && !("+stale+")")
	for _, m := range tr.truths {
		is := strings.TrimSpace(tr.s.must("GET", "/m/"+m.metric, ""))
		if is != strconv.Itoa(len(m.facts)) {
			t.Errorf("%s is %s, want %d", m.metric, is, len(m.facts))
		}
		tr.p.until("the page shows what is of "+m.metric, shows(m.metric, is))
	}
	if t.Failed() {
		t.Logf("the last faults:\n%s", strings.Join(tr.log[max(0, len(tr.log)-20):], "\n"))
	}
}

// A connection over which nothing comes any more, of which nobody is told, is left for another as soon as that is known:
// the browser itself would wait a minute for the other side's word, and goes on keeping others as dead as this one.
func TestAConnectionThatDiedUnnoticedIsLeftForAnother(t *testing.T) {
	s := quiet(t)
	s.must("POST", "/m/orders", "5")
	w := ways(t, strings.TrimPrefix(s.url, "http://"))
	through := &server{url: "http://" + w.address}
	b := look(t, through)
	b.expect(gone...)
	p := b.open(through.url+"/", 1000, 800, "light")
	p.until("it is live", live)
	w.each(func(p *pair) { p.up, p.down = true, true })
	s.must("POST", "/m/orders", "7")
	p.until("the page says that nothing is heard", stale)
	p.until("it is live by another connection", live+" && !("+stale+")")
	p.until("what changed is shown", shows("orders", "7"))
}

// rest waits; false where the context ended.
func rest(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

// write sets a metric to its next value.
func (tr *trial) write(m *truth) {
	tr.up.RLock()
	defer tr.up.RUnlock()
	m.mutex.Lock()
	value := len(m.facts) + 1
	m.mutex.Unlock()
	status, answer, err := tr.s.try("POST", "/api/v1/metrics/"+m.metric, fmt.Sprintf(`{"set":%d}`, value))
	if err != nil || status != http.StatusOK {
		tr.t.Errorf("%s is not set to %d: %d %s %v", m.metric, value, status, answer, err)
		return
	}
	now := time.Now()
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if value > 1 {
		m.facts[value-2].passed = now
	}
	m.facts = append(m.facts, fact{written: now})
}

// endure makes the faults in flocks, each once the page has come to itself again, and looks at it all the while.
func (tr *trial) endure(ctx context.Context) (fresh, cut, seen int) {
	last, was := time.Now(), false
	pause := func() time.Duration { return time.Duration(float64(1200*time.Millisecond) * tr.r.ExpFloat64()) }
	for made, flock, next := 0, 1, last; ; seen++ {
		if made < *cuts && flock > 0 && time.Now().After(next) {
			tr.note("%s", tr.fault(made))
			last = time.Now()
			made, flock, next = made+1, flock-1, last.Add(pause())
		}
		looks, silent, wrong := tr.look()
		if fresh += looks; silent != was {
			tr.note("silent %v", silent)
		}
		was = silent
		switch {
		case wrong == "" && silent && tr.under.Load() == 0 && time.Since(last) > 2*wait:
			wrong = "the page does not come back to life"
			fallthrough
		case wrong != "":
			tr.note("%s", wrong)
			tr.t.Errorf("seed %d: %s", *seed, wrong)
			return fresh, cut, seen
		case silent:
			cut++
		case (flock == 0 || made == *cuts) && tr.under.Load() == 0:
			if flock = 1 + tr.r.IntN(4); made == *cuts {
				return fresh, cut, seen
			}
		}
		if !rest(ctx, 200*time.Millisecond) {
			return fresh, cut, seen
		}
	}
}

// look judges what the page shows.
func (tr *trial) look() (fresh int, cut bool, wrong string) {
	at, heard := time.Now(), tr.w.silent()
	ctx, cancel := context.WithTimeout(tr.p.ctx, wait)
	defer cancel()
	s, err := chromedp.Run(ctx, chromedp.Evaluate[sight](sighted))
	if err != nil {
		return 0, false, err.Error()
	}
	// It shows ages once a second; what it could not do since it may do late.
	slack := 2*time.Second + 2*time.Duration(s.Lag*float64(time.Millisecond))
	said := s.Stale && (strings.Contains(s.Lamp, "No contact for") || strings.Contains(s.Lamp, "Offline since")) // by its clock, an hour
	if silent := at.Sub(heard); silent > 10*time.Second+slack && !said && !s.Veiled {
		return 0, false, fmt.Sprintf("nothing was heard for %v, and the page says %+v", silent, s)
	}
	if s.Stale || s.Veiled {
		return 0, true, ""
	}
	for i, m := range tr.truths {
		looks, wrong := m.judge(s.Panels[i], at, slack)
		if wrong != "" {
			return fresh, false, fmt.Sprintf("%s; %+v", wrong, s)
		}
		if looks {
			fresh++
		}
	}
	return fresh, false, ""
}

// judge tells whether what a panel shows looks fresh at a time, and what is wrong about it.
func (m *truth) judge(shown panelSight, at time.Time, slack time.Duration) (fresh bool, wrong string) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	n, err := strconv.Atoi(shown.Value)
	switch {
	case shown.Metric != m.metric || err != nil || n < 1 || n > len(m.facts)+1:
		return false, fmt.Sprintf("%s shows %q, which was never written", m.metric, shown.Value)
	case shown.Trust != "fresh" && shown.Age == "":
		return false, fmt.Sprintf("%s is %s and has no word for it", m.metric, shown.Trust)
	case shown.Trust != "fresh" || n > len(m.facts):
		return false, "" // or its answer has not come yet
	}
	switch f := m.facts[n-1]; {
	case m.every > 0 && at.Sub(f.written) > m.every+slack:
		return true, fmt.Sprintf("%s looks fresh, promised every %v and written %v ago", m.metric, m.every, at.Sub(f.written))
	case !f.passed.IsZero() && at.Sub(f.passed) > 10*time.Second+slack:
		return true, fmt.Sprintf("%s looks fresh, and another took its place %v ago", m.metric, at.Sub(f.passed))
	}
	return true, ""
}

// fault makes one, which lasts a while, and answers what it was.
func (tr *trial) fault(n int) string {
	d := time.Duration(float64(800*time.Millisecond) * tr.r.ExpFloat64())
	if n%8 == 3 { // long enough to be noticed
		d = 11*time.Second + d
	}
	during := func(begin, end func()) { begin(); tr.after(d, end) }
	reset := tr.r.IntN(2) == 0
	kind := tr.r.IntN(11)
	if n%8 == 3 {
		kind = []int{1, 2, 5, 6}[tr.r.IntN(4)]
	}
	switch kind {
	default:
		tr.w.cut(false, reset)
		return fmt.Sprintf("cut, reset %v", reset)
	case 1:
		during(func() { tr.w.cut(true, reset) }, func() { tr.w.cut(false, reset) })
		return fmt.Sprintf("away for %v, reset %v", d, reset)
	case 2:
		during(tr.w.hold, tr.w.free)
		return fmt.Sprintf("held for %v", d)
	case 3:
		up, down := tr.r.IntN(3) > 0, tr.r.IntN(3) > 0
		tr.w.each(func(p *pair) { p.up, p.down = p.up || up, p.down || down || !up })
		return fmt.Sprintf("half open, up %v, down %v", up, down || !up)
	case 4:
		by := time.Duration(float64(time.Second) * tr.r.ExpFloat64())
		d *= 4
		during(func() { tr.w.delay(by) }, func() { tr.w.delay(0) })
		return fmt.Sprintf("delayed by %v for %v", by, d)
	case 5, 6:
		if kill := kind == 5; tr.without(d, kill) {
			return fmt.Sprintf("server gone for %v, killed %v", d, kill)
		}
		return "nothing"
	case 7:
		d = min(d, 3*time.Second)
		tr.tell(fmt.Sprintf(`setTimeout(() => { const until = performance.now() + %d; while (performance.now() < until); }, 1), 0`, d.Milliseconds()))
		return fmt.Sprintf("page busy for %v", d)
	case 8, 9:
		by := tr.r.Int64N(4*3_600_000) - 2*3_600_000
		tr.tell(fmt.Sprintf("clockSet += %d", by))
		return fmt.Sprintf("page's clock set by %v", time.Duration(by)*time.Millisecond)
	}
}

// after ends a fault.
func (tr *trial) after(d time.Duration, end func()) {
	tr.under.Add(1)
	tr.ends.Go(func() {
		defer tr.under.Add(-1)
		<-time.After(d)
		end()
	})
}

// tell runs something in the page.
func (tr *trial) tell(script string) { eval[float64](tr.p, script) }

// without does without the server, whose process stops or is killed and started anew on what it had stored. Nobody writes
// meanwhile: whether what is on its way is written is then not known. It answers false where that is so already.
func (tr *trial) without(d time.Duration, kill bool) bool {
	if !tr.gone.CompareAndSwap(false, true) {
		return false
	}
	tr.up.Lock()
	if kill {
		tr.s.kill()
	} else {
		tr.s.pause()
	}
	tr.after(d, func() {
		defer tr.gone.Store(false)
		defer tr.up.Unlock()
		if kill {
			tr.s.again()
		} else {
			tr.s.resume()
		}
	})
	return true
}
