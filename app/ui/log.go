package ui

import (
	"telltale/shared/ansi"
	"telltale/shared/room"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// Log is the lines of a room, the newest at the end. The stage keeps it: go-app
// makes the frame and, on the server, the first lines.
type Log struct {
	app.Compo
	Room  string
	Small bool     // on a card: only to be read
	Run   bool     // a run's output: its lines are numbered, and nobody writes here
	Gone  bool     // there is no such run
	Title string   // of the page; "" for the room's name
	Early RoomView // as the server knew it
}

// Render draws the frame. A screen reader is told of new lines by the last element,
// not by the log itself, where lines also come and go when it is scrolled.
func (l *Log) Render() app.UI {
	log := app.Div().Class("log").DataSet("room", attr(l.Room))
	if l.Small {
		log = log.Class("small")
	}
	if app.IsServer {
		log = log.Class("early")
	}
	if l.Run {
		log = log.Class("run")
	}
	if l.Early.First > l.Early.Last {
		log = log.DataSet("empty", "yes")
	}
	return log.Body(
		app.Div().Class("scroll").TabIndex(0).Attr("role", "log").Aria("live", "off").Aria("label", attr("Messages in "+l.Room)).Body(
			app.Div().Class("tall").Body(app.Div().Class("lines").Body(l.early()...)),
		),
		app.P().Class("nothing").Text(l.nothing()),
		app.Button().Type("button").Class("end").Hidden(true).OnClick(l.end).Body(glyph("down"), app.Span().Text("To the end")),
		app.Div().Class("unseen news").Attr("role", "status"),
	)
}

func (l *Log) nothing() string {
	if l.Gone {
		return "No output of it is kept."
	}
	if l.Run {
		return "No output yet. Each line is seen here as it comes."
	}
	if l.Small {
		return "Nothing was said here yet. Pipe a command into the room, and everybody who looks sees its output as it runs."
	}
	return "Nothing was said here yet. Write a line below, or pipe a command into the room: everybody who looks sees it at once."
}

func (l *Log) end(app.Context, app.Event) { browser.Follow(l.Room) }

// messages are the early ones.
func (l *Log) messages() []room.Message {
	messages := make([]room.Message, len(l.Early.Messages))
	for i, row := range l.Early.Messages {
		messages[i] = row.Message(l.Room)
	}
	return messages
}

// early are the first lines as the server draws them; web/lines.js draws the same.
func (l *Log) early() []app.UI {
	if !app.IsServer {
		return nil
	}
	var lines []app.UI
	var before int64
	var style ansi.Style
	messages := l.messages()
	j := joinAll(messages)
	for i, m := range messages {
		if j.row(m.Seq) != m.Seq {
			continue
		}
		m, _ := j.whole(m)
		start := style
		if !carries(m) {
			start = ansi.Style{}
		}
		of, end := lineOf(m, false, start, zoneHere)
		switch {
		case l.Small:
			of, end = lineSmall(m, start, zoneHere)
		case i > 0 || m.Seq == l.Early.First:
			of.Day = day(m.Time, before, zoneHere)
		}
		if carries(m) {
			style = end
		}
		if l.Run && !l.Small {
			of.Number = of.Key
		}
		before = m.Time
		lines = append(lines, of.draw())
	}
	return lines
}

func (l line) draw() app.UI {
	return app.Div().Class(l.Kind).Body(
		app.If(l.Day != "", func() app.UI { return app.Div().Class("day").Body(app.Span().Text(l.Day)) }),
		app.If(l.Number != "", func() app.UI { return app.A().Class("number").Href("#L" + l.Number).Text(l.Number) }),
		app.Time().DateTime(l.At).Text(l.Time),
		app.Div().Class("said").Body(
			app.If(l.Who != "", func() app.UI {
				return app.Span().Class("who h" + string(rune('0'+l.Hue))).Body(app.Bdi().Text(l.Who))
			}),
			l.drawText(),
		),
	)
}

func (l line) drawText() app.UI {
	text := app.Span().Class("text").Dir("auto")
	if l.Paint == "" {
		return text.Text(l.Text)
	}
	var parts []app.UI
	for _, p := range partsOf(l.Text, l.Paint) {
		part := app.Span().Text(p.text)
		if p.class != "" {
			part = part.Class(p.class)
		}
		if p.tint != "" {
			part = part.DataSet("tint", p.tint) // web/first.js gives it its colours
		}
		parts = append(parts, part)
	}
	return text.Body(parts...)
}

// OnMount hands the log to the stage.
func (l *Log) OnMount(app.Context) {
	breathe()
	browser.MountLog(l)
}

// OnUpdate tells the stage that it is another room's.
func (l *Log) OnUpdate(app.Context) { browser.UpdateLog(l) }

// OnDismount takes it from the stage.
func (l *Log) OnDismount() {
	if browser != nil {
		browser.DismountLog(l)
	}
}
