package api

import (
	"maps"
	"net/http"
	"net/http/pprof"
	"sync"

	"telltale/shared/access"
	"telltale/shared/metric"
)

// The shop's counters.
const (
	orders    = metric.ID("orders")
	products  = metric.ID("products")
	customers = metric.ID("customers")
)

// Routes is the main port: each route with the rule of who may ask it.
func (a *API) Routes() http.Handler {
	mux := http.NewServeMux()
	handle := func(pattern string, rule rule, do answer) {
		a.rules[pattern] = rule
		mux.Handle(pattern, a.answering(rule, do))
	}

	// The shop
	handle("POST /order", over(access.Write, access.Metrics, "orders"), a.postOne(orders))
	handle("DELETE /order", over(access.Write, access.Metrics, "orders"), a.deleteOne(orders, "no order remains to remove"))
	handle("POST /product", over(access.Write, access.Metrics, "products"), a.postOne(products))
	handle("DELETE /product", over(access.Write, access.Metrics, "products"), a.deleteOne(products, "no product remains to remove"))
	handle("POST /sign-up", over(access.Write, access.Metrics, "customers"), a.postOne(customers))
	handle("DELETE /sign-off", over(access.Write, access.Metrics, "customers"), a.deleteOne(customers, "no customer remains to remove"))
	handle("GET /dashboard", anything, a.getDashboard)
	handle("GET /status", anything, a.getStatus)

	// Metrics
	handle("POST /m/{metric}", inPath(access.Write, access.Metrics), a.postShort)
	handle("PUT /m/{metric}", inPath(access.Write, access.Metrics), a.postShort)
	handle("GET /m/{metric}", anything, a.getShort)
	handle("GET /api/v1/metrics", anything, a.getMetrics)
	handle("POST /api/v1/metrics", some(access.Write), a.postBatch)
	handle("POST /api/v1/metrics/{metric}", inPath(access.Write, access.Metrics), a.postMetric)
	handle("PUT /api/v1/metrics/{metric}", inPath(access.Write, access.Metrics), a.putMetric)
	handle("DELETE /api/v1/metrics/{metric}", inPath(access.Admin, access.Metrics), a.deleteMetric)
	handle("GET /api/v1/metrics/{metric}/history", inPath(access.Read, access.Metrics), a.getHistory)

	// Rooms
	handle("POST /r/{room}", inPath(access.Room, access.Rooms), a.postRoom)
	handle("PUT /r/{room}", inPath(access.Room, access.Rooms), a.postRoom)
	handle("GET /r/{room}", inPath(access.Read, access.Rooms), a.getRoom)
	handle("GET /api/v1/rooms", anything, a.getRooms)
	handle("GET /api/v1/rooms/{room}/messages", inPath(access.Read, access.Rooms), a.getMessages)
	handle("GET /api/v1/rooms/{room}/presence", inPath(access.Read, access.Rooms), a.getPresence)

	// Runs
	handle("GET /api/v1/runs", anything, a.getRuns)
	handle("POST /api/v1/runs/{command}", inPath(access.Run, access.Commands), a.postRun)
	handle("GET /api/v1/runs/{id}", anything, a.getRun)
	handle("DELETE /api/v1/runs/{id}", some(access.Run), a.deleteRun)
	handle("GET /api/v1/runs/{id}/output", anything, a.getOutput)
	handle("PUT /api/v1/runs/{id}", some(access.Run), a.putRun)
	handle("POST /api/v1/runs/{id}/output", some(access.Run), a.postOutput)

	// Boards
	handle("GET /api/v1/boards", anything, a.getBoards)
	handle("GET /api/v1/boards/{board}", inPath(access.Read, access.Boards), a.getBoard)
	handle("PUT /api/v1/boards/{board}", inPath(access.Board, access.Boards), a.putBoard)
	handle("DELETE /api/v1/boards/{board}", inPath(access.Board, access.Boards), a.deleteBoard)
	handle("GET /api/v1/boards/{board}/view", inPath(access.Read, access.Boards), a.getBoardView)
	handle("POST /api/v1/boards/{board}/shares", inPath(access.Board, access.Boards), a.postShare)
	handle("GET /api/v1/boards/{board}/shares", inPath(access.Board, access.Boards), a.getShares)
	handle("DELETE /api/v1/shares/{id}", some(access.Board), a.deleteShare)
	handle("GET /s/{secret}", toAll, a.getShared)
	handle("POST /api/v1/markdown", anything, a.postMarkdown)

	// Screens
	handle("GET /api/v1/screens", some(access.Board), a.getScreens)
	handle("POST /api/v1/screens/{id}", some(access.Board), a.postScreen)

	// Live
	handle("GET /ws", someone, a.getSocket)

	// Pages, and what go-app serves for them
	page := handled(a.Pages)
	handle("GET /{$}", anything, a.getHome)
	handle("GET /b/{board}", anything, a.getBoardOr)
	handle("GET /b/{board}/{panel}", inPath(access.Read, access.Boards), a.getPanelPicture)
	handle("GET /boards", anything, page)
	handle("GET /rooms", anything, page)
	handle("GET /runs", anything, page)
	handle("GET /runs/{id}", anything, page)
	handle("GET /screens", some(access.Board), page)
	handle("GET /audit", byAdmin, page)
	for _, file := range []string{"app.js", "app.css", "app-worker.js", "wasm_exec.js", "manifest.webmanifest"} {
		handle("GET /"+file, toAll, page)
	}
	handle("GET /web/", toAll, handled(a.Assets))

	// All of this, told in openapi/*.json
	handle("GET /api/v1/openapi.json", toAll, a.packed(a.getOpenAPI))
	handle("GET /api/docs", toAll, a.packed(a.getDocs))

	// The way in
	handle("GET /api/v1/me", someone, a.getMe)
	handle("GET /api/v1/audit", byAdmin, a.getAudit)
	handle("GET /sign-in", toAll, a.getSignIn)
	handle("POST /sign-in", toAll, a.postSignIn)
	handle("POST /sign-out", toAll, a.postSignOut)

	rules := maps.Clone(a.rules)
	a.description = sync.OnceValues(func() (*description, error) { return describe(rules) })
	return a.around(mux, a.Pages, a.Loopback)
}

// AdminRoutes is the second port. Whoever is on this machine may look; from elsewhere,
// only whether the server is there and ready is told to all.
func (a *API) AdminRoutes() http.Handler {
	mux := http.NewServeMux()
	look, profile := everything, byAdmin
	if a.AdminLoopback {
		look, profile = toAll, toAll
	}
	handle := func(pattern string, rule rule, do answer) {
		a.rules[pattern] = rule
		mux.Handle(pattern, a.answering(rule, do))
	}
	handle("GET /health", toAll, a.getHealth)
	handle("GET /ready", toAll, a.getReady)
	handle("GET /metrics", look, handled(a.metrics.handler()))
	handle("GET /debug/pprof/", profile, handled(http.HandlerFunc(pprof.Index)))
	handle("GET /debug/pprof/cmdline", profile, handled(http.HandlerFunc(pprof.Cmdline)))
	handle("GET /debug/pprof/profile", profile, handled(http.HandlerFunc(pprof.Profile)))
	handle("GET /debug/pprof/symbol", profile, handled(http.HandlerFunc(pprof.Symbol)))
	handle("POST /debug/pprof/symbol", profile, handled(http.HandlerFunc(pprof.Symbol)))
	handle("GET /debug/pprof/trace", profile, handled(http.HandlerFunc(pprof.Trace)))
	return a.around(mux, nil, a.AdminLoopback)
}
