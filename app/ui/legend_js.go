package ui

import (
	"encoding/json"
	"syscall/js"

	"telltale/shared/metric"
)

// mostHiding is how many panels are remembered for what they hide.
const mostHiding = 100

// hiding is what each panel of each place hides, kept in the browser's storage.
type hiding map[string]map[metric.ID]bool

func readHiding() hiding {
	h := hiding{}
	if text := telltale().Call("hidden"); text.Type() == js.TypeString {
		if json.Unmarshal([]byte(text.String()), &h) != nil {
			h = hiding{}
		}
	}
	return h
}

// hidingKey tells panels of the same id on different boards apart.
func hidingKey(panel string) string {
	return js.Global().Get("location").Get("pathname").String() + " " + panel
}

// Hides tells whether a panel of the place that is shown hides a metric.
func (s *stage) Hides(panel string, id metric.ID) bool { return s.hidesOf(panel)[id] }

func (s *stage) hidesOf(panel string) map[metric.ID]bool {
	if s.hides == nil {
		s.hides = readHiding()
	}
	return s.hides[hidingKey(panel)]
}

// Hide hides a metric in a panel of the place that is shown, or shows it again.
func (s *stage) Hide(panel string, id metric.ID) {
	hides, key := s.hidesOf(panel), hidingKey(panel)
	switch {
	case hides[id]:
		delete(hides, id)
	case hides == nil:
		if len(s.hides) >= mostHiding {
			clear(s.hides)
		}
		s.hides[key] = map[metric.ID]bool{id: true}
	default:
		hides[id] = true
	}
	if len(s.hides[key]) == 0 {
		delete(s.hides, key)
	}
	if text, err := json.Marshal(s.hides); err == nil {
		telltale().Call("hide", string(text))
	}
	for card, st := range s.cards {
		if card.Panel.ID == panel {
			st.hides, st.dirty = s.hidesOf(panel), true
		}
	}
	s.ask()
}
