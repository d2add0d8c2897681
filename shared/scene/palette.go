package scene

// Palette is a colour for each [Role], as CSS writes it.
type Palette [RoleCount]string

// Light and Dark are the colours of the two themes. The series' colours, and good, warn
// and bad among themselves, can be told apart with each kind of colour blindness and stand
// out from the surface (the package's tests measure both). Fifteen colours that all stay
// apart do not exist: what is drawn as good, warn or bad says so by a sign or a word, too.
var (
	Light = Palette{
		"#16202a", "#5c6874", "#e9edf0", "#b9c2ca", "#ffffff", "#f4f6f8", "#dfe5ea", "#0b62d6", "#00725a", "#b47100", "#b3200c", "#00725a14", "#b4710014", "#b3200c14", "#98a3ad", "#98a3ad24",
		"#0b62d6", "#d97638", "#059dc5", "#b8307f", "#8971fc", "#8c6a0e", "#3e484f", "#98848e",
		"#0b62d61f", "#d976381f", "#059dc51f", "#b8307f1f", "#8971fc1f", "#8c6a0e1f", "#3e484f1f", "#98848e1f",
	}
	Dark = Palette{
		"#e8edf2", "#93a1ae", "#232c35", "#46525e", "#131a21", "#0c1116", "#222c35", "#5aa2ff", "#2fc9a0", "#f5c04a", "#ff6a4d", "#2fc9a01c", "#f5c04a1c", "#ff6a4d1c", "#66727e", "#66727e2b",
		"#5aa2ff", "#ea9653", "#38d5fb", "#dc51a4", "#8d6dfa", "#eabd02", "#c9cfc1", "#c09ca9",
		"#5aa2ff29", "#ea965329", "#38d5fb29", "#dc51a429", "#8d6dfa29", "#eabd0229", "#c9cfc129", "#c09ca929",
	}
	// Vars leaves the colours to the page: var(--ink), var(--s0) and so on, as [Palette.AppendCSS] declares them.
	Vars = variables()
)

func variables() (p Palette) {
	for i, name := range roleNames {
		p[i] = "var(--" + name + ")"
	}
	return p
}

// AppendCSS appends the palette as declarations of CSS variables, one after the other: "--ink:#16202a;--muted:...".
func (p *Palette) AppendCSS(dst []byte) []byte {
	for i, name := range roleNames {
		dst = append(dst, "--"...)
		dst = append(dst, name...)
		dst = append(dst, ':')
		dst = append(dst, p[i]...)
		dst = append(dst, ';')
	}
	return dst
}
