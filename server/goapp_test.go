package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestEachMendOfGoAppFindsItsPlace: a go-app that says something otherwise would be compiled without it, and without a word.
func TestEachMendOfGoAppFindsItsPlace(t *testing.T) {
	mends, err := os.ReadFile("../app/goapp.sed")
	if err != nil {
		t.Fatal(err)
	}
	makefile, err := os.ReadFile("../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	mended := regexp.MustCompile(`for each in (.+); do sed -f \S+goapp\.sed`).FindSubmatch(makefile)
	if mended == nil {
		t.Fatal("the Makefile does not say which files are mended")
	}
	folder, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/maxence-charriere/go-app/v10").Output()
	if err != nil {
		t.Fatal(err)
	}
	sed := func(script string, text []byte) []byte {
		command := exec.CommandContext(t.Context(), "sed", script)
		command.Stdin = bytes.NewReader(text)
		out, err := command.Output()
		if err != nil {
			t.Fatalf("%s: %v", script, err)
		}
		return out
	}
	files := map[string][]byte{}
	for name := range strings.FieldsSeq(string(mended[1])) {
		if files[name], err = os.ReadFile(filepath.Join(strings.TrimSpace(string(folder)), "pkg/app", name)); err != nil {
			t.Fatal(err)
		}
	}
	unmended := map[string]bool{}
	for name := range files {
		unmended[name] = true
	}
	for mend := range strings.Lines(string(mends)) {
		if mend = strings.TrimSpace(mend); mend == "" || mend[0] == '#' {
			continue
		}
		found := false
		for name, text := range files {
			if !bytes.Equal(sed(mend, text), text) {
				found = true
				delete(unmended, name)
			}
		}
		if !found {
			t.Errorf("nothing in go-app is what %s mends", mend)
		}
	}
	for name := range unmended {
		t.Errorf("nothing in go-app's %s is mended", name)
	}
}
