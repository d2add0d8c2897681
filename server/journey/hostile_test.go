package journey

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/coder/websocket"
)

// of is how a text is kept: what is not UTF-8 in it is shown as such.
func of(text string) string { return string([]rune(text)) }

// inJSON is a string of JSON with the very bytes of text.
func inJSON(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range []byte(text) {
		switch {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < ' ':
			fmt.Fprintf(&b, `\u%04x`, c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// The grammars of names, as the contract has them.
var (
	metricName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.:-]{0,127}$`)
	screenID   = regexp.MustCompile(`^[A-Za-z0-9-]{1,40}$`)
	runID      = regexp.MustCompile(`^[A-Za-z0-9_.:-]{1,64}$`)
	roomName   = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.:-]{0,127}$`) // and a board's
)

// userName tells what may be one: it can be seen, and looks like no other.
func userName(text string) bool {
	return text != "" && len(text) <= 128 && utf8.ValidString(text) && strings.TrimSpace(text) == text &&
		!strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) })
}

// infested is a server on which everything is called, says or shows each of the hostile strings.
type infested struct {
	*server
	boards int // group.0 …, of 20 strings each
	users  []string
	runs   []string // ids of those that the server ran
}

const perBoard = 20

func infest(t *testing.T) *infested {
	t.Helper()
	file := filepath.Join(t.TempDir(), "telltale.toml")
	config := "log-level = \"DEBUG\"\n[command.echo]\nexec = [\"printf\", \"%s\\n\", \"{text}\"]\nargs = { text = \"(?s).*\" }\nroom = \"echoes\"\n"
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	s := &infested{server: quiet(t, "--config", file)}
	s.metrics()
	s.says()
	s.named()
	s.shownOnBoards()
	s.ran()
	s.present()
	return s
}

// refused fails unless an answer refuses, and one line says why.
func (s *infested) refused(what string, status int, answer string) {
	s.t.Helper()
	var p struct{ Detail string }
	if status < 400 || status >= 500 || json.Unmarshal([]byte(answer), &p) != nil || p.Detail == "" || len(p.Detail) > 3000 || strings.ContainsFunc(p.Detail, func(r rune) bool { return !unicode.IsPrint(r) }) {
		s.t.Errorf("%.200s: %d %.300q", what, status, answer)
	}
}

// accepted fails unless an answer is 200 or 201 where it is to be, and a refusal where not.
func (s *infested) accepted(is bool, what string, status int, answer string) {
	s.t.Helper()
	if !is {
		s.refused(what, status, answer)
	} else if status != http.StatusOK && status != http.StatusCreated {
		s.t.Errorf("%.200s: %d %.300s", what, status, answer)
	}
}

// metrics are called so where the grammar lets them be, have such labels, titles and units.
func (s *infested) metrics() {
	var names, labels strings.Builder
	for i, text := range hostile {
		fmt.Fprintf(&names, "{\"metric\":%s,\"set\":%d}\n", inJSON(text), i)
		fmt.Fprintf(&labels, "{\"metric\":%s,\"set\":%d}\n{\"metric\":\"hostile.t%d\",\"set\":%d}\n{\"metric\":\"hostile.u%d\",\"set\":%d}\n", inJSON(labelled(i, text)), i, i, -i, i, i)
	}
	answers := strings.Split(strings.TrimSpace(s.must("POST", "/api/v1/metrics", names.String())), "\n")
	if len(answers) != len(hostile) {
		s.t.Fatalf("%d rows are answered by %d", len(hostile), len(answers))
	}
	for i, text := range hostile {
		if is := strings.Contains(answers[i], `"seq"`); is != metricName.MatchString(text) || !is && len(text) < 60_000 && !strings.Contains(answers[i], "[A-Za-z_]") {
			s.t.Errorf("a metric called %.60q: %s", text, answers[i])
		}
		if strings.ContainsFunc(answers[i], func(r rune) bool { return !unicode.IsPrint(r) }) {
			s.t.Errorf("a metric called %.60q is answered with %q", text, answers[i])
		}
	}
	answers = strings.Split(s.must("POST", "/api/v1/metrics", labels.String()), "\n")
	for i, text := range hostile {
		if is := strings.Contains(answers[3*i], `"seq"`); is != (len(text) < 1900) {
			s.t.Errorf("a label with %.60q: %s", text, answers[3*i])
		}
		for what, most := range map[string]int{"title": 200, "unit": 32} {
			status, answer := s.call("PUT", fmt.Sprintf("/api/v1/metrics/hostile.%c%d", what[0], i), `{"`+what+`":`+inJSON(text)+`}`)
			s.accepted(len(of(text)) <= most, what, status, answer)
		}
	}
}

// labelled is the metric that has a string as a label.
func labelled(i int, text string) string {
	return fmt.Sprintf(`hostile{n="%d",v="%s"}`, i, strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(text))
}

// inPath tells what may be part of a path as it is: others lead to another path, or are longer than a header may be.
func inPath(text string) bool { return text != "" && text != "." && text != ".." && len(text) < 5000 }

// says says it in a room, of which there are those that the grammar lets be.
func (s *infested) says() {
	for _, text := range hostile {
		s.must("POST", "/r/hostile", text+"\n")
		if path := "/r/" + url.PathEscape(text); inPath(text) {
			status, answer := s.call("POST", path, "x")
			s.accepted(roomName.MatchString(text), path, status, answer)
		}
	}
}

// named asks for boards and runs of such names.
func (s *infested) named() {
	for i, text := range hostile {
		status, answer := s.call("PUT", fmt.Sprintf("/api/v1/boards/hostile.%d", i), `{"title":`+inJSON(text)+`,"panels":[{"id":"t","kind":"text","text":`+inJSON(text)+`}]}`)
		s.accepted(len(of(text)) <= 200 && len(of(text)) <= 64<<10, "a board's title", status, answer)
		if !inPath(text) {
			continue
		}
		name := url.PathEscape(text)
		status, answer = s.call("PUT", "/api/v1/boards/"+name, `{"panels":[]}`)
		s.accepted(roomName.MatchString(text), "a board called "+name, status, answer)
		status, answer = s.call("PUT", "/api/v1/runs/"+name, `{"command":"x","state":"exited","code":0}`)
		s.accepted(runID.MatchString(text), "a run called "+name, status, answer)
		for _, tone := range []string{`{"at":1,"tone":` + inJSON(text) + `}`, `{"at":` + inJSON(text) + `,"tone":"bad"}`} {
			status, answer = s.call("PUT", "/api/v1/boards/x", `{"panels":[{"id":"a","kind":"line","queries":[{"metric":"a"}],"thresholds":[`+tone+`]}]}`)
			s.refused("a threshold", status, answer)
		}
		status, answer = s.call("PUT", "/api/v1/boards/x", `{"panels":[{"id":`+inJSON(text)+`,"kind":"text","text":"x"}]}`)
		s.accepted(roomName.MatchString(text), "a panel's id", status, answer)
	}
}

// shownOnBoards puts boards whose panels have all of them as titles, series, units and texts.
func (s *infested) shownOnBoards() {
	for ; s.boards*perBoard < len(hostile); s.boards++ {
		var panels []string
		if s.boards == 0 {
			panels = append(panels, `{"id":"log","kind":"log","room":"hostile","title":"log"}`, `{"id":"presence","kind":"presence","room":"hostile"}`, `{"id":"run","kind":"run"}`,
				`{"id":"table","kind":"table","queries":[{"metric":"hostile.t1*"},{"metric":"hostile{v!=\"\"}"}]}`, `{"id":"each","kind":"auto","each":true,"queries":[{"metric":"hostile.u10*"}]}`)
		}
		title := `"x"`
		for i := s.boards * perBoard; i < min((s.boards+1)*perBoard, len(hostile)); i++ {
			text := hostile[i]
			if len(of(text)) <= 200 {
				title = inJSON(text)
			} else {
				title = `"x"`
			}
			unit := `"x"`
			if len(of(text)) <= 32 {
				unit = inJSON(text)
			}
			of := fmt.Sprintf("hostile.t%d", i)
			panels = append(panels, fmt.Sprintf(`{"id":"s%d","kind":"stat","title":%s,"unit":%s,"queries":[{"metric":"%s","title":%s}]}`, i, title, unit, of, title))
			switch i % 3 {
			case 0:
				panels = append(panels, fmt.Sprintf(`{"id":"l%d","kind":"line","title":%s,"queries":[{"metric":"%s","title":%s},{"metric":%s}]}`, i, title, of, title, inJSON(fmt.Sprintf(`hostile{n=~"%d"}`, i))))
			case 1:
				panels = append(panels, fmt.Sprintf(`{"id":"r%d","kind":"run","title":%s,"command":%s}`, i, title, title))
			}
			if len(text) < 20_000 {
				panels = append(panels, fmt.Sprintf(`{"id":"t%d","kind":"text","title":%s,"text":%s}`, i, title, inJSON(text)))
			}
		}
		status, answer := s.call("PUT", fmt.Sprintf("/api/v1/boards/group.%d", s.boards), `{"title":`+title+`,"panels":[`+strings.Join(panels, ",")+`]}`)
		s.accepted(true, "a board", status, answer)
	}
}

// ran are commands that are called so, on machines that are called so, with such arguments and such output.
func (s *infested) ran() {
	var output []byte
	for _, text := range hostile {
		output = append(output, 1, 0, byte((len(text)+1)>>16), byte((len(text)+1)>>8), byte(len(text)+1))
		output = append(append(output, text...), '\n')
	}
	for i, text := range hostile {
		path := fmt.Sprintf("/api/v1/runs/hostile.%d", i)
		status, answer := s.call("PUT", path, fmt.Sprintf(`{"command":%s,"host":%s,"state":"running"}`, inJSON(text), inJSON(text)))
		s.accepted(strings.TrimSpace(text) != "", "a run of "+text, status, answer)
		if strings.TrimSpace(text) == "" {
			continue
		}
		if i%perBoard == 0 {
			s.must("POST", path+"/output?offset=0", string(output))
		}
		status, answer = s.call("PUT", path, fmt.Sprintf(`{"command":%s,"state":"signalled","signal":%s}`, inJSON(text), inJSON(text)))
		s.accepted(len(of(text)) <= 32, "a signal called "+text, status, answer)
		if inPath(text) {
			status, answer = s.call("POST", "/api/v1/runs/"+url.PathEscape(text), "")
			s.refused("the command "+text, status, answer)
		}
	}
	for first := 0; first < len(hostile); first += perBoard {
		var args []string
		for _, text := range hostile[first:min(first+perBoard, len(hostile))] {
			if utf8.ValidString(text) && !strings.Contains(text, "\x00") && len(text) < 300 {
				args = append(args, text)
			}
		}
		status, answer := 0, ""
		eventually(s.t, wait, "the command before has ended", func() bool {
			status, answer = s.call("POST", "/api/v1/runs/echo", `{"args":{"text":`+inJSON(strings.Join(args, "\n"))+`}}`)
			return status != http.StatusConflict
		})
		var run struct{ ID string }
		if status != http.StatusAccepted || json.Unmarshal([]byte(answer), &run) != nil {
			s.t.Fatalf("echo: %d %s", status, answer)
		}
		s.runs = append(s.runs, run.ID)
	}
	status, answer := s.call("POST", "/api/v1/runs/echo", `{"args":{"text":"a\u0000b"}}`)
	s.refused("an argument with a NUL", status, answer)
}

// present are people and screens that are called so, who stay and speak.
func (s *infested) present() {
	for i, text := range hostile {
		if len(text) > 20_000 {
			continue // longer than a message may be: RFC 6455's close 1009, which has tests of its own
		}
		ctx, cancel := context.WithTimeout(s.t.Context(), wait)
		defer cancel()
		conn, _, err := websocket.Dial(ctx, s.url+"/ws", nil)
		if err != nil {
			s.t.Fatal(err)
		}
		s.t.Cleanup(func() { _ = conn.CloseNow() })
		conn.SetReadLimit(4 << 20)
		// ask tells whether a message has an answer of that type; each is answered or not before the ping that follows.
		ask := func(message, answer string) (is bool) {
			s.t.Helper()
			for _, each := range []string{strings.ToValidUTF8(message, "\uFFFD"), `{"type":"ping","id":"ping"}`} {
				if err := conn.Write(ctx, websocket.MessageText, []byte(each)); err != nil {
					s.t.Fatal(err)
				}
			}
			for {
				_, said, err := conn.Read(ctx)
				if err != nil {
					s.t.Fatalf("%.100q: %v", message, err)
				}
				var m struct{ Type, ID, Detail string }
				if err := json.Unmarshal(said, &m); err != nil {
					s.t.Fatalf("%.100q is answered with %q", message, said)
				}
				if m.Type == "error" && strings.ContainsFunc(m.Detail, func(r rune) bool { return !unicode.IsPrint(r) }) {
					s.t.Errorf("%.100q is refused with %q", message, m.Detail)
				}
				if m.Type == "pong" {
					return is
				}
				is = is || m.Type == answer
			}
		}
		text := strings.ToValidUTF8(text, "\uFFFD")
		if is := ask(`{"type":"join","id":"1","room_id":"hostile","user_id":`+inJSON(text)+`}`, "joined"); is != userName(text) {
			s.t.Errorf("somebody called %.60q: joined %v", text, is)
		} else if is {
			if !slices.Contains(s.users, text) {
				s.users = append(s.users, text)
			}
			ask(`{"type":"broadcast","id":"1","room_id":"hostile","content":`+inJSON(text)+`}`, "broadcast")
		}
		if is := ask(`{"type":"join","id":"1","room_id":`+inJSON(text)+`,"user_id":"x"}`, "joined"); is && !roomName.MatchString(text) {
			s.t.Errorf("joined the room %.60q", text)
		}
		if !screenID.MatchString(text) {
			ask(`{"type":"screen","id":`+inJSON(text)+`,"name":"x","board":`+inJSON(text)+`,"width":1,"height":1,"fps":1,"painted":0,"build":"x"}`, "")
		}
		if is := ask(fmt.Sprintf(`{"type":"screen","id":"s%d","name":%s,"board":"home","width":1,"height":1,"fps":1,"painted":0,"build":%s}`, i, inJSON(text), inJSON(text)), "error"); is != (len(text) > 100) {
			s.t.Errorf("a screen called %.60q: refused %v", text, is)
		}
		ask(`{"type":"watch","id":"1","board":`+inJSON(text)+`}`, "snapshot")
		ask(`{"type":"mutate","id":"1","key":`+inJSON(text)+`,"metric":"keyed","add":1}`, "mutated")
		ask(`{"type":`+inJSON(text)+`,"id":"1"}`, "")
	}
}

// sentinel notes in every page what hostile strings would do: call pwned or anything that a person would see, or be
// stopped by the page's policy, which means that they came to be markup.
const sentinel = `(() => {
	const found = [];
	Object.defineProperty(window, "hostileFound", {value: found});
	for (const name of ["pwned", "alert", "confirm", "prompt", "print", "open"])
		Object.defineProperty(window, name, {value: (...args) => { found.push(name + "(" + args + ")"); return null }});
	document.addEventListener("securitypolicyviolation", (e) => found.push("the policy stopped " + e.violatedDirective + " " + e.blockedURI + " " + e.sample));
})()`

// unsafe are the elements, attributes and addresses of a page that the app does not make, and what the sentinel noted.
const unsafe = `(() => {
	const found = [...hostileFound], at = (e) => e.outerHTML.slice(0, 200);
	for (const e of document.querySelectorAll("*")) {
		const name = e.localName;
		if (["iframe", "object", "embed", "base", "style", "video", "audio", "source", "track", "frame", "frameset", "applet", "portal", "marquee", "foreignobject", "foreignObject", "animate", "set", "math", "template", "noscript", "image"].includes(name) || name.includes("-"))
			found.push("an element: " + at(e));
		if (name === "script" && (e.namespaceURI !== "http://www.w3.org/1999/xhtml" || !(e.type === "application/json" || e.src && new URL(e.src).origin === location.origin && e.textContent.trim() === "")))
			found.push("a script: " + at(e));
		if (name === "meta" && e.httpEquiv) found.push("a meta: " + at(e));
		for (const a of e.attributes) {
			const value = a.value.trim();
			if (a.name.startsWith("on") || a.name === "srcdoc" || a.name === "ping" || a.name === "background") found.push("an attribute: " + at(e));
			if (a.name === "style" && /url\(|expression|import/i.test(value)) found.push("a style: " + at(e));
			if (["href", "src", "action", "formaction", "xlink:href", "data", "poster", "srcset"].includes(a.name)) {
				let to;
				try { to = new URL(value, location.origin) } catch { continue }
				if (!["http:", "https:", "mailto:"].includes(to.protocol) && !(name === "img" || name === "link") || to.protocol === "javascript:") found.push("an address: " + at(e));
				if (to.origin !== location.origin && to.protocol.startsWith("http") && !(name === "a" && e.relList.contains("noopener"))) found.push("leads elsewhere: " + at(e));
				if (name !== "a" && /pwned/.test(value)) found.push("asks for it: " + at(e));
			}
		}
	}
	if (Object.keys(Object.prototype).length || ({}).pwned !== undefined || Object.keys(Array.prototype).length) found.push("a prototype was changed");
	if (document.cookie) found.push("a cookie: " + document.cookie);
	return found.slice(0, 20).join("\n");
})()`

// letters are what of a text is the same however it is shown.
const letters = `((s) => s.replace(/[\p{C}\p{Z}\p{M}\uFFFD]/gu, ""))`

func lettersOf(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.C, unicode.Z, unicode.M) || r == utf8.RuneError || r == 0xfffe {
			return -1
		}
		return r
	}, text)
}

// Where such strings are taken for HTML, which a page without a policy shows, it is seen.
func TestTheSentinelSeesWhatHostileStringsDo(t *testing.T) {
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if r.URL.Path == "/stopped" {
			w.Header().Set("Content-Security-Policy", "script-src 'none'")
		}
		_, _ = io.WriteString(w, `<!doctype html><title>x</title><a href="javascript:pwned(32)">x</a><p style="background-image:url(/x)">x</p><img src=x onerror=pwned(13)><script>pwned(1)</script><iframe></iframe>`)
	}))
	defer site.Close()
	b := look(t, &server{url: site.URL})
	p := b.blank(400, 300, "light")
	command(p, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: sentinel})
	for path, want := range map[string]string{"/": "pwned(13)", "/stopped": "the policy stopped script-src"} {
		p.do(chromedp.Navigate(site.URL + path))
		p.until("it is seen", fmt.Sprintf(`%s.includes(%q)`, unsafe, want))
		found := eval[string](p, unsafe)
		for _, want := range []string{"an address: <a href", "a style: <p", "an attribute: <img", "a script: <script", "an element: <iframe"} {
			if !strings.Contains(found, want) {
				t.Errorf("%s: %q is not among\n%s", path, want, found)
			}
		}
		if path == "/" && !strings.Contains(found, "pwned(1)\n") {
			t.Errorf("the script is not seen:\n%s", found)
		}
	}
	b.close() // what its console said is what was wanted
}

// TestWhateverIsWrittenIsTextInThePage has Chromium show the hostile strings everywhere: no script runs, nothing is
// asked for, no element is made of them, and they are there to be read.
func TestWhateverIsWrittenIsTextInThePage(t *testing.T) {
	s := infest(t)
	b := look(t, s.server)
	b.expect("404", "Not Found")
	p := b.blank(1200, 900, "light")
	command(p, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: sentinel})
	safe := func(where string) {
		t.Helper()
		if found := eval[string](p, unsafe); found != "" {
			t.Errorf("%s:\n%s", where, found)
		}
	}
	shows := func(where, selector string, texts []string) {
		t.Helper()
		want, err := json.Marshal(texts)
		if err != nil {
			t.Fatal(err)
		}
		missing := eval[string](p, fmt.Sprintf(`(() => { const there = new Set([...document.querySelectorAll(%q)].map((e) => %s(e.textContent))); return %s.filter((s) => !there.has(s)).slice(0, 5).join("\n") })()`, selector, letters, want))
		if missing != "" {
			t.Errorf("%s does not show:\n%s", where, missing)
		}
	}
	visit := func(path string) {
		t.Helper()
		p.visit(s.url + path)
		p.until(path+" is live", live)
		safe(path)
	}
	for n := range s.boards {
		path := fmt.Sprintf("/b/group.%d", n)
		visit(path)
		var titles []string
		for i := n * perBoard; i < min((n+1)*perBoard, len(hostile)); i++ {
			if text := lettersOf(of(hostile[i])); text != "" && len(of(hostile[i])) <= 200 {
				titles = append(titles, text)
			}
		}
		for eval[bool](p, `(() => { const more = document.querySelector("button.more"); more?.click(); return !!more })()`) {
			safe(path)
		}
		shows(path, ".card h2", titles)
		eval[bool](p, `(scrollTo(0, document.body.scrollHeight), true)`)
		safe(path + ", its end")
	}
	for _, path := range []string{"/", "/b/all", "/boards", "/rooms", "/runs", "/screens", "/audit", "/r/hostile", "/r/echoes", "/b/group.0?tv=1&screen=" + url.QueryEscape(hostile[0]), "/runs/hostile.0", "/runs/" + s.runs[0], "/r/run." + s.runs[1]} {
		visit(path)
	}
	s.edited(p, safe)
	for i := 0; i < len(hostile); i += 11 {
		text := hostile[i]
		if len(text) > 1500 || !utf8.ValidString(text) || text == "" {
			continue
		}
		query := url.QueryEscape(text)
		visit("/m/" + url.PathEscape(labelled(i, text)))
		if i%33 == 0 {
			visit(fmt.Sprintf("/b/hostile.%d", i))
			visit(fmt.Sprintf("/runs/hostile.%d", i))
			visit("/?screen=" + query + "&at=" + query + "&range=" + query + "&boards=" + query + "&from=" + query + "&theme=" + query)
		}
		// What there is not, and what is no page of the app.
		for _, path := range []string{"/" + url.PathEscape(text), "/b/" + url.PathEscape(text), "/sign-in?next=" + query} {
			p.do(chromedp.Navigate(s.url + path))
			p.until(path+" is there", `document.readyState === "complete"`)
			safe(path)
		}
	}
	b.mutex.Lock()
	defer b.mutex.Unlock()
	for _, asked := range b.asked {
		if at, err := url.Parse(asked); err == nil && at.Path == "/pwned" {
			t.Errorf("a page asked for %s", asked)
		}
	}
	t.Logf("%d strings, %d boards, %d people, %d requests", len(hostile), s.boards, len(s.users), len(b.asked))
}

// edited opens what a board is changed with: its frames, what a panel says, and the board as JSON.
func (s *infested) edited(p *tab, safe func(where string)) {
	s.t.Helper()
	p.visit(s.url + "/b/group.1")
	edit(p)
	safe("a board that is edited")
	p.do(chromedp.Click(`#frame-0 [data-do="pen"]`))
	p.until("a panel is configured", `document.querySelector("dialog[open] input")`)
	safe("a panel that is configured")
	p.visit(s.url + "/b/group.1")
	p.until("it is live", live)
	p.do(chromedp.Click("#menu"))
	p.until("the menu is open", `document.querySelector('dialog[data-kind="menu"]')`)
	safe("the menu of a board")
	p.do(chromedp.Click("#menu-read"))
	p.until("a text is asked for", `document.getElementById("paper-text")`)
	safe("a board as JSON")
}

// heardOf is what a stream says until it says that.
func heardOf(s *server, path string, until string, header ...string) string {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), wait)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	response, err := client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	var text bytes.Buffer
	piece := make([]byte, 64<<10)
	for !strings.Contains(text.String(), until) {
		n, err := response.Body.Read(piece)
		text.Write(piece[:n])
		if err != nil && !errors.Is(err, io.EOF) {
			s.t.Fatalf("%s after %d bytes: %v", path, text.Len(), err)
		}
	}
	return text.String()
}
