package ui

import (
	"strconv"
	"strings"

	"telltale/shared/board"
	"telltale/shared/metric"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// panelLeaf is the form of a panel. The panel itself shows at once what is chosen.
func (d *desk) panelLeaf() app.UI {
	f := d.form
	if f == nil {
		return app.Div()
	}
	title, done := "Configure "+f.full.Name(), "Done"
	if f.fresh {
		title, done = "Add a panel", "Add"
	}
	kind := f.full.Kind
	body := []app.UI{d.kindField(), d.text("title", "Title", f.full.Title, d.usualTitle(), func(v string) { f.full.Title = v })}
	switch {
	case kind.OfRoom():
		body = append(body, d.offered("room", "Room", f.full.Room, "What is sent to a room is in everybody's sight: make 2>&1 | curl -T - …/r/ROOM", f.rooms, func(v string) { f.full.Room = v }))
	case kind == board.Run:
		body = append(body, d.offered("command", "Command", f.full.Command, "As its runs name it; nothing for whatever ran last", f.commands, func(v string) { f.full.Command = v }))
	case kind == board.Text:
		body = append(body, &Field{ID: "f-text", Of: d.opened, Label: "Text", Value: f.full.Text, Hint: "Markdown: # heading, **bold**, - list, [link](https://…)", Long: true,
			Wrong: f.faults["text"], Take: d.taken(func(v string) { f.full.Text = v })})
	default:
		body = append(body, d.metricFields()...)
	}
	switch {
	case ofMetrics(kind):
		body = append(body, d.scaleFields()...)
	case kind == board.Log:
		body = append(body, d.promiseField("A message is promised every"))
	case kind == board.Run:
		body = append(body, d.promiseField("A run is promised every"))
	}
	body = append(body, d.placeFields())
	for _, key := range []string{"size", "kind"} {
		if f.faults[key] != "" {
			body = append(body, app.P().Class("wrong").Attr("role", "alert").Text(f.faults[key]))
		}
	}
	return leaf(title, d.onShut, body,
		app.If(!f.fresh, func() app.UI { return does("f-remove", "danger plain", "Remove", d.onRemoveFormed) }),
		does("f-cancel", "plain", "Cancel", d.onShut), does("f-done", "full", done, d.onTake))
}

func (d *desk) onTake(ctx app.Context, _ app.Event) { d.take(ctx) }

func (d *desk) onRemoveFormed(ctx app.Context, _ app.Event) {
	at := d.form.at
	d.shutDialog(ctx)
	d.remove(ctx, at)
}

// taken hears what a field was set to.
func (d *desk) taken(set func(string)) func(app.Context, string) {
	return func(ctx app.Context, value string) {
		if d.form != nil {
			set(value)
			d.formed(ctx)
		}
	}
}

func (d *desk) text(key, label, value, hint string, set func(string)) *Field {
	return &Field{ID: "f-" + key, Of: d.opened, Label: label, Value: value, Hint: hint, Wrong: d.form.faults[key], Take: d.taken(set)}
}

func (d *desk) offered(key, label, value, hint string, offer []string, set func(string)) *Field {
	of := d.text(key, label, value, hint, set)
	of.Offer = offer
	return of
}

func (d *desk) usualTitle() string {
	p := d.form.full
	if p.Title != "" {
		return ""
	}
	p.Title = ""
	if name := p.Name(); name != "" {
		return "Without one: " + name
	}
	return ""
}

// kindField are the kinds, of which one is chosen.
func (d *desk) kindField() app.UI {
	f := d.form
	var options []app.UI
	for _, k := range kinds {
		options = append(options, app.Label().Class("kind").For("kind-"+string(k.kind)).Title(k.use).Body(
			app.Input().ID("kind-"+string(k.kind)).Class("unseen").Type("radio").Name("kind").Value(string(k.kind)).Checked(k.kind == f.full.Kind).OnChange(d.onKind),
			glyph("kind-"+string(k.kind)), app.Span().Text(k.name)))
	}
	return app.Elem("fieldset").Class("kinds").Body(append([]app.UI{app.Elem("legend").Text("Shows")}, options...)...)
}

func (d *desk) onKind(ctx app.Context, _ app.Event) {
	if f := d.form; f != nil {
		f.full.Kind, f.chosen = board.Kind(ctx.JSSrc().Get("value").String()), true
		d.formed(ctx)
	}
}

// metricFields choose what is shown.
func (d *desk) metricFields() []app.UI {
	f := d.form
	var rows []app.UI
	for i, q := range f.full.Queries {
		rows = append(rows, d.queryRow(i, q))
	}
	matches := found(f.known, f.search)
	const most = 6
	var options []app.UI
	if isPattern(f.search) && metric.CheckPattern(strings.TrimSpace(f.search)) == nil {
		options = append(options, &Offer{Desk: d, Pattern: strings.TrimSpace(f.search), Says: "all that match: " + strconv.Itoa(len(matches))})
	}
	for _, m := range matches {
		if len(options) < most && d.form.indexOf(string(m.ID)) < 0 {
			options = append(options, &Offer{Desk: d, Pattern: string(m.ID), Says: offerWords(m)})
		}
	}
	rest := ""
	if n := len(matches) - len(options); n > 0 && len(options) == most {
		rest = "and " + strconv.Itoa(n) + " more: write part of a name"
	} else if len(matches) == 0 && f.search != "" {
		rest = "Nothing is called so yet. Add it all the same with Enter: it shows once a value is posted."
	}
	return []app.UI{
		app.Div().Class("metrics").Attr("role", "group").Aria("label", "Metrics").Body(
			app.Div().Class("chosen").Body(rows...),
			app.Div().Class("field").Body(
				app.Label().For("f-search").Text("Add a metric"),
				app.Input().ID("f-search").Type("search").Placeholder(attr("Part of a name, or a pattern: host.*")).AutoComplete(false).Attr("spellcheck", "false").Attr("autocapitalize", "off").
					Aria("describedby", "f-queries-wrong").OnInput(d.onSearch).OnKeyDown(d.onSearchKey),
				app.P().ID("f-queries-wrong").Class("wrong").Attr("role", "alert").Text(d.missing()),
			),
			app.Div().Class("offers").Attr("role", "group").Aria("label", "Metrics there are").Body(options...),
			app.P().Class("hint").Text(rest),
		),
	}
}

// missing asks for a metric only once something else was done.
func (d *desk) missing() string {
	if f := d.form; f.fresh && len(f.full.Queries) == 0 && f.full.Title == "" {
		return ""
	}
	return d.form.faults["queries"]
}

func (f *panelForm) indexOf(pattern string) int {
	for i, q := range f.full.Queries {
		if q.Metric == pattern {
			return i
		}
	}
	return -1
}

func offerWords(m metric.Metric) string {
	if _, has := m.Value(); has {
		return value(m)
	}
	return ""
}

func (d *desk) queryRow(i int, q board.Query) app.UI {
	f := d.form
	row, id := f.queryRows[i], strconv.Itoa(f.queryRows[i])
	n := 0
	for _, m := range f.known {
		if metric.Match(q.Metric, m.ID) {
			n++
		}
	}
	hint := ""
	switch {
	case n == 0:
		hint = "No such metric yet"
	case isPattern(q.Metric):
		hint = strconv.Itoa(n) + " metrics match"
	}
	set := func(change func(*board.Query, string)) func(app.Context, string) {
		return d.taken(func(v string) {
			if i < len(f.full.Queries) {
				change(&f.full.Queries[i], v)
			}
		})
	}
	return app.Div().Class("query").Body(
		&Field{ID: "q-metric-" + id, Of: row, Label: "Metric or pattern", Quiet: true, Value: q.Metric, Hint: hint, Wrong: f.faults["query-"+strconv.Itoa(i)], Late: true,
			Take: set(func(q *board.Query, v string) { q.Metric = strings.TrimSpace(v) })},
		&Field{ID: "q-title-" + id, Of: row, Label: "Its name in the legend", Quiet: true, Blank: "Its name", Value: q.Title, Take: set(func(q *board.Query, v string) { q.Title = v })},
		&Drop{ID: "q-drop-" + id, Label: "Leave out " + q.Metric, At: i, Do: d.dropQuery},
	)
}

func (d *desk) onSearch(ctx app.Context, _ app.Event) {
	if d.form != nil {
		d.form.search = ctx.JSSrc().Get("value").String()
	}
}

func (d *desk) onSearchKey(ctx app.Context, e app.Event) {
	if f := d.form; f != nil && e.Get("key").String() == "Enter" {
		text := strings.TrimSpace(ctx.JSSrc().Get("value").String())
		if all := found(f.known, text); !isPattern(text) && len(all) > 0 && !exact(all, text) {
			text = string(all[0].ID)
		}
		if metric.CheckPattern(text) != nil {
			f.faults["queries"] = sentence(metric.CheckPattern(text))
			return
		}
		ctx.JSSrc().Set("value", "")
		f.search = ""
		d.addQuery(ctx, text)
	}
}

func exact(all []metric.Metric, name string) bool {
	for _, m := range all {
		if string(m.ID) == name {
			return true
		}
	}
	return false
}

// Offer is a metric that can be added.
type Offer struct {
	app.Compo
	Desk    *desk
	Pattern string
	Says    string
}

// Render draws it.
func (o *Offer) Render() app.UI {
	return app.Button().Type("button").Class("offer").OnClick(o.add).Body(
		glyph("plus"), app.Span().Class("offer-name").Text(o.Pattern), app.Span().Class("offer-says").Text(o.Says))
}

func (o *Offer) add(ctx app.Context, _ app.Event) {
	field := app.Window().GetElementByID("f-search")
	field.Set("value", "")
	field.Call("focus")
	if o.Desk.form != nil {
		o.Desk.form.search = ""
		o.Desk.addQuery(ctx, o.Pattern)
	}
}

// Drop takes a row of a form away.
type Drop struct {
	app.Compo
	ID    string
	Label string
	At    int
	Do    func(ctx app.Context, at int)
}

// Render draws it.
func (r *Drop) Render() app.UI {
	return app.Button().Type("button").ID(r.ID).Class("icon").Aria("label", r.Label).Title(r.Label).OnClick(r.drop).Body(glyph("close"))
}

func (r *Drop) drop(ctx app.Context, _ app.Event) { r.Do(ctx, r.At) }

// scaleFields say how values are drawn, and what is promised of them.
func (d *desk) scaleFields() []app.UI {
	f := d.form
	fields := []app.UI{}
	numeric := func(key, label string, value *float64, set func(*float64)) *Field {
		return &Field{ID: "f-" + key, Of: d.opened, Label: label, Value: numberText(value), Blank: "as values need", Wrong: f.faults[key], Take: d.taken(func(v string) {
			delete(f.faults, key)
			if n, is := readNumber(v); is {
				set(n)
			} else {
				f.faults[key] = unread + "a number"
			}
		})}
	}
	if charted(f.full.Kind) {
		fields = append(fields, app.Div().Class("pair").Body(
			numeric("min", "Scale from", f.full.Min, func(n *float64) { f.full.Min = n }),
			numeric("max", "to", f.full.Max, func(n *float64) { f.full.Max = n })),
			app.P().Class("wrong").Attr("role", "alert").Text(f.faults["scale"]))
	}
	fields = append(fields, app.Div().Class("pair").Body(
		d.offered("unit", "Unit", f.full.Unit, "", unitNames[:], func(v string) { f.full.Unit = strings.TrimSpace(v) }),
		d.promiseField("A value is promised every")))
	var tones []app.UI
	for i, t := range f.full.Thresholds {
		tones = append(tones, d.toneRow(i, t))
	}
	fields = append(fields, app.Div().Class("thresholds").Attr("role", "group").Aria("label", "Thresholds").Body(append(tones,
		app.P().Class("wrong").Attr("role", "alert").Text(f.faults["thresholds"]),
		app.Button().Type("button").ID("f-add-threshold").Class("chip plain").OnClick(d.onAddThreshold).Body(glyph("plus"), app.Span().Text("Threshold")))...))
	if f.full.Kind == board.Area {
		fields = append(fields, d.check("stacked", "Stacked", "Series stand on each other", f.full.Stacked, func(on bool) { f.full.Stacked = on }))
	}
	return append(fields,
		d.check("buttons", "Buttons", "+ and − for a counter", f.full.Buttons, func(on bool) { f.full.Buttons = on }),
		d.check("each", "One for each", "A panel of its own for each metric that matches, those to come as well", f.full.Each, func(on bool) { f.full.Each = on }))
}

// promiseField says how often there is to be something new.
func (d *desk) promiseField(label string) *Field {
	f := d.form
	return &Field{ID: "f-every", Of: d.opened, Label: label, Blank: "5m", Value: spanText(f.full.Every), Offer: []string{"10s", "1m", "5m", "15m", "1h", "24h"}, Wrong: f.faults["every"],
		Take: d.taken(func(v string) {
			delete(f.faults, "every")
			with, err := board.ParseSpan(strings.TrimSpace(v))
			if err != nil && strings.TrimSpace(v) != "" {
				f.faults["every"] = unread + "a span of time such as 90s, 5m or 1h"
				return
			}
			f.full.Every = with
		})}
}

func (d *desk) onAddThreshold(ctx app.Context, _ app.Event) { d.addThreshold(ctx) }

func (d *desk) check(key, label, hint string, on bool, set func(bool)) *Check {
	return &Check{ID: "f-" + key, Of: d.opened, Label: label, Hint: hint, On: on, Take: func(ctx app.Context, on bool) {
		if d.form != nil {
			set(on)
			d.formed(ctx)
		}
	}}
}

func (d *desk) toneRow(i int, t board.Threshold) app.UI {
	f := d.form
	row, id := f.toneRows[i], strconv.Itoa(f.toneRows[i])
	at := t.At
	return app.Div().Class("from-on").DataSet("tone", string(t.Tone)).Body(
		app.Span().Class("tone-mark").Aria("hidden", true),
		&Field{ID: "t-at-" + id, Of: row, Label: "From", Quiet: false, Value: numberText(&at), Wrong: f.faults["threshold-"+id], Take: d.taken(func(v string) {
			delete(f.faults, "threshold-"+id)
			if n, is := readNumber(v); is && n != nil && i < len(f.full.Thresholds) {
				f.full.Thresholds[i].At = *n
			} else {
				f.faults["threshold-"+id] = unread + "a number"
			}
		})},
		&Choice{ID: "t-tone-" + id, Of: row, Label: "on it is", Value: string(t.Tone), Among: [][2]string{{"good", "good"}, {"warn", "a warning"}, {"bad", "bad"}}, Take: d.taken(func(v string) {
			if i < len(f.full.Thresholds) {
				f.full.Thresholds[i].Tone = board.Tone(v)
			}
		})},
		&Drop{ID: "t-drop-" + id, Label: "Leave out this threshold", At: i, Do: d.dropThreshold},
	)
}

// placeFields say how large the panel is, and what it is called in links.
func (d *desk) placeFields() app.UI {
	f := d.form
	var sides [][2]string
	for n := 1; n <= board.MaxSide; n++ {
		sides = append(sides, [2]string{strconv.Itoa(n), strconv.Itoa(n)})
	}
	side := func(key, label string, value int, set func(int)) *Choice {
		return &Choice{ID: "f-" + key, Of: d.opened, Label: label, Value: strconv.Itoa(max(value, 1)), Among: sides, Take: d.taken(func(v string) {
			n, _ := strconv.Atoi(v)
			set(n)
		})}
	}
	return app.Div().Body(
		app.Div().Class("pair").Body(
			side("w", "Columns", f.full.W, func(n int) { f.full.W = n }),
			side("h", "Rows", f.full.H, func(n int) { f.full.H = n })),
		d.text("id", "Name in links", f.full.ID, d.idHint(), func(v string) { f.full.ID = strings.TrimSpace(v) }),
	)
}

func (d *desk) idHint() string {
	if d.form.fresh && d.form.full.ID == "" {
		return "Without one: " + d.now().NewID(d.form.panel())
	}
	return "Its picture is at " + boardPicture(d.base.ID) + "/" + d.form.full.ID + ".svg"
}

// boardPicture is what the paths of a board's pictures begin with.
func boardPicture(id string) string { return "/b/" + id }

// unitNames are those that values are drawn with in a way of their own.
var unitNames = [...]string{"percent", "bytes", "bytes/s", "s", "ms", "°C", "W", "V", "requests/s"}
