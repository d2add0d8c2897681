package board

import "telltale/shared/metric"

// Home is the start page: the shop's counters, this machine's readings, the room
// that a first command's output goes to, what ran last, and who else is looking.
func Home() Board {
	return Board{ID: "home", Title: "Home", Panels: []Panel{
		counter("orders", "Orders"), counter("customers", "Customers"), counter("products", "Products"),
		panel("host.cpu", Area, "CPU"),
		panel("host.load", Line, "Load"),
		{ID: "host.net", Kind: Line, Title: "Network", Queries: []Query{
			{Metric: "host.net.in", Title: "in"}, {Metric: "host.net.out", Title: "out"}}},
		panel("host.memory", Area, "Memory used"),
		panel("host.disk.percent", Stat, "Disk"),
		{ID: "build", Kind: Log, Title: "Build", Room: "build"},
		{ID: "ran", Kind: Run},
		{ID: "looking", Kind: Presence, Title: "Looking now", Room: "home"},
	}}
}

// All has a panel for each metric.
func All() Board {
	return Board{ID: "all", Title: "All metrics", Panels: []Panel{
		{ID: "each", Kind: Auto, Each: true, Queries: []Query{{Metric: "*"}}},
	}}
}

// Of is the board of one metric, or of all that have the name, whatever their labels.
func Of(id metric.ID) Board {
	return Board{ID: "metric", Title: string(id), Panels: []Panel{
		{ID: "each", Kind: Auto, Each: true, Queries: []Query{{Metric: string(id)}}, Buttons: true},
	}}
}

// Builtin is the board of that id that nobody had to make; false where there is none.
func Builtin(id string) (Board, bool) {
	switch id {
	case "home":
		return Home(), true
	case "all":
		return All(), true
	}
	return Board{}, false
}

func counter(id, title string) Panel {
	p := panel(id, Bars, title)
	p.Buttons = true
	return p
}

func panel(id string, kind Kind, title string) Panel {
	return Panel{ID: id, Kind: kind, Title: title, Queries: []Query{{Metric: id}}}
}
