package web

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"
)

//go:embed all:dist
var dist embed.FS

// Worker is the template of the service worker; go-app fills in the build and its files.
//
//go:embed worker.js.tmpl
var Worker string

// ContentsName is the file in dist that lists the packed files, a JSON array of File sorted by name.
const ContentsName = "contents.json"

// File is one packed file as web/pack wrote it.
type File struct {
	Name string `json:"name"` // path below /web/, slash separated
	Size int64  `json:"size"` // bytes, unpacked
	Hash string `json:"hash"` // lower-case hex SHA-256 of the unpacked bytes
	Type string `json:"type"` // Content-Type
	// Packed tells the stored forms: true for name.br and name.gz, false for the bytes as they are
	// (pictures and fonts, which are packed already).
	Packed  bool `json:"packed"`
	Quality int  `json:"quality,omitempty"` // of the brotli form, 0 to 11
}

// Tag is the short form of the hash, used in URLs and ETags.
func (f File) Tag() string { return f.Hash[:16] }

// Assets are the files the browser may ask for. Safe for concurrent use.
type Assets struct {
	store   fs.FS
	files   map[string]File
	version string
}

// Embedded gives the files built into this program. It panics if they were packed wrongly, which only
// a broken build can cause.
var Embedded = sync.OnceValue(func() *Assets {
	sub, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err)
	}
	assets, err := Open(sub)
	if err != nil {
		panic(err)
	}
	return assets
})

// Open reads the list of packed files at the root of store. A store without one has no files.
func Open(store fs.FS) (*Assets, error) {
	assets := &Assets{store: store, files: map[string]File{}, version: "unbuilt"}
	list, err := fs.ReadFile(store, ContentsName)
	if errors.Is(err, fs.ErrNotExist) {
		return assets, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read packed contents: %w", err)
	}
	var files []File
	if err := json.Unmarshal(list, &files); err != nil {
		return nil, fmt.Errorf("read packed contents: %w", err)
	}
	for _, file := range files {
		if len(file.Hash) != 2*sha256.Size {
			return nil, fmt.Errorf("read packed contents: %q has no SHA-256", file.Name)
		}
		assets.files[file.Name] = file
	}
	sum := sha256.Sum256(list)
	assets.version = hex.EncodeToString(sum[:8])
	return assets, nil
}

// Built says whether the browser app is there.
func (a *Assets) Built() bool { return a.WasmSize() > 0 }

// Version changes whenever any file changes: 16 hex digits, or "unbuilt".
func (a *Assets) Version() string { return a.version }

// WasmSize is the length of app.wasm unpacked, in bytes. go-app's loader counts the bytes it reads after the
// browser has unpacked them, so this, not Content-Length, is the whole against which it shows progress.
func (a *Assets) WasmSize() int64 { return a.files["app.wasm"].Size }

// Resolve adds the hash to the URL of a file (/web/app.css becomes /web/app.css?v=…) and leaves any
// other location alone. It has the signature of go-app's ResourceResolver. Assets deliberately is no
// http.Handler: go-app would then fetch /robots.txt from whatever host a request names.
func (a *Assets) Resolve(location string) string {
	name, ours := strings.CutPrefix(location, "/web/")
	if file, known := a.files[name]; ours && known {
		return location + "?v=" + file.Tag()
	}
	if location == "" {
		return "/"
	}
	return location
}
