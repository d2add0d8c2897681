package api

import (
	"bytes"
	"fmt"
	"image/png"
	"strings"
	"testing"
	"time"

	"telltale/shared/access"
	"telltale/shared/board"
)

// plainText is what a terminal asks for.
const plainText = "Accept: text/plain"

func TestABoardIsDrawnForWhateverAsks(t *testing.T) {
	h := open(t)
	h.must("POST", "/m/orders", "+3")
	h.must("POST", "/r/build", "cc main.c\nld shop")
	h.ask("PUT", "/api/v1/boards/line.svg", `{"id":"line.svg","title":"Ends so","panels":[]}`)
	const html = "Accept: text/html,application/xhtml+xml,*/*;q=0.8"
	for _, c := range []struct{ path, header, kind, begins, holds string }{
		{"/b/home", plainText, "text/plain; charset=utf-8", " \x1b[0;1mHome", "Orders"},
		{"/b/home?color=never", plainText, "text/plain; charset=utf-8", " Home", "cc main.c"},
		{"/b/home?color=never&width=200", "Accept: */*", "text/plain; charset=utf-8", " Home", "ld shop"},
		{"/b/home", html, "", "page /b/home", ""},
		{"/?color=never", plainText, "text/plain; charset=utf-8", " Home", "Orders"},
		{"/", "Accept: */*", "", "page /", ""},
		{"/b/home.svg", "Accept: image/*", "image/svg+xml", `<svg xmlns="http://www.w3.org/2000/svg" width="1208"`, ">Orders<"},
		{"/b/home.svg", html, "image/svg+xml", "<svg ", ">Orders<"},
		{"/b/home.svg?width=700&theme=dark", plainText, "image/svg+xml", `<svg xmlns="http://www.w3.org/2000/svg" width="700"`, "#131a21"},
		{"/b/home.png", "Accept: */*", "image/png", "\x89PNG", ""},
		{"/b/home/orders.svg", "Accept: */*", "image/svg+xml", `<svg xmlns="http://www.w3.org/2000/svg" width="640" height="240"`, ">3<"},
		{"/b/home/build.png", "Accept: */*", "image/png", "\x89PNG", ""},
		{"/b/home/build?color=never", "Accept: */*", "text/plain; charset=utf-8", "╭─ Build", "ld shop"},
		{"/b/all/orders.svg", "Accept: */*", "image/svg+xml", "<svg ", ">3<"},
		{"/b/line.svg?color=never", plainText, "text/plain; charset=utf-8", " Ends so", "Nothing is on this board yet"},
		{"/b/line.svg.svg", plainText, "image/svg+xml", "<svg ", "Ends so"},
		{"/m/orders.png", "Accept: */*", "image/png", "\x89PNG", ""},
		{"/m/orders.svg?range=1h&width=300", "Accept: */*", "image/svg+xml", `<svg xmlns="http://www.w3.org/2000/svg" width="300"`, ">3<"},
		{"/m/orders", plainText, "text/plain; charset=utf-8", "3\n", ""},
	} {
		r := h.ask("GET", c.path, "", c.header)
		if r.status != 200 || c.kind != "" && r.header.Get("Content-Type") != c.kind || !strings.HasPrefix(r.body, c.begins) || !strings.Contains(r.body, c.holds) {
			t.Errorf("GET %s (%s): %d %s, want %s that begins with %q and holds %q:\n%.300s", c.path, c.header, r.status, r.header.Get("Content-Type"), c.kind, c.begins, c.holds, r.body)
		}
		if c.kind != "" && !strings.HasPrefix(c.path, "/m/orders?") && c.path != "/m/orders" && (r.header.Get("Cache-Control") != "no-store" || r.header.Get("X-Content-Type-Options") != "nosniff") {
			t.Errorf("GET %s: %v", c.path, r.header)
		}
	}
}

func TestAPartOfAPageGetsNoDrawingForATerminal(t *testing.T) {
	h := open(t)
	if r := h.ask("GET", "/b/home/orders", "", "Accept: text/html"); r.status != 303 || r.header.Get("Location") != "/b/home" {
		t.Errorf("%d to %s", r.status, r.header.Get("Location"))
	}
	if got := h.ask("GET", "/b/home", "", "Sec-Fetch-Mode: cors").body; got != "page /b/home" {
		t.Errorf("%.80q", got)
	}
}

func TestPicturesRefuseWhatTheyCannotDraw(t *testing.T) {
	h := open(t)
	h.must("POST", "/m/t", "1")
	for path, want := range map[string]int{
		"/b/none.svg": 404, "/b/none": 404, "/b/home/none.svg": 404, "/b/none/x.png": 404, "/m/none.png": 404, "/b/home.gif": 404,
		"/b/home.svg?width=39": 400, "/b/home.svg?width=4001": 400, "/b/home.svg?height=x": 400, "/b/home.svg?theme=blue": 400, "/b/home.png?scale=4": 400,
		"/b/home.svg?range=0s": 400, "/b/home.svg?range=1y2": 400, "/b/home.svg?at=yesterday": 400, "/b/home.svg?from=now&to=-1h": 400, "/b/home.svg?to=soon": 400,
		"/b/home?color=red": 400, "/b/home?columns=19": 400, "/b/home?width=501": 400, "/m/t.svg?points=0": 400, "/m/t.png?points=5001": 400,
		"/b/home.png?width=4000&height=4000&scale=3": 400,
		"/m/t.svg?at=9223372036854775807":            400, "/m/t.png?from=0&to=9223372036854775807": 400, "/b/home?to=9000-01-01": 400, "/b/home.svg?at=9223372036854775807&range=1s": 400,
	} {
		r := h.ask("GET", path, "", plainText)
		if r.status != want || r.header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("GET %s: %d %s, want %d", path, r.status, r.header.Get("Content-Type"), want)
		}
	}
}

func TestAPictureOfAMomentShowsNothingThatCameLater(t *testing.T) {
	h := open(t)
	now := time.Now().UnixMilli()
	h.must("POST", fmt.Sprintf("/m/t?t=%d", now-3_600_000), "11")
	h.must("POST", fmt.Sprintf("/m/t?t=%d", now-1_800_000), "22")
	h.must("POST", "/m/t", "33")
	h.must("POST", "/r/build", "said now")
	ago := func(ms int64) string { return fmt.Sprint(now - ms) }
	stamp := time.UnixMilli(now - 2_000_000).UTC().Format("2006-01-02T15:04:05Z")
	for path, want := range map[string]string{
		"/b/all?color=never": "33", "/b/all?color=never&at=" + ago(2_000_000): "11", "/b/all?color=never&at=" + stamp: "11", "/b/all?color=never&to=-20m": "22", "/b/all?range=1y&color=never&from=2020-01-01&to=" + stamp: "11",
		"/b/all?color=never&to=-2h": "–", "/b/all/t?color=never&at=" + ago(900_000): "22",
	} {
		got := h.must("GET", path, "", plainText)
		_, card, _ := strings.Cut(got, "─ t ─")
		_, value, _ := strings.Cut(card, "│ ")
		if !strings.HasPrefix(value, want+" ") {
			t.Errorf("GET %s shows %.20q, want %s in\n%s", path, value, want, got)
		}
	}
	if got := h.must("GET", "/b/home/build?color=never&at="+ago(60_000), "", plainText); strings.Contains(got, "said now") || !strings.Contains(got, "Nothing was said") {
		t.Errorf("a minute ago:\n%s", got)
	}
	if got := h.must("GET", "/b/home/looking?color=never&at="+ago(60_000), "", plainText); !strings.Contains(got, "Who was there is not kept") {
		t.Errorf("a minute ago:\n%s", got)
	}
}

func TestThePNGOfABoardHasTheSizeOfItsSVG(t *testing.T) {
	h := open(t)
	h.must("POST", "/m/t", "1")
	picture, err := png.Decode(bytes.NewReader([]byte(h.must("GET", "/b/all.png?width=500&scale=2", ""))))
	if err != nil {
		t.Fatal(err)
	}
	svg := h.must("GET", "/b/all.svg?width=500", "")
	if want := fmt.Sprintf(`width="%d" height="%d"`, picture.Bounds().Dx()/2, picture.Bounds().Dy()/2); !strings.Contains(svg, want) {
		t.Errorf("no %s in %.120s", want, svg)
	}
}

func TestManyPicturesAtOnceAreDrawnInTurn(t *testing.T) {
	h := open(t)
	h.must("POST", "/m/t", "1")
	answers := make(chan int)
	const many = 30
	for range many {
		go func() { answers <- h.ask("GET", "/b/all/t.png?width=100&height=60", "").status }()
	}
	for range many {
		if status := <-answers; status != 200 {
			t.Errorf("status %d", status)
		}
	}
}

func TestAPictureShowsOnlyWhatItsCallerMayRead(t *testing.T) {
	h := open(t)
	h.must("POST", "/m/orders", "+3")
	h.must("POST", "/m/secret", "7")
	h.must("POST", "/r/build", "cc main.c")
	now := time.Now().UnixMilli()
	all := board.All()
	all.Panels = append(all.Panels, board.Panel{ID: "build", Kind: board.Log, Room: "build"}, board.Panel{ID: "who", Kind: board.Presence, Room: "build"})
	for _, c := range []struct {
		may  func(access.Class, string) bool
		want string
	}{
		{nil, "orders secret build: 1 who: 0"},
		{func(_ access.Class, name string) bool { return name == "orders" }, "orders build: 0 who: 0"},
		{func(class access.Class, _ string) bool { return class == access.Rooms }, "build: 1 who: 0"},
	} {
		v, err := h.api.view(t.Context(), look{panels: firstPanels(all), span: span{from: now - 1000, to: now, points: 100}, zone: time.UTC, may: c.may})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, card := range v.Cards {
			for _, m := range card.Shown {
				got = append(got, string(m.ID))
			}
			if card.Kind.OfRoom() {
				got = append(got, fmt.Sprintf("%s: %d", card.ID, len(card.Messages)))
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s, want %s", strings.Join(got, " "), c.want)
		}
	}
}
