package ui

import (
	"strings"
	"syscall/js"
	"time"

	"telltale/app/live"
	"telltale/shared/metric"
	"telltale/shared/series"
)

// mostSummed is how many values of a panel its summary names.
const mostSummed = 4

// sumEvery is how often summaries are brought up to date. They are no live regions: a reader
// hears them where it is, and all in sight when somebody presses s.
const sumEvery = 5 * time.Second

// summarize keeps what charts are called true, for as long as the page is there.
func (s *stage) summarize() {
	window := js.Global()
	window.Call("addEventListener", "keydown", js.FuncOf(func(_ js.Value, args []js.Value) any {
		s.sayKey(args[0])
		return nil
	}))
	for range time.Tick(sumEvery) {
		if window.Get("document").Get("hidden").Bool() {
			continue
		}
		s.viewer.See(func(set *series.Set, now int64, contact live.Contact) {
			for _, st := range s.cards {
				if st.visible {
					st.plot.Call("setAttribute", "aria-label", st.card.label()+": "+st.summary(set, now, s.stale(contact)))
				}
			}
		})
	}
}

// summary is the panel's, as it now is.
func (st *stageCard) summary(set *series.Set, now int64, stale bool) string {
	c, age := st.card, int64(-1)
	var values []summed
	for i, m := range c.Shown[:min(len(c.Shown), mostSummed)] {
		v := summed{}
		if len(c.Shown) > 1 {
			v.name = c.Titles[i]
		}
		if e := set.Metrics[m.ID]; e != nil {
			m.Head = e.Head
			v.trend = trend(e.Series, e.Head.Value)
		}
		v.value = c.value(m)
		if i == 0 && m.Head.Time != 0 && m.Kind != metric.Counter {
			age = now - m.Head.Time
		}
		values = append(values, v)
	}
	return summary(c.title(), values, len(c.Shown)-len(values), age, stale)
}

// sayKey has a screen reader say the panel that has the focus, or all in sight; w opens the
// wallboard.
func (s *stage) sayKey(event js.Value) {
	target := event.Get("target")
	if event.Get("ctrlKey").Bool() || event.Get("metaKey").Bool() || event.Get("altKey").Bool() || event.Get("defaultPrevented").Bool() ||
		target.Get("closest").Truthy() && target.Call("closest", "input, textarea, select, dialog, [contenteditable]").Truthy() {
		return
	}
	switch event.Get("key").String() {
	case "s":
		s.say()
	case "w":
		if p := s.screen.page; p != nil && !p.at.large && !p.at.wall.on {
			js.Global().Call("goappNav", boardPath(p.at.board.ID)+"?tv=1")
		}
	}
}

// say puts what is in sight into words, in the page's order.
func (s *stage) say() {
	document := js.Global().Get("document")
	focus := document.Get("activeElement")
	said := map[string]string{}
	s.viewer.See(func(set *series.Set, now int64, contact live.Contact) {
		for _, st := range s.cards {
			if st.visible {
				said[st.card.Panel.ID] = st.summary(set, now, s.stale(contact))
			}
		}
	})
	var words []string
	cards := document.Call("querySelectorAll", ".grid > .card")
	for i := range cards.Length() {
		card := cards.Index(i)
		text := said[card.Get("dataset").Get("panel").String()]
		if text == "" {
			continue
		}
		if card.Call("contains", focus).Bool() {
			words = []string{text}
			break
		}
		words = append(words, text)
	}
	region := document.Call("getElementById", "said")
	if !region.Truthy() {
		region = document.Call("createElement", "p")
		region.Set("id", "said")
		region.Set("className", "unseen")
		region.Call("setAttribute", "role", "status")
		document.Get("body").Call("append", region)
	}
	region.Set("textContent", "")
	time.AfterFunc(100*time.Millisecond, func() { region.Set("textContent", strings.Join(words, ". ")) }) // the same words again are heard again
}
