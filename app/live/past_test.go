package live

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"telltale/shared/metric"
	"telltale/shared/room"
	"telltale/shared/series"
	"telltale/shared/wire"
)

// moment answers a watch of the past by a plain look through all samples, in order of time.
func (s *server) moment(w wire.Watch, snap *series.Snapshot) {
	from := w.To - w.RangeMS
	snap.Step = series.StepFor(from, w.To, w.Points, max(s.finest, 1000))
	from = series.Floor(from, snap.Step)
	for _, sample := range s.samples {
		if sample.Time > w.To {
			continue
		}
		id := sample.Metric
		snap.Values[id] = series.Point{Time: sample.Time, Value: sample.Value}
		if sample.Time < from {
			continue
		}
		rows, start := snap.History[id], series.Floor(sample.Time, snap.Step)
		if n := len(rows); n > 0 && rows[n-1].Time == start {
			b := rows[n-1].Bucket()
			b.Add(sample)
			rows[n-1] = b.Row(start)
		} else {
			rows = append(rows, series.Of(sample).Row(start))
		}
		snap.History[id] = rows
	}
}

// beats lets a metric count once a second for a while.
func (s *server) beats(n int, tell bool) {
	for range n {
		s.do(func() {
			s.add("orders", 1)
			if tell {
				s.tell()
			}
		})
		time.Sleep(time.Second)
	}
}

func (v *Viewer) now() (now int64) {
	v.See(func(_ *series.Set, at int64, _ Contact) { now = at })
	return now
}

func TestAMomentIsWhatItWasAndNothingThatComesTouchesIt(t *testing.T) {
	play(t, func(s *server, v *Viewer) {
		begin := time.Now().UnixMilli()
		s.beats(120, true)
		at := begin + 45_500
		look := minute
		look.To = at
		v.Look(t.Context(), look)
		s.do(func() {})
		check := func(when string) {
			t.Helper()
			sum, count := v.sums("orders")
			if v.value("orders") != 46 || v.now() != at || sum != 46 || count != 46 {
				t.Errorf("%s: value %v at %d, sum %v, count %v; want 46 at %d", when, v.value("orders"), v.now()-begin, sum, count, at-begin)
			}
			if m := v.Moment(); m.At != at || m.Speed != 0 {
				t.Errorf("%s: %+v", when, m)
			}
		}
		check("as of second 45")
		s.do(func() {
			s.open.in <- wire.AppendFrame(nil, series.Frame{From: 120, Seq: 121, Time: time.Now().UnixMilli(),
				Values: map[metric.ID]series.Bucket{"orders": {Time: begin + 45_000, Last: 999, Count: 1}}})
		})
		s.beats(10, false)
		check("after frames and ten seconds")
		s.do(func() { s.open.Close() })
		time.Sleep(time.Minute)
		s.do(func() {})
		check("on another connection")
		if w := s.watches[len(s.watches)-1]; w.Since != nil || w.To != at {
			t.Errorf("the watch after a loss is %+v", w)
		}

		v.Look(t.Context(), minute)
		s.do(func() {})
		if m := v.Moment(); m.At != 0 || v.value("orders") != 130 || time.Now().UnixMilli()-v.now() > 1000 {
			t.Errorf("live again: %+v, %v", m, v.value("orders"))
		}
		s.do(func() { s.add("orders", 1); s.tell() })
		if v.value("orders") != 131 {
			t.Errorf("live again and told of one more: %v", v.value("orders"))
		}
	})
}

func TestUntilTheAnswerComesWhatIsShownStaysWhatItIsOf(t *testing.T) {
	play(t, func(s *server, v *Viewer) {
		begin := time.Now().UnixMilli()
		s.beats(100, true)
		s.do(func() { s.slow = true })
		look, click := minute, time.Now().UnixMilli()
		look.To = begin + 20_000
		v.Look(t.Context(), look)
		time.Sleep(3 * time.Second)
		s.do(func() { s.add("orders", 1); s.tell() })
		if m := v.Moment(); m.At != click || v.now() != click || v.value("orders") != 100 {
			t.Errorf("the past was asked for, and what is shown is %v as of %+v, want 100 as of %d", v.value("orders"), m, click)
		}
		s.do(func() { s.answer() })
		if m := v.Moment(); m.At != look.To || v.value("orders") != 21 {
			t.Errorf("the past has come: %v as of %+v", v.value("orders"), m)
		}
		v.Look(t.Context(), minute)
		time.Sleep(3 * time.Second)
		if m := v.Moment(); m.At != look.To || v.value("orders") != 21 {
			t.Errorf("live was asked for, and what is shown is %v as of %+v, still the past", v.value("orders"), m)
		}
		s.do(func() { s.answer() })
		if m := v.Moment(); m.At != 0 || v.value("orders") != 101 {
			t.Errorf("live has come: %v as of %+v", v.value("orders"), m)
		}
	})
}

func TestAMomentIsPlayedAtAnySpeedAsItWas(t *testing.T) {
	for _, speed := range Speeds {
		for _, finest := range []int64{1000, 60_000} {
			t.Run(fmt.Sprint(speed, " ", finest), func(t *testing.T) {
				play(t, func(s *server, v *Viewer) {
					begin := time.Now().UnixMilli()
					s.do(func() { s.finest = finest })
					s.beats(3600, false)
					look := minute
					look.To = begin + 300_500
					v.Look(t.Context(), look)
					s.do(func() {})
					v.Play(t.Context(), speed)
					s.do(func() {})
					before, moved := v.now(), 0
					for range 40 * 30 {
						time.Sleep(25 * time.Millisecond)
						now, value := v.now(), v.value("orders")
						truth := float64((now-begin)/1000 + 1)
						step := float64(max(look.filmStep(speed), finest) / 1000)
						if value > truth || value < truth-step-1 && now > look.To+2*finest {
							t.Fatalf("at second %v of the past the value is %v", float64(now-begin)/1000, value)
						}
						if now < before || now-before > 25*speed {
							t.Fatalf("within 25 ms the moment went from %d to %d", before-begin, now-begin)
						}
						if now > before {
							moved++
						}
						before = now
					}
					v.See(func(set *series.Set, now int64, _ Contact) {
						columns, step := set.Metrics["orders"].Series, max(look.filmStep(speed), finest)
						for k := (now-look.RangeMS)/columns.Step() + 1; k < now/columns.Step()-2*step/columns.Step(); k++ {
							if _, ok := columns.Upto((k+1)*columns.Step() - 1); !ok {
								t.Errorf("nothing up to column %d", k)
							}
							if b, _ := columns.Upto((k+1)*columns.Step() - 1); (k+1)*columns.Step()-b.Time > 2*step {
								t.Fatalf("a gap of %d ms where none was", (k+1)*columns.Step()-b.Time)
							}
						}
					})
					if moved < 1100 && speed < 60 {
						t.Errorf("it stood still in %d of 1200 frames", 1200-moved)
					}
					want := look.To + 30_000*speed
					if m := v.Moment(); m.Caught && want < time.Now().UnixMilli()-200_000 || !m.Caught && (before > want || before < want-2000*speed) {
						t.Errorf("after 30 s it is %d ms on, want %d: %+v", before-look.To, want-look.To, m)
					}
					v.Play(t.Context(), 0)
					held := v.now()
					time.Sleep(5 * time.Second)
					if v.now() != held {
						t.Error("held, it moved on")
					}
				})
			})
		}
	}
}

func TestWhatIsPlayedComesToThePresentAndSaysSo(t *testing.T) {
	play(t, func(s *server, v *Viewer) {
		s.beats(600, false)
		look := minute
		look.To = time.Now().UnixMilli() - 120_000
		v.Look(t.Context(), look)
		s.do(func() {})
		v.Play(t.Context(), 60)
		s.do(func() {})
		for range 400 {
			time.Sleep(25 * time.Millisecond)
			v.now()
		}
		if m := v.Moment(); !m.Caught || m.At > time.Now().UnixMilli() {
			t.Errorf("%+v at %d", m, time.Now().UnixMilli())
		}
	})
}

func TestARoomIsAsItWas(t *testing.T) {
	chat(t, func(s *server, v *Viewer) {
		begin := time.Now().UnixMilli()
		s.do(func() {
			r := s.room("r")
			for i := range 500 {
				r.said = append(r.said, room.Message{Room: "r", Seq: uint64(i + 1), Time: begin + int64(i)*1000, Content: fmt.Sprint("line ", i+1)})
			}
		})
		time.Sleep(500 * time.Second)
		s.do(func() {})
		lines := func() (first, last uint64, missing int, joined bool) {
			v.Want("r", 1, 1) // and then the end
			v.SeeRoom("r", func(r *Room, _ int64, _ Contact) { first, last, joined = r.First, r.Last, r.Joined })
			v.Want("r", max(first, last-min(last, 10)), last)
			s.do(func() {})
			v.SeeRoom("r", func(r *Room, at int64, _ Contact) {
				for seq := max(first, last-min(last, 10)); seq <= last; seq++ {
					if m, has := r.At(seq); !has || m.Time > at {
						missing++
					}
				}
			})
			return first, last, missing, joined
		}
		for _, second := range []int64{200, 450, 17, 499, 0, -5} {
			v.Look(t.Context(), Look{Rooms: []string{"r"}, To: begin + second*1000 + 300})
			s.do(func() {})
			lines()
			s.do(func() {})
			_, last, missing, joined := lines()
			if last != uint64(second+1) && second >= 0 || second < 0 && last != 0 || missing != 0 && second >= 0 || !joined {
				t.Errorf("at second %d the room ends with %d, %d are missing, joined %v", second, last, missing, joined)
			}
		}
		v.Look(t.Context(), Look{Rooms: []string{"r"}, To: begin + 100_000})
		s.do(func() {})
		lines()
		v.Play(t.Context(), 10)
		for range 200 {
			time.Sleep(50 * time.Millisecond)
			now := v.now()
			v.SeeRoom("r", func(r *Room, _ int64, _ Contact) {
				if truth := uint64((now-begin)/1000 + 1); r.Last > truth || r.Last+11 < truth && r.Last != 0 {
					t.Fatalf("at second %v the room ends with %d", float64(now-begin)/1000, r.Last)
				}
			})
		}
		v.Look(t.Context(), Look{Rooms: []string{"r"}})
		s.do(func() {})
		v.SeeRoom("r", func(r *Room, _ int64, _ Contact) {
			if r == nil || r.past {
				t.Errorf("live again: %+v", r)
			}
		})
	})
}

func TestNothingIsKnownOfTheFutureOfAMoment(t *testing.T) {
	play(t, func(s *server, v *Viewer) {
		s.do(func() {
			s.metrics = []metric.Metric{{ID: "orders"}, {ID: "late", Head: metric.Head{Time: 5, Seq: 5, Value: 5}}}
		})
		s.beats(30, true)
		look := minute
		look.To = time.Now().UnixMilli() - 20_000
		s.do(func() {
			s.samples = append(s.samples, metric.Sample{Metric: "late", Value: 7, Seq: uint64(len(s.samples)) + 1, Time: time.Now().UnixMilli()})
			s.tell()
		})
		v.Look(context.Background(), look)
		s.do(func() {})
		time.Sleep(2 * time.Second)
		known := v.Known()
		at := slices.IndexFunc(known, func(m metric.Metric) bool { return m.ID == "late" })
		if at < 0 || known[at].Head != (metric.Head{}) {
			t.Errorf("a metric that came later: %+v", known)
		}
	})
}
