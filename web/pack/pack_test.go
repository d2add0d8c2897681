package main

import (
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"telltale/web"
)

// house writes a small web folder and a wasm app, and gives their paths.
func house(t *testing.T) (sources, wasm string) {
	t.Helper()
	sources, wasm = t.TempDir(), filepath.Join(t.TempDir(), "app.wasm")
	for name, content := range map[string]string{
		"web/app.css":         `@font-face{src:url("/web/font/plex.woff2")} a{b:url(/web/none.png)}`,
		"web/paint.js":        "play()",
		"web/font/plex.woff2": "font",
		"web/embed.go":        "package web",
		"web/pack/secret.js":  "not for browsers",
		"web/dist/.keep":      "",
		"web/dist/old.css.br": "left by an earlier run",
	} {
		put(t, filepath.Join(sources, name), content)
	}
	put(t, wasm, "the app")
	return filepath.Join(sources, "web"), wasm
}

func put(t *testing.T, name, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T, sources string) *web.Assets {
	t.Helper()
	assets, err := web.Open(os.DirFS(filepath.Join(sources, "dist")))
	if err != nil {
		t.Fatal(err)
	}
	return assets
}

func get(t *testing.T, assets *web.Assets, target string) (status int, body string) {
	t.Helper()
	recorder := httptest.NewRecorder()
	assets.Handler().ServeHTTP(recorder, httptest.NewRequest("GET", target, nil))
	content, err := io.ReadAll(recorder.Body)
	if err != nil {
		t.Fatal(err)
	}
	return recorder.Code, string(content)
}

func TestWhatIsPackedIsServed(t *testing.T) {
	sources, wasm := house(t)
	if err := pack(sources, wasm, 5); err != nil {
		t.Fatal(err)
	}
	assets := open(t, sources)
	if status, body := get(t, assets, "/web/app.wasm"); status != 200 || body != "the app" || !assets.Built() {
		t.Errorf("app.wasm: %d %q", status, body)
	}
	if status, body := get(t, assets, "/web/font/plex.woff2"); status != 200 || body != "font" {
		t.Errorf("font: %d %q", status, body)
	}
	for _, target := range []string{"/web/embed.go", "/web/pack/secret.js", "/web/old.css"} {
		if status, _ := get(t, assets, target); status != 404 {
			t.Errorf("%s: %d, want 404", target, status)
		}
	}
	if _, err := os.Stat(filepath.Join(sources, "dist", "old.css.br")); !os.IsNotExist(err) {
		t.Errorf("what an earlier run packed is still there: %v", err)
	}
	if _, err := os.Stat(filepath.Join(sources, "dist", ".keep")); err != nil {
		t.Error(err)
	}
}

func TestStylesNameTheirFilesWithTheHash(t *testing.T) {
	sources, wasm := house(t)
	if err := pack(sources, wasm, 5); err != nil {
		t.Fatal(err)
	}
	assets := open(t, sources)
	_, style := get(t, assets, "/web/app.css")
	if want := `url("` + assets.Resolve("/web/font/plex.woff2") + `")`; !strings.Contains(style, want) || !strings.Contains(style, "url(/web/none.png)") {
		t.Errorf("%s, want %s in it and the unknown picture left alone", style, want)
	}
}

func TestOnlyWhatChangedIsPackedAgain(t *testing.T) {
	sources, wasm := house(t)
	if err := pack(sources, wasm, 5); err != nil {
		t.Fatal(err)
	}
	version := open(t, sources).Version()
	long := time.Unix(1, 0)
	app, script := filepath.Join(sources, "dist", "app.wasm.br"), filepath.Join(sources, "dist", "paint.js.br")
	for _, name := range []string{app, script} {
		if err := os.Chtimes(name, long, long); err != nil {
			t.Fatal(err)
		}
	}
	put(t, filepath.Join(sources, "paint.js"), "play(2)")
	if err := pack(sources, wasm, 5); err != nil {
		t.Fatal(err)
	}
	if !modified(t, app).Equal(long) || modified(t, script).Equal(long) {
		t.Errorf("app.wasm packed again, or paint.js not")
	}
	if open(t, sources).Version() == version {
		t.Error("the version stayed though a script changed")
	}
	if err := pack(sources, wasm, 6); err != nil {
		t.Fatal(err)
	}
	if modified(t, app).Equal(long) {
		t.Error("another quality was asked for and app.wasm was not packed again")
	}
}

func modified(t *testing.T, name string) time.Time {
	t.Helper()
	info, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	return info.ModTime()
}
