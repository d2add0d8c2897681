package ui

import (
	"context"
	"slices"
	"syscall/js"
	"time"

	"telltale/app/live"
	"telltale/shared/metric"
	"telltale/shared/series"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// margin is how far out of sight a card is drawn already.
const margin = "200px 0px"

// observe makes what watches the page: which cards are in sight, and how large.
// These functions live as long as the page.
func (s *stage) observe() {
	s.draw = js.FuncOf(func(js.Value, []js.Value) any { s.frame(); return nil })
	s.next = time.AfterFunc(time.Hour, s.ask)
	each := func(do func(st watched, entry js.Value)) js.Func {
		return js.FuncOf(func(_ js.Value, args []js.Value) any {
			for i := range args[0].Length() {
				entry := args[0].Index(i)
				if st := s.nth[entry.Get("target").Get("telltaleCard").Int()]; st != nil {
					do(st, entry)
				}
			}
			s.ask()
			return nil
		})
	}
	seen := each(func(st watched, entry js.Value) { st.show(entry.Get("isIntersecting").Bool()) })
	sized := each(func(st watched, entry js.Value) {
		box := entry.Get("contentRect")
		st.resize(box.Get("width").Float(), box.Get("height").Float())
	})
	s.inSight = js.Global().Get("IntersectionObserver").New(seen, map[string]any{"rootMargin": margin})
	s.sized = js.Global().Get("ResizeObserver").New(sized)
}

// listen hears what the machine does.
func (s *stage) listen() {
	s.listenTime()
	s.hidden = js.Global().Get("document").Get("hidden").Bool()
	on := func(target js.Value, event string, do func()) {
		target.Call("addEventListener", event, js.FuncOf(func(js.Value, []js.Value) any { do(); return nil }))
	}
	window, document := js.Global(), js.Global().Get("document")
	on(window, "online", s.viewer.Wake)
	on(window, "offline", s.viewer.Wake)
	on(window, "pageshow", s.viewer.Wake)
	on(window, "focus", s.recognize)
	on(window, "pagehide", func() { s.keep(); s.keepWriting(); s.looksAway() })
	on(window, "storage", func() {
		if name := telltale().Call("user"); name.Type() == js.TypeString {
			s.renamed(name.String())
		}
	})
	on(window, "telltale-theme", s.paintTheme)
	on(window, "hashchange", func() {
		for _, lv := range s.logs {
			lv.goTo(fragment())
		}
		s.ask()
	})
	on(document, "visibilitychange", func() {
		s.hidden = document.Get("hidden").Bool()
		s.seesNobody(s.hidden)
		if s.hidden {
			s.keep()
			s.keepWriting()
			s.looksAway()
			return
		}
		s.viewer.Wake()
		s.recognize()
		telltale().Call("awake")
		s.all()
		s.looksAgain()
		s.tellContact()
	})
	// Canvases painted before the font was there show another one.
	fonts := document.Get("fonts").Get("ready")
	fonts.Call("then", js.FuncOf(func(js.Value, []js.Value) any { s.all(); return nil }))
}

// tick keeps ages and the lamp true, and what is known for the next visit.
func (s *stage) tick(ctx context.Context) {
	every := time.NewTicker(time.Second)
	defer every.Stop()
	for n := 1; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-every.C:
		}
		if js.Global().Get("document").Get("hidden").Bool() {
			continue
		}
		s.viewer.See(func(_ *series.Set, _ int64, contact live.Contact) {
			stale := s.stale(contact)
			for _, st := range s.cards {
				if st.restructured {
					continue // the next animation frame looks first
				}
				st.write(s.viewer)
				s.trust(st, contact, stale)
				if stale != st.stale {
					s.ask()
				}
			}
		})
		s.tellContact()
		telltale().Call("awake")
		s.wall.second()
		if n%30 == 2 { // soon after the start, too: the next page may come from the cache
			s.keep()
		}
	}
}

// tellContact sets the lamp, and on the page's root what greys the values.
func (s *stage) tellContact() {
	contact := s.viewer.Contact()
	document := js.Global().Get("document")
	lamp := document.Call("getElementById", "lamp")
	if !lamp.Truthy() {
		return
	}
	heard := contact.Heard
	if heard.IsZero() {
		heard = s.since
	}
	text, stale := "Live", s.stale(contact)
	if s.time.said.past {
		text = "Connected"
	}
	switch {
	case stale && time.Since(heard) > time.Hour:
		text = "Offline since " + moment(heard.UnixMilli(), time.Now().UnixMilli(), s.clock.at)
	case stale:
		text = "No contact for " + ago(time.Since(heard).Milliseconds())
		text = text[:len(text)-len(" ago")]
	case contact.State != live.Live:
		text = "Connecting"
	}
	setText(lamp.Call("querySelector", ".says"), text)
	if contact.State == s.said && lamp.Get("dataset").Get("state").String() == string(contact.State) {
		setStale(document, stale)
		return
	}
	was := s.said
	s.said = contact.State
	lamp.Get("dataset").Set("state", string(contact.State))
	setText(lamp.Call("querySelector", ".unseen"), heardAs[contact.State])
	setStale(document, stale)
	if contact.State == live.Live {
		s.markLive()
		app.TryUpdate() // a server that came back may have brought a new build
		s.wall.newBuild()
		if was == live.Lost || time.Since(s.since) > staleAfter {
			s.boardChanged("") // what was told meanwhile was not heard
		}
	}
}

// heardAs is what a screen reader says of a state.
var heardAs = map[live.State]string{
	live.Connecting: "Connecting to the server", live.Live: "Live", live.Lost: "No contact with the server",
}

func setStale(document js.Value, stale bool) {
	class := "fresh"
	if stale {
		class = "stale"
	}
	document.Get("documentElement").Get("dataset").Set("values", class)
}

// keep writes down what is known, as of the last word from the server, for a start
// without contact.
func (s *stage) keep() {
	var now, heard int64
	s.viewer.See(func(_ *series.Set, at int64, contact live.Contact) {
		if now = at; !contact.Heard.IsZero() {
			heard = at - time.Since(contact.Heard).Milliseconds()
		}
		if contact.Values != 0 && len(s.look.Patterns) > 0 { // which the server may have from long ago
			heard = min(heard, at-(contact.Now-contact.Values))
		}
	})
	if heard != 0 {
		s.kept.write(Island{Me: &mine, Now: heard, Ahead: now - time.Now().UnixMilli(), Metrics: s.viewer.Known()})
	}
}

// keeper keeps an island in the browser's storage.
type keeper struct{}

const mostKept = 300 // metrics

func (keeper) read() (Island, bool) {
	text := telltale().Call("kept")
	if text.Type() != js.TypeString {
		return Island{}, false
	}
	kept, err := readIsland(text.String())
	if notMine(kept.Me) {
		return Island{}, false
	}
	return kept, err == nil
}

// write keeps the metrics of other boards as they were.
func (k keeper) write(i Island) {
	kept, _ := k.read()
	for _, m := range kept.Metrics {
		if len(i.Metrics) < mostKept && !slices.ContainsFunc(i.Metrics, func(o metric.Metric) bool { return o.ID == m.ID }) {
			i.Metrics = append(i.Metrics, m)
		}
	}
	i.Metrics = i.Metrics[:min(len(i.Metrics), mostKept)]
	telltale().Call("keep", i.text())
}

// zones remembers the browser's offset from UTC by the hour: a chart asks for every tick.
type zones map[int64]int

const mostZones = 4096

func (z zones) at(ms int64) int {
	hour := series.Floor(ms, 3600*second)
	offset, known := z[hour]
	if !known {
		if len(z) >= mostZones {
			clear(z)
		}
		offset = -60 * js.Global().Get("Date").New(float64(hour)).Call("getTimezoneOffset").Int()
		z[hour] = offset
	}
	return offset
}
