package api

import (
	"encoding/json"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"telltale/shared/run"
)

// described is the description of a server's routes.
func described(t *testing.T) (*house, *description) {
	t.Helper()
	h := open(t)
	d, err := h.api.description()
	if err != nil {
		t.Fatal(err)
	}
	return h, d
}

func TestEveryRouteIsDescribedAndEveryDescriptionHasARoute(t *testing.T) {
	h, d := described(t)
	told := map[string]bool{}
	for _, c := range d.chapters {
		for _, each := range c.Calls {
			if _, is := h.api.rules[each.Route]; !is || told[each.Route] {
				t.Errorf("%s: %s is no route, or is described twice", c.Name, each.Route)
			}
			if told[each.Route] = true; each.Summary == "" || each.rule.need != nil && each.rule.scope == "" {
				t.Errorf("%s has no summary, or no scope: %+v", each.Route, each.rule)
			}
		}
	}
	for route := range h.api.rules {
		if !told[route] {
			t.Errorf("%s is not described: say in openapi/*.json what it does", route)
		}
	}
}

// fields are what an object of OpenAPI 3.1 may have, of what the document uses.
var fields = map[string]string{
	"document": "openapi info servers tags paths components", "info": "title version summary description",
	"operation": "operationId tags summary description parameters requestBody responses security",
	"parameter": "name in required description schema example", "body": "description required content", "media": "schema example",
	"response": "description headers content", "components": "schemas parameters responses securitySchemes", "scheme": "type scheme in name description",
}

// TestTheDocumentIsOpenAPI holds the document against the rules of the specification, version 3.1.0, section 4.8.
func TestTheDocumentIsOpenAPI(t *testing.T) {
	h, d := described(t)
	r := h.ask("GET", "/api/v1/openapi.json", "")
	var of map[string]any
	if err := json.Unmarshal([]byte(r.body), &of); err != nil || r.status != 200 || r.header.Get("Content-Type") != "application/json" {
		t.Fatalf("%d %v %v", r.status, r.header, err)
	}
	only := func(at, kind string, o map[string]any) {
		for name := range o {
			if !slices.Contains(strings.Fields(fields[kind]), name) {
				t.Errorf("%s: %s is no field of a %s", at, name, kind)
			}
		}
	}
	resolve := func(o map[string]any) map[string]any {
		ref, is := o["$ref"].(string)
		if !is {
			return o
		}
		var at any = of
		for part := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
			within, _ := at.(map[string]any)
			at = within[part]
		}
		found, _ := at.(map[string]any)
		if found == nil {
			t.Errorf("%s leads nowhere", ref)
		}
		return found
	}
	var follow func(any)
	follow = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			resolve(v)
			for _, each := range v {
				follow(each)
			}
		case []any:
			for _, each := range v {
				follow(each)
			}
		}
	}
	follow(of)
	only("the document", "document", of)
	only("info", "info", of["info"].(map[string]any))
	components := of["components"].(map[string]any)
	only("components", "components", components)
	j := schemaJudge{all: d.Schemas}
	for name, text := range d.Schemas {
		j.read(name, text)
	}
	schemes := components["securitySchemes"].(map[string]any)
	for name, each := range schemes {
		only(name, "scheme", each.(map[string]any))
	}
	tags := map[string]bool{}
	for _, tag := range of["tags"].([]any) {
		tags[tag.(map[string]any)["name"].(string)] = true
	}
	if of["openapi"] != "3.1.0" {
		t.Errorf("openapi is %v", of["openapi"])
	}
	media, status, braced := regexp.MustCompile(`^[a-z]+/[a-z0-9.+-]+$`), regexp.MustCompile(`^([1-5]\d\d|default)$`), regexp.MustCompile(`{([^{}]+)}`)
	contents := func(at string, o map[string]any) {
		for kind, each := range o {
			if only(at, "media", each.(map[string]any)); !media.MatchString(kind) {
				t.Errorf("%s: %s is no media type", at, kind)
			}
			text, _ := json.Marshal(each.(map[string]any)["schema"])
			if example, has := each.(map[string]any)["example"]; has && string(text) != "null" {
				j.value(at, text, example)
			}
		}
	}
	ids := map[string]bool{}
	for path, item := range of["paths"].(map[string]any) {
		if !strings.HasPrefix(path, "/") || strings.Contains(path, "{$}") {
			t.Errorf("%s is no path", path)
		}
		for method, each := range item.(map[string]any) {
			o, at := each.(map[string]any), method+" "+path
			only(at, "operation", o)
			id := o["operationId"].(string)
			if ids[id] || !slices.Contains([]string{"get", "put", "post", "delete"}, method) || !tags[o["tags"].([]any)[0].(string)] {
				t.Errorf("%s: its id stands twice, or it has no tag or method", at)
			}
			ids[id] = true
			var named []string
			for _, p := range asList(o["parameters"]) {
				p := resolve(p.(map[string]any))
				only(at, "parameter", p)
				text, _ := json.Marshal(p["schema"])
				j.read(at, text)
				if example, has := p["example"]; has && p["in"] == "path" {
					j.value(at, text, example)
				}
				key := p["in"].(string) + " " + p["name"].(string)
				if !slices.Contains([]string{"path", "query", "header"}, p["in"].(string)) || slices.Contains(named, key) || p["description"] == "" || p["in"] == "path" && p["required"] != true {
					t.Errorf("%s: parameter %s", at, key)
				}
				named = append(named, key)
			}
			inPath := 0
			for _, found := range braced.FindAllStringSubmatch(path, -1) {
				if inPath++; !slices.Contains(named, "path "+found[1]) {
					t.Errorf("%s: %s is no parameter", at, found[1])
				}
			}
			if n := len(slices.DeleteFunc(named, func(p string) bool { return !strings.HasPrefix(p, "path ") })); n != inPath {
				t.Errorf("%s: %d parameters in the path, %d in its words", at, inPath, n)
			}
			if body, has := o["requestBody"].(map[string]any); has {
				if only(at, "body", body); method == "get" || method == "delete" {
					t.Errorf("%s has a body", at)
				}
				contents(at, body["content"].(map[string]any))
			}
			responses := o["responses"].(map[string]any)
			if responses["default"] == nil || len(responses) < 2 {
				t.Errorf("%s: answers are missing", at)
			}
			for code, each := range responses {
				answer := resolve(each.(map[string]any))
				if only(at, "response", answer); !status.MatchString(code) || answer["description"] == nil {
					t.Errorf("%s: answer %s", at, code)
				}
				if within, has := answer["content"].(map[string]any); has {
					contents(at, within)
				}
			}
			for _, need := range o["security"].([]any) {
				for scheme := range need.(map[string]any) {
					if schemes[scheme] == nil {
						t.Errorf("%s: no security scheme %s", at, scheme)
					}
				}
			}
		}
	}
	for _, wrong := range j.wrong {
		t.Error(wrong)
	}
	if len(ids) < 60 {
		t.Errorf("only %d operations", len(ids))
	}
}

func asList(v any) []any { list, _ := v.([]any); return list }

// TestExamplesAreAnsweredAsIsPromised sends each example to a server of whom somebody asks who may do everything, and
// holds the answer against what is said of it.
func TestExamplesAreAnsweredAsIsPromised(t *testing.T) {
	f := &foreman{goes: map[string]run.Run{}}
	h, admin := furnished(t, func(o *Options) { o.Commands, f.ledger = f, o.Ledger })
	d, err := h.api.description()
	if err != nil {
		t.Fatal(err)
	}
	ran := d.Parameters["run"].Example
	furnish := func() {
		for _, made := range [][3]string{{"POST", "/order", ""}, {"POST", "/product", ""}, {"POST", "/sign-up", ""}, {"POST", "/m/temperature", "1"}, {"POST", "/r/build", "hi"},
			{"PUT", "/api/v1/runs/" + ran, `{"command":"make","state":"running","host":"h"}`},
			{"PUT", "/api/v1/boards/shop", `{"panels":[{"id":"sold","kind":"bars","queries":[{"metric":"orders"}]},{"id":"t","kind":"text","text":"*t*"}]}`}} {
			if r := h.ask(made[0], made[1], made[2], admin); r.status >= 300 {
				t.Fatalf("%v: %d %s", made, r.status, r.body)
			}
		}
	}
	furnish()
	for _, c := range d.chapters {
		for _, each := range c.Calls {
			bodies := []string{""}
			if each.Body != nil {
				bodies = nil
				for kind := range each.Body.Content {
					bodies = append(bodies, kind)
				}
			}
			for _, kind := range bodies {
				method, target, body := d.example(each, kind)
				switch each.Route {
				case "DELETE /api/v1/shares/{id}":
					share, _ := h.share("shop", admin)
					target = "/api/v1/shares/" + share
				case "GET /s/{secret}":
					_, link := h.share("shop", admin)
					target = "/s/" + strings.TrimPrefix(link, "Cookie: telltale-link=")
				case "DELETE /api/v1/runs/{id}": // of one that the server itself runs
					r := h.ask("POST", "/api/v1/runs/deploy", "{}", admin)
					target = r.header.Get("Location")
				case "POST /sign-in":
					body = "token=" + url.QueryEscape(strings.TrimPrefix(admin, "Authorization: Bearer "))
				}
				h.answersAsPromised(d, each, method, target, body, kind, admin)
				if method == http.MethodDelete {
					furnish()
				}
			}
		}
	}
}

// answersAsPromised sends one example.
func (h *house) answersAsPromised(d *description, c *call, method, target, body, kind, admin string) {
	h.t.Helper()
	headers := []string{admin}
	if kind != "" {
		headers = append(headers, "Content-Type: "+kind)
	}
	var r reply
	switch {
	case c.Socket:
		r = h.begun(target, admin, "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")
	case c.Lasts:
		r = h.begun(target, admin)
	default:
		r = h.ask(method, target, body, headers...)
	}
	of, promised := c.Answers[strconv.Itoa(r.status)]
	if !promised || r.status >= 400 {
		h.t.Errorf("%s %s: %d %.200s", method, target, r.status, r.body)
		return
	}
	sent, _, _ := strings.Cut(r.header.Get("Content-Type"), ";")
	media, described := of.Content[sent]
	fake := strings.HasPrefix(r.body, "page ") || strings.HasPrefix(r.body, "asset ") // what the pages are is not this package's
	if !described && !fake && r.body != "" && r.status == 200 {
		h.t.Errorf("%s %s: %s is not said to be sent", method, target, sent)
	}
	if sent != "application/json" || c.ID == "getOpenAPI" || fake {
		return
	}
	var v any
	if err := json.Unmarshal([]byte(r.body), &v); err != nil {
		h.t.Errorf("%s %s: %v", method, target, err)
	}
	j := schemaJudge{all: d.Schemas}
	j.value(method+" "+target, media.Schema, v)
	for _, wrong := range j.wrong {
		h.t.Error(wrong)
	}
}

// begun is the beginning of an answer that has no end.
func (h *house) begun(target string, headers ...string) reply {
	h.t.Helper()
	r, err := http.NewRequestWithContext(h.t.Context(), http.MethodGet, h.url+target, nil)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		r.Header.Set(name, value)
	}
	response, err := (&http.Client{Timeout: time.Minute}).Do(r)
	if err != nil {
		h.t.Fatal(err)
	}
	defer response.Body.Close()
	text := make([]byte, 2)
	n, _ := response.Body.Read(text)
	return reply{response.StatusCode, response.Header, string(text[:n])}
}

func TestThePageOfTheAPITellsAllCallsWithoutTheApp(t *testing.T) {
	h, d := described(t)
	r := h.ask("GET", "/api/docs", "")
	if r.status != 200 || r.header.Get("Content-Type") != "text/html; charset=utf-8" || !strings.Contains(r.header.Get("Content-Security-Policy"), "script-src 'self'") {
		t.Fatalf("%d %v", r.status, r.header)
	}
	for _, c := range d.chapters {
		for _, each := range c.Calls {
			if !strings.Contains(r.body, `<article id="`+each.ID+`">`) || !strings.Contains(r.body, html.EscapeString(each.Summary)) {
				t.Errorf("%s is not on the page", each.Route)
			}
		}
	}
	targets := regexp.MustCompile(`href="#([^"]+)"`)
	for _, found := range targets.FindAllStringSubmatch(r.body, -1) {
		if !strings.Contains(r.body, `id="`+found[1]+`"`) {
			t.Errorf("#%s leads nowhere", found[1])
		}
	}
	for text, n := range map[string]int{"<script": 1, "style=": 0, hereMark: 0, "<p><p>": 0, "curl -d 21.5 " + h.url + "/m/temperature": 1, "curl -X POST " + h.url + "/order": 1} {
		if got := strings.Count(r.body, text); got != n {
			t.Errorf("%q stands there %d times", text, got)
		}
	}
	w := httptest.NewRecorder()
	asked := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost/api/docs", nil)
	asked.Host = "a$(reboot)"
	if err := h.api.getDocs(w, asked); err != nil || strings.Contains(w.Body.String(), "reboot") {
		t.Errorf("what a shell would obey is passed on: %v", err)
	}
}
