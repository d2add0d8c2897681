package hub

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"telltale/shared/metric"
	"telltale/shared/series"
	"telltale/shared/wire"
)

// truth is the plain model: every sample in order, and the hub that hears of it.
type truth struct {
	mu      sync.Mutex
	hub     *Hub
	seq     uint64
	samples []metric.Sample
	heads   map[metric.ID]metric.Head
}

func newTruth() *truth {
	return &truth{hub: New("life", 0, nil), heads: map[metric.ID]metric.Head{}}
}

// publish makes n samples of random metrics and tells the hub, as one commit.
func (tr *truth) publish(r *rand.Rand, n int) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	batch := make([]metric.Sample, n)
	for i := range batch {
		id := metric.ID(fmt.Sprintf("m%d", r.IntN(6)))
		if r.IntN(3) == 0 {
			id += `{x="1"}`
		}
		tr.seq++
		s := metric.Sample{Metric: id, Seq: tr.seq, Time: time.Now().UnixMilli() - int64(r.IntN(3))*int64(r.IntN(400)), Value: float64(r.IntN(200)) / 4}
		head := tr.heads[id]
		if r.IntN(2) == 0 {
			s.Add = float64(1+r.IntN(9)) / 2
			s.Value = head.Value + s.Add
		}
		head.Apply(s)
		tr.heads[id] = head
		batch[i] = s
	}
	tr.samples = append(tr.samples, batch...)
	tr.hub.Publish(batch)
}

func (tr *truth) forget(id metric.ID) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	delete(tr.heads, id)
	kept := tr.samples[:0:0]
	for _, s := range tr.samples {
		if s.Metric != id {
			kept = append(kept, s)
		}
	}
	tr.samples = kept
	tr.hub.Forget(id)
}

// history are the samples since < seq ≤ upTo that match, a row each.
func (tr *truth) history(match func(metric.ID) bool, since, upTo uint64) map[metric.ID][]series.Row {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	rows := map[metric.ID][]series.Row{}
	for _, s := range tr.samples {
		if s.Seq > since && s.Seq <= upTo && match(s.Metric) {
			rows[s.Metric] = append(rows[s.Metric], series.Of(s).Row(s.Time))
		}
	}
	return rows
}

// reader folds what one viewer is given.
type reader struct {
	t       *testing.T
	truth   *truth
	r       *rand.Rand
	watch   Watch
	sel     selection
	set     *series.Set
	resumed int
	frames  int
}

func (rd *reader) load(v *Viewer, at *Boundary) {
	time.Sleep(time.Duration(rd.r.IntN(20)) * time.Millisecond)
	if rd.r.IntN(5) == 0 {
		v.Passed(at)
		return
	}
	snap := series.Snapshot{Epoch: at.Epoch, Seq: at.Seq, Values: at.Values, Resumed: at.Resume && rd.r.IntN(4) > 0}
	since := uint64(0)
	if snap.Resumed {
		since = at.Since
		if since != rd.set.Seq {
			rd.t.Errorf("resumes from %d, the viewer has %d", since, rd.set.Seq)
		}
		rd.resumed++
	}
	snap.History = rd.truth.history(rd.sel.matches, since, at.Seq)
	rd.set.Reach(time.Now().UnixMilli())
	rd.set.Load(snap)
}

func (rd *reader) apply(b []byte) {
	var d wire.Decoder
	var f series.Frame
	if err := d.Frame(b, &f); err != nil {
		rd.t.Fatal(err)
	}
	if err := rd.set.Apply(f); err != nil {
		rd.t.Errorf("frame %d…%d after %d: %v", f.From, f.Seq, rd.set.Seq, err)
	}
	rd.frames++
}

// read lives as a viewer that is slow now and then and comes back at random.
func (rd *reader) read(done <-chan struct{}) {
	for {
		out := NewOutbox()
		v, err := rd.truth.hub.Watch(out, rd.watch)
		if err != nil {
			rd.t.Error(err)
			return
		}
		ended := rd.session(v, out, done)
		v.Close()
		if ended {
			return
		}
		time.Sleep(time.Duration(rd.r.IntN(2000)) * time.Millisecond)
		rd.watch.Since, rd.watch.Epoch = rd.set.Seq, rd.set.Epoch
	}
}

func (rd *reader) session(v *Viewer, out *Outbox, done <-chan struct{}) (ended bool) {
	for {
		frame, at := v.Next()
		switch {
		case frame != nil:
			rd.apply(frame)
		case at != nil:
			rd.load(v, at)
		default:
			select {
			case <-out.Ready():
			case <-done:
				return true
			}
		}
		switch rd.r.IntN(60) {
		case 0:
			time.Sleep(time.Duration(rd.r.IntN(40_000)) * time.Millisecond)
		case 1:
			select {
			case <-done:
			default:
				return false
			}
		}
	}
}

// compare checks the folded set against the plain fold of all samples.
func (rd *reader) compare(name string) {
	rd.set.Reach(time.Now().UnixMilli())
	rd.truth.mu.Lock()
	defer rd.truth.mu.Unlock()
	want := map[metric.ID]*series.Bucket{}
	for _, s := range rd.truth.samples {
		if rd.sel.matches(s.Metric) {
			if want[s.Metric] == nil {
				want[s.Metric] = &series.Bucket{}
			}
			want[s.Metric].Add(s)
		}
	}
	if len(want) != len(rd.set.Metrics) {
		rd.t.Errorf("%s: %d metrics, want %d", name, len(rd.set.Metrics), len(want))
	}
	for id, w := range want {
		e := rd.set.Metrics[id]
		if e == nil {
			rd.t.Errorf("%s: %s is missing", name, id)
			continue
		}
		var got series.Bucket
		for k, next := e.Series.Bounds(); k < next; k++ {
			got.Merge(e.Series.Column(k))
		}
		if got.Count != w.Count || got.Sum != w.Sum || got.Min != w.Min || got.Max != w.Max {
			rd.t.Errorf("%s: %s is %+v, want %+v", name, id, got, *w)
		}
		if head := rd.truth.heads[id]; e.Head.Value != head.Value || e.Head.Time != head.Time {
			rd.t.Errorf("%s: head of %s is %+v, want %+v", name, id, e.Head, head)
		}
	}
}

func TestEveryViewerFoldsToTheTruthWhateverTheSchedule(t *testing.T) {
	resumed, merged := 0, 0
	for seed := range uint64(8) {
		synctest.Test(t, func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 1))
			tr, done := newTruth(), make(chan struct{})
			var readers []*reader
			var all sync.WaitGroup
			for i, patterns := range [][]string{{"*"}, {"m1"}, {`m2{x="1"}`, "m3"}, {"m*"}, {"*"}, {"*1*"}, {"nobody"}} {
				rd := &reader{t: t, truth: tr, r: rand.New(rand.NewPCG(seed, uint64(i)+2)), sel: newSelection(patterns),
					watch: Watch{Patterns: patterns, Rate: wire.Rates[r.IntN(len(wire.Rates))]}, set: series.NewSet(1000, 100_000)}
				readers = append(readers, rd)
				all.Go(func() { rd.read(done) })
			}
			for range 400 {
				tr.publish(r, 1+r.IntN(20))
				switch r.IntN(100) {
				case 0:
					tr.forget(metric.ID(fmt.Sprintf("m%d", r.IntN(6))))
				case 1:
					tr.hub.Refresh(metric.ID("m1"))
				case 2:
					time.Sleep(10 * time.Second)
				}
				time.Sleep(time.Duration(r.IntN(30)*r.IntN(30)) * time.Millisecond)
			}
			time.Sleep(3 * time.Minute) // everybody reads on, at leisure
			close(done)
			all.Wait()
			for i, rd := range readers {
				rd.compare(fmt.Sprintf("seed %d viewer %d", seed, i))
				resumed += rd.resumed
				merged += rd.frames
			}
			if n := tr.hub.Feeds(); n != 0 {
				t.Errorf("%d feeds are left", n)
			}
		})
		if t.Failed() {
			return
		}
	}
	if resumed == 0 || merged == 0 {
		t.Errorf("%d resumes and %d frames: the schedules try nothing", resumed, merged)
	}
}
