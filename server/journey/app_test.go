package journey

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// worker waits until the service worker has stored the app and answers for the page.
const worker = `navigator.serviceWorker.controller`

func TestTheAppStaysSmall(t *testing.T) {
	info, err := os.Stat("../../web/dist/app.wasm.br")
	if err != nil {
		t.Fatal(err)
	}
	if t.Logf("%d bytes of brotli", info.Size()); info.Size() > 1_600_000 {
		t.Errorf("the browser app takes %d bytes over the wire, 1.6 MB is the most", info.Size())
	}
}

func TestTheLoadingBarIsRight(t *testing.T) {
	s := quiet(t)
	slow := lineTo(t, strings.TrimPrefix(s.url, "http://"), 10_000_000, 0)
	p := look(t, s, &server{url: slow.url}).blank(800, 600, "light")
	command(p, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: `
		window.progress = [];
		new MutationObserver(() => {
			const said = document.getElementById("app-wasm-loader-label")?.innerText.match(/\d+/);
			if (said && progress.at(-1) !== +said[0]) progress.push(+said[0]);
		}).observe(document, {subtree: true, childList: true, characterData: true});`})
	p.visit(slow.url + "/")
	said := eval[[]int](p, `progress`)
	t.Log(said)
	if len(said) < 3 || said[0] != 0 || said[len(said)-1] != 100 || !slices.IsSorted(said) {
		t.Errorf("the loading bar said %v, want from 0 to 100 and never back", said)
	}
}

func TestNothingButStylesAndTheThemeHoldsUpThePaint(t *testing.T) {
	page := quiet(t).must("GET", "/", "", "Accept", "text/html")
	head, _, _ := strings.Cut(page, "</head>")
	var waited []string
	for _, tag := range regexp.MustCompile(`<(?:script|link)[^>]*>`).FindAllString(head, -1) {
		if strings.HasPrefix(tag, "<script") && !strings.Contains(tag, "defer") || strings.Contains(tag, `rel="stylesheet"`) {
			waited = append(waited, regexp.MustCompile(`(?:href|src)="([^"?]+)`).FindStringSubmatch(tag)[1])
		}
	}
	if want := []string{"/web/app.css", "/web/board.css", "/web/first.js"}; !slices.Equal(waited, want) {
		t.Errorf("the paint waits for %q, want %q", waited, want)
	}
}

func TestTheAppIsInstallable(t *testing.T) {
	s := start(t)
	b := look(t, s)
	p := b.open(s.url+"/", 1000, 800, "light")
	p.until("the service worker answers for the page", worker)
	for _, each := range command(p, page.GetInstallabilityErrors, cdp.Empty{}).InstallabilityErrors {
		t.Errorf("Chromium says: %s %v", each.ErrorID, each.ErrorArguments)
	}
}

func TestOfflineThePageShowsTheLastValuesAndSinceWhen(t *testing.T) {
	s := quiet(t)
	s.must("POST", "/m/orders", "4711")
	b := look(t, s)
	b.expect(gone...)
	p := b.open(s.url+"/", 1000, 800, "light")
	p.until("the value is shown", shows("orders", "4711"))
	p.until("the service worker answers for the page", worker)
	s.kill()

	p.visit(s.url + "/")
	p.until("the last value is shown", shows("orders", "4711"))
	p.until("the lamp says since when", `/^(No contact for \d+ (s|min)|Offline since)/.test(document.getElementById("lamp").innerText.trim())`)
	accessible(p, "offline")
}

// shows is true once a metric's value on the page is the given number, whatever the grouping of its digits.
func shows(metric, number string) string {
	return fmt.Sprintf(`[...document.querySelectorAll('[data-metric="%s"]')].some(value => (value.textContent.replace(/[\s,\u202f]/g, "").match(/[0-9.]+/) || [])[0] === %q)`, metric, number)
}

func TestANewBuildReplacesTheOldOneInTheBrowser(t *testing.T) {
	s := quiet(t)
	b := look(t, s)
	b.expect(gone...)
	p := b.open(s.url+"/", 1000, 800, "light")
	p.until("the service worker answers for the page", worker)
	before := eval[string](p, `goappEnv.GOAPP_VERSION`)

	next := nextBuild(t)
	s.kill()
	s.binary = next
	s.again()
	p.visit(s.url + "/")
	// The page that was asked for first may still be the old one; the worker then brings the new one.
	p.until("the new worker has taken over", `caches.keys().then(names => window.names = names) && window.names && window.names.length === 1 && !window.names[0].includes("`+before+`")`)
	p.visit(s.url + "/")
	if after := eval[string](p, `goappEnv.GOAPP_VERSION`); after == before {
		t.Errorf("the page still runs build %s after the update", before)
	}
	s.must("POST", "/m/after.update", "1")
}

// nextBuild compiles the program with another browser app: the same one with a few bytes more.
func nextBuild(t *testing.T) string {
	t.Helper()
	app, err := os.ReadFile("../../bin/app.wasm")
	if err != nil {
		t.Fatal("the browser app is not built: run make build first, or make test")
	}
	folder := t.TempDir()
	sources, dist := filepath.Join(folder, "web"), "../../web/dist"
	if err := os.CopyFS(filepath.Join(sources, "dist"), os.DirFS(dist)); err != nil {
		t.Fatal(err)
	}
	// A custom section: id 0, 5 bytes long, a name of 4 (WebAssembly Core Specification, section 5.5.3).
	wasm := filepath.Join(folder, "app.wasm")
	if err := os.WriteFile(wasm, append(app, 0, 5, 4, 'n', 'e', 'x', 't'), 0o600); err != nil {
		t.Fatal(err)
	}
	sourcesOf(t, sources)
	pack := exec.Command("go", "run", "./web/pack", "-web", sources, "-wasm", wasm, "-quality", "1")
	pack.Dir = "../.."
	if out, err := pack.CombinedOutput(); err != nil {
		t.Fatalf("pack: %v\n%s", err, out)
	}
	return overlay(t, sources, folder)
}

// overlay builds the program with the files of another web/dist in place of its own.
func overlay(t *testing.T, sources, folder string) string {
	t.Helper()
	replace := map[string]string{}
	root, err := filepath.Abs("../../web/dist")
	if err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(filepath.Join(sources, "dist"), func(name string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			inside, _ := filepath.Rel(filepath.Join(sources, "dist"), name)
			replace[filepath.Join(root, inside)] = name
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	file, target := filepath.Join(folder, "overlay.json"), filepath.Join(folder, "telltale")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := build(target, "-overlay", file); err != nil {
		t.Fatal(err)
	}
	return target
}

// sourcesOf copies what is packed besides the app.
func sourcesOf(t *testing.T, target string) {
	t.Helper()
	err := filepath.WalkDir("../../web", func(name string, entry os.DirEntry, err error) error {
		inside, _ := filepath.Rel("../../web", name)
		if err != nil {
			return err
		}
		if inside == "dist" || inside == "pack" {
			return filepath.SkipDir
		}
		if entry.IsDir() {
			return os.MkdirAll(filepath.Join(target, inside), 0o755)
		}
		content, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(target, inside), content, 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestTheAppStartsWhateverItsRehearsalDoes: the worker that compiles the app does not end, fails once it has the app, or is
// none, and only then does the page fetch the app itself.
func TestTheAppStartsWhateverItsRehearsalDoes(t *testing.T) {
	s := quiet(t)
	b := look(t, s)
	for name, script := range map[string]string{
		"it hangs": `hear(e)`,
		"it fails": `hear(e); if (typeof e.data === "object") this.onerror()`,
		"none":     ``,
	} {
		p := b.blank(800, 600, "light", chromedp.WithNewBrowserContext())
		source, fetched := `delete window.Worker`, 1
		if script != "" {
			fetched = 0
			source = `window.Worker = class extends Worker { set onmessage(hear) { super.onmessage = (e) => { if (e.data !== null) { ` + script + ` } }; } }`
		}
		command(p, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: source})
		p.visit(s.url + "/")
		p.until(name+": the app is live", live)
		if n := eval[int](p, `performance.getEntriesByType("resource").filter((e) => e.name.includes("/app.wasm")).length`); n != fetched {
			t.Errorf("%s: the page has fetched the app %d times, want %d", name, n, fetched)
		}
	}
}

func TestATimeThatCannotBeShownIsTakenOutOfTheAddress(t *testing.T) {
	s := quiet(t)
	p := look(t, s).blank(800, 600, "light")
	const said = `document.querySelector(".notice").textContent`
	p.visit(s.url + "/?at=yesterday&range=5q&tv=0")
	p.until("it is said", said+` === "This address asks for a time that cannot be shown: range=5q, at=yesterday"`)
	p.until("the address says what is shown", `location.search === "?tv=0" && document.querySelector(".ranges [aria-current=true]").dataset.range === "5m"`)
	p.visit(s.url + "/?range=1h")
	p.until("what can be shown stays", `location.search === "?range=1h" && document.querySelector(".ranges [aria-current=true]").dataset.range === "1h" && `+live)
	p.until("and nothing is said", said+` === ""`)
}
