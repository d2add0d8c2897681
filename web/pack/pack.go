package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"telltale/web"

	"github.com/andybalholm/brotli"
)

// kinds lists what is sent to browsers, by extension; false where the format is packed already.
var kinds = map[string]struct {
	mediaType string
	packed    bool
}{
	".wasm":        {"application/wasm", true},
	".css":         {"text/css; charset=utf-8", true},
	".js":          {"text/javascript; charset=utf-8", true},
	".svg":         {"image/svg+xml", true},
	".webmanifest": {"application/manifest+json", true},
	".txt":         {"text/plain; charset=utf-8", true},
	".png":         {"image/png", false},
	".webp":        {"image/webp", false},
	".woff2":       {"font/woff2", false},
}

// pack brings sources/dist up to date.
func pack(sources, wasm string, quality int) error {
	contents, err := collect(sources, wasm)
	if err != nil {
		return err
	}
	versionStyles(contents)

	dist := filepath.Join(sources, "dist")
	before := packedBefore(dist)
	var files []web.File
	for _, name := range slices.Sorted(maps.Keys(contents)) {
		file := describe(name, contents[name])
		if file.Packed {
			file.Quality = quality
		}
		files = append(files, file)
		if before[name] == file && complete(dist, file) {
			continue
		}
		if err := write(dist, file, contents[name]); err != nil {
			return err
		}
	}
	list, err := json.MarshalIndent(files, "", "\t")
	if err != nil {
		return fmt.Errorf("list packed files: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dist, web.ContentsName), append(list, '\n'), 0o644); err != nil {
		return fmt.Errorf("list packed files: %w", err)
	}
	return removeOthers(dist, files)
}

// collect reads every file a browser may ask for, by its name below /web/.
func collect(sources, wasm string) (map[string][]byte, error) {
	contents := map[string][]byte{}
	app, err := os.ReadFile(wasm)
	if err != nil {
		return nil, fmt.Errorf("read the wasm app (make wasm builds it): %w", err)
	}
	contents["app.wasm"] = app
	err = fs.WalkDir(os.DirFS(sources), ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (name == "dist" || name == "pack"):
			return fs.SkipDir
		case entry.IsDir() || strings.HasPrefix(path.Base(name), ".") || kinds[path.Ext(name)].mediaType == "":
			return nil
		}
		contents[name], err = os.ReadFile(filepath.Join(sources, name))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read sources: %w", err)
	}
	return contents, nil
}

var styleURL = regexp.MustCompile(`url\(\s*["']?(/web/[^"')?#\s]+)["']?\s*\)`)

// versionStyles gives the URLs in styles the hash of what they name, so that a font is fetched once,
// under the name that the page preloads, and kept.
func versionStyles(contents map[string][]byte) {
	for name, content := range contents {
		if path.Ext(name) != ".css" {
			continue
		}
		contents[name] = styleURL.ReplaceAllFunc(content, func(match []byte) []byte {
			location := styleURL.FindSubmatch(match)[1]
			target := strings.TrimPrefix(string(location), "/web/")
			named, known := contents[target]
			if !known || path.Ext(target) == ".css" {
				return match
			}
			return fmt.Appendf(nil, `url("%s?v=%s")`, location, describe(target, named).Tag())
		})
	}
}

func describe(name string, content []byte) web.File {
	sum := sha256.Sum256(content)
	kind := kinds[path.Ext(name)]
	return web.File{
		Name: name, Size: int64(len(content)), Hash: hex.EncodeToString(sum[:]),
		Type: kind.mediaType, Packed: kind.packed,
	}
}

// forms are the names under which a file is stored.
func forms(file web.File) []string {
	if file.Packed {
		return []string{file.Name + ".br", file.Name + ".gz"}
	}
	return []string{file.Name}
}

func complete(dist string, file web.File) bool {
	for _, form := range forms(file) {
		if _, err := os.Stat(filepath.Join(dist, form)); err != nil {
			return false
		}
	}
	return true
}

// packedBefore gives what the last run wrote, nothing if it cannot be told.
func packedBefore(dist string) map[string]web.File {
	var files []web.File
	before := map[string]web.File{}
	if list, err := os.ReadFile(filepath.Join(dist, web.ContentsName)); err == nil && json.Unmarshal(list, &files) == nil {
		for _, file := range files {
			before[file.Name] = file
		}
	}
	return before
}

func write(dist string, file web.File, content []byte) error {
	target := filepath.Join(dist, file.Name)
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return fmt.Errorf("write packed file: %w", err)
	}
	if !file.Packed {
		return os.WriteFile(target, content, 0o644)
	}
	br, err := squeeze(content, func(w io.Writer) (io.WriteCloser, error) {
		return brotli.NewWriterOptions(w, brotli.WriterOptions{Quality: file.Quality, LGWin: 24}), nil
	})
	if err != nil {
		return fmt.Errorf("pack %s with brotli: %w", file.Name, err)
	}
	gz, err := squeeze(content, func(w io.Writer) (io.WriteCloser, error) {
		return gzip.NewWriterLevel(w, gzip.BestCompression)
	})
	if err != nil {
		return fmt.Errorf("pack %s with gzip: %w", file.Name, err)
	}
	if err := os.WriteFile(target+".gz", gz, 0o644); err != nil {
		return fmt.Errorf("write packed file: %w", err)
	}
	if err := os.WriteFile(target+".br", br, 0o644); err != nil {
		return fmt.Errorf("write packed file: %w", err)
	}
	fmt.Printf("packed %s: %d bytes, brotli %d, gzip %d\n", file.Name, file.Size, len(br), len(gz))
	return nil
}

func squeeze(content []byte, open func(io.Writer) (io.WriteCloser, error)) ([]byte, error) {
	var out bytes.Buffer
	packer, err := open(&out)
	if err != nil {
		return nil, err
	}
	if _, err := packer.Write(content); err != nil {
		return nil, err
	}
	if err := packer.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// removeOthers deletes what an earlier run packed and this one does not know.
func removeOthers(dist string, files []web.File) error {
	keep := map[string]bool{".keep": true, web.ContentsName: true}
	for _, file := range files {
		for _, form := range forms(file) {
			keep[form] = true
		}
	}
	return fs.WalkDir(os.DirFS(dist), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || keep[name] {
			return err
		}
		return os.Remove(filepath.Join(dist, name))
	})
}
