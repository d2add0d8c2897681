// The bare page that the opening of Telltale's is measured beside: one heading by go-app.
package main

import "github.com/maxence-charriere/go-app/v10/pkg/app"

type bare struct{ app.Compo }

// OnMount notes when the app is there.
func (*bare) OnMount(app.Context) { app.Window().Get("performance").Call("mark", "mounted") }

// Render is all there is.
func (*bare) Render() app.UI { return app.H1().Text("Hello") }

func main() {
	app.Route("/", func() app.Composer { return &bare{} })
	app.RunWhenOnBrowser()
}
