package live

import (
	"context"
	"slices"
	"strconv"
	"time"

	"telltale/shared/metric"
	"telltale/shared/series"
	"telltale/shared/wire"
)

// past is the moment of what a viewer shows, and how it moves; guarded by Viewer.mu.
//
// A moment that is played goes on as life does, only at another speed: the set is what it
// was at the base, and the film, read ahead in steps, is folded into it step by step as the
// moment comes to the end of each.
type past struct {
	at    int64     // of the set and its heads, ms since 1970; 0: they are live
	base  int64     // as of which the set was asked for; film goes on from there
	speed int64     // how many times as fast as life; 0: it stands still
	began time.Time // when at was begun, where it moves
	from  int64     // and where it was then

	film   map[metric.ID][]series.Row // what comes after what was folded in, oldest first
	step   int64                      // of its rows, ms
	filmed int64                      // up to where everything is in film or in the set
	filmTo int64                      // up to which was asked; 0 where nothing is under way
	caught bool                       // it has come to the present

	rooms map[string]*pastRoom
}

// Speeds are those at which a moment can be played.
var Speeds = [...]int64{1, 10, 60}

const (
	filmAhead = 20_000 // ms of playing that are asked for at once
	filmRows  = 400    // a metric, where that is fine enough for the set's columns
	filmLate  = 2000   // ms that the film stays behind the present: what is posted takes a moment
)

// Moment is what a viewer shows of time.
type Moment struct {
	At     int64 // ms since 1970, of what is shown; 0: it is live
	Speed  int64 // how fast it moves; 0: it stands still
	Caught bool  // it was played up to the present
	Now    int64 // the server's time, ms since 1970
}

// Moment tells whether what is shown is of the past. It is for as long as that is shown,
// though it be live that was asked for.
func (v *Viewer) Moment() (m Moment) {
	v.mu.Lock()
	defer v.mu.Unlock()
	now := time.Now()
	v.move(now)
	return Moment{v.past.at, v.past.speed, v.past.caught, now.Add(v.contact.skew).UnixMilli()}
}

// Play lets the moment that is looked at move on from where it stands; 0 holds it. It does
// nothing where what is looked at is live.
func (v *Viewer) Play(ctx context.Context, speed int64) {
	v.mu.Lock()
	now := time.Now()
	v.move(now)
	if v.look.To == 0 || v.past.speed == speed {
		v.mu.Unlock()
		return
	}
	v.past.speed, v.past.from, v.past.began, v.past.caught = speed, v.past.at, now, false
	v.past.step = v.look.filmStep(speed)
	socket := v.socket
	v.mu.Unlock()
	if speed != 0 && socket != nil {
		v.watch(ctx, socket, false)
	}
}

// filmStep is how finely a film is asked for: no more coarsely than the columns it is folded
// into, or what goes on would look as if it had gaps.
func (l Look) filmStep(speed int64) int64 {
	return max(min(series.StepFor(0, max(speed*filmAhead, 1)-1, filmRows, 0), l.step()), 1000)
}

// begin is called when something else is looked at; v.look is what was until then. The caller
// holds mu.
func (p *past) begin(was, look Look, there int64) {
	switch {
	case look.To == 0, look.To == was.To:
	case was.To == 0 && p.at == 0:
		p.at = there // what is there stays as it is, until the answer comes
		fallthrough
	default:
		p.speed, p.caught = 0, false
	}
	if look.To == 0 {
		p.speed, p.caught = 0, false
	}
}

// askMoment is the watch of a moment; the caller holds mu. A moment that is played begins anew
// from where it is, at the end of a step.
func (v *Viewer) askMoment() wire.Watch {
	p := &v.past
	p.base, p.film, p.filmTo = v.look.To, nil, 0
	if p.speed != 0 {
		v.move(time.Now())
		p.base = series.Floor(p.at+1, p.step) - 1
	}
	p.filmed = p.base
	return wire.Watch{
		ID: strconv.FormatUint(v.ask, 10), Metrics: v.look.Patterns, To: p.base,
		RangeMS: v.look.RangeMS, Points: min(v.look.Points+2, series.MaxPoints), Rate: wire.Rates[0],
	}
}

// hearMoment takes a snapshot of the past; the caller holds mu. It answers false where that
// went on with a film.
func (v *Viewer) hearMoment(snap series.Snapshot) bool {
	p := &v.past
	if p.filmTo != 0 {
		v.take(snap)
		return false
	}
	v.set = v.look.set()
	snap.Resumed = false
	if snap.History == nil {
		snap.History = map[metric.ID][]series.Row{}
	}
	for id := range v.known { // all of them, so that nothing shows what they are now
		if _, has := snap.History[id]; !has && v.look.matches(id) {
			snap.History[id] = nil
		}
	}
	v.set.Load(snap)
	v.shown = v.look
	if p.speed == 0 {
		p.at = p.base
	}
	return true
}

// take takes a stretch of film. One whose steps are wider than was asked for, as of times
// of which nothing finer is kept, is asked for again from the border of such a step.
func (v *Viewer) take(snap series.Snapshot) {
	p := &v.past
	to := p.filmTo
	p.filmTo = 0
	if snap.Step > 0 && snap.Step != p.step {
		p.step = snap.Step
		if (p.filmed+1)%p.step != 0 {
			p.base = 0 // roll asks for all anew
			signal(v.reel)
			return
		}
		to = series.Floor(to+1, p.step) - 1
	}
	if p.film == nil {
		p.film = make(map[metric.ID][]series.Row, len(snap.History))
	}
	for id, rows := range snap.History {
		rows = slices.DeleteFunc(rows, func(r series.Row) bool { return r.Time <= p.filmed || r.Time > to })
		p.film[id] = append(p.film[id], rows...)
	}
	p.filmed = to
}

// move lets the moment that is shown go on to now, as far as is known. The caller holds mu.
func (v *Viewer) move(now time.Time) {
	p := &v.past
	if p.at == 0 || p.speed == 0 || v.look.To == 0 {
		return
	}
	there := now.Add(v.contact.skew).UnixMilli()
	end := there - filmLate - 2*p.step
	at := p.from + now.Sub(p.began).Milliseconds()*p.speed
	if at >= end {
		at, p.caught = max(end, p.at), true
	}
	if known := max(p.filmed, p.at); at > known { // it waits for the film
		at = known
		p.from, p.began = at, now
	}
	p.at = at
	for id, rows := range p.film {
		n := 0
		for n < len(rows) && rows[n].Time+p.step-1 <= at {
			n++
		}
		if n > 0 {
			v.set.Pass(id, rows[:n])
			p.film[id] = rows[n:]
		}
	}
	if _, any := v.lackingPast(); any {
		signal(v.wanted)
	}
	if p.low() {
		signal(v.reel)
	}
}

// low tells whether more film is to be asked for.
func (p *past) low() bool {
	return p.speed != 0 && p.filmTo == 0 && !p.caught && (p.base == 0 || p.filmed-p.at < filmAhead/2*p.speed)
}

// roll asks for film, one stretch at a time.
func (v *Viewer) roll(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-v.reel:
		}
		if w, again, socket := v.nextFilm(); again {
			v.watch(ctx, socket, false)
		} else if socket != nil {
			v.send(ctx, socket, wire.Encode(w))
		}
	}
}

// nextFilm is the next stretch to ask for and where; nowhere while there is none. again says
// that all is to be asked for anew.
func (v *Viewer) nextFilm() (w wire.Watch, again bool, socket Socket) {
	v.mu.Lock()
	defer v.mu.Unlock()
	p := &v.past
	if v.socket == nil || !p.low() || v.pending || v.shown.To == 0 {
		return w, false, nil
	}
	if p.base == 0 {
		return w, true, v.socket
	}
	there := time.Now().Add(v.contact.skew).UnixMilli()
	ahead := max(series.Floor(p.speed*filmAhead, p.step), 2*p.step)
	to := min(p.filmed+ahead, series.Floor(there-filmLate, p.step)-1)
	if to <= p.filmed {
		return w, false, nil
	}
	v.ask++
	p.filmTo = to
	return wire.Watch{
		ID: strconv.FormatUint(v.ask, 10), Metrics: v.look.Patterns, To: to,
		RangeMS: max(to-p.filmed-1, 1), Points: int(min((to-p.filmed)/p.step, series.MaxPoints)), Rate: wire.Rates[0],
	}, false, v.socket
}
