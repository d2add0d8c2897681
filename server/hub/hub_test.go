package hub

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"telltale/shared/metric"
	"telltale/shared/series"
	"telltale/shared/wire"
)

// adds makes n samples of a counter from seq on.
func adds(id metric.ID, seq uint64, n int) []metric.Sample {
	samples := make([]metric.Sample, n)
	for i := range samples {
		samples[i] = metric.Sample{Metric: id, Value: float64(seq), Add: 1, Seq: seq, Time: time.Now().UnixMilli()}
		seq++
	}
	return samples
}

func join(t *testing.T, h *Hub, w Watch) (*Viewer, *Boundary) {
	t.Helper()
	v, err := h.Watch(NewOutbox(), w)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(v.Close)
	frame, at := v.Next()
	if frame != nil || at == nil {
		t.Fatalf("a new viewer got %s, %v, want a boundary", frame, at)
	}
	return v, at
}

func decode(t *testing.T, b []byte) (f series.Frame) {
	t.Helper()
	var d wire.Decoder
	if err := d.Frame(b, &f); err != nil {
		t.Fatalf("%s: %v", b, err)
	}
	return f
}

func TestViewersOfOneFeedShareTheBytesOfAFrame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := New("e", 0, nil)
		a, _ := join(t, h, Watch{Patterns: []string{"x", "y*"}})
		b, _ := join(t, h, Watch{Patterns: []string{"y*", "x", "x"}, Rate: 10})
		h.Publish(adds("x", 1, 3))
		time.Sleep(time.Second)
		one, _ := a.Next()
		two, _ := b.Next()
		if len(one) == 0 || &one[0] != &two[0] {
			t.Errorf("two encodings: %s and %s", one, two)
		}
		if h.Feeds() != 1 {
			t.Errorf("%d feeds", h.Feeds())
		}
	})
}

func TestALateJoinersFirstFrameBeginsAtItsOwnBoundary(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := New("e", 0, nil)
		early, _ := join(t, h, Watch{Patterns: []string{"x"}})
		h.Publish(adds("other", 1, 5))
		late, at := join(t, h, Watch{Patterns: []string{"x"}})
		if at.Seq != 5 {
			t.Errorf("boundary at %d", at.Seq)
		}
		h.Publish(adds("x", 6, 1))
		time.Sleep(time.Second)
		for v, from := range map[*Viewer]uint64{early: 0, late: 5} {
			b, _ := v.Next()
			if f := decode(t, b); f.From != from || f.Seq != 6 || f.Values["x"].Count != 1 {
				t.Errorf("%s, want from %d", b, from)
			}
		}
	})
}

func TestFramesComeAtTheRateAskedForAndOnlyWhenSomethingChanged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := New("e", 0, nil)
		v, _ := join(t, h, Watch{Patterns: []string{"x"}, Rate: 5})
		<-v.out.Ready()
		frames, seq := 0, uint64(1)
		for range 1000 { // 10 s
			h.Publish(adds("x", seq, 1))
			seq++
			time.Sleep(10 * time.Millisecond)
			if b, _ := v.Next(); b != nil {
				frames++
			}
		}
		if frames < 49 || frames > 51 {
			t.Errorf("%d frames in 10 s", frames)
		}
		time.Sleep(time.Second)
		v.Next()
		select {
		case <-v.out.Ready():
		default:
		}
		time.Sleep(time.Hour)
		select {
		case <-v.out.Ready():
			t.Error("an idle feed woke its viewer")
		default:
		}
	})
}

func TestAnIsolatedSampleIsSentAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := New("e", 0, nil)
		v, _ := join(t, h, Watch{Patterns: []string{"x"}, Rate: 1})
		<-v.out.Ready()
		time.Sleep(time.Minute)
		begun := time.Now()
		h.Publish(adds("x", 1, 1))
		<-v.out.Ready()
		if waited := time.Since(begun); waited > 0 {
			t.Errorf("it waited %v", waited)
		}
	})
}

func TestABusyFeedGivesAJoinerItsBoundaryWithin50ms(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := New("e", 0, nil)
		join(t, h, Watch{Patterns: []string{"x"}, Rate: 1})
		h.Publish(adds("x", 1, 1))
		time.Sleep(20 * time.Millisecond)
		h.Publish(adds("x", 2, 1)) // pending until the second is over
		out := NewOutbox()
		v, err := h.Watch(out, Watch{Patterns: []string{"x"}, Rate: 1})
		if err != nil {
			t.Fatal(err)
		}
		defer v.Close()
		begun := time.Now()
		for {
			if _, at := v.Next(); at != nil {
				if at.Seq != 2 || at.Values["x"].Value != 2 {
					t.Errorf("boundary %+v", at)
				}
				break
			}
			<-out.Ready()
		}
		if waited := time.Since(begun); waited > 50*time.Millisecond {
			t.Errorf("it waited %v", waited)
		}
	})
}

func TestASlowViewerGetsOneMergedFrame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := New("e", 0, nil)
		v, _ := join(t, h, Watch{Patterns: []string{"x"}})
		for i := range uint64(100) {
			h.Publish(adds("x", i+1, 1))
			time.Sleep(time.Second)
		}
		b, _ := v.Next()
		f := decode(t, b)
		if got := f.Values["x"]; f.From != 0 || f.Seq != 100 || got.Count != 100 || got.Min != 1 || got.Max != 100 || got.Sum != 100 {
			t.Errorf("merged into %s", b)
		}
		if b, at := v.Next(); b != nil || at != nil {
			t.Errorf("after it came %s, %v", b, at)
		}
	})
}

func TestViewersThatAreBehindTogetherShareTheirMergedFrame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := New("e", 0, nil)
		a, _ := join(t, h, Watch{Patterns: []string{"x"}})
		b, _ := join(t, h, Watch{Patterns: []string{"x"}})
		c, _ := join(t, h, Watch{Patterns: []string{"x"}})
		seq := uint64(0)
		publish := func(n int) {
			for range n {
				seq++
				h.Publish(adds("x", seq, 1))
				time.Sleep(time.Second)
			}
		}
		publish(1)
		c.Next()
		publish(lag)
		first, _ := a.Next()
		second, _ := b.Next()
		if &first[0] != &second[0] {
			t.Error("each has bytes of its own")
		}
		publish(1)
		if third, _ := c.Next(); decode(t, third).From != 1 || decode(t, third).Seq != seq || decode(t, third).Values["x"].Count != lag+1 {
			t.Errorf("from another place, and after another frame, one gets %s", third)
		}
		if next, _ := a.Next(); decode(t, next).From != seq-1 || decode(t, next).Values["x"].Count != 1 {
			t.Errorf("what follows is %s", next)
		}
	})
}

func TestAViewerTwoFramesBehindIsSentBothOrWhereTheyHoldALotOne(t *testing.T) {
	for metrics, frames := range map[int]int{1: 2, lagWeight / 2: 2, lagWeight/2 + 1: 1} {
		synctest.Test(t, func(t *testing.T) {
			h := New("e", 0, nil)
			v, _ := join(t, h, Watch{Patterns: []string{"*"}, Rate: 1})
			h.Publish(adds("m0", 1, 1))
			time.Sleep(time.Second / 2)
			v.Next()
			seq := uint64(1)
			for range 2 { // each time half a second before a frame is cut, or that may be amid them
				for i := range metrics {
					seq++
					h.Publish(adds(metric.ID(fmt.Sprintf("m%d", i)), seq, 1))
				}
				time.Sleep(time.Second)
			}
			from, count := uint64(1), int64(0)
			for range frames {
				b, _ := v.Next()
				f := decode(t, b)
				if f.From != from {
					t.Errorf("%d metrics: a frame from %d follows one to %d", metrics, f.From, from)
				}
				from = f.Seq
				for _, b := range f.Values {
					count += b.Count
				}
			}
			if b, _ := v.Next(); b != nil || from != seq || count != int64(2*metrics) {
				t.Errorf("%d metrics: in %d frames came %d changes, up to %d of %d, and then %q", metrics, frames, count, from, seq, b)
			}
		})
	}
}

func TestWhereTheRingNoLongerReachesAViewerBeginsAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := New("e", 0, nil)
		v, _ := join(t, h, Watch{Patterns: []string{"x"}})
		h.Publish(adds("x", 1, 1))
		time.Sleep(time.Second)
		v.Next()
		for i := range uint64(ringFrames + 1) {
			h.Publish(adds("x", i+2, 1))
			time.Sleep(time.Second)
		}
		_, at := v.Next()
		if at == nil || at.Resume || at.Seq != ringFrames+2 || at.Values["x"].Value != ringFrames+2 {
			t.Errorf("boundary %+v", at)
		}
	})
}

func TestARingIsBoundedByItsBucketsToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := New("e", 0, nil)
		v, _ := join(t, h, Watch{Patterns: []string{"*"}, Rate: 20})
		seq := uint64(1)
		for range 20 {
			for i := range ringBuckets / 4 {
				h.Publish(adds(metric.ID(fmt.Sprintf("m%d", i)), seq, 1))
				seq++
			}
			time.Sleep(time.Second)
		}
		f := v.feed
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.buckets > ringBuckets || f.buckets < ringBuckets/2 {
			t.Errorf("the ring holds %d frames of %d buckets", len(f.ring), f.buckets)
		}
	})
}

func TestWhoComesBackResumesOnlyWhereNothingIsMissing(t *testing.T) {
	h := New("life", 10, []metric.Metric{{ID: "x", Head: metric.Head{Seq: 10, Value: 4, Time: 1}}})
	for _, c := range []struct {
		name   string
		watch  Watch
		resume bool
	}{
		{"in this life", Watch{Since: 9, Epoch: "life"}, true},
		{"with all there is", Watch{Since: 10, Epoch: "life"}, true},
		{"of another life", Watch{Since: 9, Epoch: "other"}, false},
		{"new", Watch{}, false},
		{"from the future", Watch{Since: 11, Epoch: "life"}, false},
	} {
		c.watch.Patterns = []string{"x"}
		if _, at := join(t, h, c.watch); at.Resume != c.resume || at.Seq != 10 || at.Values["x"].Value != 4 {
			t.Errorf("%s: %+v", c.name, at)
		}
	}
	h.Forget("x")
	_, at := join(t, h, Watch{Patterns: []string{"x"}, Since: 10, Epoch: "life"})
	if at.Resume || len(at.Values) != 0 {
		t.Errorf("after x was forgotten: %+v", at)
	}
}

func TestADeclarationOrADeletionMakesViewersTakeAFreshSnapshot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := New("e", 0, nil)
		v, _ := join(t, h, Watch{Patterns: []string{"x"}})
		other, _ := join(t, h, Watch{Patterns: []string{"z"}})
		for i, change := range []func(metric.ID){h.Refresh, h.Forget, h.Refresh} {
			h.Publish(adds("x", uint64(i)+1, 1))
			change("x")
			_, at := v.Next()
			if at == nil || at.Resume || at.Seq != uint64(i)+1 || len(at.Values) != 1-i%2 && i < 2 {
				t.Errorf("change %d: %+v", i, at)
			}
		}
		time.Sleep(time.Second)
		if b, at := other.Next(); b != nil || at != nil {
			t.Errorf("who does not watch it got %s, %v", b, at)
		}
	})
}

func TestABoundaryThatTheStoreIsPastIsFollowedByALaterOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := New("e", 5, nil)
		v, at := join(t, h, Watch{Patterns: []string{"x"}, Since: 3, Epoch: "e"})
		v.Passed(at)
		if b, again := v.Next(); b != nil || again != nil {
			t.Fatalf("got %s, %+v though nothing is later", b, again)
		}
		h.Publish(adds("other", 6, 1))
		for {
			<-v.out.Ready()
			if _, at = v.Next(); at != nil {
				break
			}
		}
		if at.Seq != 6 || !at.Resume || at.Since != 3 {
			t.Errorf("then came %+v", at)
		}
	})
}

func TestTheLastViewerEndsTheFeed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := New("e", 0, nil)
		a, _ := join(t, h, Watch{Patterns: []string{"*"}})
		b, _ := join(t, h, Watch{Patterns: []string{"*"}})
		h.Publish(adds("x", 1, 1))
		h.Publish(adds("x", 2, 1))
		a.Close()
		a.Close()
		if h.Feeds() != 1 {
			t.Error("the feed ended under its viewer")
		}
		b.Close()
		if h.Feeds() != 0 || len(h.metrics["x"].feeds) != 0 {
			t.Error("the feed goes on without viewers")
		}
		h.Forget("x")
		time.Sleep(time.Minute) // a timer that still ran would find the metric gone
		if frame, at := b.Next(); frame != nil || at != nil {
			t.Error("a closed viewer was given something")
		}
	})
}

func TestAWatchThatCannotBeMeantIsRefused(t *testing.T) {
	h := New("e", 0, nil)
	for _, w := range []Watch{
		{}, {Patterns: []string{""}}, {Patterns: []string{"1x"}}, {Patterns: []string{`a{b="c"`}}, {Patterns: []string{"a"}, Rate: 3},
		{Patterns: []string{strings.Repeat("a*", MaxGlob)}}, {Patterns: make([]string, MaxPatterns+1)},
		{Patterns: strings.Split(strings.Repeat("*a,", MaxGlobs+1)+"x", ",")},
	} {
		if v, err := h.Watch(NewOutbox(), w); err == nil {
			v.Close()
			t.Errorf("%.60v was taken", w)
		}
	}
	if h.Feeds() != 0 {
		t.Errorf("%d feeds are left", h.Feeds())
	}
}

func TestDifferentSelectionsAreBounded(t *testing.T) {
	h := New("e", 0, nil)
	for i := range MaxFeeds {
		if _, err := h.Watch(NewOutbox(), Watch{Patterns: []string{fmt.Sprintf("m%d", i)}}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := h.Watch(NewOutbox(), Watch{Patterns: []string{"one.more"}}); !errors.Is(err, ErrFeeds) {
		t.Errorf("one more: %v", err)
	}
	if _, err := h.Watch(NewOutbox(), Watch{Patterns: []string{"m1"}}); err != nil {
		t.Errorf("one that exists: %v", err)
	}
}

func TestASelectionMatchesWhatItsPatternsMatch(t *testing.T) {
	ids := []metric.ID{"a", "ab", `a{x="1"}`, `a{x="2"}`, `ab{x="1"}`, "b"}
	for _, patterns := range [][]string{{"a"}, {`a{x="1"}`}, {"a*"}, {"*"}, {"*1*", "b"}, {`a{x="*"}`}, {"c"}} {
		s := newSelection(patterns)
		for _, id := range ids {
			want := false
			for _, p := range patterns {
				want = want || metric.Match(p, id)
			}
			if s.matches(id) != want {
				t.Errorf("%q matches %s: %v", patterns, id, !want)
			}
		}
	}
}
