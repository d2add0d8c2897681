package ui

import (
	"encoding/xml"
	"io"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"

	"telltale/shared/access"
	"telltale/shared/board"
	"telltale/shared/metric"
	"telltale/shared/scene"
	"telltale/shared/series"
	"telltale/shared/wire"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

const now = 1_800_000_000_000 // ms since 1970

// shelf is a source that a test fills.
type shelf map[metric.ID]metric.Metric

func (s shelf) View(patterns []string, rangeMS int64, points, limit int) (View, error) {
	view := View{Now: now, Base: "localhost:8082", Snapshot: series.Snapshot{Epoch: "e", Seq: 9,
		Values: map[metric.ID]series.Point{}, History: map[metric.ID][]series.Row{}}}
	for id, m := range s {
		for _, p := range patterns {
			if metric.Match(p, id) {
				view.Metrics = append(view.Metrics, m)
				view.Snapshot.Values[id] = series.Point{Time: m.Head.Time, Value: m.Head.Value}
				view.Snapshot.History[id] = []series.Row{{Time: now - 60_000, Min: 1, Max: 3, Avg: 2, Last: 2, Sum: 2, Count: 2}}
				break
			}
		}
	}
	return view, nil
}

func (shelf) Me() access.Me { return access.Me{Open: true} }

func (shelf) Room(name string, limit int) (RoomView, error) { return roomShelf[name], nil }

func (shelf) Rooms() (rows []wire.RoomRow, err error) {
	for name, of := range roomShelf {
		rows = append(rows, wire.RoomRow{RoomID: name, Seq: of.Last, Messages: of.Last, Members: of.Users})
	}
	return rows, nil
}

func (shelf) Board(id string) (wire.BoardView, bool, error) {
	if of, is := boardShelf[id]; is {
		return of, true, nil
	}
	of, is := board.Builtin(id)
	return wire.BoardView{Board: of, Revision: "b", Source: wire.Builtin}, is, nil
}

func (shelf) Boards() (rows []wire.BoardRow, err error) {
	for id, of := range boardShelf {
		rows = append(rows, wire.BoardRow{ID: id, Title: of.Title, Panels: len(of.Panels), Source: of.Source, Time: now - 60_000, Wrong: of.Wrong})
	}
	return rows, nil
}

// boardShelf are the boards of every shelf besides those that are built in; a test fills it.
var boardShelf map[string]wire.BoardView

// roomShelf are the rooms of every shelf; a test fills it.
var roomShelf map[string]RoomView

func gauge(id metric.ID, value float64) metric.Metric {
	return metric.Metric{ID: id, Declaration: metric.Declaration{Kind: metric.Gauge}, Head: metric.Head{Time: now - 1000, Seq: 9, Value: value}}
}

func counter(id metric.ID, value float64) metric.Metric {
	return metric.Metric{ID: id, Declaration: metric.Declaration{Kind: metric.Counter}, Head: metric.Head{Time: now - 1000, Seq: 9, Value: value}}
}

var handler = func() *app.Handler {
	Routes()
	return &app.Handler{Name: "Telltale", Version: "1", Icon: app.Icon{Default: "/i.png", SVG: "/i.svg"}}
}()

// page is what the server sends for a path where these metrics exist.
func page(t *testing.T, path string, metrics ...metric.Metric) string {
	t.Helper()
	s := shelf{}
	for _, m := range metrics {
		s[m.ID] = m
	}
	SetSources(func(*url.URL) Source { return s })
	t.Cleanup(func() { SetSources(nil) })
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, httptest.NewRequest("GET", path, nil))
	if answer.Code != 200 {
		t.Fatalf("GET %s: %d", path, answer.Code)
	}
	return answer.Body.String()
}

func TestTheFirstPaintHoldsValuesAndDrawnCharts(t *testing.T) {
	html := page(t, "/", counter("orders", 4711), gauge("host.cpu", 37.5))
	for _, want := range []string{">4,711<", ">37.5<", `<svg preserveAspectRatio="none" xmlns=`, "var(--s0)", `data-metric="orders"`,
		"curl -X POST localhost:8082/order", `"metric":"orders"`} {
		if !strings.Contains(html, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if n := strings.Count(html, "<article"); n != 12 {
		t.Errorf("%d cards, want the eleven panels of home and the invitation", n)
	}
}

func TestNoBooleanAttributeIsFalse(t *testing.T) {
	html := page(t, "/", counter("orders", 4711))
	if !strings.Contains(html, `data-press="plus"`) {
		t.Fatal("no button is on the page")
	}
	// To a browser an attribute that is there is true, whatever it says.
	for _, attribute := range []string{"disabled", "checked", "selected", "hidden", "open", "required", "readonly"} {
		if strings.Contains(html, ` `+attribute+`="false"`) {
			t.Errorf("the page has %s=\"false\"", attribute)
		}
	}
}

func TestNothingInAPageComesFromAMetricsNameAsMarkup(t *testing.T) {
	evil := metric.ID(`m{a="\"><script>alert(1)</script>",b="\\\" onload=x",c="</script>",d="true"}`)
	id, err := metric.Parse(string(evil))
	if err != nil {
		t.Fatal(err)
	}
	m := gauge(id, 1)
	m.Title, m.Unit = `"><img src=x onerror=alert(2)>`, `<b>"\`
	for _, path := range []string{"/b/all", metricPath(id)} {
		html := page(t, path, m)
		for _, bad := range []string{"<script>alert", "<img src=x", "<b>", `\"`} {
			body := regexp.MustCompile(`(?s)<script type="application/json".*?</script>`).ReplaceAllString(html, "")
			if strings.Contains(body, bad) {
				t.Errorf("%s holds %s", path, bad)
			}
		}
		if !wellFormed(html) {
			t.Errorf("%s is not well formed", path)
		}
	}
}

// wellFormed reads a page as HTML-shaped XML: every attribute quoted rightly, every
// element closed.
func wellFormed(html string) bool {
	d := xml.NewDecoder(strings.NewReader(strings.TrimPrefix(html, "<!doctype html>")))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	for {
		switch _, err := d.Token(); err {
		case nil:
		case io.EOF:
			return true
		default:
			return false
		}
	}
}

func TestAMetricsOwnPageIsDrawnForEachNumberOfColumns(t *testing.T) {
	html := page(t, "/m/temp?range=1h", gauge("temp", 21))
	for _, want := range []string{`class="first c1"`, `class="first c3"`, `width="1128"`, "the last hour"} {
		if !strings.Contains(html, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if !strings.Contains(html, `href="/m/temp"`) || !strings.Contains(html, `href="/m/temp?range=24h"`) {
		t.Error("the ranges are no links to the same page")
	}
}

func TestAPageOfWhatIsNotThereYetSaysHowToPostIt(t *testing.T) {
	if html := page(t, "/m/temp"); !strings.Contains(html, "curl -d 21.5 localhost:8082/m/temp") {
		t.Error("no curl line")
	}
}

func TestAPreRenderWithoutASourceStillMakesAPage(t *testing.T) {
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, httptest.NewRequest("GET", "/", nil))
	if !strings.Contains(answer.Body.String(), "Telltale") {
		t.Error("no page")
	}
}

func TestTheAttributesThatGoAppWritesReadBackTheSame(t *testing.T) {
	for _, value := range []string{`true`, `plain`, `a "b" \c\`, "nb\u00a0sp", "line\nbreak", `&amp;`, "é€😀"} {
		html := app.HTMLString(app.Div().DataSet("x", attr(value)))
		d := xml.NewDecoder(strings.NewReader(html))
		token, err := d.Token()
		if err != nil {
			t.Errorf("%q became %s: %v", value, html, err)
			continue
		}
		if got := token.(xml.StartElement).Attr[0].Value; got != value {
			t.Errorf("%q came back as %q", value, got)
		}
	}
}

func TestTheStylesHaveTheColoursOfTheCharts(t *testing.T) {
	css, err := os.ReadFile("../../web/app.css")
	if err != nil {
		t.Fatal(err)
	}
	for palette, times := range map[*scene.Palette]int{&scene.Light: 1, &scene.Dark: 2} {
		if want := string(palette.AppendCSS(nil)); strings.Count(string(css), want) != times {
			t.Errorf("web/app.css should hold %d times: %s", times, want)
		}
	}
}
