package ui

import (
	"strconv"

	"telltale/shared/board"
	"telltale/shared/metric"
	"telltale/shared/scene"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// mostSeries is how many series one card draws, mostRows how many rows a table has.
const (
	mostSeries = scene.SeriesCount
	mostRows   = 64
	mostKnown  = 10_000 // metrics that are counted beyond
)

// shownOf are the metrics of a panel that its card shows, with their titles, and how many there
// are besides.
func shownOf(p board.Panel, known []metric.Metric) (shown []metric.Metric, titles []string, more int) {
	most := mostSeries
	if p.Kind == board.Table {
		most = mostRows
	}
	if shown, titles = p.Shown(known, mostKnown); len(shown) > most {
		shown, titles, more = shown[:most], titles[:most], len(shown)-most
	}
	return shown, titles, more
}

// sized gives a card the place in the grid that its panel asks for.
func sized(card app.HTMLArticle, p board.Panel) app.HTMLArticle {
	if p.W > 1 {
		card = card.Class("w" + strconv.Itoa(p.W))
	}
	if p.H > 1 {
		card = card.Class("h" + strconv.Itoa(p.H))
	}
	return card
}
