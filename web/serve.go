package web

import (
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"path"
	"strconv"
	"strings"
)

// Handler answers GET and HEAD /web/…: brotli, gzip or plain, as the client accepts; ETag and 304; kept
// for a year where ?v= carries the file's hash, revalidated otherwise; 404 for what is not there.
func (a *Assets) Handler() http.Handler { return http.HandlerFunc(a.serve) }

func (a *Assets) serve(w http.ResponseWriter, r *http.Request) {
	file, found := a.files[strings.TrimPrefix(r.URL.Path, "/web/")]
	if !found {
		http.Error(w, "no such file: "+path.Base(r.URL.Path), http.StatusNotFound)
		return
	}
	form, acceptable := identity, true
	if file.Packed {
		form, acceptable = negotiate(r.Header.Values("Accept-Encoding"), brotli, gzipped, identity) // the smallest first
		w.Header().Set("Vary", "Accept-Encoding")
	}
	if !acceptable {
		http.Error(w, "this file is sent as br, gzip or identity: accept one of them", http.StatusNotAcceptable)
		return
	}
	// One strong tag for each form: they are different bytes (RFC 9110, section 8.8.3.3).
	etag := fmt.Sprintf(`"%s-%s"`, file.Tag(), form)
	w.Header().Set("ETag", etag)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-cache")
	if r.URL.Query().Get("v") == file.Tag() {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	if matches(r.Header.Values("If-None-Match"), etag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	if err := a.send(w, r, file, form); err != nil {
		w.Header().Del("ETag")
		w.Header().Del("Cache-Control")
		w.Header().Del("Content-Encoding")
		w.Header().Del("Content-Length")
		http.Error(w, "this file cannot be read from the program", http.StatusInternalServerError)
	}
}

// send writes head and body. An error means that nothing has been written yet.
func (a *Assets) send(w http.ResponseWriter, r *http.Request, file File, form encoding) error {
	stored, err := a.store.Open(file.Name + suffix(file, form))
	if err != nil {
		return fmt.Errorf("open packed file: %w", err)
	}
	defer stored.Close()
	info, err := stored.Stat()
	if err != nil {
		return fmt.Errorf("open packed file: %w", err)
	}

	body, length := io.Reader(stored), info.Size()
	if form == identity && file.Packed {
		if body, err = gzip.NewReader(stored); err != nil {
			return fmt.Errorf("unpack file: %w", err)
		}
		length = file.Size
	}
	w.Header().Set("Content-Type", file.Type)
	w.Header().Set("Content-Length", strconv.FormatInt(length, 10))
	if form != identity {
		w.Header().Set("Content-Encoding", string(form))
	}
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return nil
	}
	_, _ = io.Copy(w, body) // the client has gone: nobody is left to tell
	return nil
}

// suffix names the stored form an answer is made of; a plain answer of a packed file is unpacked from gzip.
func suffix(file File, form encoding) string {
	switch {
	case !file.Packed:
		return ""
	case form == brotli:
		return ".br"
	default:
		return ".gz"
	}
}

// matches says whether an If-None-Match names the tag (weak comparison, RFC 9110 section 13.1.2).
func matches(headers []string, etag string) bool {
	for _, header := range headers {
		for tag := range strings.SplitSeq(header, ",") {
			tag = strings.TrimPrefix(strings.TrimSpace(tag), "W/")
			if tag == etag || tag == "*" {
				return true
			}
		}
	}
	return false
}
