package journey

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// promising saves a board of one panel that promises a value every so often.
func promising(s *server, id, every string) {
	body := fmt.Sprintf(`{"title":"Truth","panels":[{"id":"p","kind":"line","every":%q,"queries":[{"metric":"beat"}]}]}`, every)
	if status, answer := s.call("PUT", "/api/v1/boards/"+id, body, "Content-Type", "application/json"); status != http.StatusOK && status != http.StatusCreated {
		s.t.Fatalf("%d %s", status, answer)
	}
}

const trust = `document.querySelector('[data-panel="p"]').dataset.trust`

// A panel that promises a value every 4 s says when it is in time, late and overdue, that nothing is heard when the server
// stops answering or is gone, and how old the value is by the word of one that comes back. Whether it ever lies,
// whatever happens, is TestAPageNeverLiesWhateverIsCut's matter.
func TestAPanelSaysHowLateItsValueIsAndThatNothingIsHeard(t *testing.T) {
	s := quiet(t)
	s.must("POST", "/m/beat", "1")
	promising(s, "truth", "4s")
	b := look(t, s)
	b.expect(gone...)
	p := b.blank(1000, 800, "light")
	p.visit(s.url + "/b/truth")
	p.until("it is live", live)
	inTime := func() {
		t.Helper()
		beats := 1
		eventually(t, wait, "a value in time", func() bool {
			beats++
			s.must("POST", "/m/beat", strconv.Itoa(beats))
			return eval[bool](p, trust+` === "fresh"`)
		})
	}
	inTime()
	// What the panel says, and how it says it, may be gone before anybody asks.
	eval[bool](p, `(() => {
		const panel = document.querySelector('[data-panel="p"]'), age = panel.querySelector(".age");
		window.said = [];
		const note = () => { const now = panel.dataset.trust + ", " + age.textContent; if (said.at(-1) !== now) said.push(now); };
		note();
		new MutationObserver(note).observe(panel, {subtree: true, childList: true, characterData: true, attributes: true});
		return true;
	})()`)
	p.until("overdue", trust+` === "overdue"`)
	p.until("before, it said that it was in time, and then late", `(() => {
		const first = (pattern) => said.findIndex((each) => pattern.test(each)), fresh = first(/^fresh, .* ago$/), late = first(/^late, .* late$/);
		return fresh >= 0 && late > fresh;
	})()`)
	inTime()

	s.pause()
	began := time.Now()
	p.until("nothing is heard", stale+` && `+trust+` === "cut"`)
	atMost(t, "to say that nothing is heard", time.Since(began), 10*time.Second)
	s.resume()
	p.until("it is live again, and the value is overdue", live+" && !("+stale+") && "+trust+` === "overdue"`)

	s.kill()
	p.until("the server is gone", stale)
	s.again()
	p.until("the new server's word is taken: the value is as old as it is", live+" && "+trust+` === "overdue"`)

	html := s.must("GET", "/b/truth", "", "Accept", "text/html")
	if !strings.Contains(html, `data-trust="overdue"`) || !strings.Contains(html, " late</span>") {
		t.Error("the first paint does not say that the value is overdue")
	}
}

// Nothing of the app runs here: the page is what the server sent.
func TestAPageWhoseAppIsNotAwakeIsVeiledWithinTenSeconds(t *testing.T) {
	s := quiet(t)
	s.must("POST", "/m/beat", "1")
	b := look(t, s)
	p := b.blank(1000, 800, "light")
	command(p, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{
		Source: `WebAssembly.instantiateStreaming = WebAssembly.instantiate = () => new Promise(() => {})`})
	p.do(chromedp.Navigate(s.url + "/m/beat"))
	p.until("the page is there", `document.getElementById("veil")`)
	const opacity = `+getComputedStyle(document.getElementById("veil")).opacity`
	if eval[float64](p, opacity) != 0 {
		t.Error("the veil is there from the start")
	}
	began := time.Now()
	p.until("the veil has come", opacity+" === 1")
	atMost(t, "the veil", time.Since(began), 10*time.Second)
}

// A page watches what is in sight; what is out of sight is asked for when it comes.
func TestAPageIsSentOnlyWhatIsInSight(t *testing.T) {
	s := quiet(t)
	history(t, s, 120, 10)
	b := look(t, s)
	p := b.blank(1000, 700, "light")
	command(p, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: `{
		window.watched = [];
		const send = WebSocket.prototype.send;
		WebSocket.prototype.send = function (text) { if (/^{"type":"(un)?watch"/.test(text)) watched.push(text); return send.call(this, text); };
	}`})
	p.visit(s.url + "/b/all")
	p.until("it is live", live+` && watched.length && JSON.parse(watched.at(-1)).metrics`)
	type watch struct {
		Metrics, Have []string
		Since         *uint64
	}
	watches := func() (all []watch) {
		if err := json.Unmarshal([]byte("["+eval[string](p, `watched.join()`)+"]"), &all); err != nil {
			t.Fatal(err)
		}
		return all
	}
	p.rest(`watched.length`) // the first is of all, since nobody knows yet what is in sight
	var top watch
	eventually(t, wait, "a part of the metrics is watched", func() bool {
		all := watches()
		top = all[len(all)-1]
		return len(top.Metrics) > 1 && len(top.Metrics) < 40
	})
	eval[bool](p, `document.querySelectorAll(".card")[8].scrollIntoView(), true`)
	var there string
	// Where a page is slow it comes there in steps, each of them a watch.
	eventually(t, wait, "what is there now goes on, the rest comes whole", func() bool {
		all := watches()
		last := all[len(all)-1]
		if len(last.Metrics) == 0 || last.Metrics[0] == top.Metrics[0] {
			return false
		}
		there = last.Metrics[0]
		return slices.ContainsFunc(all, func(w watch) bool { return w.Since != nil && len(w.Have) > 0 && len(w.Have) < len(w.Metrics) })
	})
	s.must("POST", "/m/"+there, "77")
	p.until("what came into sight is live", fmt.Sprintf(`[...document.querySelectorAll('.now[data-metric="%s"]')].some((now) => now.textContent === "77")`, there))
}
