package scene

// Palette is a colour for each [Role], as CSS writes it.
type Palette [RoleCount]string

// Light and Dark are the colours of the two themes. The series' colours can be
// told apart with each kind of colour blindness and stand out from the surface
// (the package's tests measure both).
var (
	Light = Palette{
		"#16202a", "#5c6874", "#e9edf0", "#b9c2ca", "#ffffff", "#0b62d6", "#0a7d4f", "#c4320a", "#98a3ad", "#98a3ad24",
		"#0b62d6", "#d9680a", "#0a8f78", "#b83280", "#7a5af0", "#8a6d00", "#3d4a57", "#0994c9",
		"#0b62d61f", "#d9680a1f", "#0a8f781f", "#b832801f", "#7a5af01f", "#8a6d001f", "#3d4a571f", "#0994c91f",
	}
	Dark = Palette{
		"#e8edf2", "#93a1ae", "#232c35", "#46525e", "#131a21", "#5aa2ff", "#3ecf8e", "#ff7a59", "#66727e", "#66727e2b",
		"#5aa2ff", "#ff9a3d", "#2fc9a8", "#f277b5", "#a48bff", "#d8b83a", "#c3ced8", "#59d0f5",
		"#5aa2ff29", "#ff9a3d29", "#2fc9a829", "#f277b529", "#a48bff29", "#d8b83a29", "#c3ced829", "#59d0f529",
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
