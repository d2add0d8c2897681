package journey

import (
	"net/http"
	"os/exec"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// token makes one, and waits until it holds.
func (s *server) token(name string, flags ...string) string {
	s.t.Helper()
	out, err := exec.Command(s.binary, append([]string{"token", "create", name, "--data", s.data}, flags...)...).Output()
	if err != nil {
		s.t.Fatal(err)
	}
	token := strings.TrimSpace(string(out))
	eventually(s.t, wait, "the token holds", func() bool {
		status, _ := s.call("GET", "/api/v1/me", "", "Authorization", "Bearer "+token)
		closed, _ := s.call("GET", "/api/v1/me", "")
		return status == http.StatusOK && closed == http.StatusUnauthorized
	})
	return token
}

// revoke takes a token away.
func (s *server) revoke(name string) {
	s.t.Helper()
	if out, err := exec.Command(s.binary, "token", "revoke", name, "--data", s.data).CombinedOutput(); err != nil {
		s.t.Fatalf("%v: %s", err, out)
	}
}

// signIn shows a token on the page that asks for one.
func (p *tab) signIn(token string) {
	p.t.Helper()
	p.until("the page asks for a token", `location.pathname === "/sign-in" && document.activeElement.id === "token"`)
	p.do(chromedp.SendKeys("#token", token), chromedp.KeyEvent(kb.Enter))
}

// cachedPages are the pages that the service worker keeps.
const cachedPages = `(async () => {
	const found = [];
	for (const name of await caches.keys()) for (const of of await (await caches.open(name)).keys()) found.push(new URL(of.url).pathname);
	return found.filter((path) => path === "/" || /^\/[bmr]\//.test(path) || path === "/rooms" || path.startsWith("/runs"));
})()`

// now is the value that the page shows of a metric.
func now(metric string) string {
	return `document.querySelector('.now[data-metric="` + metric + `"]')?.textContent`
}

func TestAPersonSignsInAndOut(t *testing.T) {
	s := quiet(t)
	s.must("POST", "/order", "")
	ada := s.token("ada", "--scope", "admin")
	b := look(t, s)
	b.expect("401") // of a token that nobody made
	p := b.blank(1280, 900, "light")
	p.do(chromedp.Navigate(s.url + "/?range=1h"))
	p.until("who shows no token is asked for one", `location.pathname === "/sign-in" && document.querySelector("h1").textContent === "Sign in to Telltale" && document.querySelector('label[for="token"]')`)
	p.until("the field has the focus", `document.activeElement.id === "token"`)
	accessible(p, "/sign-in")

	p.signIn("not a token")
	p.until("a wrong one is refused in words", `document.querySelector('[role="alert"]')?.textContent.includes("not known here") && document.getElementById("token").getAttribute("aria-invalid") === "true"`)
	accessible(p, "/sign-in after a refusal")
	p.do(chromedp.Click("#show"))
	p.until("what is typed can be seen", `document.getElementById("token").type === "text" && document.activeElement.id === "token"`)

	p.signIn(ada)
	p.until("the board is live where one wanted to go", `location.pathname + location.search === "/?range=1h" && !document.getElementById("app-wasm-loader") && `+live)
	s.must("POST", "/order", "", "Authorization", "Bearer "+ada)
	p.until("a change comes", now("orders")+` === "2"`)
	p.do(chromedp.Click(`[data-panel="orders"] [data-press="plus"]`))
	p.until("it can be changed", now("orders")+` === "3"`)
	p.until("the page is kept for a start without contact", cachedPages+`.then((all) => all.length > 0)`)

	p.do(chromedp.Focus("#account"), chromedp.KeyEvent(kb.Enter))
	p.until("it says who looks, and what they may", `document.getElementById("dialog-title")?.textContent === "Signed in as ada" && document.querySelector(".may").textContent.includes("everything")`)
	accessible(p, "who looks")
	p.do(chromedp.Focus("#sign-out"), chromedp.KeyEvent(kb.Enter))
	p.until("whoever signs out is asked for a token", `location.pathname === "/sign-in"`)
	p.until("no page is kept for who comes next", cachedPages+`.then((all) => all.length === 0)`)
	if kept := eval[bool](p, `localStorage.getItem("telltale.kept") !== null`); kept {
		t.Error("the values that were seen are kept for who comes next")
	}
	p.do(chromedp.Navigate(s.url + "/"))
	p.until("nor is any shown", `location.pathname === "/sign-in"`)
	b.expect(gone...)
	s.kill()
	_, _ = chromedp.Run(p.ctx, chromedp.Evaluate[bool](`location.assign("/"); true`))
	p.until("nor where the server is away", `!document.querySelector(".card") && location.href !== "about:blank" && document.readyState === "complete"`)
}
