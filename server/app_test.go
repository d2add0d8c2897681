package main

import (
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
	}
}
