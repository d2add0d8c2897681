package picture

import (
	"strconv"
	"strings"

	"telltale/shared/ansi"
	"telltale/shared/board"
	"telltale/shared/chart"
	"telltale/shared/room"
	"telltale/shared/run"
	"telltale/shared/scene"
)

// piece is a stretch of a row's text.
type piece struct {
	text   string
	role   scene.Role
	weight scene.Weight
}

// row is a line of a card that is words: pieces from the left, which are cut where they
// have no room, and some from the right, which are not.
type row struct {
	sign        board.Tone // a shape before them, as charts draw it
	left, right []piece
}

// rowsOf are the rows of a card that draws none but words; newest tells that the last of
// them matter most. fold breaks a text where it has no room.
func (v *View) rowsOf(c *Card, most int, fold func(string) []string) (rows []row, newest bool) {
	switch c.Kind {
	case board.Log:
		return v.logRows(c.Messages, most, "Nothing was said here yet"), true
	case board.Run:
		return v.runRows(c, most), true
	case board.Presence:
		return v.presenceRows(c, most), false
	case board.Text:
		return textRows(c.Text, most, fold), false
	}
	return nil, false
}

// hushed is a row that says that there is nothing.
func hushed(text string) []row { return []row{{left: []piece{{text: text, role: scene.Muted}}}} }

func (v *View) logRows(messages []room.Message, most int, none string) []row {
	if len(messages) == 0 {
		return hushed(none)
	}
	rows := make([]row, 0, len(messages))
	var at ansi.Style
	open := map[room.Stream]int{} // the row that a stream's next piece goes on with, and one
	for i := range messages {
		m := &messages[i]
		usual := scene.Ink
		if m.Stream == room.Stderr {
			usual = scene.Bad
		}
		for line := range strings.SplitSeq(m.Content, "\n") {
			var spans []ansi.Span
			spans, at = ansi.Line(line, at)
			into := open[m.Stream]
			if into == 0 {
				r := row{left: []piece{{text: v.clock(m.Time) + "  ", role: scene.Muted}}}
				if m.Sender != "" && m.Stream == "" {
					r.left = append(r.left, piece{m.Sender + "  ", scene.Muted, scene.Semibold})
				}
				rows = append(rows, r)
				into = len(rows)
			}
			for _, s := range spans {
				rows[into-1].left = append(rows[into-1].left, pieceOf(s, usual))
			}
			open[m.Stream] = 0
			if m.Open {
				open[m.Stream] = into
			}
		}
		if m.Stream == "" {
			at = ansi.Style{}
		}
	}
	return rows[max(len(rows)-most, 0):]
}

// ofColours are the roles that the sixteen colours of a terminal have in pictures.
var ofColours = [8]scene.Role{scene.Muted, scene.Bad, scene.Good, scene.Warn, scene.Accent, scene.Series(3), scene.Series(2), scene.Ink}

func pieceOf(s ansi.Span, usual scene.Role) piece {
	p := piece{text: strings.ReplaceAll(s.Text, "\t", "    "), role: usual}
	for n := range uint8(16) {
		if s.Style.Fg == ansi.Indexed(n) {
			p.role = ofColours[n%8]
			if n == 8 {
				p.role = scene.Muted
			}
		}
	}
	if s.Style.Attr&ansi.Dim != 0 {
		p.role = scene.Muted
	}
	if s.Style.Attr&ansi.Bold != 0 {
		p.weight = scene.Semibold
	}
	return p
}

// standing says how a run stands, with its tone: none while nobody knows.
func standing(r *run.Run) (text string, tone board.Tone) {
	switch {
	case r.State == run.Running:
		return "running", ""
	case r.State == run.Exited && (r.Code == nil || *r.Code == 0):
		return "exited with code 0", board.Good
	case r.State == run.Exited:
		return "exited with code " + strconv.Itoa(*r.Code), board.Bad
	case r.State == run.Signalled && r.Signal != "":
		return "ended by " + r.Signal, board.Bad
	case r.State == run.Signalled:
		return "ended by a signal", board.Bad
	case r.State == run.TimedOut:
		return "stopped: its time was over", board.Bad
	}
	return "lost: nobody knows how it ended", board.Warn
}

func (v *View) runRows(c *Card, most int) []row {
	if c.Run == nil {
		return hushed("Nothing has run yet")
	}
	text, tone := standing(c.Run)
	lasted := c.Run.Duration
	if !c.Run.State.Final() {
		lasted = max(v.To-c.Run.Started, lasted)
	}
	first := row{sign: tone, left: []piece{{text, chart.ToneRole(tone, scene.Accent), scene.Semibold}}, right: []piece{{text: run.Span(lasted), role: scene.Ink}}}
	if c.Run.Usual > 0 {
		first.right = append(first.right, piece{text: "  usually " + run.Span(c.Run.Usual), role: scene.Muted})
	}
	return append([]row{first}, v.logRows(c.Messages, max(most-1, 0), "No output yet")...)
}

func (v *View) presenceRows(c *Card, most int) []row {
	switch {
	case v.Past:
		return hushed("Who was there is not kept")
	case c.Users == 0:
		return hushed("Nobody is there")
	}
	var rows []row
	for i, m := range c.Members {
		if i == most-1 && c.Users > most {
			return append(rows, hushed("and "+strconv.Itoa(c.Users-i)+" more")...)
		}
		r := row{sign: board.Good, left: []piece{{text: m.UserID, role: scene.Ink}}}
		if m.Connections > 1 {
			r.right = []piece{{text: strconv.Itoa(m.Connections) + " windows", role: scene.Muted}}
		}
		rows = append(rows, r)
	}
	return rows
}
