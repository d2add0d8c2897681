package ui

import (
	"math"
	"syscall/js"

	"telltale/app/live"
	"telltale/shared/board"
	"telltale/shared/chart"
	"telltale/shared/fresh"
)

// number is the text nodes that tell of one metric: its value, what that means, and in a table
// how it changed and how old it is. Nodes that a card does not have are null.
type number struct {
	row                    js.Value // of a table
	node, tone, delta, ago js.Value
	said, changed, aged    string
	toned                  board.Tone
	trust                  fresh.State
}

// findNumbers looks the nodes up.
func (st *stageCard) findNumbers() {
	nodes := st.root.Call("querySelectorAll", ".now")
	st.numbers = st.numbers[:0]
	for i := range nodes.Length() {
		n := number{node: nodes.Index(i), said: "?", changed: "?", aged: "?", toned: "?"}
		of := n.node.Call("closest", "li, .row")
		n.tone = of.Call("querySelector", ".tone")
		if n.delta = of.Call("querySelector", ".delta"); n.delta.Truthy() {
			n.row, n.ago = of, of.Call("querySelector", ".ago")
		}
		st.numbers = append(st.numbers, n)
	}
}

// write brings the numbers up to date.
func (st *stageCard) write(v *live.Viewer) {
	for i, m := range st.card.Shown {
		if i >= len(st.numbers) {
			return
		}
		m.Head = v.Word(m.ID).Head
		n := &st.numbers[i]
		if text := st.card.value(m); text != n.said {
			n.said = text
			setText(n.node, text)
		}
		if !n.tone.Truthy() {
			continue
		}
		if tone := st.card.tone(m); tone != n.toned {
			n.toned = tone
			n.tone.Get("dataset").Set("tone", string(tone))
			setText(n.tone, chart.ToneWord(tone))
		}
	}
}

// writeChanges says in a table how each value differs from the range's first, as the last
// drawing knows it, and how old it is.
func (st *stageCard) writeChanges() {
	if st.card.Panel.Kind != board.Table {
		return
	}
	for i := range min(len(st.numbers), len(st.in.Series)) {
		n, s := &st.numbers[i], &st.in.Series[i]
		if !n.delta.Truthy() {
			continue
		}
		text := ""
		if by, known := st.chart.Change(i); known && by != 0 {
			text = "↑ "
			if by < 0 {
				text = "↓ "
			}
			text += string(chart.AppendValue(nil, math.Abs(by), s.Unit))
		}
		if text != n.changed {
			n.changed = text
			setText(n.delta, text)
		}
		if text = ""; s.Written > 0 {
			text = string(chart.AppendAge(nil, st.in.To-s.Written))
		}
		if text != n.aged {
			n.aged = text
			setText(n.ago, text)
		}
		if s.Trust != n.trust {
			n.trust = s.Trust
			n.row.Get("dataset").Set("trust", s.Trust.String())
		}
	}
}
