package ui

import (
	"slices"
	"strconv"
	"strings"

	"telltale/shared/board"
	"telltale/shared/metric"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// panelForm is a panel while it is configured. It holds what was written for every kind, so
// that going through the kinds loses nothing; panel leaves out what the kind does not take.
type panelForm struct {
	at     int
	fresh  bool // a panel that the board does not have yet
	full   board.Panel
	faults map[string]string // sentences by field
	chosen bool              // the person has chosen the kind

	rows      int   // given to rows of queries and thresholds, so that each is told from the others
	queryRows []int // of each query
	toneRows  []int // of each threshold

	known    []metric.Metric // all there are, once they were asked for
	rooms    []string
	commands []string
	search   string
	start    bool // the dialog stands on the side where lines begin: the panel stands on the other
}

// kinds are those that a person can choose, with what each is for.
var kinds = [...]struct {
	kind      board.Kind
	name, use string
}{
	{board.Line, "Line", "Readings over time"},
	{board.Area, "Area", "A share of a whole over time"},
	{board.Bars, "Bars", "How often something happens"},
	{board.Stat, "Number", "One value, large"},
	{board.Gauge, "Gauge", "A value between two ends"},
	{board.Table, "Table", "Many values, a row each"},
	{board.Log, "Log", "The lines of a room"},
	{board.Run, "Run", "How a command stands"},
	{board.Presence, "People", "Who is in a room"},
	{board.Text, "Text", "Words of yours"},
}

// ofMetrics tells whether panels of the kind show metrics.
func ofMetrics(k board.Kind) bool { return !k.OfRoom() && k != board.Run && k != board.Text }

// charted tells whether they draw them against a scale.
func charted(k board.Kind) bool { return ofMetrics(k) && k != board.Table }

func newForm(p board.Panel, at int, fresh bool) *panelForm {
	f := &panelForm{at: at, fresh: fresh, full: p, chosen: !fresh, faults: map[string]string{}}
	f.full.Queries, f.full.Thresholds = slices.Clone(p.Queries), slices.Clone(p.Thresholds)
	for range p.Queries {
		f.queryRows = append(f.queryRows, f.row())
	}
	for range p.Thresholds {
		f.toneRows = append(f.toneRows, f.row())
	}
	return f
}

func (f *panelForm) row() int { f.rows++; return f.rows }

// panel is the panel as the form has it.
func (f *panelForm) panel() board.Panel {
	all := f.full
	p := board.Panel{ID: all.ID, Kind: all.Kind, Title: all.Title, W: all.W, H: all.H}
	switch {
	case p.Kind.OfRoom():
		p.Room = all.Room
		if p.Kind == board.Log {
			p.Every = all.Every
		}
		return p
	case p.Kind == board.Run:
		p.Command, p.Every = all.Command, all.Every
		return p
	case p.Kind == board.Text:
		p.Text = all.Text
		return p
	}
	p.Queries, p.Each, p.Unit, p.Every = slices.Clone(all.Queries), all.Each, all.Unit, all.Every
	p.Buttons = all.Buttons && p.Kind != board.Table
	p.Thresholds = slices.Clone(all.Thresholds)
	slices.SortStableFunc(p.Thresholds, func(a, b board.Threshold) int {
		switch {
		case a.At < b.At:
			return -1
		case a.At > b.At:
			return 1
		}
		return 0
	})
	if charted(p.Kind) {
		p.Min, p.Max = all.Min, all.Max
	}
	p.Stacked = all.Stacked && p.Kind == board.Area
	if p.Each && p.Kind != board.Auto && !f.chosen {
		p.Kind = board.Auto
	}
	return p
}

// on is the board with the panel as the form has it.
func (f *panelForm) on(b board.Board) board.Board {
	if f.fresh {
		return b.Insert(f.at, f.panel())
	}
	return b.Set(f.at, f.panel())
}

// check notes which field is wrong, and answers the board if none is.
func (f *panelForm) check(b board.Board) (board.Board, bool) {
	next := f.on(b)
	for _, key := range []string{"title", "id", "queries", "room", "command", "text", "unit", "scale", "thresholds", "every", "size", "kind"} {
		if f.faults[key] != "" && !strings.HasPrefix(f.faults[key], unread) {
			delete(f.faults, key)
		}
	}
	for key, said := range f.faults {
		if strings.HasPrefix(key, "query-") || said == "" {
			delete(f.faults, key)
		}
	}
	if field, said := fault(next, f.at); field != "" {
		if f.faults[field] == "" {
			f.faults[field] = said
		}
	}
	return next, len(f.faults) == 0
}

// unread begins the sentence of what could not be read at all, which stays until it can.
const unread = "This is not "

// fault names the field of a panel that Check refuses a board for, and says why: the one
// without which the refusal is another, or none.
func fault(b board.Board, at int) (field, said string) {
	err := b.Check()
	if err == nil {
		return "", ""
	}
	p := b.Panels[at]
	said = sentence(err)
	if _, rest, is := strings.Cut(said, ": "); is && strings.HasPrefix(said, "Panel ") {
		said = capital(rest)
	}
	without := func(change func(*board.Panel)) bool {
		q := p
		change(&q)
		other := b.Set(at, q).Check()
		return other == nil || other.Error() != err.Error()
	}
	for i := range p.Queries {
		if without(func(q *board.Panel) {
			q.Queries = slices.Clone(q.Queries)
			q.Queries[i] = board.Query{Metric: "a"}
		}) {
			if strings.HasPrefix(said, "Query ") {
				if _, rest, is := strings.Cut(said, `": `); is {
					said = capital(rest)
				}
			}
			return "query-" + strconv.Itoa(i), said
		}
	}
	for _, each := range []struct {
		field  string
		takes  bool // the kind does
		change func(*board.Panel)
	}{
		{"title", true, func(q *board.Panel) { q.Title = "" }},
		{"id", true, func(q *board.Panel) { q.ID = b.NewID(board.Panel{Kind: "free"}) }},
		{"queries", ofMetrics(p.Kind), func(q *board.Panel) { q.Queries = []board.Query{{Metric: "a"}} }},
		{"room", p.Kind.OfRoom(), func(q *board.Panel) { q.Room = "a" }},
		{"command", true, func(q *board.Panel) { q.Command = "" }},
		{"text", p.Kind == board.Text, func(q *board.Panel) { q.Text = "a" }},
		{"unit", true, func(q *board.Panel) { q.Unit = "" }},
		{"scale", true, func(q *board.Panel) { q.Min, q.Max = nil, nil }},
		{"thresholds", true, func(q *board.Panel) { q.Thresholds = nil }},
		{"every", true, func(q *board.Panel) { q.Every = 0 }},
		{"size", true, func(q *board.Panel) { q.W, q.H = 0, 0 }},
	} {
		if each.takes && without(each.change) {
			if each.field == "queries" && len(p.Queries) == 0 {
				said = "Choose a metric"
			}
			return each.field, said
		}
	}
	return "kind", said
}

// readNumber reads a field's number; "" is none.
func readNumber(text string) (*float64, bool) {
	text = strings.ReplaceAll(strings.TrimSpace(text), "−", "-")
	if text == "" {
		return nil, true
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || n-n != 0 { // neither infinite nor no number
		return nil, false
	}
	return &n, true
}

func numberText(n *float64) string {
	if n == nil {
		return ""
	}
	return strconv.FormatFloat(*n, 'g', -1, 64)
}

// found are the metrics that a person may mean by what they write: by a pattern those that
// match, otherwise those that have it in their name or title.
func found(known []metric.Metric, text string) (all []metric.Metric) {
	text = strings.TrimSpace(text)
	small := strings.ToLower(text)
	for _, m := range known {
		if isPattern(text) && metric.Match(text, m.ID) ||
			!isPattern(text) && (strings.Contains(strings.ToLower(string(m.ID)), small) || strings.Contains(strings.ToLower(m.Title), small)) {
			all = append(all, m)
		}
	}
	return all
}

func isPattern(text string) bool { return strings.ContainsAny(text, "*{") }

// What the page does with the form.

// addPanel begins a panel at the end of the board.
func (d *desk) addPanel(ctx app.Context) {
	if n := len(d.now().Panels); n >= board.MaxPanels {
		notice(d.ctx, "A board has at most "+strconv.Itoa(board.MaxPanels)+" panels")
	} else {
		d.openForm(ctx, newForm(board.Panel{Kind: board.Line}, n, true))
	}
}

// configure opens the form of a panel.
func (d *desk) configure(ctx app.Context, at int) {
	if b := d.now(); at >= 0 && at < len(b.Panels) {
		d.openForm(ctx, newForm(b.Panels[at], at, false))
	}
}

func (d *desk) openForm(ctx app.Context, f *panelForm) {
	d.form = f
	f.known = d.page.first.Metrics
	f.start = browser.Beside(f.at)
	d.show(ctx, "panel")
	d.ctx.Async(func() {
		metrics, rooms, commands := browser.Names()
		d.ctx.Dispatch(func(app.Context) {
			if metrics != nil {
				f.known = metrics
			}
			f.rooms, f.commands = rooms, commands
		})
	})
}

// formed is called for every change of the form: the card shows it as soon as it can be shown.
func (d *desk) formed(ctx app.Context) {
	f := d.form
	if f == nil || !d.editing() {
		return
	}
	if next, good := f.check(d.now()); good {
		d.try(ctx, &next)
		if f.fresh {
			d.ctx.Defer(func(app.Context) { browser.Reveal(f.at) })
		}
	}
}

// take makes the form's panel a step.
func (d *desk) take(ctx app.Context) {
	f := d.form
	next, good := f.check(d.now())
	if !good {
		d.ctx.Defer(func(app.Context) { browser.FocusFault() })
		return
	}
	say := f.panel().Name() + " is changed"
	if f.fresh {
		say = f.panel().Name() + " is added"
	}
	if d.do(ctx, next, say) {
		at := f.at
		d.shutDialog(ctx)
		d.ctx.Defer(func(app.Context) { focusFrame(at) })
	}
}

// addQuery adds a metric or a pattern to the form.
func (d *desk) addQuery(ctx app.Context, pattern string) {
	f := d.form
	pattern = strings.TrimSpace(pattern)
	if pattern == "" || len(f.full.Queries) >= board.MaxQueries || slices.ContainsFunc(f.full.Queries, func(q board.Query) bool { return q.Metric == pattern }) {
		return
	}
	if !f.chosen && len(f.full.Queries) == 0 {
		for _, m := range f.known {
			if metric.Match(pattern, m.ID) {
				f.full.Kind = board.Suits(m.Declaration)
				break
			}
		}
	}
	f.full.Queries = append(f.full.Queries, board.Query{Metric: pattern})
	f.queryRows = append(f.queryRows, f.row())
	d.formed(ctx)
}

func (d *desk) dropQuery(ctx app.Context, i int) {
	f := d.form
	f.full.Queries, f.queryRows = slices.Delete(f.full.Queries, i, i+1), slices.Delete(f.queryRows, i, i+1)
	d.formed(ctx)
}

func (d *desk) addThreshold(ctx app.Context) {
	f := d.form
	at, tone := 0.0, board.Warn
	if n := len(f.full.Thresholds); n > 0 {
		at, tone = f.full.Thresholds[n-1].At+1, board.Bad
	} else if f.full.Max != nil {
		at = *f.full.Max * 0.8
	}
	f.full.Thresholds = append(f.full.Thresholds, board.Threshold{At: at, Tone: tone})
	f.toneRows = append(f.toneRows, f.row())
	d.formed(ctx)
}

func (d *desk) dropThreshold(ctx app.Context, i int) {
	f := d.form
	delete(f.faults, "threshold-"+strconv.Itoa(f.toneRows[i]))
	f.full.Thresholds, f.toneRows = slices.Delete(f.full.Thresholds, i, i+1), slices.Delete(f.toneRows, i, i+1)
	d.formed(ctx)
}
