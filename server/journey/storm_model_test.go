package journey

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"sort"
	"strings"
	"time"

	"telltale/shared/metric"
	"telltale/shared/series"
)

// asked is what a client asks for once, however often it has to: mutations, or a message.
type asked struct {
	key     string
	changes []change
	atomic  bool
	room    string // of a message
	content string
	sender  string

	first, last time.Duration // since the storm began: when it was asked first, and answered
	seq         uint64        // of the message
}

// change is a mutation and its answer.
type change struct {
	metric  metric.ID
	set     bool
	value   float64
	refused bool
	seq     uint64
	result  float64
}

// refusals are the changes that were refused, each together with those that it was refused with.
func (a *asked) refusals() (all [][]change) {
	for i, c := range a.changes {
		switch {
		case c.refused && a.atomic:
			return [][]change{a.changes}
		case c.refused:
			all = append(all, a.changes[i:i+1])
		}
	}
	return all
}

// bounds of the metrics that have others than none.
var bounds = map[metric.ID][2]float64{
	"orders": {0, math.Inf(1)}, "t.c0": {0, math.Inf(1)}, "t.c1": {0, math.Inf(1)}, "t.c2": {0, math.Inf(1)}, "t.tank": {-5, 20},
}

// within tells whether a metric may have a value.
func within(id metric.ID, value float64) bool {
	b, has := bounds[id]
	return !has || b[0] <= value && value <= b[1]
}

// plain is the model: all that was accepted, in one row.
type plain struct {
	seqs  map[metric.ID][]uint64 // of each metric's samples, rising
	value map[metric.ID][]float64
	add   map[metric.ID][]float64
	last  uint64
}

// at is a metric's value as of a seq, and whether it has one.
func (p *plain) at(id metric.ID, seq uint64) (float64, bool) {
	n := p.upTo(id, seq)
	if n == 0 {
		return 0, false
	}
	return p.value[id][n-1], true
}

// upTo is how many samples a metric has up to a seq.
func (p *plain) upTo(id metric.ID, seq uint64) int {
	s := p.seqs[id]
	return sort.Search(len(s), func(i int) bool { return s[i] > seq })
}

// model applies all that was accepted in order of seq, as one who has nothing but a map would.
// It answers what it finds wrong, and how many seqs nobody was told of.
func model(all []*asked) (p *plain, untold int, wrong []string) {
	p = &plain{seqs: map[metric.ID][]uint64{}, value: map[metric.ID][]float64{}, add: map[metric.ID][]float64{}}
	say := func(format string, about ...any) { wrong = append(wrong, fmt.Sprintf(format, about...)) }
	type accepted struct {
		*change
		key string
	}
	var rows []accepted
	for _, a := range all {
		for i := range a.changes {
			if c := &a.changes[i]; !c.refused {
				rows = append(rows, accepted{c, a.key})
			}
		}
	}
	slices.SortFunc(rows, func(a, b accepted) int { return cmp.Compare(a.seq, b.seq) })
	values := map[metric.ID]float64{}
	for _, r := range rows {
		switch {
		case r.seq == 0:
			say("%s was answered without a seq", r.key)
		case r.seq == p.last:
			say("seq %d was given twice, to %s too", r.seq, r.key)
		}
		untold += int(max(r.seq, p.last+1) - p.last - 1)
		p.last = max(r.seq, p.last)
		before := values[r.metric]
		after := r.value
		if !r.set {
			after = before + r.value
		}
		if after != r.result || !within(r.metric, after) {
			say("%s as seq %d: %s was %v, %v (set %v) was answered %v", r.key, r.seq, r.metric, before, r.value, r.set, r.result)
		}
		values[r.metric] = after
		p.seqs[r.metric], p.value[r.metric] = append(p.seqs[r.metric], r.seq), append(p.value[r.metric], after)
		if r.set {
			r.value = 0
		}
		p.add[r.metric] = append(p.add[r.metric], r.value)
	}
	return p, untold, append(wrong, p.inTime(all)...)
}

// inTime holds the order of seqs against the order of time: what was answered before something
// was asked comes before it; and what was refused could be refused at some point in between.
func (p *plain) inTime(all []*asked) (wrong []string) {
	type moment struct {
		at  time.Duration
		end bool
		a   *asked
	}
	var moments []moment
	for _, a := range all {
		if len(a.changes) > 0 {
			moments = append(moments, moment{a.first, false, a}, moment{a.last, true, a})
		}
	}
	slices.SortStableFunc(moments, func(a, b moment) int { return cmp.Compare(a.at, b.at) })
	floor, ceiling := map[*asked]uint64{}, map[*asked]uint64{}
	var highest uint64
	for _, m := range moments {
		if !m.end {
			floor[m.a] = highest
			continue
		}
		for _, c := range m.a.changes {
			highest = max(highest, c.seq)
		}
	}
	lowest := p.last + 1
	for _, m := range slices.Backward(moments) {
		if m.end {
			ceiling[m.a] = lowest
			continue
		}
		for _, c := range m.a.changes {
			if c.seq != 0 {
				lowest = min(lowest, c.seq)
			}
		}
	}
	for _, a := range all {
		for _, c := range a.changes {
			if !c.refused && c.seq <= floor[a] {
				wrong = append(wrong, fmt.Sprintf("%s got seq %d, though %d was answered before it was asked", a.key, c.seq, floor[a]))
			}
		}
		for _, changes := range a.refusals() {
			if !p.refusable(changes, floor[a], ceiling[a]-1) {
				wrong = append(wrong, fmt.Sprintf("%s was refused, and nowhere from seq %d to %d was there a reason: %+v", a.key, floor[a], ceiling[a]-1, changes))
			}
		}
	}
	return wrong
}

// refusable tells whether what was asked would be refused at some seq of those.
func (p *plain) refusable(changes []change, from, to uint64) bool {
	points := []uint64{from}
	for _, c := range changes {
		s := p.seqs[c.metric]
		for i := p.upTo(c.metric, from); i < len(s) && s[i] <= to; i++ {
			points = append(points, s[i])
		}
	}
	for _, seq := range points {
		values := map[metric.ID]float64{}
		for _, c := range changes {
			v, has := values[c.metric]
			if !has {
				v, _ = p.at(c.metric, seq)
			}
			if c.set {
				v = 0
			}
			if values[c.metric] = v + c.value; !within(c.metric, values[c.metric]) {
				return true
			}
		}
	}
	return false
}

// bucket is the fold of a metric's samples after from, up to seq to.
func (p *plain) bucket(id metric.ID, from, to uint64) (b series.Bucket) {
	for i := p.upTo(id, from); i < p.upTo(id, to); i++ {
		b.Merge(series.Of(metric.Sample{Value: p.value[id][i], Add: p.add[id][i]}))
	}
	return b
}

// alike tells whether two buckets say the same but for their times.
func alike(a, b series.Bucket) bool {
	return a.Last == b.Last && a.Min == b.Min && a.Max == b.Max && a.Sum == b.Sum && a.Count == b.Count
}

// seen tells whether a metric is one of those that are watched.
func seen(id metric.ID) bool { return id == "orders" || strings.HasPrefix(string(id), "t.") }

// view is what a viewer makes of snapshots and frames, over all its connections.
type view struct {
	epoch  string
	seq    uint64
	values map[metric.ID]series.Point

	open    stretch
	done    []stretch
	shots   []state
	kept    []series.Frame // some, whole
	resumed int
	frames  int
	wrong   []string
}

// stretch is what frames, and snapshots that resumed, told without a hole.
type stretch struct {
	from, to uint64
	folds    map[metric.ID]series.Bucket
}

// state is what a snapshot said is.
type state struct {
	seq    uint64
	values map[metric.ID]series.Point
}

func (v *view) problem(format string, about ...any) {
	if len(v.wrong) < 5 {
		v.wrong = append(v.wrong, fmt.Sprintf(format, about...))
	}
}

func (v *view) snapshot(s series.Snapshot) {
	if s.Epoch == "" { // of a process that has not met Redis yet
		if len(s.Values) > 0 || s.Resumed {
			v.problem("a snapshot of no epoch: %+v", s)
		}
		v.close()
		v.seq, v.values, v.open = 0, s.Values, stretch{folds: map[metric.ID]series.Bucket{}}
		return
	}
	if v.epoch != "" && s.Epoch != v.epoch {
		v.problem("the epoch %s became %s", v.epoch, s.Epoch)
	}
	if s.Seq < v.seq {
		v.problem("it had what was as of seq %d, and is shown what was as of %d", v.seq, s.Seq)
	}
	v.shots = append(v.shots, state{s.Seq, s.Values})
	if s.Resumed && s.Seq >= v.seq && v.open.folds != nil {
		v.resumed++
		for id, rows := range s.History {
			for _, r := range rows {
				v.fold(id, r.Bucket())
			}
		}
		v.open.to = s.Seq
	} else {
		if s.Resumed {
			v.problem("resumed at %d, it was at %d", s.Seq, v.seq)
		}
		v.close()
		v.open = stretch{from: s.Seq, to: s.Seq, folds: map[metric.ID]series.Bucket{}}
	}
	v.epoch, v.seq = s.Epoch, s.Seq
	v.values = maps.Clone(s.Values)
}

func (v *view) close() {
	if v.open.to > v.open.from {
		v.done = append(v.done, v.open)
	}
}

func (v *view) fold(id metric.ID, b series.Bucket) {
	b.Time = 0 // the later one is the newer one
	f := v.open.folds[id]
	f.Merge(b)
	v.open.folds[id] = f
}

func (v *view) frame(f series.Frame) {
	if f.From != v.seq || f.Seq < f.From {
		v.problem("a frame from %d to %d after %d", f.From, f.Seq, v.seq)
	}
	for id, b := range f.Values {
		v.values[id] = series.Point{Time: b.Time, Value: b.Last}
		v.fold(id, b)
	}
	if v.frames++; v.frames%16 == 0 {
		kept := f
		kept.Values = maps.Clone(f.Values)
		v.kept = append(v.kept, kept)
	}
	v.seq, v.open.to = f.Seq, f.Seq
}

// check holds all that a viewer was shown against the model.
func (v *view) check(p *plain) (wrong []string) {
	wrong = v.wrong
	say := func(format string, about ...any) {
		if len(wrong) < 10 {
			wrong = append(wrong, fmt.Sprintf(format, about...))
		}
	}
	if v.seq != p.last {
		say("it shows what was as of seq %d, and now is %d", v.seq, p.last)
	}
	for _, s := range append(v.shots, state{v.seq, v.values}) {
		for id := range p.seqs {
			is, has := p.at(id, s.seq)
			shown, shows := s.values[id]
			if seen(id) && (has != shows || shown.Value != is) {
				say("as of seq %d it shows %s as %v, %v, it is %v, %v", s.seq, id, shown.Value, shows, is, has)
			}
		}
	}
	v.close()
	for _, s := range v.done {
		for id := range p.seqs {
			if want := p.bucket(id, s.from, s.to); seen(id) && !alike(s.folds[id], want) {
				say("from seq %d to %d it was told of %s: %+v, want %+v", s.from, s.to, id, s.folds[id], want)
			}
		}
	}
	for _, f := range v.kept {
		for id := range p.seqs {
			if want := p.bucket(id, f.From, f.Seq); seen(id) && !alike(f.Values[id], want) {
				say("the frame from seq %d to %d has of %s: %+v, want %+v", f.From, f.Seq, id, f.Values[id], want)
			}
		}
	}
	return wrong
}
