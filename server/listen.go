package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"syscall"
	"time"
)

// listen opens an address; its error is a sentence. option names the flag to change.
func listen(ctx context.Context, option, address string) (net.Listener, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err == nil {
		return listener, nil
	}
	advice := fmt.Sprintf("cannot listen on %s: give another address with --%s", address, option)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		advice = fmt.Sprintf("%s is in use by another program: stop it, or give another address with --%s", address, option)
	case errors.Is(err, syscall.EACCES):
		advice = fmt.Sprintf("this user may not listen on %s: give a port from 1024 on with --%s", address, option)
	}
	return nil, &sentence{text: advice, code: 1, cause: err}
}

// newServer sets the limits of PRODUCT.md §6 on time. The write limit holds for whole answers; a socket that was
// taken over has none.
func newServer(handler http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       60 * time.Second,
		WriteTimeout:      120 * time.Second,
		IdleTimeout:       120 * time.Second,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}

// serveOn serves until the server is shut down, which is no error: with TLS, and so HTTP/2, where that is configured.
func serveOn(server *http.Server, listener net.Listener) error {
	serve := server.Serve
	if server.TLSConfig != nil {
		serve = func(l net.Listener) error { return server.ServeTLS(l, "", "") }
	}
	if err := serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return &sentence{text: fmt.Sprintf("cannot go on serving %s", listener.Addr()), code: 1, cause: err}
	}
	return nil
}

// stop lets requests under way end until the context does, then closes what is left.
func stop(ctx context.Context, server *http.Server, log *slog.Logger) {
	if err := server.Shutdown(ctx); err != nil {
		log.Warn("requests were cut off", "error", err)
		_ = server.Close()
	}
}

// base is what a curl line for this server begins with, seen from this machine; with TLS, by the name in its certificate.
func base(listener net.Listener, s secured) string {
	_, port, err := net.SplitHostPort(listener.Addr().String())
	switch names := s.names(); {
	case len(names) > 0:
		return s.scheme() + names[0]
	case err != nil:
		return listener.Addr().String()
	case s.on():
		return s.scheme() + net.JoinHostPort("localhost", port)
	}
	return net.JoinHostPort("localhost", port)
}
