package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"telltale/server/host"
	"telltale/server/hub"
	"telltale/server/ledger"
	"telltale/web"
)

// drainLimit is how long a server that was told to end waits for requests under way.
const drainLimit = 8 * time.Second

func serveVerb(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) error {
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

// serve runs until the context ends, then drains.
func serve(ctx context.Context, c config, log *slog.Logger) error {
	ctx, failed := context.WithCancelCause(ctx)
	defer failed(nil)

	pagesListener, err := listen(ctx, "listen", c.listen)
	if err != nil {
		return err
	}
	defer pagesListener.Close()
	store, err := openStore(ctx, c)
	if err != nil {
		return err
	}
	defer store.Close()

	known, seq, err := store.Metrics(ctx)
	if err != nil {
		return fmt.Errorf("read the metrics: %w", err)
	}
	viewers := hub.New(store.Epoch(), seq, known)
	truth := ledger.New(store, viewers)
	if c.hostMetrics {
		go watchHost(ctx, c, recorder{truth}, log)
	}

	open := &connections{Listener: pagesListener, most: int64(c.maxConnections)}
	routes := http.NewServeMux()
	routes.Handle("GET /web/", web.Embedded().Handler())
	pages := newServer(routes, log)
	start(pages, open, failed)
	log.Info("serving", "pages", "http://"+pagesListener.Addr().String(), "version", version())

	<-ctx.Done()
	log.Info("draining")
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainLimit)
	defer cancel()
	stop(drain, pages, log)
	return nil
}

func watchHost(ctx context.Context, c config, recorder recorder, log *slog.Logger) {
	if err := host.Watch(ctx, host.Gauges(c.data), recorder, log); err != nil {
		log.Error("this machine's readings stopped", "error", err)
	}
}
