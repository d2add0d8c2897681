package api

import (
	"net/http"
	"net/http/pprof"

	"telltale/shared/metric"
)

// The shop's counters.
const (
	orders    = metric.ID("orders")
	products  = metric.ID("products")
	customers = metric.ID("customers")
)

// Routes is the main port.
func (a *API) Routes() http.Handler {
	mux := http.NewServeMux()
	handle := func(pattern string, h answer) { mux.Handle(pattern, a.answering(h)) }

	// The shop
	handle("POST /order", a.postOne(orders))
	handle("DELETE /order", a.deleteOne(orders, "no order remains to remove"))
	handle("POST /product", a.postOne(products))
	handle("DELETE /product", a.deleteOne(products, "no product remains to remove"))
	handle("POST /sign-up", a.postOne(customers))
	handle("DELETE /sign-off", a.deleteOne(customers, "no customer remains to remove"))
	handle("GET /dashboard", a.getDashboard)
	handle("GET /status", a.getStatus)

	// Metrics
	handle("POST /m/{metric}", a.postShort)
	handle("PUT /m/{metric}", a.postShort)
	handle("GET /m/{metric}", a.getShort)
	handle("GET /api/v1/metrics", a.getMetrics)
	handle("POST /api/v1/metrics", a.postBatch)
	handle("POST /api/v1/metrics/{metric}", a.postMetric)
	handle("PUT /api/v1/metrics/{metric}", a.putMetric)
	handle("DELETE /api/v1/metrics/{metric}", a.deleteMetric)
	handle("GET /api/v1/metrics/{metric}/history", a.getHistory)

	// Rooms
	handle("POST /r/{room}", a.postRoom)
	handle("PUT /r/{room}", a.postRoom)
	handle("GET /r/{room}", a.getRoom)
	handle("GET /api/v1/rooms", a.getRooms)
	handle("GET /api/v1/rooms/{room}/messages", a.getMessages)
	handle("GET /api/v1/rooms/{room}/presence", a.getPresence)

	// Runs
	handle("GET /api/v1/runs", a.getRuns)
	handle("POST /api/v1/runs/{command}", a.postRun)
	handle("GET /api/v1/runs/{id}", a.getRun)
	handle("DELETE /api/v1/runs/{id}", a.deleteRun)
	handle("GET /api/v1/runs/{id}/output", a.getOutput)
	handle("PUT /api/v1/runs/{id}", a.putRun)
	handle("POST /api/v1/runs/{id}/output", a.postOutput)

	// Boards
	handle("GET /api/v1/boards", a.getBoards)
	handle("GET /api/v1/boards/{board}", a.getBoard)
	handle("PUT /api/v1/boards/{board}", a.putBoard)
	handle("DELETE /api/v1/boards/{board}", a.deleteBoard)
	handle("GET /api/v1/boards/{board}/view", a.getBoardView)

	// Screens
	handle("GET /api/v1/screens", a.getScreens)
	handle("POST /api/v1/screens/{id}", a.postScreen)

	// Live
	handle("GET /ws", a.getSocket)

	// Pages, and what go-app serves for them
	mux.Handle("GET /{$}", a.Pages)
	handle("GET /b/{board}", a.getBoardOr)
	handle("GET /b/{board}/{panel}", a.getPanelPicture)
	mux.Handle("GET /rooms", a.Pages)
	mux.Handle("GET /screens", a.Pages)
	for _, file := range []string{"app.js", "app.css", "app-worker.js", "wasm_exec.js", "manifest.webmanifest"} {
		mux.Handle("GET /"+file, a.Pages)
	}
	mux.Handle("GET /web/", a.Assets)

	return a.around(mux, a.Pages, a.Loopback)
}

// AdminRoutes is the second port.
func (a *API) AdminRoutes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /health", a.answering(a.getHealth))
	mux.Handle("GET /ready", a.answering(a.getReady))
	mux.Handle("GET /metrics", a.metrics.handler())
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("POST /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	return a.around(mux, nil, a.AdminLoopback)
}
