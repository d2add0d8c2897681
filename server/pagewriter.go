package main

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"regexp"
	"sync"

	"telltale/web"
)

// pageWriter takes the build's ETag off a page and keeps it out of shared caches; the service worker keeps pages itself.
// It sends a page tight, and as gzip to who takes it: the start page is 5 KB then, which a server may send at once, and
// not 67 KB. Of an answer that there is no such page it keeps only that.
type pageWriter struct {
	http.ResponseWriter
	policy  string
	gzips   bool
	begun   bool
	missing bool
}

// WriteHeader sends a page's header, or notes that there is no such page.
func (w *pageWriter) WriteHeader(status int) {
	w.begun, w.missing = true, status == http.StatusNotFound
	if w.missing {
		return
	}
	setPageHeader(w.Header(), w.policy)
	w.Header().Add("Vary", "Accept-Encoding")
	if w.gzips = w.gzips && status == http.StatusOK; w.gzips {
		w.Header().Set("Content-Encoding", "gzip")
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write sends a page, which go-app gives as a whole; of one that is missing nothing is sent.
func (w *pageWriter) Write(page []byte) (int, error) {
	if !w.begun {
		w.WriteHeader(http.StatusOK)
	}
	if w.missing {
		return len(page), nil
	}
	sent := tight(page)
	if end := bytes.Index(sent, []byte("</head>")); end >= 0 {
		sent = append(unwanted.ReplaceAll(sent[:end], nil), sent[end:]...)
	}
	if w.gzips {
		sent = gzipped(sent)
	}
	if _, err := w.ResponseWriter.Write(sent); err != nil {
		return 0, err
	}
	return len(page), nil
}

// unwanted are, in a page's head, go-app's own styles of what it shows while its app comes: nothing is painted before
// they are there, and web/app.css says how that looks; and what it says of an address and a picture without knowing
// the server's name, "https://", which a chat that unfolds a link would believe. It writes attributes in any order.
var unwanted = regexp.MustCompile(`<link [^>]*href="/app\.css"[^>]*>|<meta [^>]*(?:name="author"|property="og:(?:url|image)")[^>]*>`)

// gzips are writers that are not in use: one takes up most of a MiB.
var gzips = sync.Pool{New: func() any { return gzip.NewWriter(nil) }}

func gzipped(plain []byte) []byte {
	var packed bytes.Buffer
	w := gzips.Get().(*gzip.Writer)
	defer gzips.Put(w)
	w.Reset(&packed)
	_, _ = w.Write(plain) // a buffer takes all
	_ = w.Close()
	return packed.Bytes()
}

// packs gives what sends a file as gzip to who takes it.
func packs(w http.ResponseWriter, r *http.Request) http.ResponseWriter {
	return &fileWriter{ResponseWriter: w, gzips: web.Gzips(r.Header.Values("Accept-Encoding"))}
}

// fileWriter sends a file that is made here as gzip to who takes it: go-app's loader and Go's are 26 KB, and 7 then; the page
// of the API is 116 KB, and 13 then. Both forms have the same ETag, where there is one, so it is a weak one (RFC 9110,
// section 8.8.1).
type fileWriter struct {
	http.ResponseWriter
	gzips bool
	begun bool
}

// WriteHeader sends a file's header.
func (w *fileWriter) WriteHeader(status int) {
	w.begun = true
	header := w.Header()
	header.Add("Vary", "Accept-Encoding")
	if etag := header.Get("ETag"); etag != "" {
		header.Set("ETag", "W/"+etag)
	}
	if w.gzips = w.gzips && status == http.StatusOK; w.gzips {
		header.Set("Content-Encoding", "gzip")
		header.Del("Content-Length")
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write sends a file, which is given as a whole.
func (w *fileWriter) Write(file []byte) (int, error) {
	if !w.begun {
		w.WriteHeader(http.StatusOK)
	}
	if !w.gzips {
		return w.ResponseWriter.Write(file)
	}
	if _, err := w.ResponseWriter.Write(gzipped(file)); err != nil {
		return 0, err
	}
	return len(file), nil
}
