package ui

import (
	"syscall/js"
	"time"

	"telltale/app/live"
	"telltale/shared/chart"
	"telltale/shared/fresh"
	"telltale/shared/metric"
	"telltale/shared/series"
)

// stale tells whether the whole page may be out of date: there is no contact, or none yet
// for too long.
func (s *stage) stale(c live.Contact) bool {
	switch c.State {
	case live.Live:
		return false
	case live.Connecting:
		return fresh.Of(c.Now, 0, c.Values, 0) == fresh.Cut
	}
	return true
}

// Trust is the badge of a card that go-app makes anew; before the first contact is sought, as the page was made with it.
func (s *stage) Trust(c *Card) (said fresh.Badge) {
	if s.viewer == nil {
		return c.firstBadge()
	}
	s.viewer.See(func(_ *series.Set, _ int64, contact live.Contact) { said = s.badge(c, contact, s.stale(contact)) })
	return said
}

// badge says how far a card's values may be trusted; only a function that See has called may
// ask. A moment of the past is what it was.
func (s *stage) badge(c *Card, contact live.Contact, stale bool) fresh.Badge {
	if s.look.To != 0 {
		return fresh.Badge{}
	}
	return c.badge(contact.Now, func(m metric.Metric) (written, heard int64) {
		w := s.viewer.Word(m.ID)
		if stale {
			w.Heard = 0
		}
		return w.Written, w.Heard
	})
}

// trust brings that up to date on a card.
func (s *stage) trust(st *stageCard, c live.Contact, stale bool) {
	said := s.badge(st.card, c, stale)
	if said.Words != st.aged {
		st.aged = said.Words
		setText(st.age, said.Words)
	}
	if name := said.State.String(); name != st.trusted {
		st.trusted = name
		st.root.Get("dataset").Set("trust", name)
	}
}

// trusts tells a drawing what the card says: ages are known by the viewer's clock, drawings
// are made by the server's.
func (s *stage) trusts(st *stageCard, in *chart.Input, now int64, c live.Contact, stale bool) {
	for i := range in.Series {
		if i >= len(st.card.Shown) || s.look.To != 0 {
			return
		}
		w := s.viewer.Word(st.card.Shown[i].ID)
		if stale {
			w.Heard = 0
		}
		in.Series[i].Trust = fresh.Of(c.Now, w.Written, w.Heard, int64(st.card.Panel.Every))
		if in.Series[i].Written = 0; w.Written != 0 {
			in.Series[i].Written = w.Written + now - c.Now
		}
	}
}

// asked is how long ago the page was asked for; negative where it did not come from the server
// but from what was kept of an earlier visit.
func asked() time.Duration {
	if telltale().Call("cached").Bool() {
		return -1
	}
	return time.Duration(js.Global().Get("performance").Call("now").Float() * float64(time.Millisecond))
}
