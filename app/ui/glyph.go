package ui

import "github.com/maxence-charriere/go-app/v10/pkg/app"

// glyphs are the icons on buttons, on a grid of 16.
var glyphs = map[string]string{
	"plus":          `<path d="M8 3v10M3 8h10"/>`,
	"minus":         `<path d="M3 8h10"/>`,
	"copy":          `<rect x="5.5" y="5.5" width="8" height="8" rx="1.5"/><path d="M10.5 5.5v-2a1 1 0 0 0-1-1h-6a1 1 0 0 0-1 1v6a1 1 0 0 0 1 1h2"/>`,
	"down":          `<path d="M8 2.5v10.5M3.5 8.5 8 13l4.5-4.5"/>`,
	"up":            `<path d="M8 13.5V3M3.5 7.5 8 3l4.5 4.5"/>`,
	"send":          `<path d="M13.5 8 3 3l1.5 5L3 13Z"/><path d="M4.5 8h5"/>`,
	"people":        `<circle cx="6" cy="5" r="2.5"/><path d="M1.5 13a4.5 4.5 0 0 1 9 0M10.5 2.8a2.5 2.5 0 0 1 0 4.4M12 9.2a4.5 4.5 0 0 1 2.5 3.8"/>`,
	"prompt":        `<rect x="1.5" y="2.5" width="13" height="11" rx="2"/><path d="m4.5 6 2 2-2 2M8.5 10.5h3"/>`,
	"pen":           `<path d="m10.5 3 2.5 2.5L5.5 13H3v-2.5Z"/>`,
	"bin":           `<path d="M3 4.5h10M6.5 4.5v-2h3v2M4.5 4.5l.5 9h6l.5-9M7 7v4M9 7v4"/>`,
	"close":         `<path d="m4 4 8 8M12 4l-8 8"/>`,
	"more":          `<path d="M8 3.4v.2M8 7.9v.2M8 12.4v.2" stroke-width="2.2"/>`,
	"grip":          `<path d="M6 3.5v.1M10 3.5v.1M6 8v.1M10 8v.1M6 12.5v.1M10 12.5v.1" stroke-width="2"/>`,
	"corner":        `<path d="M13 5v8H5M13 9v4H9"/>`,
	"undo":          `<path d="M5.5 3 2.5 6l3 3M2.5 6h7a4 4 0 0 1 0 8H7"/>`,
	"redo":          `<path d="m10.5 3 3 3-3 3M13.5 6h-7a4 4 0 0 0 0 8H9"/>`,
	"link":          `<path d="M6.5 9.5a3 3 0 0 0 4.2 0l2.4-2.4a3 3 0 0 0-4.2-4.2L8 3.8M9.5 6.5a3 3 0 0 0-4.2 0L2.9 8.9a3 3 0 0 0 4.2 4.2l.9-.9"/>`,
	"wall":          `<rect x="1.5" y="2.5" width="13" height="9" rx="1.5"/><path d="M5.5 14h5"/>`,
	"full":          `<path d="M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10"/>`,
	"picture":       `<rect x="2" y="2.5" width="12" height="11" rx="1.5"/><circle cx="5.5" cy="6" r="1"/><path d="m2.5 12 3.5-3.5 2 2 3-3 2.5 2.5"/>`,
	"keys":          `<rect x="1.5" y="4" width="13" height="8" rx="1.5"/><path d="M4 6.7v.1M7 6.7v.1M10 6.7v.1M12.5 6.7v.1M5 9.5h6"/>`,
	"kind-line":     `<path d="m1.5 11 3.5-4 3 2.5L12 4l2.5 2"/>`,
	"kind-area":     `<path d="m1.5 10 3.5-4 3 2.5L12 4l2.5 2v7.5h-13Z" fill="currentColor" fill-opacity=".2"/>`,
	"kind-bars":     `<path d="M3 13V9M6.3 13V5M9.7 13V7.5M13 13V3" stroke-width="2"/>`,
	"kind-stat":     `<path d="M3.5 5 5.5 3.5V10M8.5 5a2 2 0 0 1 4 0c0 2-4 3-4 5h4M2.5 13h11"/>`,
	"kind-gauge":    `<path d="M2.5 12a6 6 0 1 1 11 0M8 10l2.5-4"/>`,
	"kind-table":    `<rect x="2" y="3" width="12" height="10" rx="1"/><path d="M2 6.3h12M2 9.6h12M7 3v10"/>`,
	"kind-log":      `<path d="M2.5 4h8M2.5 7h11M2.5 10h6M2.5 13h9"/>`,
	"kind-run":      `<rect x="1.5" y="2.5" width="13" height="11" rx="2"/><path d="m6.5 5.5 4 2.5-4 2.5Z"/>`,
	"kind-presence": `<circle cx="8" cy="5.2" r="2.7"/><path d="M2.5 14a5.5 5.5 0 0 1 11 0"/>`,
	"kind-text":     `<path d="M3 5V3h10v2M8 3v10M6 13h4"/>`,
	"lock":          `<rect x="3.5" y="7" width="9" height="6.5" rx="1.5"/><path d="M5.5 7V5a2.5 2.5 0 0 1 5 0v2"/>`,
	"done":          `<path d="m3 8.5 3.5 3.5L13 4.5"/>`,
	"light":         `<circle cx="8" cy="8" r="3"/><path d="M8 1.5v1M8 13.5v1M1.5 8h1M13.5 8h1M3.4 3.4l.7.7M11.9 11.9l.7.7M3.4 12.6l.7-.7M11.9 4.1l.7-.7"/>`,
	"dark":          `<path d="M13.5 9.5A6 6 0 0 1 6.5 2.5a6 6 0 1 0 7 7Z"/>`,
	"auto":          `<circle cx="8" cy="8" r="5.5"/><path d="M8 2.5a5.5 5.5 0 0 1 0 11Z" fill="currentColor"/>`,
	"clock":         `<circle cx="8" cy="8" r="6"/><path d="M8 4.5V8l2.5 1.5"/>`,
	"play":          `<path d="M5 3.5v9l7.5-4.5Z"/>`,
	"hold":          `<path d="M5.5 3.5v9M10.5 3.5v9"/>`,
	"calendar":      `<rect x="2" y="3" width="12" height="11" rx="2"/><path d="M2 6.5h12M5.5 1.5v3M10.5 1.5v3"/>`,
	"mark":          `<path d="M1 10.3h3l1.8-4.8 2.3 6.6 1.4-3.7"/><circle class="lit" cx="12" cy="5.5" r="2.2"/>`,
}

func glyph(name string) app.UI {
	return app.Raw(`<svg class="glyph" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">` + glyphs[name] + `</svg>`)
}
