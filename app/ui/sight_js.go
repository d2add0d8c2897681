package ui

import (
	"slices"
	"strings"
	"syscall/js"
	"time"

	"telltale/app/live"
)

// What a page watches is what it can show: the metrics of cards in sight or less than a
// screen away, nothing while nobody looks, as many columns as its widest drawing has pixels,
// as often as it can draw.
const (
	awayAfter  = 5 * time.Second        // hidden, before nothing is watched
	gatherFor  = 120 * time.Millisecond // scrolling
	mostNarrow = 1000                   // patterns of one watch
	firstNear  = 6                      // metrics: a phone's screen and the next one have as many
)

// columns are how many a page asks for, so that another width seldom asks anew.
var columns = [...]int{300, 600, 1200, 2000}

// sight is what the page can show.
type sight struct {
	observer js.Value
	known    bool // the observer has spoken
	live     bool // the page was
	away     bool // nobody has looked for a while
	leave    *time.Timer
	again    *time.Timer
	points   int           // of the widest drawing that was in sight since the place was opened
	rate     int           // frames a second that the machine can draw; 0: as usual
	took     time.Duration // a frame's script, of late
	rated    time.Time
}

// near has the page told when a card comes near.
func (s *stage) near(st *stageCard) {
	if s.sight.observer.IsUndefined() {
		seen := js.FuncOf(func(_ js.Value, args []js.Value) any {
			for i := range args[0].Length() {
				entry := args[0].Index(i)
				card := entry.Get("target")
				if st, is := s.nth[card.Get("telltaleCard").Int()].(*stageCard); is {
					st.near = entry.Get("isIntersecting").Bool()
				}
				s.sight.known = s.sight.known || card.Get("isConnected").Bool() // what is not on the page yet is told of, too
			}
			s.gather()
			return nil
		})
		s.sight.observer = js.Global().Get("IntersectionObserver").New(seen, map[string]any{"rootMargin": "100% 0px"})
	}
	s.sight.observer.Call("observe", st.plot)
}

// gather looks anew, once what moves has moved on a little.
func (s *stage) gather() {
	if s.sight.again == nil {
		s.sight.again = time.AfterFunc(time.Hour, func() {
			if s.viewer != nil {
				s.viewer.Look(s.ctx, s.looks())
				s.moreCards()
			}
		})
		s.sight.again.Reset(0)
		return
	}
	s.sight.again.Reset(gatherFor)
}

// seesNobody is told when the page is hidden or shown again.
func (s *stage) seesNobody(hidden bool) {
	if s.sight.leave == nil {
		s.sight.leave = time.AfterFunc(time.Hour, func() { s.sight.away = s.hidden; s.gather() })
	}
	s.sight.leave.Stop()
	if hidden {
		s.sight.leave.Reset(awayAfter)
		return
	}
	if s.sight.away {
		s.sight.away = false
		s.viewer.Look(s.ctx, s.looks())
	}
}

// narrow has a look be at what is in sight. Where that is all, it stays as it is: one look
// for all who see the board, and new metrics come with it.
func (s *stage) narrow(look *live.Look) {
	look.All = look.Patterns
	if s.sight.away {
		look.Patterns, look.Idle = nil, true
		return
	}
	look.Points, look.Rate = s.fit(look)
	if !s.sight.known { // the cards do not stand on the page yet: the first of them are taken for near
		named := slices.DeleteFunc(slices.Clone(look.Patterns), func(p string) bool { return strings.ContainsAny(p, "*{") })
		look.Patterns = named[:min(len(named), firstNear)]
		return
	}
	all := true
	var near []string
	for _, st := range s.cards {
		if all = all && st.near; !st.near {
			continue
		}
		for _, q := range st.card.Panel.Queries {
			if !strings.ContainsAny(q.Metric, "*{") {
				near = append(near, q.Metric)
			}
		}
		for _, m := range st.card.Shown {
			near = append(near, string(m.ID))
		}
	}
	slices.Sort(near)
	if near = slices.Compact(near); !all && len(near) <= mostNarrow {
		look.Patterns = near
	}
}

// fit is how many columns and how many frames a second the page can show.
func (s *stage) fit(look *live.Look) (points, rate int) {
	widest := 0.0
	for _, st := range s.cards {
		if st.near {
			widest = max(widest, st.width)
		}
	}
	s.sight.points = max(s.sight.points, look.Points)
	for _, n := range columns {
		if s.sight.points < n && widest > 1.25*float64(s.sight.points) {
			s.sight.points = n
		}
	}
	if s.sight.rate != 0 {
		look.Rate = s.sight.rate
	}
	return s.sight.points, look.Rate
}

// drew takes notice of how long a frame's script took: a page that would spend more than a
// fifth of its time drawing asks for fewer frames.
func (s *stage) drew(took time.Duration) {
	a := &s.sight
	a.took += (took - a.took) / 16
	now := time.Now()
	if a.rated.IsZero() {
		a.rated = now
	}
	if now.Sub(a.rated) < 5*time.Second {
		return
	}
	rate := 10
	for _, slower := range []int{5, 1} {
		if a.took*time.Duration(rate) > 200*time.Millisecond {
			rate = slower
		}
	}
	if a.rate == 0 {
		a.rate = 10
	}
	if rate < a.rate || rate > a.rate && now.Sub(a.rated) > 30*time.Second {
		a.rate, a.rated = rate, now
		s.gather()
	} else if rate == a.rate {
		a.rated = now
	}
}

// markLive marks the moment at which the page was live first, for those who measure.
func (s *stage) markLive() {
	if !s.sight.live {
		s.sight.live = true
		js.Global().Get("performance").Call("mark", "telltale-live")
	}
}

// moreCards presses the button that shows more of a board once it is less than a screen away.
func (s *stage) moreCards() {
	more := js.Global().Get("document").Call("querySelector", "#board > .more")
	if more.Truthy() && more.Call("getBoundingClientRect").Get("top").Float() < 2*js.Global().Get("innerHeight").Float() {
		more.Call("click")
	}
}
