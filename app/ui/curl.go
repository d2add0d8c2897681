package ui

import (
	"net/url"
	"strings"
	"time"

	"telltale/shared/metric"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// shop are the paths of the three counters that have some of their own.
var shop = map[metric.ID]struct{ plus, minus string }{
	"orders":    {"/order", "/order"},
	"products":  {"/product", "/product"},
	"customers": {"/sign-up", "/sign-off"},
}

// curlLine is the command that changes a metric, or, for what this machine sets
// itself, the one that reads it.
func curlLine(base string, m metric.Metric) string {
	path := "/m/" + url.PathEscape(string(m.ID))
	switch {
	case shop[m.ID].plus != "":
		return "curl -X POST " + base + shop[m.ID].plus
	case metric.IsGlob(string(m.ID)): // nothing there matches it
		return "curl " + base + "/api/v1/metrics"
	case strings.HasPrefix(string(m.ID), "host."):
		return "curl " + base + path
	case m.Kind == metric.Counter:
		return "curl -X POST " + base + path
	}
	return "curl -d 21.5 " + base + path
}

// tellLine is the command that sends a command's output to a room, followLine the
// one that shows what is said there.
func tellLine(base, room string) string {
	return "make 2>&1 | curl -T - " + base + roomPath(room)
}

func followLine(base, room string) string { return "curl -N " + base + roomPath(room) }

func presenceLine(base, room string) string {
	return "curl " + base + "/api/v1/rooms/" + room + "/presence"
}

const copiedFor = 1600 * time.Millisecond

// Curl is a command line, ready to copy.
type Curl struct {
	app.Compo
	Line string
	Of   string // what it changes, for a screen reader

	copied bool
}

// Render draws it.
func (c *Curl) Render() app.UI {
	label := "Copy the curl line of " + c.Of
	if c.copied {
		label = "Copied the curl line of " + c.Of
	}
	return app.Div().Class("curl").Body(
		app.Code().Title(attr(c.line())).Text(c.Line),
		app.Button().Type("button").Class("icon").Aria("label", attr(label)).Title(attr(label)).
			DataSet("copied", attr(yes(c.copied))).OnClick(c.copy).Body(
			app.If(c.copied, func() app.UI { return glyph("done") }).
				Else(func() app.UI { return glyph("copy") }),
		),
	)
}

// line is the command as this viewer has to give it: with their token, where one is asked for.
func (c *Curl) line() string {
	if mine.SignedIn && strings.Contains(c.Line, "curl ") {
		return c.Line + ` -H "Authorization: Bearer $TELLTALE_TOKEN"`
	}
	return c.Line
}

func (c *Curl) copy(ctx app.Context, _ app.Event) {
	browser.Copy(c.line())
	c.copied = true
	ctx.After(copiedFor, func(app.Context) { c.copied = false })
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return ""
}
