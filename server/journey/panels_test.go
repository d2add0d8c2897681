package journey

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// everyKind is a board with a panel of each kind and of several sizes.
const everyKind = `{"id": "every", "title": "Every kind", "panels": [
	{"id": "cpu", "kind": "gauge", "title": "CPU", "unit": "percent", "queries": [{"metric": "shop.cpu"}],
		"thresholds": [{"at": 0, "tone": "good"}, {"at": 70, "tone": "warn"}, {"at": 90, "tone": "bad"}]},
	{"id": "latency", "kind": "stat", "title": "Latency", "unit": "ms", "queries": [{"metric": "shop.latency"}], "thresholds": [{"at": 200, "tone": "warn"}]},
	{"id": "requests", "kind": "area", "stacked": true, "w": 2, "title": "Requests", "unit": "/s", "queries": [{"metric": "svc.*"}]},
	{"id": "answers", "kind": "bars", "title": "Answers", "queries": [{"metric": "answers.ok", "title": "ok"}, {"metric": "answers.bad", "title": "failed"}]},
	{"id": "memory", "kind": "line", "title": "Memory", "unit": "percent", "min": 0, "max": 100, "queries": [{"metric": "shop.mem"}],
		"thresholds": [{"at": 80, "tone": "warn"}, {"at": 90, "tone": "bad"}]},
	{"id": "services", "kind": "table", "w": 2, "title": "Services", "every": "1h", "queries": [{"metric": "svc.*"}, {"metric": "shop.*"}]},
	{"id": "duty", "kind": "text", "title": "On call", "text": "**Ada** is on call.\n\n- restart with ` + "`make run`" + `\n- look at the [runbook](https://example.org/)\n\n| host | role |\n|---|---|\n| a1 | store |"},
	{"id": "loads", "kind": "gauge", "title": "Load of each", "max": 60, "queries": [{"metric": "svc.*"}], "thresholds": [{"at": 40, "tone": "warn"}]},
	{"id": "numbers", "kind": "stat", "title": "Numbers", "queries": [{"metric": "shop.*"}]},
	{"id": "few", "kind": "table", "title": "Small table", "queries": [{"metric": "svc.*"}]},
	{"id": "lines", "kind": "line", "w": 2, "h": 2, "title": "All services", "queries": [{"metric": "svc.*"}]},
	{"id": "build", "kind": "log", "h": 2, "title": "Build", "room": "build"},
	{"id": "orders", "kind": "stat", "h": 2, "title": "Orders", "buttons": true, "queries": [{"metric": "orders"}]}
]}`

// keepBoard puts a board that there is not yet.
func keepBoard(s *server, id, document string) {
	s.t.Helper()
	if status, answer := s.call("PUT", "/api/v1/boards/"+id, document, "Content-Type", "application/json"); status != http.StatusCreated {
		s.t.Fatalf("the board %s is answered %d: %s", id, status, answer)
	}
}

// outfit makes the board of every kind and five minutes of values for it.
func outfit(s *server) {
	s.t.Helper()
	keepBoard(s, "every", everyKind)
	s.must("POST", "/r/build", "compiling\nlinking\nok")
	now := time.Now().UnixMilli()
	for from := range 10 {
		var rows strings.Builder
		for n := from * 30; n < from*30+30; n++ {
			at := now - int64(300-n)*1000
			value := func(metric string, middle, swing int) {
				fmt.Fprintf(&rows, `{"metric":%q,"set":%d,"time":%d}`+"\n", metric, middle+(n*n+n*len(metric))%(swing+1)-swing/2, at)
			}
			value("svc.api", 24, 4)
			value("svc.worker", 15, 3)
			value("svc.store", 9, 2)
			value("svc.mail", 5, 2)
			value("shop.cpu", 74, 8)
			value("shop.latency", 180, 60)
			value("shop.mem", 76, 5)
			fmt.Fprintf(&rows, `{"metric":"answers.ok","add":%d,"time":%d}`+"\n"+`{"metric":"answers.bad","add":%d,"time":%d}`+"\n", 3+n*n%7, at, 1+n%2, at)
		}
		s.must("POST", "/api/v1/metrics", rows.String(), "Content-Type", "application/x-ndjson")
	}
	for range 21 {
		s.must("POST", "/order", "")
	}
}

// drawn says that every plot in sight has a canvas with something on it.
const drawn = `[...document.querySelectorAll(".card .plot")].filter((p) => p.getBoundingClientRect().top < innerHeight).every((p) => p.querySelector("canvas")?.width > 0)`

func TestABoardOfEveryKindFitsIsAccessibleAndDrawnAtOnce(t *testing.T) {
	s := quiet(t)
	outfit(s)
	b := look(t, s)
	for _, width := range []int64{390, 1440, 1920} {
		for _, theme := range []string{"light", "dark"} {
			p := b.open(s.url+"/b/every", width, 1000, theme)
			p.until("it is live and drawn", live+" && "+settled+" && "+drawn)
			wrong := eval[string](p, `(() => {
				const found = [], box = (e) => e.getBoundingClientRect();
				if (document.documentElement.scrollWidth > innerWidth) found.push("the page is " + document.documentElement.scrollWidth + " wide");
				for (const e of document.querySelectorAll(".grid > .card")) if (e.scrollHeight > e.clientHeight) found.push(e.dataset.panel + ": " + e.scrollHeight + " in " + e.clientHeight);
				const columns = innerWidth < 808 ? 1 : innerWidth < 1208 ? 2 : innerWidth < 1600 ? 3 : 4, one = box(document.querySelector('[data-panel="cpu"]'));
				const two = box(document.querySelector('[data-panel="lines"]'));
				if (Math.abs(two.width - (columns > 1 ? 2 * one.width + 16 : one.width)) > 1) found.push("two columns are " + two.width + " wide, one " + one.width);
				if (two.height !== 2 * one.height + 16) found.push("two rows are " + two.height + " high, one " + one.height);
				return found.join("\n");
			})()`)
			if wrong != "" {
				t.Errorf("%d wide, %s:\n%s", width, theme, wrong)
			}
			accessible(p, fmt.Sprintf("every kind, %s, %d wide", theme, width))
			p.close()
		}
	}
	_, first := s.call("GET", "/b/every", "", "Accept", "text/html")
	for _, kind := range []string{"cpu", "latency", "requests", "answers", "memory", "services", "loads", "numbers", "lines"} {
		_, card, _ := strings.Cut(first, `data-panel="`+kind+`"`)
		card, _, _ = strings.Cut(card, "</article>")
		if !strings.Contains(card, "<svg") || !strings.Contains(card, `class="now"`) {
			t.Errorf("the first paint of %s has no drawing or no value", kind)
		}
	}
}

func TestALegendHidesASeriesAndStaysSo(t *testing.T) {
	s := quiet(t)
	outfit(s)
	p := look(t, s).open(s.url+"/b/every", 1440, 1000, "light")
	p.until("it is live and drawn", live+" && "+drawn)
	const entry = `document.querySelector('[data-panel="requests"] button.name')`
	// The colour of the first series is gone from the drawing.
	const blue = `(() => {
		const canvas = document.querySelector('[data-panel="requests"] canvas'), {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
		let n = 0;
		for (let i = 0; i < data.length; i += 4) if (data[i] === 11 && data[i + 1] === 98 && data[i + 2] === 214 && data[i + 3] > 200) n++;
		return n;
	})()`
	p.until("the series is drawn", blue+" > 20")
	eval[bool](p, entry+".focus(), true")
	p.do(chromedp.KeyEvent(" "))
	p.until("the button says so", entry+`.getAttribute("aria-pressed") === "false"`)
	p.until("the series is not drawn", blue+" === 0")
	p.visit(s.url + "/b/every")
	p.until("it is hidden still", live+" && "+drawn+" && "+entry+`.getAttribute("aria-pressed") === "false" && `+blue+" === 0")
	eval[bool](p, entry+".click(), true")
	p.until("it is shown again", entry+`.getAttribute("aria-pressed") === "true" && `+blue+" > 20")
}

func TestATablesRowsAreTextThatTheStageKeepsTrue(t *testing.T) {
	s := quiet(t)
	outfit(s)
	p := look(t, s).open(s.url+"/b/every", 1440, 1000, "light")
	p.until("it is live", live)
	const row = `[...document.querySelectorAll('[data-panel="services"] .row')].find((row) => row.querySelector("a").textContent === "svc.api")`
	p.until("its row is there", row)
	eval[bool](p, "window.kept = "+row+`.querySelector(".now"), true`)
	s.must("POST", "/m/svc.api", "1234.5")
	p.until("the value comes", `kept.textContent === "1,235" || kept.textContent === "1,234"`)
	p.until("in the same node", `kept.isConnected`)
	p.until("the change and the age, too", row+`.querySelector(".delta").textContent.startsWith("↑") && `+row+`.querySelector(".ago").textContent.endsWith("s")`)
}
