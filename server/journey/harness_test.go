package journey

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

func TestTheHarnessSeesErrorsAndRequestsToOthers(t *testing.T) {
	other := httptest.NewServer(http.NotFoundHandler())
	defer other.Close()
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(`<!doctype html><title>x</title><script>console.error("told"); fetch("` + other.URL + `/spy").catch(() => {}).then(() => { done = true; throw new Error("thrown") })</script>`))
	}))
	defer page.Close()

	b := look(t, &server{url: page.URL})
	p := b.blank(400, 300, "light")
	p.do(chromedp.Navigate(page.URL))
	p.until("the page has asked the other host", `window.done`)
	eventually(t, wait, "both errors are noted", func() bool {
		b.mutex.Lock()
		defer b.mutex.Unlock()
		return strings.Contains(strings.Join(b.errors, "\n"), "thrown")
	})
	found := strings.Join(b.close(), "\n")
	for _, want := range []string{"told", "thrown", "outside: " + other.URL + "/spy"} {
		if !strings.Contains(found, want) {
			t.Errorf("the harness missed %q, it found:\n%s", want, found)
		}
	}
	t.Log(found)
}
