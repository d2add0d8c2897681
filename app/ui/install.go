package ui

import "github.com/maxence-charriere/go-app/v10/pkg/app"

// Foot is what a page ends with: where else to go, and, where the browser offers it and it
// was not done, a quiet button that puts the app among the machine's own.
type Foot struct {
	app.Compo
	Screens, Audit bool // the viewer may go there

	can   bool
	apple bool // whose browsers leave it to their menu
}

// OnMount asks the browser.
func (f *Foot) OnMount(ctx app.Context) {
	breathe()
	if f.ask(ctx); f.can {
		ctx.Update()
	}
}

// OnAppInstallChange hears that the browser offers it, or that it was done.
func (f *Foot) OnAppInstallChange(ctx app.Context) { f.ask(ctx) }

func (f *Foot) ask(ctx app.Context) {
	f.can, f.apple = ctx.IsAppInstallable(), ctx.IsAppleBrowser()
}

// Render draws it.
func (f *Foot) Render() app.UI {
	return app.Elem("footer").Class("foot inner").Body(
		either(f.Screens, func() app.UI { return app.A().Href("/screens").Text("Screens") }),
		either(f.Audit, func() app.UI { return app.A().Href("/audit").Text("Audit") }),
		app.Button().Type("button").ID("install").Class("chip").Hidden(!f.can).OnClick(f.install).Text("Install the app"),
	)
}

func (f *Foot) install(ctx app.Context, _ app.Event) {
	if f.apple {
		notice(ctx, "Share, then Add to Home Screen, installs it")
		return
	}
	ctx.ShowAppInstallPrompt()
}
