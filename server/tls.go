package main

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"net/http"

	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/acme/autocert"
)

// secured says how the main port is encrypted; the zero value is not at all.
type secured struct {
	cert, key string // files in PEM
	domains   string // for which certificates are asked of an ACME authority, comma-separated
}

func (s secured) on() bool { return s.cert != "" || s.domains != "" }

// names are the domains.
func (s secured) names() (names []string) {
	for name := range strings.SplitSeq(s.domains, ",") {
		if name = strings.TrimSpace(name); name != "" {
			names = append(names, name)
		}
	}
	return names
}

// scheme is what addresses of the pages begin with.
func (s secured) scheme() string {
	if s.on() {
		return "https://"
	}
	return "http://"
}

// check refuses what excludes each other.
func (s secured) check(hsts time.Duration) error {
	wrong := func(text string) error { return &sentence{text: text, code: 2} }
	switch {
	case (s.cert == "") != (s.key == ""):
		return wrong("--tls-cert and --tls-key go together")
	case s.cert != "" && s.domains != "":
		return wrong("--acme-domain fetches certificates itself: give it, or --tls-cert and --tls-key")
	case s.domains == "" && s.cert == "" && hsts != 0:
		return wrong("--hsts needs --tls-cert and --tls-key, or --acme-domain: without TLS browsers do not listen to it")
	case hsts < 0:
		return wrong("--hsts is not negative")
	case s.domains != "" && len(s.names()) == 0:
		return wrong("--acme-domain names the domain that the server is reached by, as board.example.org")
	}
	return nil
}

// secure is how TLS is spoken on the main port; nil for not at all. Its error is a sentence.
func secure(c config, log *slog.Logger) (*tls.Config, error) {
	if !c.secured.on() {
		return nil, nil
	}
	if c.secured.domains != "" {
		// The authority is answered on this very port (RFC 8737), so it has to be 443 from outside.
		manager := &autocert.Manager{Prompt: autocert.AcceptTOS, HostPolicy: autocert.HostWhitelist(c.secured.names()...),
			Cache: autocert.DirCache(filepath.Join(c.data, "acme"))}
		of := manager.TLSConfig()
		of.MinVersion = tls.VersionTLS12
		return of, nil
	}
	pair := &certificate{cert: c.secured.cert, key: c.secured.key, log: log}
	if err := pair.load(); err != nil {
		return nil, &sentence{text: fmt.Sprintf("--tls-cert %s and --tls-key %s cannot be used: %v", c.secured.cert, c.secured.key, err), code: 1, cause: err}
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: pair.get}, nil
}

// strict tells browsers to take nothing but TLS from here for so long (RFC 6797).
func strict(next http.Handler, period time.Duration) http.Handler {
	if period <= 0 {
		return next
	}
	value := "max-age=" + strconv.FormatInt(int64(period/time.Second), 10)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Strict-Transport-Security", value)
		next.ServeHTTP(w, r)
	})
}

// certificate is a pair of files that is read again when one of them changes. It is safe
// for concurrent use.
type certificate struct {
	cert, key string
	log       *slog.Logger

	mu     sync.Mutex
	loaded *tls.Certificate
	of     [2]writing
	looked time.Time
}

// writing tells one writing of a file from another.
type writing struct {
	changed time.Time
	size    int64
}

// lookAgain is how often at most the files are looked at.
const lookAgain = time.Second

func writingOf(file string) writing {
	info, err := os.Stat(file)
	if err != nil {
		return writing{}
	}
	return writing{info.ModTime(), info.Size()}
}

// load reads the files. Its caller holds mu, or is the only one.
func (c *certificate) load() error {
	of := [2]writing{writingOf(c.cert), writingOf(c.key)}
	loaded, err := tls.LoadX509KeyPair(c.cert, c.key)
	if err != nil {
		return err
	}
	c.loaded, c.of = &loaded, of
	return nil
}

// get is the certificate for a handshake. While new files are wrong, or half written, the
// old certificate stays.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := time.Now(); now.Sub(c.looked) >= lookAgain {
		c.looked = now
		if of := [2]writing{writingOf(c.cert), writingOf(c.key)}; of != c.of {
			if err := c.load(); err != nil {
				c.log.Error("the new certificate cannot be used, the old one stays", "cert", c.cert, "error", err)
			} else {
				c.log.Info("another certificate is used", "cert", c.cert)
			}
		}
	}
	return c.loaded, nil
}
