package main

import (
	"fmt"
	"html"
	"net/http"
	"strconv"
	"strings"

	"telltale/web"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// newApp answers everything that is the browser app's: its pages, drawn with the values they have now, and the
// few files go-app makes. What lies under /web/ is the assets' own. ancestors are those who may frame a page, as a
// policy writes them. ui.Routes must have run.
func newApp(assets *web.Assets, ancestors string) http.Handler {
	resolve := func(name string) string { return assets.Resolve("/web/" + name) }
	pages := &app.Handler{
		Name:        "Telltale",
		ShortName:   "Telltale",
		Title:       "Telltale",
		Description: "A live board for anything that can be reached with curl.",
		Lang:        "en",
		Version:     assets.Version(),
		Resources:   assets,
		Icon: app.Icon{
			// The first is the loader's, which is not shown and yet fetched before the page is painted.
			Default: "/web/icon/icon.svg", Large: "/web/icon/icon-512.png", SVG: "/web/icon/icon.svg",
			Maskable: "/web/icon/apple-touch-180.png", // go-app links this one for Apple; the manifest is our own
		},
		BackgroundColor: "#f4f6f8",
		ThemeColor:      "#f4f6f8",
		LoadingLabel:    "{progress}%",
		Styles:          []string{"/web/app.css", "/web/board.css"},
		// The first is not deferred: it sets the theme before anything is painted. The app, whose loader is deferred and stands
		// before the others, waits for them (web/first.js).
		Scripts: []string{"/web/first.js", "/web/paint.js defer", "/web/lines.js defer", "/web/socket.js defer"},
		// go-app loses crossorigin, without which a browser fetches a preloaded font twice.
		RawHeaders: []string{
			`<link rel="preload" as="font" type="font/woff2" crossorigin href="` + resolve("font/plex-400.woff2") + `">`,
			`<link rel="preload" as="font" type="font/woff2" crossorigin href="` + resolve("font/plex-600.woff2") + `">`,
			`<meta name="apple-mobile-web-app-status-bar-style" content="default">`,
			`<meta name="telltale-compiler" content="` + resolve("compile.js") + `">`,
		},
		CacheableResources:    []string{"/web/font/plex-400.woff2", "/web/font/plex-600.woff2", "/web/icon/icon.svg", "/web/compile.js"},
		ServiceWorkerTemplate: web.Worker,
		WasmContentLength:     strconv.FormatInt(assets.WasmSize(), 10),
	}
	files, policy := assets.Handler(), policy+ancestors
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/manifest.webmanifest":
			// go-app's own knows neither shortcuts nor screenshots.
			named := r.Clone(r.Context())
			named.URL.Path = "/web/manifest.webmanifest"
			files.ServeHTTP(w, named)
		case isPage(r.URL.Path):
			// go-app gives every page the build's ETag, and would answer 304 though the values have changed.
			r.Header.Del("If-None-Match")
			page := &pageWriter{ResponseWriter: w, policy: policy, gzips: web.Gzips(r.Header.Values("Accept-Encoding"))}
			if pages.ServeHTTP(page, r); page.missing {
				notFound(w, r, resolve, policy)
			}
		case goAppFiles[r.URL.Path]:
			r.Header.Set("If-None-Match", strings.TrimPrefix(r.Header.Get("If-None-Match"), "W/"))
			pages.ServeHTTP(packs(w, r), r)
		default:
			// Not go-app's to answer: it would look for /robots.txt and its like on the host that the request names.
			notFound(w, r, resolve, policy)
		}
	})
}

// isPage tells whether a path may be one of the app's pages.
func isPage(path string) bool {
	return path == "/" || path == "/rooms" || path == "/runs" || path == "/boards" || path == "/screens" || path == "/audit" || strings.HasPrefix(path, "/runs/") || strings.HasPrefix(path, "/b/") || strings.HasPrefix(path, "/m/") || strings.HasPrefix(path, "/r/")
}

// goAppFiles are what go-app makes besides pages.
var goAppFiles = map[string]bool{"/app.js": true, "/app.css": true, "/app-worker.js": true, "/wasm_exec.js": true}

// notFound tells a person where to go on.
func notFound(w http.ResponseWriter, r *http.Request, resolve func(string) string, policy string) {
	setPageHeader(w.Header(), policy)
	w.WriteHeader(http.StatusNotFound)
	fmt.Fprintf(w, `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Not found · Telltale</title><link rel="stylesheet" href="%s"><link rel="icon" href="%[2]s">
<header class="masthead"><div class="inner"><a class="brand" href="/"><img class="glyph" src="%[2]s" alt="">Telltale</a></div></header>
<main class="inner invitation"><div class="toolbar"><h1>There is nothing at %[3]s</h1></div><p class="quiet"><a href="/">The start page</a> <a href="/b/all">All metrics</a> <a href="/boards">Boards</a> <a href="/rooms">Rooms</a> <a href="/runs">Runs</a> <a href="/api/docs">API</a></p></main></html>
`, resolve("app.css"), resolve("icon/icon.svg"), html.EscapeString(r.URL.Path))
}

// policy lets a page load and ask nothing but this server, and run nothing but its files and the wasm app.
// Who may frame it follows.
const policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
	"connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors "

func setPageHeader(header http.Header, policy string) {
	header.Del("ETag")
	header.Del("Content-Length") // of the page as go-app lays it out
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Security-Policy", policy)
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Referrer-Policy", "same-origin")
}
