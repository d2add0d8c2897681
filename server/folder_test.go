package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAFolderBelongsToOneServer(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "a", "b")
	release, err := claim(folder)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := claim(folder); err == nil || !strings.Contains(err.Error(), "another telltale") {
		t.Errorf("the second claim answers %v", err)
	}
	release()
	release, err = claim(folder)
	if err != nil {
		t.Fatalf("after the release: %v", err)
	}
	release()
}

func TestAFolderThatCannotBeWrittenIsASentence(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	locked := filepath.Join(t.TempDir(), "data")
	if err := os.MkdirAll(filepath.Join(locked, "serve.lock"), 0o750); err != nil { // a folder where the lock should be
		t.Fatal(err)
	}
	for _, folder := range []string{file, filepath.Join(file, "below"), locked} {
		_, err := claim(folder)
		var stderr bytes.Buffer
		if code := report(err, &stderr); code != 1 || !strings.Contains(stderr.String(), "--data") || strings.Count(stderr.String(), "\n") != 1 {
			t.Errorf("%s: exit code %d, %q", folder, code, stderr.String())
		}
	}
}
