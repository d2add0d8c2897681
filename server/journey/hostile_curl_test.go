package journey

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"image/png"
	"io"
	"net/http"
	"net/url"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

// fetched is an answer, of which every header was looked at.
type fetched struct {
	status int
	header http.Header
	body   string
}

// fetch asks as curl does, and does not follow.
func (s *infested) fetch(path string, header ...string) fetched {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.url+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	stay := http.Client{Transport: client.Transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := stay.Do(r)
	if err != nil {
		s.t.Fatalf("%.200s: %v", path, err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	f := fetched{response.StatusCode, response.Header, string(body)}
	f.check(s.t, path)
	return f
}

// check fails where an answer may be sniffed, is HTML without a policy and without who may frame it, or has in its
// headers what no header of ours has.
func (f fetched) check(t testing.TB, path string) {
	t.Helper()
	if f.header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%.200s: may be sniffed: %v", path, f.header)
	}
	policy := f.header.Get("Content-Security-Policy")
	if strings.HasPrefix(f.header.Get("Content-Type"), "text/html") && (!strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "frame-ancestors 'none'") || strings.Contains(policy, "unsafe-inline") || strings.Contains(policy, "unsafe-eval'") && !strings.Contains(policy, "'wasm-unsafe-eval'")) {
		t.Errorf("%.200s: HTML with the policy %q", path, policy)
	}
	for name, values := range f.header {
		for _, value := range values {
			if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r == 0x7f }) || name == "Set-Cookie" || name == "Location" && !strings.HasPrefix(value, "/") || strings.HasPrefix(value, "//") {
				t.Errorf("%.200s: the header %s: %q", path, name, value)
			}
		}
	}
}

// shownByTerminal fails where a text for people has characters that a terminal obeys, but for those allowed.
func shownByTerminal(t testing.TB, what, text string, allowed *regexp.Regexp, also string) {
	t.Helper()
	if allowed != nil {
		text = allowed.ReplaceAllString(text, "")
	}
	if at := strings.IndexFunc(text, func(r rune) bool {
		return (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)) && !strings.ContainsRune(also, r)
	}); at >= 0 {
		t.Errorf("%.200s has %q", what, text[max(at-20, 0):min(at+20, len(text))])
	}
}

// style is Select Graphic Rendition; inLine is that and what else stays in its line.
var (
	style  = regexp.MustCompile(`\x1b\[[0-9;]*m`)
	inLine = regexp.MustCompile(`(?:\x1b\[|` + "\u009b" + `)[0-9;:]*[mKGCD]`)
)

// svgElements are all that a picture of ours is made of.
var svgElements = []string{"svg", "title", "g", "rect", "path", "text", "tspan", "circle", "line", "polyline", "polygon", "clipPath", "defs"}

// drawing reads SVG and answers its texts.
func drawing(t testing.TB, path, svg string) (texts string) {
	t.Helper()
	decoder := xml.NewDecoder(strings.NewReader(svg))
	var all strings.Builder
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return all.String()
		}
		if err != nil {
			t.Errorf("%s is not XML: %v", path, err)
			return ""
		}
		switch token := token.(type) {
		case xml.StartElement:
			if !slices.Contains(svgElements, token.Name.Local) {
				t.Errorf("%s has the element %s", path, token.Name.Local)
			}
			for _, a := range token.Attr {
				if strings.HasPrefix(strings.ToLower(a.Name.Local), "on") || a.Name.Local == "href" || strings.Contains(a.Value, "url(") && !strings.HasPrefix(a.Value, "url(#") || strings.Contains(a.Value, "pwned") {
					t.Errorf("%s has the attribute %s=%q", path, a.Name.Local, a.Value)
				}
			}
		case xml.CharData:
			all.Write(token)
		case xml.ProcInst, xml.Directive:
			t.Errorf("%s has %v", path, token)
		}
	}
}

// TestWhateverIsWrittenIsTextForCurl asks for the hostile strings in every form that a program or a terminal gets.
func TestWhateverIsWrittenIsTextForCurl(t *testing.T) {
	s := infest(t)
	s.asJSON()
	s.asText()
	s.asPictures()
	for _, text := range hostile {
		if !inPath(text) {
			continue
		}
		name, query := url.PathEscape(text), url.QueryEscape(text)
		for _, path := range []string{"/" + name, "/m/" + name, "/b/" + name, "/b/home/" + name, "/runs/" + name, "/api/v1/metrics/" + name + "/history", "/api/v1/boards/" + name, "/api/v1/runs/" + name + "/output", "/sign-in?next=" + query,
			"/m/orders.svg?theme=" + query, "/b/home?at=" + query, "/api/v1/metrics/orders/history?from=" + query, "/r/hostile?since=" + query + "x", "/api/v1/rooms/hostile/messages?before=" + query + "x"} {
			for _, accept := range []string{"text/html", "*/*"} {
				f := s.fetch(path, "Accept", accept)
				if f.status >= 500 {
					t.Errorf("%.200s: %d %.200s", path, f.status, f.body)
				}
				if strings.HasPrefix(f.header.Get("Content-Type"), "application/") || strings.HasPrefix(f.header.Get("Content-Type"), "text/plain") {
					shownByTerminal(t, path, f.body, style, "\n")
				}
			}
		}
	}
	s.asLog()
}

// asJSON reads every list, in which the strings are as they were written.
func (s *infested) asJSON() {
	t := s.t
	list := func(path string, into any) {
		t.Helper()
		f := s.fetch(path)
		if err := json.Unmarshal([]byte(f.body), into); err != nil || f.header.Get("Content-Type") != "application/json" {
			t.Fatalf("%s: %s %v", path, f.header.Get("Content-Type"), err)
		}
		shownByTerminal(t, path, f.body, nil, "\n")
	}
	var metrics []struct{ Metric, Title, Unit string }
	list("/api/v1/metrics", &metrics)
	titles, units, names := map[string]string{}, map[string]string{}, map[string]bool{}
	for _, m := range metrics {
		titles[m.Metric], units[m.Metric], names[m.Metric] = m.Title, m.Unit, true
	}
	var boards []struct{ ID, Title string }
	list("/api/v1/boards", &boards)
	called := map[string]string{}
	for _, b := range boards {
		called[b.ID] = b.Title
	}
	var runs []struct{ ID, Command, Host, Signal string }
	list("/api/v1/runs", &runs)
	commands := map[string]string{}
	for _, r := range runs {
		commands[r.ID] = r.Command
	}
	var screens []struct{ ID, Name string }
	list("/api/v1/screens", &screens)
	screen := map[string]string{}
	for _, each := range screens {
		screen[each.ID] = each.Name
	}
	var present struct {
		Members []struct {
			User string `json:"user_id"`
		}
	}
	list("/api/v1/rooms/hostile/presence", &present)
	var said []struct{ Content, Sender string }
	list("/api/v1/rooms/hostile/messages?limit=1000", &said)
	var audit json.RawMessage
	list("/api/v1/audit?limit=100", &audit)
	if len(present.Members) != len(s.users) {
		t.Errorf("%d are present, %d joined", len(present.Members), len(s.users))
	}
	for _, user := range s.users {
		if !slices.ContainsFunc(said, func(m struct{ Content, Sender string }) bool { return m.Sender == user && m.Content == user }) {
			t.Errorf("%q has said nothing", user)
		}
	}
	for i, text := range hostile {
		if is := of(text); len(is) <= 200 && titles[fmt.Sprintf("hostile.t%d", i)] != is || len(is) <= 32 && units[fmt.Sprintf("hostile.u%d", i)] != is || len(is) <= 200 && called[fmt.Sprintf("hostile.%d", i)] != is {
			t.Errorf("%.60q is the title %q, the unit %q, and the board %q", text, titles[fmt.Sprintf("hostile.t%d", i)], units[fmt.Sprintf("hostile.u%d", i)], called[fmt.Sprintf("hostile.%d", i)])
		}
		if is := strings.TrimSpace(of(text)); len(is) < 1000 && commands[fmt.Sprintf("hostile.%d", i)] != is {
			t.Errorf("%.60q is the command %q", text, commands[fmt.Sprintf("hostile.%d", i)])
		}
		if is := strings.TrimSpace(strings.ToValidUTF8(text, "\uFFFD")); len(text) <= 100 && screen[fmt.Sprintf("s%d", i)] != is {
			t.Errorf("%.60q is the screen %q", text, screen[fmt.Sprintf("s%d", i)])
		}
		first, _ := strings.CutSuffix(strings.ToValidUTF8(text, "\uFFFD"), "\r")
		if len(text) < 60_000 && !slices.ContainsFunc(said, func(m struct{ Content, Sender string }) bool { return m.Sender == "" && m.Content == first }) {
			t.Errorf("%.60q was not said", text)
		}
		if n := labelled(i, of(text)); len(text) < 1900 && !names[n] {
			t.Errorf("there is no metric %.100q", n)
		}
	}
}

// asText hears the room as a terminal and as a program does, and draws boards for a terminal.
func (s *infested) asText() {
	t := s.t
	s.must("POST", "/r/hostile", theEnd)
	heard := heardOf(s.server, "/r/hostile?since=all", "\n"+theEnd+"\n")
	shownByTerminal(t, "/r/hostile", heard, inLine, "\n\t\r\b\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")
	for _, piece := range inLine.FindAllString(heard, -1) {
		if strings.HasSuffix(piece, "[8m") {
			t.Errorf("the room hides what is said by %q", piece)
		}
	}
	events := heardOf(s.server, "/r/hostile?since=all", "data: "+theEnd+"\n\n", "Accept", "text/event-stream")
	for line := range strings.SplitSeq(events, "\n") {
		field, _, _ := strings.Cut(line, ":")
		if !slices.Contains([]string{"", "id", "data", "retry"}, field) {
			t.Errorf("an event has the field %.60q", field)
		}
	}
	for n := range s.boards {
		for _, color := range []string{"always", "never"} {
			path := fmt.Sprintf("/b/group.%d?color=%s", n, color)
			f := s.fetch(path, "Accept", "text/plain")
			if f.status != http.StatusOK {
				t.Errorf("%s: %d %.200s", path, f.status, f.body)
			}
			allowed := style
			if color == "never" {
				allowed = nil
			}
			shownByTerminal(t, path, f.body, allowed, "\n")
			if cursor := style.FindAllString(f.body, -1); color == "always" && len(cursor) == 0 || slices.ContainsFunc(cursor, func(each string) bool { return strings.Contains(each, "[8") }) {
				t.Errorf("%s has %d styles", path, len(cursor))
			}
		}
	}
	for i := 0; i < len(hostile); i += 5 {
		if len(hostile[i]) > 1500 {
			continue
		}
		path := "/m/" + url.PathEscape(labelled(i, of(hostile[i])))
		if got := s.fetch(path).body; got != strconv.Itoa(i)+"\n" {
			t.Errorf("%.100s is %.100q", path, got)
		}
		f := s.fetch(path + ".csv")
		for n, line := range strings.Split(strings.TrimSpace(f.body), "\n") {
			for cell := range strings.SplitSeq(line, ",") {
				if _, err := strconv.ParseFloat(cell, 64); n > 0 && err != nil || n == 0 && !regexp.MustCompile(`^[a-z]+$`).MatchString(cell) {
					t.Errorf("%.100s.csv has the cell %q", path, cell) // a formula could only stand in a text, and there is none
				}
			}
		}
		var history struct{ Metric string }
		if err := json.Unmarshal([]byte(s.fetch(path+".json").body), &history); err != nil || history.Metric != labelled(i, of(hostile[i])) {
			t.Errorf("%.100s.json is of %q, %v", path, history.Metric, err)
		}
	}
}

// asPictures draws boards and metrics.
func (s *infested) asPictures() {
	t := s.t
	for n := range s.boards {
		path := fmt.Sprintf("/b/group.%d.svg", n)
		f := s.fetch(path)
		texts := lettersOf(drawing(t, path, f.body))
		if f.header.Get("Content-Type") != "image/svg+xml" || !strings.Contains(f.header.Get("Content-Security-Policy"), "default-src 'none'") {
			t.Errorf("%s: %v", path, f.header)
		}
		for i := n * perBoard; i < min((n+1)*perBoard, len(hostile)); i++ {
			if want := lettersOf(of(hostile[i])); len(want) < 20 && !strings.Contains(texts, want) {
				t.Errorf("%s does not say %q", path, hostile[i])
			}
		}
		if n%4 == 0 {
			if _, err := png.Decode(bytes.NewReader([]byte(s.fetch(fmt.Sprintf("/b/group.%d/s%d.png", n, n*perBoard)).body))); err != nil {
				t.Errorf("/b/group.%d as PNG: %v", n, err)
			}
		}
	}
	for i := 0; i < len(hostile); i += 5 {
		if len(hostile[i]) < 1500 {
			path := "/m/" + url.PathEscape(labelled(i, of(hostile[i]))) + ".svg"
			drawing(t, path, s.fetch(path).body)
		}
	}
}

// asLog reads the server's log: a line an event, in which what clients wrote is quoted.
func (s *infested) asLog() {
	lines := strings.Split(strings.TrimSpace(s.log.String()), "\n")
	for _, line := range lines {
		var event struct{ Time, Level, Msg string }
		if err := json.Unmarshal([]byte(line), &event); err != nil || event.Time == "" || event.Msg == "" || event.Level == "ERROR" || event.Msg == "forged" {
			s.t.Errorf("the log has %.300q: %v", line, err)
		}
		if strings.ContainsFunc(line, func(r rune) bool { return r < ' ' }) {
			s.t.Errorf("the log has %.300q", line)
		}
	}
	if len(lines) < 1000 {
		s.t.Errorf("the log has %d lines only", len(lines))
	}
}

// Tokens and their users are named on the command line, whose lists a terminal shows.
func TestTokensAreCalledWhatCanBeSeen(t *testing.T) {
	data := t.TempDir()
	token := func(args ...string) (string, error) {
		out, err := exec.Command(binary, append([]string{"token", "--data", data}, args...)...).CombinedOutput()
		return string(out), err
	}
	made := 0
	for i := 0; i < len(hostile); i += 6 {
		text := hostile[i]
		if strings.ContainsRune(text, 0) || strings.HasPrefix(text, "-") || len(text) > 5000 {
			continue // no program is given these as they are
		}
		out, err := token("create", text, "--scope", "read:*")
		if (err == nil) != userName(text) {
			t.Errorf("a token called %.60q: %v %.300q", text, err, out)
		}
		if err == nil {
			made++
		}
		shownByTerminal(t, "telltale token create", out, nil, "\n\t")
		for _, args := range [][]string{{"create", "x", "--user", text, "--scope", text}, {"create", "x", "--expires", text, "--scope", "read:*"}, {text}, {"revoke", "no " + text}} {
			out, err := token(args...)
			if err == nil {
				t.Errorf("%.100q: %q", args, out)
			}
			shownByTerminal(t, fmt.Sprintf("%.100q", args), out, nil, "\n\t")
		}
	}
	out, err := token("list")
	if err != nil || strings.Count(out, "\n") != made+1 {
		t.Errorf("%d tokens are listed as %q, %v", made, out, err)
	}
	shownByTerminal(t, "telltale token list", out, nil, "\n\t")
}
