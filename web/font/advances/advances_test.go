package main

import (
	"bytes"
	"os"
	"testing"
)

func TestTableIsTheOneOfTheShippedFonts(t *testing.T) {
	want, err := generate("..")
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../../../shared/scene/advance.go")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("shared/scene/advance.go is not what the fonts say: run go generate ./shared/scene")
	}
}

func TestDigitsAreTabular(t *testing.T) {
	for _, name := range []string{"../plex-400.woff2", "../plex-600.woff2"} {
		file, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		advances, err := readAdvances(file)
		if err != nil {
			t.Fatal(err)
		}
		for r := '0'; r <= '9'; r++ {
			if advances[r] != advances['0'] {
				t.Errorf("%s: %c is %d wide, 0 is %d", name, r, advances[r], advances['0'])
			}
		}
		for _, r := range "−…·↑↓–µ°×%" {
			if advances[r] == 0 {
				t.Errorf("%s has no %c", name, r)
			}
		}
	}
}

func TestADamagedFontIsAnErrorNotAPanic(t *testing.T) {
	file, err := os.ReadFile("../plex-400.woff2")
	if err != nil {
		t.Fatal(err)
	}
	for n := 0; n < len(file); n += 97 {
		if _, err := readAdvances(file[:n]); err == nil {
			t.Errorf("the first %d bytes were read as a font", n)
		}
	}
}
