package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"telltale/server/auth"
	"telltale/shared/access"
	"telltale/shared/run"
)

const browses = "Accept: text/html,application/xhtml+xml"

func TestSigningInLeadsOnToNoOtherSite(t *testing.T) {
	h, admin := gated(t)
	secret := strings.TrimPrefix(admin, "Authorization: Bearer ")
	for next, want := range map[string]string{
		"/b/ops?range=1h": "/b/ops?range=1h", "/m/a%7Bb=%22c%22%7D": "/m/a%7Bb=%22c%22%7D", "/": "/", "": "/", "/sign-in": "/", "b/ops": "/",
		"//evil.example": "/", "///evil.example": "/", "/\\evil.example": "/", "\\\\evil.example": "/", "/\t/evil.example": "/", "/\n/evil.example": "/",
		"https://evil.example": "/", "https:evil.example": "/", "http:///evil.example": "/", "javascript:alert(1)": "/", "data:text/html,x": "/", "//user@evil.example/": "/",
		" //evil.example": "/", "/ /evil.example": "/ /evil.example", "/%2F/evil.example": "/%2F/evil.example", "/.//evil.example": "/evil.example", "/b/..//evil.example": "/evil.example", "/x/../..//evil.example": "/evil.example",
	} {
		r := h.ask("POST", "/sign-in", url.Values{"token": {secret}, "next": {next}}.Encode(), "Content-Type: application/x-www-form-urlencoded")
		at, err := url.Parse(r.header.Get("Location"))
		if r.status != http.StatusSeeOther || err != nil || at.Host != "" || at.Scheme != "" || strings.HasPrefix(r.header.Get("Location"), "//") || strings.Contains(r.header.Get("Location"), `\`) {
			t.Errorf("%q leads to %q: %d, %v", next, r.header.Get("Location"), r.status, err)
			continue
		}
		if wanted, _ := url.Parse(want); at.Path != wanted.Path || at.RawQuery != wanted.RawQuery {
			t.Errorf("%q leads to %q, want %q", next, r.header.Get("Location"), want)
		}
		form := h.must("GET", "/sign-in?next="+url.QueryEscape(next), "", browses, "Sec-Fetch-Site: cross-site")
		if _, refresh, _ := strings.Cut(form, `http-equiv="refresh" content="0;url=`); !strings.HasPrefix(refresh, "/") || strings.HasPrefix(refresh, "//") || strings.HasPrefix(refresh, "/\\") {
			t.Errorf("%q is led on to %.40q", next, refresh)
		}
	}
}

func TestAPersonIsAnsweredInWordsAndAProgramInJSON(t *testing.T) {
	h, admin := furnished(t)
	bob := h.token("bob", "read:orders")
	_, link := h.share("ops", admin)
	for _, c := range []struct {
		path, as string
		status   int
		has      string
	}{
		{"/m/hidden", "", http.StatusSeeOther, "/sign-in?next=%2Fm%2Fhidden"}, {"/nowhere?a=b", "", http.StatusSeeOther, "/sign-in?next=%2Fnowhere%3Fa%3Db"},
		{"/m/hidden", bob, http.StatusForbidden, "read:hidden"}, {"/audit", bob, http.StatusForbidden, "needs the scope admin"}, {"/screens", bob, http.StatusForbidden, "needs the scope board"},
		{"/m/hidden", link, http.StatusForbidden, "shows the board ops, and nothing else"}, {"/audit", link, http.StatusForbidden, "nothing else"}, {"/r/hidden", bob, http.StatusForbidden, "read:hidden"},
		{"/m/a%7Bb=%22%3Cscript%3E%22%7D", bob, http.StatusForbidden, "&lt;script&gt;"},
	} {
		headers := []string{browses}
		if c.as != "" {
			headers = append(headers, c.as)
		}
		r := h.ask("GET", c.path, "", headers...)
		if r.status != c.status || !strings.Contains(r.body+r.header.Get("Location"), c.has) || strings.Contains(r.body, "<script>") || r.header.Get("Cache-Control") != "no-store" || !strings.HasPrefix(r.header.Get("Content-Type"), "text/html") {
			t.Errorf("%s: %d %v %s", c.path, r.status, r.header, r.body)
		}
		if policy := r.header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "frame-ancestors 'none'") {
			t.Errorf("%s: the policy is %q", c.path, policy)
		}
		headers[0] = "Accept: */*"
		if c.status == http.StatusSeeOther {
			c.status = http.StatusUnauthorized
		}
		if r = h.ask("GET", c.path, "", headers...); r.status != c.status || strings.HasPrefix(r.detail(), "not ") {
			t.Errorf("%s by a program: %d %s", c.path, r.status, r.body)
		}
	}
	if r := h.ask("POST", "/m/orders", "1", browses, bob); r.status != http.StatusForbidden || strings.HasPrefix(r.detail(), "not ") {
		t.Errorf("a change: %d %s", r.status, r.body)
	}
	if r := h.ask("GET", "/m/hidden", "", browses, "Authorization: Bearer tt_unknown"); r.status != http.StatusUnauthorized {
		t.Errorf("a token that is not known: %d", r.status)
	}
}

// A browser keeps a strict cookie back from a page that another site's link leads to, and so
// from /sign-in where that leads on to; from there our own page leads back.
func TestWhoSignedInAndFollowsALinkOfAnotherSiteIsLedBack(t *testing.T) {
	h, admin := furnished(t)
	const refresh = `<meta http-equiv="refresh" content="0;url=/b/ops">`
	cookie := "Cookie: " + auth.Cookie + strings.Replace(admin, "Authorization: Bearer ", "=", 1)
	for _, c := range []struct {
		headers []string
		back    bool
	}{
		{[]string{"Sec-Fetch-Site: cross-site"}, true}, {[]string{"Sec-Fetch-Site: same-origin"}, false}, {[]string{"Sec-Fetch-Site: none"}, false}, {nil, false},
		{[]string{"Sec-Fetch-Site: cross-site", cookie}, false},
	} {
		if got := h.must("GET", "/sign-in?next=/b/ops", "", append(c.headers, browses)...); strings.Contains(got, refresh) != c.back {
			t.Errorf("%q: %s", c.headers, got)
		}
	}
}

func TestOtherSitesPagesMakeAndEndNoLinks(t *testing.T) {
	h, admin := furnished(t)
	id, _ := h.share("ops", admin)
	cookie := "Cookie: " + auth.Cookie + strings.Replace(admin, "Authorization: Bearer ", "=", 1)
	for _, from := range []string{"Origin: https://evil.example", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-site", "Origin: null"} {
		for _, c := range [][2]string{{"POST", "/api/v1/boards/ops/shares"}, {"DELETE", "/api/v1/shares/" + id}, {"POST", "/sign-in"}, {"POST", "/sign-out"}} {
			if r := h.ask(c[0], c[1], "", cookie, from); r.status != http.StatusForbidden || r.header.Get("Set-Cookie") != "" {
				t.Errorf("%s %s from %s: %d %s", c[0], c[1], from, r.status, r.body)
			}
		}
	}
	if got := h.must("GET", "/api/v1/boards/ops/shares", "", cookie); strings.Count(got, `"id"`) != 1 {
		t.Errorf("afterwards there are %s", got)
	}
}

func TestWhoChangedWhatIsNoted(t *testing.T) {
	f := &foreman{}
	h, admin := furnished(t, func(o *Options) { o.Commands, f.ledger, f.goes = f, o.Ledger, map[string]run.Run{} })
	bob := h.token("bob", "board:*,run:*,write:*,read:*")
	before := len(audit(h, admin, "?limit=1000").Events)
	id, _ := h.share("ops", bob)
	for _, c := range []struct {
		method, path, body, as string
		noted                  string // by, action, of, detail; "" for nothing
	}{
		{"POST", "/m/orders", "1", bob, ""}, {"POST", "/r/build", "x", admin, ""}, {"GET", "/api/v1/boards", "", bob, ""},
		{"PUT", "/api/v1/boards/new", `{"title":"New","panels":[]}`, bob, "bob board.put new New"},
		{"PUT", "/api/v1/boards/new", `{"panels":[{}]}`, bob, ""},
		{"DELETE", "/api/v1/boards/new", "", bob, "bob board.delete new "},
		{"DELETE", "/api/v1/boards/new", "", bob, ""},
		{"PUT", "/api/v1/metrics/speed", `{"type":"gauge","title":"Speed"}`, bob, ""}, // it is no field: refused
		{"PUT", "/api/v1/metrics/speed", `{"kind":"gauge","title":"Speed"}`, bob, "bob metric.declare speed "},
		{"PUT", "/api/v1/metrics/speed", `{"kind":"gauge","title":"Speed"}`, bob, ""},
		{"DELETE", "/api/v1/metrics/speed", "", bob, ""}, // refused
		{"DELETE", "/api/v1/metrics/speed", "", admin, "ann metric.delete speed "},
		{"POST", "/api/v1/runs/deploy", "", bob, "bob run.start deploy id1"},
		{"DELETE", "/api/v1/runs/id1", "", bob, "bob run.stop deploy id1"},
		{"POST", "/api/v1/screens/all", `{"do":"show","board":"ops"}`, bob, "bob screen.order all show ops"},
		{"DELETE", "/api/v1/shares/" + id, "", bob, "bob share.revoke ops link " + id},
	} {
		had := audit(h, admin, "").Events
		h.ask(c.method, c.path, c.body, c.as)
		now := audit(h, admin, "").Events
		switch {
		case c.noted == "" && now[0].Seq != had[0].Seq:
			t.Errorf("%s %s is noted as %+v", c.method, c.path, now[0])
		case c.noted != "":
			e := now[0]
			if got := strings.Join([]string{e.User, e.Did, e.About, e.More}, " "); got != c.noted || e.Seq != had[0].Seq+1 || e.Time == 0 || e.From != "127.0.0.1" || e.Token == "" {
				t.Errorf("%s %s is noted as %q, %+v", c.method, c.path, got, e)
			}
		}
	}
	all := audit(h, admin, "?limit=1000")
	if all.Next != 0 || len(all.Events) != before+9 {
		t.Errorf("%d events, then %d, next %d", before, len(all.Events), all.Next)
	}
	var paged []access.Event
	for next := "?limit=2"; next != ""; {
		page := audit(h, admin, next)
		paged, next = append(paged, page.Events...), ""
		if page.Next != 0 {
			next = "?limit=2&before=" + jsonOf(page.Next)
		}
	}
	if jsonOf(paged) != jsonOf(all.Events) {
		t.Errorf("page by page it is %+v, at once %+v", paged, all.Events)
	}
	for _, query := range []string{"?limit=0", "?limit=1001", "?limit=x", "?before=0", "?before=-1"} {
		if r := h.ask("GET", "/api/v1/audit"+query, "", admin); r.status != http.StatusBadRequest {
			t.Errorf("%s: %d", query, r.status)
		}
	}
	if got := h.must("GET", "/api/v1/audit?limit=1", "", admin); !strings.HasPrefix(got, `{"events":[{"id":`) || !strings.Contains(got, `"by":"bob"`) || !strings.Contains(got, `"action":"share.revoke","of":"ops","detail":"link `) {
		t.Error(got)
	}
}

func audit(h *house, as, query string) (page access.Audit) {
	h.t.Helper()
	if err := json.Unmarshal([]byte(h.must("GET", "/api/v1/audit"+query, "", as)), &page); err != nil {
		h.t.Fatal(err)
	}
	return page
}

func jsonOf(value any) string {
	text, _ := json.Marshal(value)
	return string(text)
}

// deaf keeps all but the audit.
type deaf struct{ access.Store }

// Note refuses.
func (deaf) Note(context.Context, access.Event) error { return errors.New("the disk is full") }

func TestWhatCannotBeNotedIsDoneAllTheSame(t *testing.T) {
	h, admin := furnished(t)
	bob := h.token("bob", "board:*")
	h.api.Access = deaf{h.api.Access}
	if r := h.ask("PUT", "/api/v1/boards/ops", `{"panels":[]}`, bob); r.status != http.StatusOK {
		t.Errorf("%d %s", r.status, r.body)
	}
	h.must("GET", "/api/v1/audit", "", admin)
}

func TestALongNameIsNotedInPart(t *testing.T) {
	for text, want := range map[string]int{"": 0, "short": 5, strings.Repeat("a", maxNote): maxNote, strings.Repeat("ä", maxNote): maxNote, strings.Repeat("a", maxNote+1): maxNote} {
		if got := clipped(text); len(got) > want || len(got) < want-4 || len(text) > maxNote && !strings.HasSuffix(got, "…") {
			t.Errorf("%d bytes become %d: %.300q", len(text), len(got), got)
		}
	}
}
