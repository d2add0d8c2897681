package web_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"telltale/web"

	"github.com/andybalholm/brotli"
)

var (
	wasm = bytes.Repeat([]byte("wasm wasm wasm "), 1000)
	icon = []byte("\x89PNG icon")
)

// packed is a small set of packed files.
func packed(t *testing.T) *web.Assets {
	t.Helper()
	var gz, br bytes.Buffer
	squeeze(t, gzip.NewWriter(&gz))
	squeeze(t, brotli.NewWriter(&br))
	sum, iconSum := sha256.Sum256(wasm), sha256.Sum256(icon)
	list, err := json.Marshal([]web.File{
		{Name: "app.wasm", Size: int64(len(wasm)), Hash: hex.EncodeToString(sum[:]), Type: "application/wasm", Packed: true},
		{Name: "icons/icon.png", Size: int64(len(icon)), Hash: hex.EncodeToString(iconSum[:]), Type: "image/png"},
	})
	if err != nil {
		t.Fatal(err)
	}
	assets, err := web.Open(fstest.MapFS{
		web.ContentsName: {Data: list},
		"app.wasm.br":    {Data: br.Bytes()},
		"app.wasm.gz":    {Data: gz.Bytes()},
		"icons/icon.png": {Data: icon},
	})
	if err != nil {
		t.Fatal(err)
	}
	return assets
}

func squeeze(t *testing.T, w io.WriteCloser) {
	t.Helper()
	if _, err := w.Write(wasm); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

func ask(assets *web.Assets, method, target string, header ...string) *http.Response {
	request := httptest.NewRequest(method, target, nil)
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	recorder := httptest.NewRecorder()
	assets.Handler().ServeHTTP(recorder, request)
	return recorder.Result()
}

func TestTheFormSentIsTheSmallestTheClientAccepts(t *testing.T) {
	assets := packed(t)
	for accept, want := range map[string]string{
		"gzip, deflate, br, zstd":   "br",
		"gzip":                      "gzip",
		"":                          "",
		"deflate":                   "",
		"br;q=0.5, gzip;q=1":        "gzip",
		"br;q=0, gzip":              "gzip",
		"*":                         "br",
		"identity":                  "",
		"GZIP":                      "gzip",
		"br;q=nonsense, gzip;q=0.1": "gzip",
		"identity;q=0.5, br;q=0.1":  "",
	} {
		answer := ask(assets, "GET", "/web/app.wasm", "Accept-Encoding", accept)
		if got := answer.Header.Get("Content-Encoding"); got != want || answer.StatusCode != 200 {
			t.Errorf("Accept-Encoding %q: status %d, encoding %q, want 200, %q", accept, answer.StatusCode, got, want)
		}
		if got := answer.Header.Get("Vary"); got != "Accept-Encoding" {
			t.Errorf("Accept-Encoding %q: Vary %q", accept, got)
		}
		if got := unpack(t, answer); !bytes.Equal(got, wasm) {
			t.Errorf("Accept-Encoding %q: unpacked to %d other bytes", accept, len(got))
		}
	}
}

func unpack(t *testing.T, answer *http.Response) []byte {
	t.Helper()
	sent, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	if got := answer.Header.Get("Content-Length"); got != strconv.Itoa(len(sent)) {
		t.Errorf("Content-Length %s for %d bytes", got, len(sent))
	}
	body := io.Reader(bytes.NewReader(sent))
	switch answer.Header.Get("Content-Encoding") {
	case "br":
		body = brotli.NewReader(body)
	case "gzip":
		if body, err = gzip.NewReader(body); err != nil {
			t.Fatal(err)
		}
	}
	content, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func TestAClientThatAcceptsNothingIsToldWhatThereIs(t *testing.T) {
	answer := ask(packed(t), "GET", "/web/app.wasm", "Accept-Encoding", "zstd, *;q=0")
	if answer.StatusCode != http.StatusNotAcceptable {
		t.Fatalf("status %d, want 406", answer.StatusCode)
	}
}

func TestTheURLWithTheHashIsKeptAndAnyOtherRevalidated(t *testing.T) {
	assets := packed(t)
	for target, want := range map[string]string{
		assets.Resolve("/web/app.wasm"): "public, max-age=31536000, immutable",
		"/web/app.wasm":                 "no-cache",
		"/web/app.wasm?v=0123":          "no-cache",
	} {
		if got := ask(assets, "GET", target).Header.Get("Cache-Control"); got != want {
			t.Errorf("%s: %q, want %q", target, got, want)
		}
	}
}

func TestAnUnchangedFileIsNotSentAgain(t *testing.T) {
	assets := packed(t)
	etag := ask(assets, "GET", "/web/app.wasm", "Accept-Encoding", "br").Header.Get("ETag")
	for name, answer := range map[string]*http.Response{
		"same":    ask(assets, "GET", "/web/app.wasm", "Accept-Encoding", "br", "If-None-Match", etag),
		"weak":    ask(assets, "GET", "/web/app.wasm", "Accept-Encoding", "br", "If-None-Match", `"other", W/`+etag),
		"by HEAD": ask(assets, "HEAD", "/web/app.wasm", "Accept-Encoding", "br", "If-None-Match", etag),
	} {
		if body, _ := io.ReadAll(answer.Body); answer.StatusCode != http.StatusNotModified || len(body) > 0 {
			t.Errorf("%s: status %d with %d bytes, want 304 and none", name, answer.StatusCode, len(body))
		}
	}
	if answer := ask(assets, "GET", "/web/app.wasm", "Accept-Encoding", "gzip", "If-None-Match", etag); answer.StatusCode != 200 {
		t.Errorf("the tag of the brotli form matched the gzip form")
	}
}

func TestHeadTellsLengthAndTypeWithoutABody(t *testing.T) {
	answer := ask(packed(t), "HEAD", "/web/icons/icon.png")
	body, _ := io.ReadAll(answer.Body)
	if answer.StatusCode != 200 || len(body) > 0 || answer.Header.Get("Content-Length") != strconv.Itoa(len(icon)) || answer.Header.Get("Content-Type") != "image/png" {
		t.Fatalf("status %d, %d bytes, header %v", answer.StatusCode, len(body), answer.Header)
	}
}

func TestPicturesAreSentAsTheyAre(t *testing.T) {
	answer := ask(packed(t), "GET", "/web/icons/icon.png", "Accept-Encoding", "br, gzip")
	if body, _ := io.ReadAll(answer.Body); !bytes.Equal(body, icon) || answer.Header.Get("Content-Encoding") != "" {
		t.Fatalf("%q, encoding %q", body, answer.Header.Get("Content-Encoding"))
	}
}

func TestUnknownFilesAreNotFoundWhateverTheirPath(t *testing.T) {
	for _, target := range []string{"/web/", "/web/app.css", "/web/contents.json", "/web/app.wasm.br", "/web/../go.mod"} {
		if answer := ask(packed(t), "GET", target); answer.StatusCode != 404 {
			t.Errorf("%s: status %d, want 404", target, answer.StatusCode)
		}
	}
}

func TestResolveAddsTheHashToKnownFilesOnly(t *testing.T) {
	assets := packed(t)
	if got := assets.Resolve("/web/app.wasm"); !strings.HasPrefix(got, "/web/app.wasm?v=") {
		t.Errorf("app.wasm resolves to %s", got)
	}
	for location, want := range map[string]string{"": "/", "/": "/", "/web": "/web", "/web/other.css": "/web/other.css", "/app.js": "/app.js"} {
		if got := assets.Resolve(location); got != want {
			t.Errorf("%q resolves to %q, want %q", location, got, want)
		}
	}
}

func TestAFreshCloneHasNoAppAndSaysSo(t *testing.T) {
	assets, err := web.Open(fstest.MapFS{".keep": {}})
	if err != nil {
		t.Fatal(err)
	}
	if assets.Built() || assets.Version() != "unbuilt" || assets.WasmSize() != 0 {
		t.Fatalf("built %v, version %s, wasm %d", assets.Built(), assets.Version(), assets.WasmSize())
	}
	if packed := packed(t); !packed.Built() || packed.WasmSize() != int64(len(wasm)) || len(packed.Version()) != 16 {
		t.Fatalf("built %v, version %s, wasm %d", packed.Built(), packed.Version(), packed.WasmSize())
	}
}

func TestAListThatCannotBeReadIsAnError(t *testing.T) {
	for _, list := range []string{"{", `[{"name":"a","hash":"12"}]`} {
		if _, err := web.Open(fstest.MapFS{web.ContentsName: {Data: []byte(list)}}); err == nil {
			t.Errorf("%s was accepted", list)
		}
	}
}
