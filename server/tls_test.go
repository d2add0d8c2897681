package main

import (
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"telltale/server/store/redistest"
)

// certified is what a server of an authority's is started with.
func certified(a *redistest.Authority) secured { return secured{cert: a.Cert, key: a.Key} }

func TestTLSIsServedWithHTTP2AndHSTSOnlyWhenAsked(t *testing.T) {
	for _, hsts := range []time.Duration{0, time.Hour} {
		authority := redistest.NewAuthority(t)
		of, err := secure(config{secured: certified(authority)}, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		server := newServer(strict(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusNoContent) }), hsts), slog.New(slog.DiscardHandler))
		server.TLSConfig = of
		ended := make(chan error, 1)
		go func() { ended <- serveOn(server, listener) }()
		client := http.Client{Transport: &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: authority.Roots}}}
		_, port, _ := net.SplitHostPort(listener.Addr().String())
		answer, err := client.Get("https://localhost:" + port)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if strict := answer.Header.Get("Strict-Transport-Security"); answer.ProtoMajor != 2 || answer.StatusCode != http.StatusNoContent || (strict == "max-age=3600") != (hsts > 0) || hsts == 0 && strict != "" {
			t.Errorf("HTTP/%d, status %d, HSTS %q", answer.ProtoMajor, answer.StatusCode, strict)
		}
		client.CloseIdleConnections()
		_ = server.Close()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

func TestACertificateIsReadAgainWhenItChangesAndTheOldOneStaysWhileTheNewOneIsWrong(t *testing.T) {
	authority := redistest.NewAuthority(t)
	files := certified(authority)
	pair := &certificate{cert: files.cert, key: files.key, log: slog.New(slog.DiscardHandler)}
	if err := pair.load(); err != nil {
		t.Fatal(err)
	}
	serial := func() int64 {
		t.Helper()
		pair.looked = time.Time{}
		got, err := pair.get(nil)
		if err != nil {
			t.Fatal(err)
		}
		return got.Leaf.SerialNumber.Int64()
	}
	if got := serial(); got != 1 {
		t.Fatalf("serial %d", got)
	}
	if err := os.WriteFile(files.cert, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := serial(); got != 1 {
		t.Errorf("serial %d while the file is half written", got)
	}
	authority.Sign(t, 2)
	if got := serial(); got != 2 {
		t.Errorf("serial %d after another certificate was written", got)
	}
	if err := os.Remove(files.key); err != nil {
		t.Fatal(err)
	}
	if got := serial(); got != 2 {
		t.Errorf("serial %d while the key is gone", got)
	}
}

func TestWhatCannotBeEncryptedIsASentence(t *testing.T) {
	for _, c := range []struct{ args, says string }{
		{"--tls-cert a", "go together"}, {"--tls-key a", "go together"}, {"--tls-cert a --tls-key b --acme-domain c", "--acme-domain fetches"},
		{"--acme-domain ,", "names the domain"}, {"--hsts 1h", "needs"}, {"--tls-cert a --tls-key b --hsts -1h", "not negative"},
	} {
		_, err := parseConfig(strings.Fields(c.args), environment(), &strings.Builder{})
		if wrong := (*sentence)(nil); !errors.As(err, &wrong) || wrong.code != 2 || !strings.Contains(wrong.text, c.says) {
			t.Errorf("%s: %v", c.args, err)
		}
	}
	c, err := parseConfig([]string{"--tls-cert", filepath.Join(t.TempDir(), "none"), "--tls-key", "none"}, environment(), &strings.Builder{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := secure(c, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "--tls-cert") {
		t.Errorf("files that are not there: %v", err)
	}
}
