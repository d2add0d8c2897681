package journey

import (
	"fmt"
	"net/http"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

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
		closed, _ := s.call("POST", "/api/v1/metrics", "")
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
	p.until("the board is live where one wanted to go", `location.pathname + location.search === "/?range=1h" && `+awake)
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
	p.until("nor are values", `document.readyState === "complete" && localStorage.getItem("telltale.kept") === null`)
	p.do(chromedp.Navigate(s.url + "/"))
	p.until("nor is any shown", `location.pathname === "/sign-in"`)
	b.expect(gone...)
	s.kill()
	_, _ = chromedp.Run(p.ctx, chromedp.Evaluate[bool](`location.assign("/"); true`))
	p.until("nor where the server is away", `!document.querySelector(".card") && location.href !== "about:blank" && document.readyState === "complete"`)
}

// offered are the buttons of a page that change something.
const offered = `[...document.querySelectorAll("[data-press], #edit, #save, #make, #say, #send, #stop, #menu-new, #menu-copy, #menu-read, #menu-delete, .foot a")].map((e) => e.id || e.dataset.press || e.textContent).join(" ")`

// guarded runs a server with values, rooms and boards that takes tokens; the first is an administrator's.
func guarded(t *testing.T, flags ...string) (s *server, admin string) {
	t.Helper()
	s = quiet(t, flags...)
	for range 3 {
		s.must("POST", "/order", "")
	}
	s.must("POST", "/m/orders.open", "=7")
	s.must("POST", "/m/payroll", "=90210")
	s.must("POST", "/r/build", "all is built")
	s.must("POST", "/r/board", "we sell the company")
	for id, text := range map[string]string{"shop": shopBoard, "secret": `{"title":"Payroll","panels":[{"id":"p","kind":"stat","queries":[{"metric":"payroll"}]}]}`} {
		if status, answer := s.call("PUT", "/api/v1/boards/"+id, text); status != http.StatusCreated {
			t.Fatalf("%d: %s", status, answer)
		}
	}
	return s, s.token("root", "--scope", "admin")
}

func TestAPageShowsAndOffersWhatItsViewerMay(t *testing.T) {
	s, admin := guarded(t)
	clerk := s.token("clerk", "--scope", "read:orders*,read:shop")
	b := look(t, s)
	b.expect("403", "404") // of what is not shown
	p := b.blank(1280, 900, "light")
	p.do(chromedp.Navigate(s.url + "/b/shop"))
	p.signIn(clerk)
	p.until("the board is live", `location.pathname === "/b/shop" && `+awake)
	p.until("what may be seen is", now("orders")+` === "3"`)
	for _, panel := range []string{"temperature", "load", "build"} {
		p.until(panel+" says that it is not shown", `document.querySelector('[data-panel="`+panel+`"] .none')?.textContent.endsWith("is not shown to you.")`)
	}
	if found := eval[string](p, offered); found != "" {
		t.Errorf("a viewer who may only look is offered: %s", found)
	}
	accessible(p, "a board of which not all is shown")
	s.must("POST", "/order", "", "Authorization", "Bearer "+admin)
	p.until("it is live", now("orders")+` === "4"`)
	p.do(chromedp.KeyEvent("e"), chromedp.KeyEvent("n"), chromedp.KeyEvent("m"))
	p.until("the menu has what may be done", `document.getElementById("menu-file")`)
	if found := eval[string](p, offered+` + (document.getElementById("editbar") ? " editing" : "")`); found != "" {
		t.Errorf("the menu offers %s", found)
	}
	p.do(chromedp.KeyEvent(kb.Escape))

	for path, ready := range map[string]string{
		"/b/all":    `document.querySelectorAll(".card[data-metric]").length === 2`,
		"/":         now("orders") + ` === "4" && document.querySelector('[data-panel="products"] .none')`,
		"/b/secret": `document.querySelector(".invitation")?.textContent.includes("not shown to you")`,
		"/boards":   `document.querySelector('[data-board="shop"]') && !document.querySelector('[data-board="secret"]')`,
		"/rooms":    `document.querySelector("main#rooms")`,
		"/runs":     `document.querySelector("main#runs")`,
	} {
		p.visit(s.url + path)
		p.until(path+" is live", live+" && "+settled)
		p.until(path+" shows what it may", ready)
		if found := eval[string](p, offered); found != "" {
			t.Errorf("%s offers %s", path, found)
		}
		if text := eval[string](p, `document.documentElement.outerHTML + document.body.innerText`); strings.Contains(text, "90,210") || strings.Contains(text, "90210") || strings.Contains(text, "we sell") {
			t.Errorf("%s shows what it may not", path)
		}
	}
	for path, scope := range map[string]string{"/m/payroll": "read:payroll", "/r/board": "read:board"} {
		p.do(chromedp.Navigate(s.url + path))
		p.until(path+" says why it is not shown", `document.body.textContent.includes("`+scope+`")`)
		accessible(p, path)
	}
}

func TestWhoeverMayChangeSomeThingsIsOfferedThose(t *testing.T) {
	s, _ := guarded(t)
	clerk := s.token("clerk", "--scope", "read:*,write:orders,room:build,board:shop")
	p := look(t, s).blank(1280, 900, "dark")
	p.do(chromedp.Navigate(s.url + "/"))
	p.signIn(clerk)
	p.until("home is live", awake)
	p.until("orders can be changed, products not, nor the board", `document.querySelector('[data-panel="orders"] [data-press="plus"]') && !document.querySelector('[data-panel="products"] [data-press]') && !document.getElementById("edit")`)
	p.visit(s.url + "/r/build")
	p.until("one speaks under the name of the token", live+` && document.getElementById("whoami").textContent === "You speak as clerk" && document.getElementById("whoami").tagName === "SPAN"`)
	p.write("the bread is out")
	p.until("it is said", reads("all is built", "the bread is out"))
	p.visit(s.url + "/r/board")
	p.until("another room is only read", live+` && document.getElementById("listens") && !document.getElementById("say")`)
	p.visit(s.url + "/b/shop")
	p.until("the board can be arranged", live+` && document.getElementById("edit")`)
}

// TestAPageWhoseAccessEndsLeaves has a token revoked under a board that is being edited: the page leaves for where one
// signs in, and what was edited is there again for the same person, and for nobody else.
func TestAPageWhoseAccessEndsLeaves(t *testing.T) {
	s, _ := guarded(t)
	ada := s.token("ada", "--scope", "admin")
	b := look(t, s)
	b.expect(gone...) // what asks for the board amid the end
	p := b.blank(1280, 900, "light")
	p.do(chromedp.Navigate(s.url + "/b/shop"))
	p.signIn(ada)
	p.until("the board is live", awake)
	p.do(chromedp.KeyEvent("e"))
	p.until("it is edited", `document.getElementById("frame-0")`)
	p.do(chromedp.Focus("#frame-0"), chromedp.KeyEvent(kb.Delete))
	p.until("a panel is gone", `document.getElementById("draft-state").textContent === "Not saved yet"`)
	s.revoke("ada")
	began := time.Now()
	p.until("the page leaves", `location.pathname === "/sign-in"`)
	t.Logf("the page left %v after the token was revoked", time.Since(began).Round(time.Millisecond))
	p.until("in words", `location.pathname === "/sign-in" && new URLSearchParams(location.search).get("next") === "/b/shop" && document.querySelector(".ended")?.textContent.startsWith("Your access has ended.")`)
	accessible(p, "/sign-in after the end")
	if kept := eval[int](p, cachedPages+`.then((all) => all.length)`); kept != 0 {
		t.Errorf("%d pages are kept", kept)
	}
	p.signIn(s.token("eve", "--scope", "admin"))
	p.until("the board is live again", `location.pathname === "/b/shop" && `+awake)
	if eval[bool](p, `!!document.getElementById("restore")`) {
		t.Error("what one person edited is offered to another")
	}
	p.do(chromedp.Click("#account"), chromedp.Click("#sign-out"))
	p.signIn(s.token("ada", "--scope", "admin"))
	p.until("home is live", `location.pathname === "/" && `+awake)
	p.visit(s.url + "/b/shop")
	p.until("what was edited is offered", live+` && document.getElementById("restore")`)
	p.do(chromedp.Click("#restore"))
	p.until("and there again", `document.getElementById("draft-state").textContent === "Not saved yet" && document.querySelectorAll(".frame").length === 3`)
}

func TestASignInInAnotherTabIsNoticedWhenOneComesBack(t *testing.T) {
	s, _ := guarded(t)
	ada, eve := s.token("ada", "--scope", "admin"), s.token("eve", "--scope", "read:*")
	b := look(t, s)
	b.expect(gone...)
	p := b.blank(1280, 900, "light")
	p.do(chromedp.Navigate(s.url + "/r/build"))
	p.signIn(ada)
	p.until("one speaks as ada", awake+` && document.getElementById("whoami")?.textContent === "You speak as ada"`)
	p.do(chromedp.SendKeys("#say", "the oven is"))
	other := b.open(s.url+"/", 1280, 900, "light")
	other.until("the other tab is live", live)
	other.do(chromedp.Click("#account"), chromedp.Click("#sign-out"))
	other.signIn(eve)
	other.until("it is eve's", awake)
	p.do(chromedp.Evaluate[chromedp.Void](`dispatchEvent(new Event("focus"))`))
	p.until("the first is eve's too, who only listens", awake+` && document.getElementById("listens") && !document.getElementById("say")`)
	other.do(chromedp.Click("#account"), chromedp.Click("#sign-out"))
	other.until("eve has signed out", `location.pathname === "/sign-in"`)
	p.do(chromedp.Evaluate[chromedp.Void](`dispatchEvent(new Event("focus"))`))
	p.until("who has signed out is asked who they are", `location.pathname === "/sign-in"`)
}

// TestWhatWasWrittenAndNotSaidIsThereAgain has a token revoked, and a page left, under a line that is being written.
func TestWhatWasWrittenAndNotSaidIsThereAgain(t *testing.T) {
	s, _ := guarded(t)
	b := look(t, s)
	b.expect(gone...)
	p := b.blank(1280, 900, "light")
	written := func(text string) string {
		return live + fmt.Sprintf(` && document.getElementById("say")?.value === %q`, text)
	}
	p.do(chromedp.Navigate(s.url + "/r/build"))
	p.signIn(s.token("ada", "--scope", "admin"))
	p.until("the room is live", mounted+" && "+written(""))
	p.do(chromedp.SendKeys("#say", "the oven is"))
	s.revoke("ada")
	p.until("the page leaves", `location.pathname === "/sign-in"`)
	p.signIn(s.token("eve", "--scope", "admin"))
	p.until("nobody else sees what was written", `location.pathname === "/r/build" && `+mounted+" && "+written(""))
	p.do(chromedp.Click("#account"), chromedp.Click("#sign-out"))
	p.signIn(s.token("ada", "--scope", "admin"))
	p.until("home is live", `location.pathname === "/" && `+awake)
	p.visit(s.url + "/r/build")
	p.until("it is there again", written("the oven is"))
	p.do(chromedp.SendKeys("#say", " hot"))
	p.do(chromedp.Click(`.places a[href="/rooms"]`))
	p.until("the rooms are listed", `location.pathname === "/rooms" && document.querySelector('a[href="/r/board"]')`)
	// Boards that are edited, however they are called and however many, take nothing from it.
	p.do(chromedp.Evaluate[chromedp.Void](`for (const board of ["build", "room:build", ...Array(30).keys()]) telltale.keepDraft("board", "ada/" + board, "{}")`))
	p.do(chromedp.Click(`a[href="/r/board"]`))
	p.until("another room has nothing of it", `location.pathname === "/r/board" && `+written(""))
	p.visit(s.url + "/r/build")
	p.until("it is there still", written("the oven is hot"))
	p.do(chromedp.Click("#send"))
	p.until("it is said", reads("all is built", "the oven is hot"))
	p.visit(s.url + "/r/build")
	p.until("and not there any more", reads("all is built", "the oven is hot")+" && "+written(""))
}

func TestALinkShowsABoardToWhoHasNoToken(t *testing.T) {
	s, admin := guarded(t)
	b := look(t, s)
	b.expect("401", "403", "404")
	p := b.blank(1280, 900, "light")
	p.do(chromedp.Navigate(s.url + "/b/shop"))
	p.signIn(admin)
	p.until("the board is live", awake)
	p.do(chromedp.KeyEvent("m"))
	p.until("the menu is there", `document.getElementById("menu-links")`)
	p.do(chromedp.Focus("#menu-links"), chromedp.KeyEvent(kb.Enter))
	p.until("the dialog has the address", `document.getElementById("share-address")?.value === location.href`)
	accessible(p, "the dialog that shares")
	p.do(chromedp.Focus("#share-make"), chromedp.KeyEvent(kb.Enter))
	p.until("a link is made, and ready to be copied", `document.getElementById("share-link")?.value.startsWith(location.origin + "/s/") && document.activeElement.id === "share-link-copy" && document.querySelectorAll("#share-list li").length === 1`)
	accessible(p, "a link was made")
	link := eval[string](p, `document.getElementById("share-link").value`)
	p.do(chromedp.KeyEvent(kb.Enter))
	p.until("it is copied", `document.getElementById("share-link-copy").textContent === "Copied"`)

	guest := b.blank(390, 844, "light", chromedp.WithNewBrowserContext())
	guest.do(chromedp.Navigate(link))
	guest.until("the board is there, and live", `location.pathname === "/b/shop" && `+awake)
	guest.until("with all that is on it", now("orders")+` === "3" && document.querySelector('[data-panel="build"] .line')?.textContent.includes("all is built")`)
	if found := eval[string](guest, offered); found != "" {
		t.Errorf("a guest is offered %s", found)
	}
	accessible(guest, "a board by a link")
	if wide := eval[float64](guest, `document.documentElement.scrollWidth`); wide > 390 {
		t.Errorf("the page of a guest is %v wide", wide)
	}
	s.must("POST", "/order", "", "Authorization", "Bearer "+admin)
	guest.until("it moves", now("orders")+` === "4"`)
	if status := eval[int](guest, `fetch("/order", {method: "POST"}).then((answer) => answer.status)`); status != http.StatusUnauthorized && status != http.StatusForbidden {
		t.Errorf("a guest who writes is answered %d", status)
	}
	if text := eval[string](guest, `fetch("/m/payroll", {headers: {Accept: "text/plain"}}).then((answer) => answer.text())`); strings.Contains(text, "90210") {
		t.Error("a guest reads what is not on the board")
	}

	p.pressTwice("#share-list button", "Press again")
	p.until("the link is revoked", `!document.getElementById("share-list")`)
	began := time.Now()
	guest.until("and its page leaves", `location.pathname === "/sign-in"`)
	t.Logf("the page left %v after the link was revoked", time.Since(began).Round(time.Millisecond))
	guest.do(chromedp.Navigate(link))
	guest.until("it shows nothing any more", `document.body.textContent.includes("This link shows nothing")`)

	p.visit(s.url + "/audit")
	p.until("who made and revoked it can be read", live+` && (() => {
		const rows = [...document.querySelectorAll(".events tbody tr")].map((row) => row.textContent);
		return rows.length > 3 && rows[0].includes("root") && rows[0].includes("revoked a link to the board shop") && rows[1].includes("made a link to the board shop");
	})()`)
	accessible(p, "/audit")
}

func TestAnOpenBoardIsSharedByItsAddress(t *testing.T) {
	s := serveShop(t)
	p := look(t, s).open(s.url+"/b/shop?range=1h", 390, 844, "dark")
	p.until("it is live", live)
	p.do(chromedp.KeyEvent("m"))
	p.until("the menu is there", `document.getElementById("menu-links")`)
	p.do(chromedp.Click("#menu-links"))
	p.until("its address is all that there is", `document.getElementById("share-address")?.value === location.href && !document.getElementById("share-make")`)
	p.until("nobody is signed in", `!document.getElementById("account") && !document.getElementById("sign-in")`)
	accessible(p, "the dialog that shares, on an open server")
}

func TestTheAuditIsReadPageByPage(t *testing.T) {
	s := quiet(t)
	for i := range 230 {
		if status, answer := s.call("PUT", "/api/v1/metrics/m"+strconv.Itoa(i), `{"kind":"gauge"}`); status >= 300 {
			t.Fatalf("%d: %s", status, answer)
		}
	}
	p := look(t, s).open(s.url+"/audit", 390, 844, "dark")
	rows := `[...document.querySelectorAll(".events tbody tr")]`
	p.until("the newest are there", live+` && `+rows+`.length === 100 && `+rows+`[0].textContent.includes("declared the metric m229")`)
	if wide := eval[float64](p, `document.documentElement.scrollWidth`); wide > 390 {
		t.Errorf("the page is %v wide", wide)
	}
	accessible(p, "/audit on a phone")
	p.do(chromedp.Focus("#older"), chromedp.KeyEvent(kb.Enter))
	p.until("older ones are", rows+`.length === 100 && `+rows+`[0].textContent.includes("declared the metric m129")`)
	p.do(chromedp.Focus("#older"), chromedp.KeyEvent(kb.Enter))
	p.until("and the oldest", rows+`.length === 30 && `+rows+`[29].textContent.includes("declared the metric m0") && !document.getElementById("older")`)
	p.do(chromedp.Focus("#newest"), chromedp.KeyEvent(kb.Enter))
	p.until("the newest are there again", `location.search === "" && `+rows+`[0].textContent.includes("declared the metric m229")`)
}

func TestWhoeverOnlyLooksIsOfferedToSignIn(t *testing.T) {
	s, admin := guarded(t, "--public-read")
	p := look(t, s).blank(390, 844, "light")
	p.visit(s.url + "/?range=1h")
	p.until("all is shown and live", live+" && "+now("orders")+` === "3"`)
	if found := eval[string](p, offered); found != "" {
		t.Errorf("who only looks is offered %s", found)
	}
	if wide := eval[float64](p, `document.documentElement.scrollWidth`); wide > 390 {
		t.Errorf("the page is %v wide", wide)
	}
	accessible(p, "a page for who only looks")
	p.do(chromedp.Focus("#sign-in"), chromedp.KeyEvent(kb.Enter))
	p.signIn(admin)
	p.until("one is back, with all buttons", `location.search === "?range=1h" && `+awake+` && document.querySelector('[data-press="plus"]') && document.getElementById("edit")`)
}
