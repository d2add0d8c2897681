package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
)

// arrows says which of our packages each may import, by path below the module; a name covers what is below it.
// A package without a row fails the test: say where it belongs before it grows.
var arrows = map[string][]string{
	"shared/metric": {},
	"shared/series": {"shared/metric"},
	"shared/board":  {"shared"},
	"shared/ansi":   {},
	"shared/room":   {},
	"shared/run":    {"shared/room"},
	"shared/wire":   {"shared/metric", "shared/series", "shared/board", "shared/room"},
	"shared/scene":  {},
	"shared/chart":  {"shared/metric", "shared/series", "shared/board", "shared/scene", "shared/fresh"},
	"shared/fresh":  {},
	"shared/access": {"shared/metric"},

	"server":          {"server", "app/ui", "web", "shared"},
	"server/ledger":   {"shared"},
	"server/hub":      {"server/hub", "shared"},
	"server/store":    {"server/store", "server/ledger", "shared"},
	"server/auth":     {"shared"},
	"server/host":     {"shared"},
	"server/bench":    {"shared"},
	"server/command":  {"server/command", "shared"},
	"server/markdown": {},
	"server/picture":  {"server/picture", "shared"},
	"server/api":      {"server/api", "server/hub", "server/ledger", "server/auth", "server/command", "server/markdown", "server/picture", "shared"},

	"app":        {"app/ui"},
	"app/ui":     {"app/ui", "app/live", "app/canvas", "shared"},
	"app/live":   {"app/live", "shared"},
	"app/canvas": {"app/canvas", "shared"},

	"web": {"web", "shared"},
}

// never lists what a package may not reach even through others.
var never = map[string][]string{
	"shared":     {"net", "net/http", "math/rand", "math/rand/v2", "crypto/rand"},
	"server/hub": {"net/http", "database/sql", "github.com/coder/websocket", "modernc.org/sqlite", "github.com/redis"},
	"app":        {"telltale/server", "telltale/web", "modernc.org", "database/sql"},
	"server":     {"text/template", "html/template"}, // they call methods by name, and the linker then keeps those of all
}

// direct lists what a package may not name itself, though the standard library uses it below.
var direct = map[string][]string{
	"shared": {"syscall/js", "os", "io/fs", "os/exec", "syscall", "runtime"},
}

type listed struct {
	ImportPath string
	Imports    []string
	Deps       []string
}

// list asks the go command for our packages as one target sees them.
func list(t *testing.T, target []string, patterns ...string) []listed {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", append([]string{"list", "-e", "-json=ImportPath,Imports,Deps"}, patterns...)...)
	command.Dir = ".."
	command.Env = append(os.Environ(), target...)
	var stderr bytes.Buffer
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, &stderr)
	}
	var packages []listed
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var each listed
		if err := decoder.Decode(&each); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, each)
	}
}

// covers says whether name is the package or below it.
func covers(name, imported string) bool {
	return imported == name || strings.HasPrefix(imported, name+"/")
}

// row finds the entry with the longest name that covers the package.
func row(name string) (allowed []string, found bool) {
	for ; name != "."; name = path.Dir(name) {
		if allowed, found = arrows[name]; found {
			return allowed, true
		}
	}
	return nil, false
}

func TestArrowsFall(t *testing.T) {
	for target, packages := range map[string][]listed{
		"linux": list(t, []string{"GOOS=linux"}, "./..."),
		"js":    list(t, []string{"GOOS=js", "GOARCH=wasm"}, "./app/...", "./shared/..."),
	} {
		if len(packages) < 5 {
			t.Errorf("%s: only %d packages found", target, len(packages))
		}
		for _, each := range packages {
			name := strings.TrimPrefix(each.ImportPath, "telltale/")
			allowed, found := row(name)
			if !found {
				t.Errorf("%s: package %s has no row among the arrows", target, name)
			}
			for _, imported := range each.Imports {
				ours, is := strings.CutPrefix(imported, "telltale/")
				if is && !slices.ContainsFunc(allowed, func(may string) bool { return covers(may, ours) }) {
					t.Errorf("%s: %s imports %s, it may import %v", target, name, ours, allowed)
				}
			}
			forbid(t, target, name, each.Deps, never)
			forbid(t, target, name, each.Imports, direct)
		}
	}
}

func forbid(t *testing.T, target, name string, imports []string, rules map[string][]string) {
	t.Helper()
	for of, forbidden := range rules {
		if !covers(of, name) {
			continue
		}
		for _, imported := range imports {
			// Names of the standard library are exact: net/url and runtime/debug are other things than net and runtime.
			if slices.ContainsFunc(forbidden, func(no string) bool {
				return imported == no || strings.Contains(no, ".") && covers(no, imported) || strings.HasPrefix(no, "telltale/") && covers(no, imported)
			}) {
				t.Errorf("%s: %s reaches %s", target, name, imported)
			}
		}
	}
}

// sources gives every Go file of ours, parsed.
func sources(t *testing.T, visit func(name string, text []byte, file *ast.File)) {
	t.Helper()
	house := os.DirFS("..")
	err := fs.WalkDir(house, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (name == "bin" || name != "." && strings.HasPrefix(path.Base(name), ".")) {
			return fs.SkipDir
		}
		if path.Ext(name) != ".go" {
			return nil
		}
		text, err := fs.ReadFile(house, name)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ParseComments)
		if err != nil {
			return err
		}
		visit(name, text, file)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// calls says whether a file, or a part of one, names a function of a package of the standard library.
func calls(in ast.Node, pkg string, functions ...string) (found string) {
	ast.Inspect(in, func(node ast.Node) bool {
		selector, is := node.(*ast.SelectorExpr)
		if !is {
			return true
		}
		if of, is := selector.X.(*ast.Ident); is && of.Name == pkg && slices.Contains(functions, selector.Sel.Name) {
			found = pkg + "." + selector.Sel.Name
		}
		return true
	})
	return found
}

// stages are the functions of tests that run others on a virtual clock, themselves or by
// one of these, by folder and name.
func stages(t *testing.T) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	for before := -1; before != len(found); {
		before = len(found)
		sources(t, func(name string, _ []byte, file *ast.File) {
			for _, declared := range file.Decls {
				if function, is := declared.(*ast.FuncDecl); is && (calls(function, "synctest", "Test") != "" || names(function, path.Dir(name), found)) {
					found[path.Join(path.Dir(name), function.Name.Name)] = true
				}
			}
		})
	}
	return found
}

// names tells whether one of these functions of the folder is named in what is there.
func names(in ast.Node, folder string, functions map[string]bool) (found bool) {
	ast.Inspect(in, func(node ast.Node) bool {
		if used, is := node.(*ast.Ident); is && functions[path.Join(folder, used.Name)] {
			found = true
		}
		return !found
	})
	return found
}

func TestNoTestSleeps(t *testing.T) {
	known := stages(t)
	sources(t, func(name string, _ []byte, file *ast.File) {
		// On a virtual clock a sleep takes no time and is the way to let it pass.
		virtual := names(file, path.Dir(name), known)
		if call := calls(file, "time", "Sleep"); strings.HasSuffix(name, "_test.go") && call != "" && !virtual {
			t.Errorf("%s uses %s: wait for what is expected, or use testing/synctest", name, call)
		}
	})
}

func TestSharedHasNoClock(t *testing.T) {
	sources(t, func(name string, _ []byte, file *ast.File) {
		call := calls(file, "time", "Now", "Since", "Until", "After", "AfterFunc", "Tick", "NewTicker", "NewTimer", "Sleep")
		if strings.HasPrefix(name, "shared/") && !strings.HasSuffix(name, "_test.go") && call != "" {
			t.Errorf("%s uses %s: shared is given the time", name, call)
		}
	})
}

func TestFilesAreShortAndPackagesSayWhatTheyAre(t *testing.T) {
	documented := map[string]bool{}
	sources(t, func(name string, text []byte, file *ast.File) {
		if lines := bytes.Count(text, []byte("\n")); lines > 600 {
			t.Errorf("%s has %d lines, 600 is the most", name, lines)
		}
		folder := path.Dir(name)
		documented[folder] = documented[folder] || file.Doc != nil && len(file.Doc.Text()) > 60
	})
	for folder, is := range documented {
		if !is {
			t.Errorf("package %s does not say its job: give it a doc.go", folder)
		}
	}
}
