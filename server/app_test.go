package main

import (
	"compress/gzip"
	"io"
	"net/http/httptest"
	"strings"
	"testing"

	"telltale/web"
)

func TestWhatIsNoPageIsToldSoAndAsksNobody(t *testing.T) {
	pages := newApp(web.Embedded(), "'none'")
	for _, path := range []string{"/robots.txt", "/sitemap.xml", "/ads.txt", "/goapp.js", "/app.wasm", "/b/<script>", "/nothing"} {
		request := httptest.NewRequest("GET", "http://example.org/", nil)
		request.URL.Path = path
		answer := httptest.NewRecorder()
		pages.ServeHTTP(answer, request)
		body := answer.Body.String()
		if answer.Code != 404 || !strings.Contains(body, `href="/"`) || strings.Contains(body, "<script") || answer.Header().Get("Content-Security-Policy") == "" {
			t.Errorf("%s: %d, %v\n%s", path, answer.Code, answer.Header(), body)
		}
	}
}

func TestFilesOfTheLoaderAreThere(t *testing.T) {
	pages := newApp(web.Embedded(), "'none'")
	for _, path := range []string{"/app.js", "/app.css", "/app-worker.js", "/wasm_exec.js"} {
		answer := httptest.NewRecorder()
		pages.ServeHTTP(answer, httptest.NewRequest("GET", path, nil))
		if answer.Code != 200 || answer.Body.Len() == 0 {
			t.Errorf("%s: %d, %d bytes", path, answer.Code, answer.Body.Len())
		}
		asked := httptest.NewRequest("GET", path, nil)
		asked.Header.Set("Accept-Encoding", "br, gzip")
		packed := httptest.NewRecorder()
		pages.ServeHTTP(packed, asked)
		unpacking, err := gzip.NewReader(packed.Body)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if plain, err := io.ReadAll(unpacking); err != nil || string(plain) != answer.Body.String() || packed.Header().Get("Content-Encoding") != "gzip" {
			t.Errorf("%s: packed it is another file: %v, %v", path, packed.Header(), err)
		}
		asked.Header.Set("If-None-Match", packed.Header().Get("ETag"))
		known := httptest.NewRecorder()
		if pages.ServeHTTP(known, asked); known.Code != 304 {
			t.Errorf("%s: %d to who has it", path, known.Code)
		}
	}
}
