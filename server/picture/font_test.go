package picture

import (
	"testing"
	"unicode"

	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"

	"telltale/shared/scene"
)

func TestTheFontIsTheOneWhoseAdvancesPicturesAreLaidOutBy(t *testing.T) {
	var buffer sfnt.Buffer
	const em = 1000
	for weight, face := range faces() {
		known := 0
		for char := ' '; char < 0x2600; char++ {
			index, err := face.GlyphIndex(&buffer, char)
			if err != nil || index == 0 || unicode.IsControl(char) {
				continue
			}
			known++
			got, err := face.GlyphAdvance(&buffer, index, fixed.I(em), 0)
			if got == 0 {
				continue // what stands on another letter: the table takes it for as wide as any
			}
			if want := scene.Width([]byte(string(char)), em, scene.Weight(weight)); err != nil || float64(got)/64 != want {
				t.Errorf("%q of weight %d is %v wide, the table says %v (%v)", char, weight, float64(got)/64, want, err)
			}
		}
		if known < 200 {
			t.Errorf("weight %d has %d characters", weight, known)
		}
	}
}
