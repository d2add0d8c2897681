package redistest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// Authority is one that nobody but a test has heard of, and the certificate of a server on
// loopback that it has signed.
type Authority struct {
	File      string // of its own certificate, as PEM
	cert, key string // files of the server
	roots     *x509.CertPool
}

// NewAuthority makes one.
func NewAuthority(t testing.TB) *Authority {
	t.Helper()
	dir := t.TempDir()
	a := &Authority{File: filepath.Join(dir, "ca.pem"), cert: filepath.Join(dir, "server.pem"), key: filepath.Join(dir, "server.key"), roots: x509.NewCertPool()}
	if err := a.make(); err != nil {
		t.Fatal(err)
	}
	return a
}

func (a *Authority) make() error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	ca := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "a test's own"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	server := &x509.Certificate{SerialNumber: big.NewInt(2), NotBefore: ca.NotBefore, NotAfter: ca.NotAfter, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	signed, err := x509.CreateCertificate(rand.Reader, ca, ca, &key.PublicKey, key)
	if err != nil {
		return err
	}
	leaf, err := x509.CreateCertificate(rand.Reader, server, ca, &key.PublicKey, key)
	if err != nil {
		return err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	for file, block := range map[string]*pem.Block{a.File: {Type: "CERTIFICATE", Bytes: signed}, a.cert: {Type: "CERTIFICATE", Bytes: leaf}, a.key: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			return err
		}
	}
	root, err := x509.ParseCertificate(signed)
	if err == nil {
		a.roots.AddCert(root)
	}
	return err
}

// ports are the options of a server that is reached at a port: by TLS alone where there is an authority.
func (a *Authority) ports(port int) []string {
	if a == nil {
		return []string{"--port", strconv.Itoa(port)}
	}
	return []string{"--port", "0", "--tls-port", strconv.Itoa(port), "--tls-cert-file", a.cert, "--tls-key-file", a.key, "--tls-ca-cert-file", a.File,
		"--tls-auth-clients", "no", "--tls-replication", "yes", "--tls-cluster", "yes"}
}

func (a *Authority) dial(addr string) (net.Conn, error) {
	d := &net.Dialer{Timeout: time.Second}
	if a == nil {
		return d.Dial("tcp", addr)
	}
	return tls.DialWithDialer(d, "tcp", addr, &tls.Config{RootCAs: a.roots, MinVersion: tls.VersionTLS12})
}
