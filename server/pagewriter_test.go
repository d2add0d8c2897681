package main

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"telltale/web"
)

func TestAPageIsPackedForWhoTakesIt(t *testing.T) {
	for accept, packed := range map[string]bool{"gzip, deflate, br": true, "": false, "gzip;q=0": false, "br": false, "identity, gzip;q=0.5": false} {
		answer := httptest.NewRecorder()
		page := &pageWriter{ResponseWriter: answer, policy: policy, gzips: web.Gzips([]string{accept})}
		page.Header().Set("Content-Length", "27")
		if n, err := page.Write([]byte("<html>\n  <p>one</p>\n</html>")); n != 27 || err != nil {
			t.Errorf("%q: %d, %v", accept, n, err)
		}
		header, body := answer.Header(), io.Reader(answer.Body)
		if (header.Get("Content-Encoding") == "gzip") != packed || header.Get("Vary") != "Accept-Encoding" || header.Get("Content-Length") != "" {
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
