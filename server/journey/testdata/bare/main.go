package main

import "github.com/maxence-charriere/go-app/v10/pkg/app"

type bare struct{ app.Compo }

func (*bare) OnMount(app.Context) { app.Window().Get("performance").Call("mark", "mounted") }
func (*bare) Render() app.UI      { return app.H1().Text("Hello") }

func main() {
	app.Route("/", func() app.Composer { return &bare{} })
	app.RunWhenOnBrowser()
}
