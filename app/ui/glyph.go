package ui

import "github.com/maxence-charriere/go-app/v10/pkg/app"

// glyphs are the icons on buttons, on a grid of 16.
var glyphs = map[string]string{
	"plus":   `<path d="M8 3v10M3 8h10"/>`,
	"minus":  `<path d="M3 8h10"/>`,
	"copy":   `<rect x="5.5" y="5.5" width="8" height="8" rx="1.5"/><path d="M10.5 5.5v-2a1 1 0 0 0-1-1h-6a1 1 0 0 0-1 1v6a1 1 0 0 0 1 1h2"/>`,
	"down":   `<path d="M8 2.5v10.5M3.5 8.5 8 13l4.5-4.5"/>`,
	"up":     `<path d="M8 13.5V3M3.5 7.5 8 3l4.5 4.5"/>`,
	"send":   `<path d="M13.5 8 3 3l1.5 5L3 13Z"/><path d="M4.5 8h5"/>`,
	"people": `<circle cx="6" cy="5" r="2.5"/><path d="M1.5 13a4.5 4.5 0 0 1 9 0M10.5 2.8a2.5 2.5 0 0 1 0 4.4M12 9.2a4.5 4.5 0 0 1 2.5 3.8"/>`,
	"prompt": `<rect x="1.5" y="2.5" width="13" height="11" rx="2"/><path d="m4.5 6 2 2-2 2M8.5 10.5h3"/>`,
	"pen":    `<path d="m10.5 3 2.5 2.5L5.5 13H3v-2.5Z"/>`,
	"done":   `<path d="m3 8.5 3.5 3.5L13 4.5"/>`,
	"light":  `<circle cx="8" cy="8" r="3"/><path d="M8 1.5v1M8 13.5v1M1.5 8h1M13.5 8h1M3.4 3.4l.7.7M11.9 11.9l.7.7M3.4 12.6l.7-.7M11.9 4.1l.7-.7"/>`,
	"dark":   `<path d="M13.5 9.5A6 6 0 0 1 6.5 2.5a6 6 0 1 0 7 7Z"/>`,
	"auto":   `<circle cx="8" cy="8" r="5.5"/><path d="M8 2.5a5.5 5.5 0 0 1 0 11Z" fill="currentColor"/>`,
	"mark":   `<path d="M1 10.3h3l1.8-4.8 2.3 6.6 1.4-3.7"/><circle class="lit" cx="12" cy="5.5" r="2.2"/>`,
}

func glyph(name string) app.UI {
	return app.Raw(`<svg class="glyph" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">` + glyphs[name] + `</svg>`)
}
