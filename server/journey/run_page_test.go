package journey

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestAPageKeepsUpWithWhateverIsSaid lets a command say more than a page can draw: the page is hardly ever busy for 50 ms and
// never for 100, after which a person notices, shows the newest line in the end and has every other.
func TestAPageKeepsUpWithWhateverIsSaid(t *testing.T) {
	const lines = 20_000
	s := quiet(t)
	p := look(t, s).open(s.url+"/r/flood", 1200, 900, "light")
	p.until("it is live", live)
	var uploaded, all time.Duration
	times := slower(p)
	took := tasks(p, func() {
		began := time.Now()
		fill(s, "flood", lines)
		uploaded = time.Since(began)
		p.until("the last line is shown", fmt.Sprintf(`%s.at(-1)?.startsWith("line %d ")`, shown, lines))
		all = time.Since(began)
	})
	slices.Sort(took)
	var sum float64
	for _, each := range took {
		sum += each
	}
	t.Logf("%d lines: said in %v, shown after %v; %d tasks of %.0f ms together, the longest %.1f ms",
		lines, uploaded.Round(time.Millisecond), all.Round(time.Millisecond), len(took), sum, took[len(took)-1])
	if few := took[len(took)-1-len(took)/10_000]; few > 50*times || took[len(took)-1] > 100*times {
		t.Errorf("of 10,000 tasks one took %.0f ms, the longest %.0f", few, took[len(took)-1])
	}
	p.do(chromedp.Focus(".scroll"), chromedp.KeyEvent(kb.Home))
	p.until("the first is there", settled+` && `+inSight+`.includes("line 1 ")`)
}

// commands are those that a server of these journeys may run. What it is told to wait for is a file.
const commands = `
[command.colours]
exec = ["/bin/sh", "-c", '''
printf '\033[1;31mred\033[0m and \033[38;2;0;160;0mgreen\n'
printf 'still green\033[0m\n<script>document.title = "owned"</script>\n'
printf ' 10%%\r 50%%\r\033[32m100%%\033[0m\n' ; echo problem >&2
while [ ! -e GO ]; do sleep 0.1; done
printf 'last'; exit 3
''']
dir = "DIR"

[command.lines]
exec = ["/bin/sh", "-c", '''
i=1; while [ $i -le 3000 ]; do echo "line $i of many"; i=$((i+1)); done
while [ ! -e GO ]; do sleep 0.1; done
i=1; while [ $i -le 30 ]; do echo "new $i"; i=$((i+1)); done
while [ ! -e END ]; do sleep 0.1; done
''']
dir = "DIR"
room = "build"

[command.bar]
exec = ["/bin/sh", "-c", '''
echo begun
for step in 1 2 3; do
	printf '\r%d0%%' $step
	while [ ! -e "GO$step" ]; do sleep 0.05; done
done
printf '\r100%%\n'; echo done
''']
dir = "DIR"
`

// serveCommands runs a server that has them, and answers the folder where they wait for files.
func serveCommands(t *testing.T, flags ...string) (s *server, dir string) {
	t.Helper()
	dir = t.TempDir()
	config := filepath.Join(t.TempDir(), "telltale.toml")
	if err := os.WriteFile(config, []byte(strings.ReplaceAll(commands, "DIR", dir)), 0o600); err != nil {
		t.Fatal(err)
	}
	return start(t, append(flags, "--config", config)...), dir
}

// begin starts a command and answers the id of its run.
func begin(s *server, command string) string {
	s.t.Helper()
	status, answer := s.call("POST", "/api/v1/runs/"+command, "")
	var run struct{ ID string }
	if err := json.Unmarshal([]byte(answer), &run); err != nil || status != http.StatusAccepted || run.ID == "" {
		s.t.Fatalf("%d: %s", status, answer)
	}
	return run.ID
}

// touch makes the file that a command waits for.
func touch(t *testing.T, dir, name string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
		t.Fatal(err)
	}
}

const standing = `document.querySelector("#standing .standing").textContent`

func TestARunIsWatchedFromItsStartToItsEnd(t *testing.T) {
	s, dir := serveCommands(t, "--host-metrics=false")
	id := begin(s, "colours")
	b := look(t, s)
	early := b.open(s.url+"/runs/"+id, 1200, 900, "light")
	late := b.open(s.url+"/runs/"+id, 390, 844, "dark")
	want := []string{"red and green", "still green", `<script>document.title = "owned"</script>`, "100%"}
	for _, p := range []*tab{early, late} {
		p.until("it runs", standing+` === "running" && `+live)
		p.until("all lines are there", fmt.Sprintf(`%s.length === 5`, shown))
		lines := eval[[]string](p, shown)
		for _, each := range want {
			if !slices.Contains(lines, each) {
				t.Errorf("%q is not among %q", each, lines)
			}
		}
		if got := eval[string](p, `document.title`); got != "colours · Telltale" {
			t.Errorf("the title is %q", got)
		}
		if got := eval[int](p, `new Set([...document.querySelectorAll(".lines .tint")].map((e) => getComputedStyle(e).color)).size`); got < 2 {
			t.Errorf("%d colours are shown", got)
		}
		if got := eval[string](p, `document.querySelector(".stderr .text").textContent`); got != "problem" {
			t.Errorf("stderr says %q", got)
		}
	}
	touch(t, dir, "GO")
	for _, p := range []*tab{early, late} {
		p.until("its end is told", standing+` === "exited with code 3" && !document.getElementById("stop")`)
		p.until("and said", fmt.Sprintf(`%s.at(-1).startsWith("exited with code 3 after ")`, shown))
	}
	if got := s.must("GET", "/api/v1/runs/"+id+"/output", ""); !strings.HasSuffix(got, "last") || !strings.Contains(got, " 10%\r 50%\r\x1b[32m100%\x1b[0m\n") {
		t.Errorf("the download is %q", got)
	}
	if href := eval[string](early, `document.getElementById("download").getAttribute("href")`); href != "/api/v1/runs/"+id+"/output" {
		t.Errorf("the download is at %s", href)
	}
	early.do(chromedp.Click(`.places a[href="/runs"]`))
	row := fmt.Sprintf(`document.querySelector('.list a[data-run="%s"]')`, id)
	early.until("it is listed with how it ended", row+`?.textContent.includes("exited with code 3")`)
	begin(s, "lines")
	early.until("a new one appears", `document.querySelectorAll(".list li").length === 2 && document.querySelector(".list a").textContent.includes("running")`)
	home := b.open(s.url+"/", 1200, 900, "light")
	home.until("home shows what ran last", `document.querySelector('[data-panel="ran"] .standing')?.textContent === "running"`)
	eval[bool](home, `document.querySelector('[data-panel="ran"]').scrollIntoView(), true`)
	home.until("with its last lines", `[...document.querySelectorAll('[data-panel="ran"] .text')].some((e) => e.textContent === "new 30")`)
	second := begin(s, "colours")
	home.until("and then the next one", fmt.Sprintf(`document.querySelector('[data-panel="ran"]').dataset.run === "%s" &&
		[...document.querySelectorAll('[data-panel="ran"] .text')].some((e) => e.textContent === "100%%")`, second))
}

// TestABarThatIsDrawnSlowlyIsOneRow has the pieces of a line come seconds apart.
func TestABarThatIsDrawnSlowlyIsOneRow(t *testing.T) {
	s, dir := serveCommands(t, "--host-metrics=false")
	id := begin(s, "bar")
	b := look(t, s)
	p := b.open(s.url+"/runs/"+id, 1200, 800, "light")
	for step := 1; step <= 3; step++ {
		p.until("the bar moves", reads("begun", fmt.Sprintf("%d0%%", step)))
		touch(t, dir, fmt.Sprint("GO", step))
	}
	whole := fmt.Sprintf(`%s.slice(0, 3).join() === "begun,100%%,done" && %s.length === 4`, shown, shown)
	p.until("the bar is one row", standing+` === "exited with code 0" && `+whole)
	numbers := `[...document.querySelectorAll(".line .number")].map((e) => e.textContent).join()`
	seen := eval[string](p, numbers)
	late := b.open(s.url+"/runs/"+id+"#L3", 390, 844, "dark")
	late.until("who comes late sees the same", whole+` && `+live)
	late.until("a link to a piece leads to its row", `document.querySelector(".line.target .text")?.textContent === "100%"`)
	if got := eval[string](late, numbers); got != seen {
		t.Errorf("the rows have the numbers %s, then %s", seen, got)
	}
	if output := s.must("GET", "/api/v1/runs/"+id+"/output", ""); output != "begun\n\r10%\r20%\r30%\r100%\ndone\n" {
		t.Errorf("the download is %q", output)
	}
}

func TestARunsOutputIsFoundLinkedAndHeld(t *testing.T) {
	s, dir := serveCommands(t, "--host-metrics=false")
	id := begin(s, "lines")
	p := look(t, s).open(s.url+"/runs/"+id, 1200, 800, "light")
	p.until("it is the app's", live)
	p.until("the end is followed", atEnd+` && `+fmt.Sprintf(`%s.at(-1) === "line 3000 of many"`, shown))
	p.do(chromedp.SendKeys("#find", "LINE 17"))
	const found = `document.getElementById("found").textContent`
	p.until("all places are found", found+` === "111 of 111"`)
	const hit = `document.querySelector(".line.hit .text")?.textContent`
	p.until("the newest is shown and marked", hit+` === "line 1799 of many" && CSS.highlights.get("found").size > 5`)
	p.do(chromedp.KeyEvent(kb.Enter))
	p.until("Enter goes on, and round", found+` === "1 of 111" && `+hit+` === "line 17 of many"`)
	p.do(chromedp.Click("#previous"))
	p.until("the button goes back", found+` === "111 of 111" && `+hit+` === "line 1799 of many"`)
	p.do(chromedp.Click(`.line.hit .number`))
	p.until("the line has a link", `location.hash === "#L1799" && document.querySelector(".line.target .text").textContent === "line 1799 of many"`)
	p.do(chromedp.Focus("#find"), chromedp.KeyEvent(kb.Escape))
	p.until("nothing is looked for", found+` === "" && CSS.highlights.get("found").size === 0`)
	p.do(chromedp.Navigate("about:blank"))
	p.visit(s.url + "/runs/" + id + "#L17")
	p.until("a link leads to its line", `document.querySelector(".line.target .text")?.textContent === "line 17 of many"`)
	p.until("which is in sight", `(() => { const at = document.querySelector(".line.target").getBoundingClientRect(); return at.top > 0 && at.bottom < innerHeight })()`)
	p.do(chromedp.Click("#follow"))
	p.until("the end is followed again", atEnd+` && document.getElementById("follow").textContent === "Pause"`)
	p.do(chromedp.Click("#follow"))
	p.until("it is held", `document.getElementById("follow").textContent === "Follow"`)
	p.until("what is there is read", settled)
	at := eval[string](p, inSight)
	touch(t, dir, "GO")
	p.until("what is new is counted", `document.querySelector(".end").innerText.trim() === "30 new"`)
	if now := eval[string](p, inSight); now != at {
		t.Errorf("%q is in sight where %q was", now, at)
	}
	p.do(chromedp.Click("#since-new"))
	p.until("only what is new is shown", fmt.Sprintf(`%s.length === 0`, shown))
	p.do(chromedp.Click("#since-all"))
	p.until("all of it is", atEnd+` && `+reads("new 29", "new 30"))
	p.pressTwice("#stop", "Press again to stop it")
	p.until("it is stopped", standing+` === "ended by SIGTERM"`)
}

func TestPagesOfRunsFitAndAreAccessible(t *testing.T) {
	s, dir := serveCommands(t, "--host-metrics=false")
	b := look(t, s)
	b.open(s.url+"/runs", 390, 844, "light").until("it says how to run something", `document.querySelector(".invitation code").textContent.startsWith("telltale run ")`)
	touch(t, dir, "GO")
	ended := begin(s, "colours")
	running := begin(s, "lines")
	for _, path := range []string{"/runs", "/runs/" + ended, "/runs/" + running, "/runs/none.there", "/"} {
		for _, size := range []struct {
			width int64
			theme string
		}{{320, "light"}, {390, "dark"}, {820, "light"}, {1440, "dark"}, {1440, "light"}} {
			p := b.open(s.url+path, size.width, 844, size.theme)
			p.until("it is live", live)
			if path != "/" { // where what is out of sight waits
				p.until("its lines are there", settled)
			}
			accessible(p, fmt.Sprintf("%s, %s, %d wide", path, size.theme, size.width))
			if wrong := eval[string](p, misfits); wrong != "" && size.width != 390 {
				t.Errorf("%s, %d wide:\n%s", path, size.width, wrong)
			}
			p.close()
		}
	}
}
