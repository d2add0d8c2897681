package scene

import (
	"math"
	"strconv"
	"strings"
	"testing"
)

type rgb [3]float64 // linear, 0 to 1

func parse(t *testing.T, hex string) rgb {
	t.Helper()
	var c rgb
	for i := range c {
		n, err := strconv.ParseUint(hex[1+2*i:3+2*i], 16, 8)
		if err != nil {
			t.Fatalf("%q: %v", hex, err)
		}
		if v := float64(n) / 255; v <= 0.04045 {
			c[i] = v / 12.92
		} else {
			c[i] = math.Pow((v+0.055)/1.055, 2.4)
		}
	}
	return c
}

// contrast is that of WCAG 2.
func contrast(a, b rgb) float64 {
	luminance := func(c rgb) float64 { return 0.2126*c[0] + 0.7152*c[1] + 0.0722*c[2] }
	la, lb := luminance(a), luminance(b)
	return (math.Max(la, lb) + 0.05) / (math.Min(la, lb) + 0.05)
}

// oklab is Björn Ottosson's perceptual colour space (2020).
func oklab(c rgb) [3]float64 {
	l := math.Cbrt(0.4122214708*c[0] + 0.5363325363*c[1] + 0.0514459929*c[2])
	m := math.Cbrt(0.2119034982*c[0] + 0.6806995451*c[1] + 0.1073969566*c[2])
	s := math.Cbrt(0.0883024619*c[0] + 0.2817188376*c[1] + 0.6299787005*c[2])
	return [3]float64{0.2104542553*l + 0.7936177850*m - 0.0040720468*s, 1.9779984951*l - 2.4285922050*m + 0.4505937099*s, 0.0259040371*l + 0.7827717662*m - 0.8086757660*s}
}

// deficiencies are the matrices of Machado, Oliveira and Fernandes (2009) at severity 1.
var deficiencies = map[string][9]float64{
	"normal":       {1, 0, 0, 0, 1, 0, 0, 0, 1},
	"protanopia":   {0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998},
	"deuteranopia": {0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.011820, 0.042940, 0.968881},
	"tritanopia":   {1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.303900},
}

func seen(c rgb, m [9]float64) rgb {
	var out rgb
	for i := range out {
		out[i] = math.Min(math.Max(m[3*i]*c[0]+m[3*i+1]*c[1]+m[3*i+2]*c[2], 0), 1)
	}
	return out
}

// apart is how far apart two colours are for eyes as the matrix says: 0.02 is just
// noticeable side by side.
func apart(t *testing.T, one, other string, matrix [9]float64) float64 {
	t.Helper()
	a, b := oklab(seen(parse(t, one), matrix)), oklab(seen(parse(t, other), matrix))
	return math.Sqrt((a[0]-b[0])*(a[0]-b[0]) + (a[1]-b[1])*(a[1]-b[1]) + (a[2]-b[2])*(a[2]-b[2]))
}

func TestSeriesColoursCanBeToldApartByEveryone(t *testing.T) {
	for theme, p := range map[string]*Palette{"light": &Light, "dark": &Dark} {
		for name, matrix := range deficiencies {
			for i := range SeriesCount {
				for j := range i {
					// Thin lines need several times what is just noticeable, the first four, which are
					// used the most, more than the rest.
					least := 0.07
					if i < 4 {
						least = 0.1
					}
					if distance := apart(t, p[Series(i)], p[Series(j)], matrix); distance < least {
						t.Errorf("%s, %s: series %d and %d are %.3f apart", theme, name, j, i, distance)
					}
				}
			}
		}
	}
}

func TestGoodWarnAndBadCanBeToldApartByEveryone(t *testing.T) {
	tones := []Role{Good, Warn, Bad}
	for theme, p := range map[string]*Palette{"light": &Light, "dark": &Dark} {
		for name, matrix := range deficiencies {
			for i, tone := range tones {
				for _, other := range tones[:i] {
					if distance := apart(t, p[tone], p[other], matrix); distance < 0.1 {
						t.Errorf("%s, %s: %s and %s are %.3f apart", theme, name, roleNames[other], roleNames[tone], distance)
					}
				}
				// Beside the lines of the first four series they are another shape with a word.
				least := 0.03
				if name == "normal" {
					least = 0.07
				}
				for n := range 4 {
					if distance := apart(t, p[tone], p[Series(n)], matrix); distance < least {
						t.Errorf("%s, %s: %s and series %d are %.3f apart", theme, name, roleNames[tone], n, distance)
					}
				}
			}
		}
	}
}

func TestColoursStandOutFromTheSurface(t *testing.T) {
	for theme, p := range map[string]*Palette{"light": &Light, "dark": &Dark} {
		surface := parse(t, p[Surface])
		least := map[Role]float64{Ink: 12, Muted: 4.5, Accent: 4.5, Good: 4.5, Warn: 3, Bad: 4.5}
		for i := range SeriesCount {
			least[Series(i)] = 3
		}
		for role, want := range least {
			if got := contrast(parse(t, p[role]), surface); got < want {
				t.Errorf("%s: %s has a contrast of %.2f, wanted %.1f", theme, roleNames[role], got, want)
			}
		}
	}
}

func TestPaletteIsWrittenAsVariables(t *testing.T) {
	css := string(Light.AppendCSS(nil))
	for i, name := range roleNames {
		if !strings.Contains(css, "--"+name+":"+Light[i]+";") {
			t.Errorf("no --%s in %s", name, css)
		}
		if Vars[i] != "var(--"+name+")" {
			t.Errorf("%s is %s", name, Vars[i])
		}
	}
}
