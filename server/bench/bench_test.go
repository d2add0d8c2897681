package bench

import (
	"context"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// small is a plan that takes a second.
func small(t *testing.T, address string) Plan {
	t.Helper()
	at, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return Plan{Server: at, Admin: at, Viewers: 20, Rate: 200, Metrics: 5, Rooms: 2, Duration: time.Second}
}

func TestWhatAServerLosesDoublesOrDropsIsTold(t *testing.T) {
	for kind, wrong := range map[string]struct {
		fault func(*rival)
		want  string // of the flaw; "" for none
	}{
		"bare":               {func(*rival) {}, ""},
		"gorilla":            {func(*rival) {}, ""},
		"bare swallows":      {func(r *rival) { r.swallow.Store(true) }, "changes were lost"},
		"bare repeats":       {func(r *rival) { r.repeat.Store(true) }, "changes came twice"},
		"gorilla skips":      {func(r *rival) { r.skip.Store(true) }, "changes were lost"},
		"gorilla hangs up":   {func(r *rival) { r.hangUp.Store(true) }, "20 viewers were dropped"},
		"bare hangs up, too": {func(r *rival) { r.hangUp.Store(true) }, "20 viewers were dropped"},
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			kind, _, _ := strings.Cut(kind, " ")
			r, routes := newRival(kind)
			server := httptest.NewServer(routes)
			defer server.CloseClientConnections()
			plan := small(t, server.URL)
			if wrong.want != "" {
				plan.Duration *= 3 // a fault begins once the load has been seen to
			}
			shown, once := 0, sync.OnceFunc(func() { wrong.fault(r) })
			report, err := Run(t.Context(), plan, func(says string, done, of int64) {
				if shown++; says != "viewers come" {
					once()
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			flaw := report.Flaw()
			if wrong.want == "" && flaw != "" || !strings.Contains(flaw, wrong.want) {
				t.Errorf("it says %q instead of %q: %+v", flaw, wrong.want, report)
			}
			if shown == 0 {
				t.Error("nothing was shown meanwhile")
			}
			if wrong.want != "" {
				return
			}
			if c := report.Changes; c.Acknowledged != 200 || c.Delivered != 200*20 || c.Refused+c.Unanswered != 0 {
				t.Errorf("of 200 changes %+v", c)
			}
			if m := report.Messages; m.Acknowledged != 2 || m.Delivered != 20 {
				t.Errorf("of 2 messages to 10 viewers each %+v", m)
			}
			for what, of := range map[string]Posted{"changes": report.Changes, "messages": report.Messages} {
				if of.Late.Max <= 0 || of.Late.P50 > of.Late.P99 || of.Late.P99 > of.Late.Max {
					t.Errorf("%s were posted %+v after they were due", what, of.Late)
				}
			}
			if s := report.Staleness; s.P50 < 50 || s.P50 > s.P99 || s.P99 > s.Max {
				t.Errorf("the oldest change of a tenth of a second is %+v old", s)
			}
			if report.Cost == nil || report.Cost.MemoryOpen == 0 {
				t.Errorf("its cost is unknown: %s", report.CostUnknown)
			}
		})
	}
}

func TestASecondPortOfAnotherServerIsNotBelieved(t *testing.T) {
	_, routes := newRival("bare")
	_, others := newRival("bare")
	server, other := httptest.NewServer(routes), httptest.NewServer(others)
	defer server.CloseClientConnections()
	plan := small(t, server.URL)
	plan.Admin, _ = url.Parse(other.URL)
	report, err := Run(t.Context(), plan, nil)
	if err != nil || report.Cost != nil || !strings.Contains(report.CostUnknown, "another server") {
		t.Errorf("%v, %+v", err, report)
	}
}

func TestWhoIsInterruptedIsToldWhatThereWas(t *testing.T) {
	_, routes := newRival("bare")
	server := httptest.NewServer(routes)
	defer server.CloseClientConnections()
	plan := small(t, server.URL)
	plan.Duration = time.Hour
	ctx, stop := context.WithCancel(t.Context())
	report, err := Run(ctx, plan, func(says string, done, of int64) {
		if done > 0 && of == time.Hour.Milliseconds() {
			stop()
		}
	})
	if err != nil || !report.Short || report.Changes.Acknowledged == 0 || report.Flaw() != "" {
		t.Errorf("%v, %+v", err, report)
	}
}

func TestASpreadIsExactToOnePartIn32(t *testing.T) {
	var s spread
	var all []time.Duration
	for i := range 5000 {
		took := time.Duration(i*i) * time.Microsecond / 3
		all = append(all, took)
		s.add(took)
	}
	s.add(-time.Second) // a clock is no more exact
	slices.Sort(all)
	for _, percent := range []int64{1, 50, 99, 100} {
		want := all[min(len(all)*int(percent)/100, len(all)-1)]
		if got := s.below(percent); got < want-want/16-2*time.Microsecond || got > want+want/16 {
			t.Errorf("%d%% took at most %v, not %v", percent, want, got)
		}
	}
	for us := uint64(0); us < 1<<40; us += us/7 + 1 {
		if most := uint64(upTo(slotOf(us)).Microseconds()); most < us || most > us+us/32 {
			t.Fatalf("%d µs are counted as up to %d", us, most)
		}
	}
	if new(spread).told() != (Spread{}) {
		t.Error("nothing took some time")
	}
}

func TestWhatIsDueIsGivenOnce(t *testing.T) {
	p := &pace{begun: time.Now(), rate: 10_000, total: 3000, most: 500}
	next := 0
	for {
		first, n := p.take(t.Context())
		if n == 0 {
			break
		}
		if first != next || n > p.most {
			t.Fatalf("%d from %d on, after %d", n, first, next)
		}
		next += n
		if early := p.due(next-1) - time.Since(p.begun); early > time.Millisecond {
			t.Fatalf("one is given %v early", early)
		}
	}
	if next != p.total {
		t.Errorf("%d were due, not %d", next, p.total)
	}
}
