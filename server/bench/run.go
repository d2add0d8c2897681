package bench

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// run is one on its way.
type run struct {
	Plan
	prefix   string // of its metrics and messages
	begun    time.Time
	loopback bool // of IPv4
	client   *http.Client
	heard    *heard
	viewers  []*viewer
	watching sync.WaitGroup
	came     atomic.Int64
	frames   atomic.Int64

	changes posted
	said    []posted // by room
	late    spread   // how late requests with changes were made
	acks    spread   // how long they took
	tardy   spread   // how late those with messages were made
	answers spread   // how long they took
	stale   spread
	delays  spread
}

// Run does what the plan says. show, which may be nil, is told now and then what is done, and how far it is of how
// much, by one goroutine at a time. Where ctx ends during the load, the report is of what there was until then.
func Run(ctx context.Context, plan Plan, show func(says string, done, of int64)) (*Report, error) {
	r := &run{Plan: plan, prefix: "bench." + strings.ToLower(rand.Text()[:6]) + ".", begun: time.Now(), said: make([]posted, plan.Rooms),
		client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 2 * posters},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	defer r.client.CloseIdleConnections()
	r.heard = newHeard(r.prefix)
	r.changes.late, r.changes.took = &r.late, &r.acks
	for i := range r.said {
		r.said[i].late, r.said[i].took = &r.tardy, &r.answers
	}
	if show == nil {
		show = func(string, int64, int64) {}
	}
	addresses, err := net.DefaultResolver.LookupIPAddr(ctx, plan.Server.Hostname())
	if err != nil {
		return nil, err
	}
	r.loopback = addresses[0].IP.IsLoopback() && addresses[0].IP.To4() != nil
	for i := range plan.Viewers {
		v := &viewer{number: i, room: -1}
		if plan.Rooms > 0 {
			v.room = i % plan.Rooms
		}
		r.viewers = append(r.viewers, v)
	}
	report := &Report{Server: plan.Server.Redacted()}
	if err := r.prepare(ctx); err != nil {
		return nil, err
	}
	err = r.measure(ctx, report, show)
	r.leave()
	report.Left, report.LeftWhy = r.remove(ctx)
	if err != nil {
		return nil, err
	}
	r.count(report)
	return report, nil
}

// measure has the viewers come, loads the server, and waits until all that was acknowledged has come.
func (r *run) measure(ctx context.Context, report *Report, show func(says string, done, of int64)) error {
	idle, unread := r.readings(ctx)
	begun := time.Now()
	stop := follow(func() { show("viewers come", r.came.Load(), int64(r.Viewers)) })
	err := r.gather(ctx)
	stop()
	if err != nil {
		return sentenceOf(err)
	}
	report.Viewers.Connected, report.Viewers.Seconds = r.Viewers, time.Since(begun).Seconds()

	open, err := r.readings(ctx)
	if unread = errors.Join(unread, err); unread == nil && open.opened-idle.opened < int64(r.Viewers) {
		unread = errOther
	}
	own, begun := ownCPU(), time.Now()
	stop = follow(func() {
		show(fmt.Sprintf("%d viewers have had %d frames", r.Viewers, r.frames.Load()), time.Since(begun).Milliseconds(), r.Duration.Milliseconds())
	})
	r.load(ctx)
	stop()
	report.Seconds, report.Short = time.Since(begun).Seconds(), ctx.Err() != nil
	stop = follow(func() { show("the rest comes", r.caughtUp(), int64(r.Viewers)) })
	r.rest()
	stop()

	ctx = context.WithoutCancel(ctx)
	end, err := r.readings(ctx)
	if unread = errors.Join(unread, err); unread != nil {
		report.CostUnknown = fmt.Sprintf("%s does not tell (%v); --admin names the server's second port", r.adminName(), unread)
	} else {
		report.Cost = cost(idle, open, end, time.Since(begun), r.Viewers)
	}
	report.Own = (ownCPU() - own).Seconds()
	for _, v := range r.viewers {
		if v.gone.Load() {
			report.Viewers.Dropped++
			if report.Viewers.Why == "" {
				report.Viewers.Why = plainly(v.err)
			}
		}
	}
	return nil
}

// load posts until the time is over and all of it is answered.
func (r *run) load(ctx context.Context) {
	begun := time.Now()
	var posting sync.WaitGroup
	seconds := r.Duration.Seconds()
	if r.Rate > 0 {
		p := &pace{begun: begun, rate: r.Rate, total: int(float64(r.Rate) * seconds), most: mostRows}
		for range posters {
			posting.Go(func() { r.change(ctx, p) })
		}
	}
	if r.Rooms > 0 {
		p := &pace{begun: begun, rate: r.Rooms, total: int(float64(r.Rooms) * seconds), most: 1 + r.Rooms/50}
		for range posters {
			posting.Go(func() { r.speak(ctx, p) })
		}
	}
	posting.Wait()
}

// rest waits until everybody who is still there has all of it, as long as patience reaches.
func (r *run) rest() {
	for limit := time.Now().Add(patience); r.caughtUp() < int64(r.Viewers) && time.Now().Before(limit); {
		<-time.After(20 * time.Millisecond)
	}
}

// caughtUp is how many have all of it, or will get no more.
func (r *run) caughtUp() (n int64) {
	for _, v := range r.viewers {
		if v.gone.Load() || v.seq.Load() >= r.changes.newest && (v.room < 0 || v.said.Load() >= r.said[v.room].newest) {
			n++
		}
	}
	return n
}

// count tells what came, once nothing more does.
func (r *run) count(report *Report) {
	report.Changes = r.changes.told()
	report.Staleness, report.Delay = r.stale.told(), r.delays.told()
	for i := range r.said {
		told := r.said[i].told()
		m := &report.Messages
		m.Due, m.Acknowledged, m.Refused, m.Unanswered = m.Due+told.Due, m.Acknowledged+told.Acknowledged, m.Refused+told.Refused, m.Unanswered+told.Unanswered
		if m.Why == "" {
			m.Why = told.Why
		}
	}
	report.Messages.Late, report.Messages.Answer = r.tardy.told(), r.answers.told()
	for _, v := range r.viewers {
		report.Frames += v.frames
		report.Viewers.Snapshots += len(v.jumps)
		got := v.changes
		for _, jump := range v.jumps {
			got += r.changes.within(jump)
		}
		report.Changes.take(got, &r.changes)
		if v.room >= 0 {
			report.Messages.take(v.messages, &r.said[v.room])
		}
	}
	report.FrameRate = float64(report.Frames) / report.Seconds / float64(r.Viewers)
	if report.Cost != nil {
		report.Cost.PerFrame = report.Cost.CPUSeconds * 1e6 / float64(max(1, report.Frames+report.Messages.Delivered))
	}
}

// take counts what one viewer got.
func (p *Posted) take(got int64, of *posted) {
	p.Delivered += got
	p.Lost += max(0, of.acknowledged-got)
	p.Doubled += max(0, got-of.acknowledged-of.unanswered)
}

func (p *posted) told() Posted {
	return Posted{Due: p.acknowledged + p.refused + p.unanswered, Acknowledged: p.acknowledged, Refused: p.refused, Unanswered: p.unanswered, Why: p.why,
		Late: p.late.told(), Answer: p.took.told()}
}

// readings are those of the second port, where there is one.
func (r *run) readings(ctx context.Context) (reading, error) {
	if r.Admin == nil {
		return reading{}, errors.New("none is known")
	}
	return r.read(ctx)
}

func (r *run) adminName() string {
	if r.Admin == nil {
		return "its second port"
	}
	return r.Admin.Redacted()
}

func cost(idle, open, end reading, took time.Duration, viewers int) *ServerCost {
	cpu := (end.cpu - open.cpu).Seconds()
	return &ServerCost{CPUSeconds: cpu, Cores: cpu / took.Seconds(), MemoryIdle: idle.memory, MemoryOpen: open.memory, MemoryLoad: end.memory,
		PerViewer: float64(open.memory-idle.memory) / 1024 / float64(viewers)}
}

// follow calls show ten times a second until it is stopped.
func follow(show func()) (stop func()) {
	done, over := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(over)
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				show()
			case <-done:
				return
			}
		}
	}()
	return func() {
		close(done)
		<-over
	}
}

// sentenceOf says what can be done about it.
func sentenceOf(err error) error {
	if errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) {
		return fmt.Errorf("this machine lets a program open fewer connections (%w): ask for fewer --viewers, or raise ulimit -n", err)
	}
	return err
}
