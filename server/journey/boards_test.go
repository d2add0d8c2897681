package journey

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// storeBoard is a board with that title and text, of panels of three kinds.
func storeBoard(title, text string, more ...string) string {
	panels := append([]string{
		`{"id":"sold","kind":"bars","title":"Sold","queries":[{"metric":"orders"}],"buttons":true,"w":2}`,
		fmt.Sprintf(`{"id":"about","kind":"text","title":"About","text":%q}`, text),
		`{"id":"errors","kind":"line","title":"Errors","queries":[{"metric":"http{code=~\"5*\",job!=\"test\"}"}]}`,
	}, more...)
	return fmt.Sprintf(`{"title":%q,"panels":[%s]}`, title, strings.Join(panels, ","))
}

// put puts a board.
func (s *server) put(id, board string, header ...string) (status int, answer string) {
	s.t.Helper()
	return s.call("PUT", "/api/v1/boards/"+id, board, header...)
}

func inOrder(ids ...string) string {
	return fmt.Sprintf(`[...document.querySelectorAll(".grid > [data-panel]")].map(e => e.dataset.panel).join() === %q`, strings.Join(ids, ","))
}

func TestABoardThatIsPutIsShownAndFollowed(t *testing.T) {
	s := quiet(t)
	s.must("POST", "/order", "")
	for _, metric := range []string{`http%7Bcode="500",job="web"%7D`, `http%7Bcode="200",job="web"%7D`, `http%7Bcode="503",job="test"%7D`} {
		s.must("POST", "/m/"+metric, "+3")
	}
	if status, answer := s.put("shop", storeBoard("The shop", "**Open** until five. [Home](/)")); status != 201 {
		t.Fatalf("PUT answers %d: %s", status, answer)
	}
	b := look(t, s)
	b.expect("status of 404") // a board that is not there
	p := b.open(s.url+"/b/shop", 1440, 900, "light")
	p.until("it is live", live)
	p.until("its panels stand in their order", inOrder("sold", "about", "errors"))
	p.until("its title is the page's", `document.title.startsWith("The shop") && document.querySelector("h1").innerText === "The shop"`)
	p.until("the text is HTML", `document.querySelector('[data-panel="about"] strong')?.innerText === "Open"`)
	p.until("only what fulfils the conditions is shown", `document.querySelector('[data-panel="errors"]').dataset.metric === 'http{code="500",job="web"}' &&
		document.querySelectorAll('[data-panel="errors"] .values li').length === 1`)
	s.must("POST", "/order", "")
	p.until("its values are live", `document.querySelector('[data-panel="sold"] .now').innerText === "2"`)
	if folder := os.Getenv("SHOTS"); folder != "" {
		p.save(filepath.Join(folder, "board-shop.png"))
	}

	// Somebody puts another one: who looks sees it.
	s.must("PUT", "/api/v1/boards/shop", storeBoard("Our shop", "Closed", `{"id":"t","kind":"stat","queries":[{"metric":"temperature"}]}`))
	p.until("the page follows", inOrder("sold", "about", "errors", "t")+` && document.querySelector("h1").innerText === "Our shop"`)
	p.until("the text too", `document.querySelector('[data-panel="about"] .prose').innerText.trim() === "Closed"`)
	s.must("POST", "/m/temperature", "21.5")
	p.until("a metric that is new on it is live", `document.querySelector('[data-panel="t"] .now').innerText === "21.5"`)

	// While there is no contact it cannot hear; once there is, it asks.
	s.kill()
	b.expect(gone...)
	p.until("it has no contact", `!(`+live+`)`)
	s.again()
	s.must("PUT", "/api/v1/boards/shop", storeBoard("After a break", "Back"))
	p.until("it follows when it is back", live+` && document.querySelector("h1").innerText === "After a break" && `+inOrder("sold", "about", "errors"))

	if status, answer := s.call("DELETE", "/api/v1/boards/shop", ""); status != 204 {
		t.Fatalf("DELETE answers %d: %s", status, answer)
	}
	p.until("it says that there is none any more", `/There is no board shop/.test(document.querySelector("main").innerText)`)
	if status, answer := s.call("GET", "/b/shop", "", "Accept", "text/html"); status != 404 || !strings.Contains(answer, "There is no board shop") {
		t.Errorf("GET answers %d: %.200s", status, answer)
	}
	s.put("shop", storeBoard("Again", "Here"))
	p.until("it comes when it is put again", `document.querySelector("h1").innerText === "Again" && `+inOrder("sold", "about", "errors"))
}

func TestHomeIsOverriddenInThePageAndComesBack(t *testing.T) {
	s := quiet(t)
	p := look(t, s).open(s.url+"/", 1000, 800, "dark")
	p.until("it is the built-in one", `document.querySelector('[data-panel="customers"]')`)
	p.until("it is live", live)
	s.must("PUT", "/api/v1/boards/home", storeBoard("Ours", "x"))
	p.until("it is ours", inOrder("sold", "about", "errors"))
	s.call("DELETE", "/api/v1/boards/home", "")
	p.until("it is the built-in one again", `document.querySelector('[data-panel="customers"]')`)
}

func TestTheBoardsAreListedAndOneIsBegun(t *testing.T) {
	s := quiet(t)
	s.put("shop", storeBoard("The shop", "x"))
	b := look(t, s)
	b.expect("status of 404") // the board that is begun is not there yet
	p := b.open(s.url+"/", 1000, 800, "light")
	p.until("it is live", live)
	p.do(chromedp.Click(`.places a[href="/boards"]`))
	listed := func(id string) string { return fmt.Sprintf(`document.querySelector('.list [data-board=%q]')`, id) }
	p.until("those there are", listed("shop")+" && "+listed("home")+" && "+listed("all"))
	s.put("kitchen", storeBoard("Kitchen", "x"))
	p.until("one that is put while one looks", listed("kitchen"))
	if folder := os.Getenv("SHOTS"); folder != "" {
		p.save(filepath.Join(folder, "boards.png"))
	}
	p.do(chromedp.SendKeys("#seek", "kit"))
	p.until("what is sought is found", listed("kitchen")+" && !"+listed("shop"))
	p.do(chromedp.Click(`.list [data-board="kitchen"]`))
	p.until("its page", `location.pathname === "/b/kitchen" && `+inOrder("sold", "about", "errors"))
	p.do(chromedp.Click(`.places a[href="/boards"]`))
	p.until("the list again", listed("shop"))
	p.do(chromedp.SendKeys("#seek", "no name\r"))
	p.until("a name that cannot be is refused", `/id matches/.test(document.getElementById("wrong").innerText)`)
	eval[string](p, `document.getElementById("seek").value = ""`)
	p.do(chromedp.SendKeys("#seek", "garden\r"))
	p.until("a new board is begun", `location.pathname === "/b/garden"`)
}

func TestABoardOfAFileIsShownAndFollowed(t *testing.T) {
	folder := t.TempDir()
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(folder, "office.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(storeBoard("Office", "one"))
	s := quiet(t, "--boards", folder)
	if status, answer := s.put("office", storeBoard("Mine", "x")); status != 405 || !strings.Contains(answer, "--boards") {
		t.Errorf("PUT answers %d: %s", status, answer)
	}
	p := look(t, s).open(s.url+"/b/office", 1000, 800, "light")
	p.until("it is live", live)
	p.until("its panels", inOrder("sold", "about", "errors"))
	write(storeBoard("The office", "two"))
	p.until("it is followed", `document.querySelector("h1").innerText === "The office"`)
	write(`{"title":"Broken","panels":[{"id":"x","kind":"pie"}]}`)
	p.until("what is wrong is said", `/cannot be shown/.test(document.querySelector("main").innerText) && /pie/.test(document.querySelector("main").innerText)`)
	p.until("the last good one stays", inOrder("sold", "about", "errors"))
	if shots := os.Getenv("SHOTS"); shots != "" {
		p.save(filepath.Join(shots, "board-broken-file.png"))
	}
	write(storeBoard("Mended", "three"))
	p.until("it is mended", `document.querySelector("h1").innerText === "Mended" && !/cannot be shown/.test(document.querySelector("main").innerText)`)
}

// prose has everything that a text may have, and more than a card has room for.
const prose = "# Tonight\n\n**Open** until *five*, see [the plan](/b/home) and <https://example.com/a/very/long/address/that/goes/on>.\n\n" +
	"- [x] milk\n- [ ] bread\n\n1. one\n2. two\n\n> said by somebody\n\n| what | how many |\n|:--|--:|\n| cups | 12 |\n| plates | 7 |\n\n`make` or\n\n```\nmake -j4 && echo a-line-that-is-longer-than-the-card-is-wide-by-far\n```\n\n---\n\n" +
	"<script>alert(1)</script><img src=https://example.com/x.png onerror=alert(1)>"

func TestBoardsAndTheirTextsFitAndAreAccessible(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "broken.json"), []byte(`{"panels":[{"id":"p","kind":"pie"}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	s := quiet(t, "--boards", folder)
	s.put("texts", storeBoard("Texts", prose, `{"id":"tall","kind":"text","text":"# No title\n\nand two rows","h":2}`))
	s.put("empty", `{"title":"Empty","panels":[]}`)
	b := look(t, s)
	b.expect("status of 404")
	for _, path := range []string{"/b/texts", "/boards", "/b/nobody", "/b/empty", "/b/broken"} {
		for _, theme := range []string{"light", "dark"} {
			for _, width := range []int64{1440, 390, 320} {
				p := b.open(s.url+path, width, 844, theme)
				p.until("it is live", live)
				where := fmt.Sprintf("%s, %s, %d wide", path, theme, width)
				accessible(p, where)
				if wrong := eval[string](p, misfits); wrong != "" {
					t.Errorf("%s:\n%s", where, wrong)
				}
				if shots := os.Getenv("SHOTS"); shots != "" {
					p.save(filepath.Join(shots, strings.ReplaceAll(path[1:], "/", "-")+fmt.Sprintf("-%s-%d.png", theme, width)))
				}
				p.close()
			}
		}
	}
}
