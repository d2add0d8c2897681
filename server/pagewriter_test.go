package main

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"telltale/web"
)

func TestAPageIsPackedForWhoTakesIt(t *testing.T) {
	for accept, packed := range map[string]bool{"gzip, deflate, br": true, "": false, "gzip;q=0": false, "br": false, "identity, gzip;q=0.5": false} {
		answer := httptest.NewRecorder()
		page := &pageWriter{ResponseWriter: answer, policy: policy, gzips: web.Gzips([]string{accept})}
		page.Header().Set("Content-Length", "27")
		page.Header().Set("Vary", "Accept") // whoever sends something else to who takes no page says so
		if n, err := page.Write([]byte("<html>\n  <p>one</p>\n</html>")); n != 27 || err != nil {
			t.Errorf("%q: %d, %v", accept, n, err)
		}
		header, body := answer.Header(), io.Reader(answer.Body)
		if (header.Get("Content-Encoding") == "gzip") != packed || strings.Join(header.Values("Vary"), ", ") != "Accept, Accept-Encoding" || header.Get("Content-Length") != "" {
			t.Errorf("%q: %v", accept, header)
		}
		if packed {
			var err error
			if body, err = gzip.NewReader(body); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := io.ReadAll(body); err != nil || string(got) != "<html><p>one</p></html>" {
			t.Errorf("%q: %q, %v", accept, got, err)
		}
	}
}

func TestOfAMissingPageNothingIsSent(t *testing.T) {
	answer := httptest.NewRecorder()
	page := &pageWriter{ResponseWriter: answer, gzips: true}
	page.WriteHeader(http.StatusNotFound)
	if n, err := page.Write([]byte("no such page")); n != 12 || err != nil || answer.Body.Len() != 0 || len(answer.Header()) != 0 {
		t.Errorf("%d, %v, %q, %v", n, err, answer.Body, answer.Header())
	}
}

func TestAPageIsPaintedWithoutTheStylesOfTheLoader(t *testing.T) {
	for _, link := range []string{`<link rel="stylesheet" href="/app.css" type="text/css">`, `<link href="/app.css" type="text/css" rel="stylesheet">`, `<link type="text/css" rel="stylesheet" href="/app.css">`} {
		answer := httptest.NewRecorder()
		page := &pageWriter{ResponseWriter: answer}
		_, _ = page.Write([]byte("<head>\n  <link href=\"/web/app.css\">\n  " + link + "\n  <b>x</b>\n</head>"))
		if got := answer.Body.String(); got != `<head><link href="/web/app.css"><b>x</b></head>` {
			t.Errorf("%s: %s", link, got)
		}
	}
}

func TestAPageNamesNoAddressWithoutAServer(t *testing.T) {
	answer := httptest.NewRecorder()
	page := &pageWriter{ResponseWriter: answer}
	_, _ = page.Write([]byte(`<head><meta content="https:///b/x" property="og:url"><meta property="og:title" content="X"><meta property="og:image" content="https://"><meta name="author"></head><p>&lt;meta name="author"&gt;</p>`))
	if got := answer.Body.String(); got != `<head><meta property="og:title" content="X"></head><p>&lt;meta name="author"&gt;</p>` {
		t.Error(got)
	}
}
