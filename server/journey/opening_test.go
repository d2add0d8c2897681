package journey

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// heldBack is a server whose app comes once it is let go, to one page.
func heldBack(t *testing.T, s *server) (at *server, let func()) {
	t.Helper()
	to, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	pass, come := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to); r.Out.Host = r.In.Host }}, make(chan struct{})
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/web/app.wasm" {
			select {
			case <-come:
			case <-r.Context().Done():
				return
			}
		}
		pass.ServeHTTP(w, r)
	}))
	t.Cleanup(proxy.Close)
	return &server{url: proxy.URL}, func() { close(come) }
}

// early opens a page whose app does not come yet.
func (b *browser) early(target string) *tab {
	b.t.Helper()
	p := b.blank(1000, 800, "light")
	p.do(chromedp.Navigate(target))
	p.until("the server's page is there", `document.readyState === "complete" && document.fonts.status === "loaded" && document.getElementById("app-wasm-loader")`)
	return p
}

func TestWhatIsSaidBeforeTheAppLivesIsSaidOnce(t *testing.T) {
	s := quiet(t)
	s.must("POST", "/r/early", "by the server")
	held, let := heldBack(t, s)
	p := look(t, s, held).early(held.url + "/r/early")
	p.write("first")
	p.do(chromedp.SendKeys("#say", "second"), chromedp.Click("#send"))
	p.until("both are seen to wait", `[...document.querySelectorAll(".waiting .text")].map((e) => e.textContent).join() === "first,second"`)
	p.do(chromedp.SendKeys("#say", "half written"))
	eval[bool](p, `document.getElementById("say").setSelectionRange(5, 8), true`)
	let()
	p.until("they are said", awake+" && "+reads("by the server", "first", "second"))
	p.until("nothing waits", `!document.querySelector(".waiting")`)
	got := eval[string](p, `(() => { const e = document.activeElement; return [e.id, e.value, e.selectionStart, e.selectionEnd].join() })()`)
	if want := "say,half written,5,8"; got != want {
		t.Errorf("the line to write is %s, want %s", got, want)
	}
	p.do(chromedp.KeyEvent("x"), chromedp.KeyEvent(kb.Enter))
	p.until("one goes on writing", reads("first", "second", "half xtten"))
	if all := s.must("GET", "/api/v1/rooms/early/messages", ""); strings.Count(all, `"seq"`) != 4 {
		t.Errorf("the room holds %s", all)
	}
}

func TestWhatWasWrittenIsKeptWhereThePageLeavesBeforeTheAppLives(t *testing.T) {
	s := quiet(t)
	held, let := heldBack(t, s)
	b := look(t, s, held)
	p := b.early(held.url + "/r/early")
	p.write("not said")
	p.do(chromedp.SendKeys("#say", "nor this"))
	p.until("it is written", `document.getElementById("say").value === "nor this"`)
	p.do(chromedp.Navigate("about:blank"), chromedp.Navigate(held.url+"/r/early"))
	const kept = `document.getElementById("say")?.value === "not said\nnor this"`
	p.until("it is there before the app", kept)
	let()
	p.until("and with it", awake+" && "+kept)
	if all := s.must("GET", "/api/v1/rooms/early/messages", ""); strings.Contains(all, `"seq"`) {
		t.Errorf("the room holds %s", all)
	}
}

func TestWhereOneReadsIsKeptWhenTheAppComes(t *testing.T) {
	s := quiet(t)
	for i := range 200 {
		s.must("POST", "/r/long", fmt.Sprintf("line %d %s", i, strings.Repeat("which is as long as it is ", i%7)))
	}
	held, let := heldBack(t, s)
	p := look(t, s, held).early(held.url + "/r/long")
	eval[bool](p, `document.querySelector(".scroll").focus(), document.querySelector(".scroll").scrollTop = -300, true`)
	p.until("it is scrolled up", `document.querySelector(".scroll").scrollTop === -300`)
	const place = `(() => { const top = document.querySelector(".scroll").getBoundingClientRect().top;
		const line = [...document.querySelectorAll(".line")].find((line) => line.getBoundingClientRect().top >= top);
		return line.querySelector(".text").textContent + Math.round(line.getBoundingClientRect().top - top); })()`
	at := eval[string](p, place)
	let()
	p.until("the lines are the app's", awake+` && !document.querySelector(".log.early") && document.querySelector(".line[data-key]")`)
	if got := eval[string](p, place); got != at {
		t.Errorf("%q is in sight where %q was", got, at)
	}
	p.until("the end is not followed", `!document.querySelector(".end").hidden`)
	if got := eval[string](p, `document.activeElement.className`); got != "scroll" {
		t.Errorf("%q has the focus", got)
	}
}

func TestWhatIsSoughtAndPressedBeforeTheAppLivesIsFoundAndDone(t *testing.T) {
	s := quiet(t)
	s.must("POST", "/r/found", "x")
	s.must("POST", "/m/orders", "4")
	held, let := heldBack(t, s)
	b := look(t, s, held)
	seek, enter, press := b.early(held.url+"/rooms"), b.early(held.url+"/rooms"), b.early(held.url+"/")
	seek.do(chromedp.SendKeys("#seek", "nothing"))
	enter.do(chromedp.SendKeys("#seek", "a.new-one"), chromedp.KeyEvent(kb.Enter))
	for range 2 {
		press.do(chromedp.Click(`[data-panel="orders"] [data-press="plus"]`))
	}
	eval[bool](press, `scrollTo(0, 200), document.querySelector('a[href="/rooms"]').focus({ preventScroll: true }), true`)
	press.until("it is scrolled", `scrollY === 200`)
	let()
	seek.until("it is sought", awake+` && document.querySelector(".rooms .quiet")?.textContent.startsWith("No room") && !document.querySelector(".list li")`)
	enter.until("the room opens", `location.pathname === "/r/a.new-one" && document.querySelector(".log[data-empty] .nothing")`)
	press.until("it is done twice", awake+` && document.querySelector('.now[data-metric="orders"]').textContent === "6"`)
	got := eval[string](press, `[scrollY, document.activeElement.getAttribute("href")].join()`)
	if want := "200,/rooms"; got != want {
		t.Errorf("scrolled to and focus on %s, want %s", got, want)
	}
}

func TestWhatIsWrittenBeforeTheAppLivesIsNobodyElses(t *testing.T) {
	s, _ := guarded(t)
	ada, eve := s.token("ada", "--scope", "admin"), s.token("eve", "--scope", "admin")
	held, let := heldBack(t, s)
	p := look(t, s, held).blank(1000, 800, "light")
	comes := func(token string) (line string) {
		p.do(chromedp.Navigate(held.url + "/r/build"))
		p.signIn(token)
		p.until("the server's page is there", `location.pathname === "/r/build" && document.readyState === "complete" && document.getElementById("app-wasm-loader") && document.getElementById("say")`)
		return eval[string](p, `document.getElementById("say").value`)
	}
	leaves := func() {
		eval[bool](p, `telltale.signOut(), true`)
		p.until("one has signed out", `location.pathname === "/sign-in"`)
	}
	comes(ada)
	p.do(chromedp.SendKeys("#say", "the oven is"))
	leaves()
	if line := comes(eve); line != "" {
		t.Errorf("eve's line is %q", line)
	}
	leaves()
	if line := comes(ada); line != "the oven is" {
		t.Errorf("ada's line is %q", line)
	}
	let()
	p.until("it is there with the app", awake+` && document.getElementById("say").value === "the oven is"`)
	p.do(chromedp.Click("#send"))
	p.until("it is said", reads("all is built", "the oven is"))
	p.visit(held.url + "/r/build")
	p.until("and not there again", awake+` && document.getElementById("say").value === ""`)
}
