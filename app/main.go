// Telltale's browser app: the same pages that the server pre-renders, alive.
package main

import (
	"telltale/app/ui"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

func main() {
	ui.Begin()
	ui.Routes()
	app.RunWhenOnBrowser()
}
