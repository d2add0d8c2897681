package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"telltale/app/ui"
	"telltale/server/api"
	"telltale/server/auth"
	"telltale/server/command"
	"telltale/server/host"
	"telltale/server/hub"
	"telltale/server/ledger"
	"telltale/web"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// drainLimit is how long a server that was told to end waits for requests under way.
const drainLimit = 8 * time.Second

// runGrace is how much of that a command has between SIGTERM and SIGKILL.
const runGrace = 6 * time.Second

func serveVerb(ctx context.Context, args []string, getenv func(string) string, _ io.Reader, stdout, stderr io.Writer) error {
	config, err := parseConfig(args, getenv, stdout)
	if err != nil {
		return err
	}
	log := newLog(config, stderr)
	err = serve(ctx, config, log)
	if cause := errors.Unwrap(err); cause != nil {
		log.Debug("cannot serve", "cause", cause)
	}
	return err
}

func newLog(c config, out io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: c.logLevel}
	if c.logFormat == "json" {
		return slog.New(slog.NewJSONHandler(out, options))
	}
	return slog.New(slog.NewTextHandler(out, options))
}

// serve puts the parts together, runs until the context ends, then drains.
func serve(ctx context.Context, c config, log *slog.Logger) error {
	shared, err := openRedis(ctx, c)
	if err != nil {
		return err
	}
	if shared != nil {
		defer shared.Close()
	}
	gate, keys, err := openGate(ctx, c, shared)
	if err != nil {
		return err
	}
	defer keys.Close()
	encryption, err := secure(c, log)
	if err != nil {
		return err
	}
	listener, err := listen(ctx, "listen", c.listen)
	if err != nil {
		return err
	}
	defer listener.Close()
	adminListener, err := listen(ctx, "admin-listen", c.adminListen)
	if err != nil {
		return err
	}
	defer adminListener.Close()

	store, err := openStorage(ctx, c, shared)
	if err != nil {
		return err
	}
	defer store.Close()
	known, seq, err := store.Metrics(ctx)
	if err != nil {
		return fmt.Errorf("read the metrics: %w", err)
	}
	viewers := hub.New(store.Epoch(), seq, known)
	if shared != nil {
		viewers.Link(shared.Join(viewers))
	}
	truth := ledger.New(store, viewers)
	runner, err := newRunner(ctx, c, truth, leads(shared), log)
	if err != nil {
		return err
	}
	if shared == nil {
		if err := errors.Join(declareShop(ctx, truth), runner.Settle(ctx)); err != nil {
			return &sentence{text: "the database cannot be written: is its disk full?", code: 1, cause: err}
		}
	}

	folder, err := openBoards(c.boards, log)
	if err != nil {
		return err
	}

	app.DefaultLogger = func(format string, args ...any) { log.Error("go-app", "says", fmt.Sprintf(format, args...)) }
	looks := &onlookers{all: source{ledger: truth, hub: viewers, boards: api.Boards{Ledger: truth, Files: folder.files()}, base: base(listener, c.secured), stale: stale(shared)}}
	ui.SetSources(looks.source)
	ui.Routes()
	assets := web.Embedded()
	surface := api.New(api.Options{
		Ledger: truth, Hub: viewers, Writable: store.Writable, Gate: gate, Access: keys, Log: log,
		Pages: looks.pages(newApp(assets, c.reach.framing())), Assets: assets.Handler(), Packs: packs, Commands: runner, BoardFiles: folder.files(),
		Version: version(), MaxMessage: int64(c.maxMessage), RateLimit: c.rateLimit, Hosts: c.reach.hosts, Origins: c.reach.origins, SlowClient: api.SlowClient(c.slowClient), Tiers: c.retention.tiers(),
		Proxies: c.reach.proxies, Loopback: c.alone(), AdminLoopback: auth.IsLocal(c.adminListen), Stale: stale(shared), CatchUp: catchUp(shared),
	})
	beside, stopBeside := context.WithCancel(ctx)
	var besides sync.WaitGroup
	defer besides.Wait()
	defer stopBeside()
	switch {
	case c.hostMetrics && shared != nil:
		besides.Go(func() { watchLeader(beside, c, shared, truth, surface, log) })
	case c.hostMetrics:
		besides.Go(func() { watchHost(beside, c, truth, surface, log) })
	}
	if shared != nil {
		surface.Share(shared, runner.Going)
		shared.HearStops(func(id string) { runner.Stop(id) })
		shared.HearBoards(func(id string) { surface.BoardChanged(beside, id) })
		besides.Go(func() { heed(beside, shared, surface, log) })
		besides.Go(func() { declareSoon(beside, truth, log) })
	}
	if folder != nil {
		besides.Go(func() { folder.watch(beside, surface.BoardChanged) })
	}
	besides.Go(func() { schedule(beside, runner, log) })
	besides.Go(func() {
		gate.Keyring.Watch(beside, func(err error) {
			if shared == nil || shared.Writable() == nil { // what ails Redis is said elsewhere, once
				log.Error("the tokens cannot be read", "error", err)
			}
		})
	})
	besides.Go(func() { surface.KeepLeases(beside) })

	open := &connections{Listener: listener, most: int64(c.maxConnections), each: int64(c.maxPerAddress), asks: c.bounds(gate), named: gate.Named}
	main, admin := newServer(strict(open.limit(surface.Routes(), surface.Busy), c.hsts), log), newServer(surface.AdminRoutes(), log)
	main.TLSConfig, main.ConnContext = encryption, withConn
	failed := make(chan error, 2)
	go func() { failed <- serveOn(admin, adminListener) }()
	go func() { failed <- serveOn(main, open) }()
	surface.Serving()
	log.Info("serving", "pages", c.secured.scheme()+listener.Addr().String(), "admin", "http://"+adminListener.Addr().String(),
		"data", c.data, "version", version())
	if !assets.Built() {
		log.Warn("this binary was built without its browser app: make build puts it in")
	}

	select {
	case <-ctx.Done():
		err = nil
	case err = <-failed:
	}
	drain(ctx, surface, runner, main, admin, log)
	return err
}

// drain takes no new requests, says goodbye to viewers, has commands end, and lets what is under way end.
func drain(ctx context.Context, surface *api.API, runner *command.Runner, main, admin *http.Server, log *slog.Logger) {
	log.Info("draining")
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainLimit)
	defer cancel()
	var all sync.WaitGroup
	all.Go(func() { runner.Drain(ctx, runGrace) })
	all.Go(func() { surface.Drain(ctx) })
	all.Go(func() { stop(ctx, main, log) })
	all.Wait()
	stop(ctx, admin, log)
	log.Info("drained")
}

func watchHost(ctx context.Context, c config, truth *ledger.Ledger, surface *api.API, log *slog.Logger) {
	if err := host.Watch(ctx, host.Gauges(c.data), surface.Readings().Take, recorder{truth}, log); err != nil {
		log.Error("this machine's readings stopped", "error", err)
	}
}
