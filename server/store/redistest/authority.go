package redistest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
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
	Cert, Key string // files of the server's
	Roots     *x509.CertPool

	own *x509.Certificate
	key *ecdsa.PrivateKey
}

// NewAuthority makes one. The certificate that it signs first has the serial number 1.
func NewAuthority(t testing.TB) *Authority {
	t.Helper()
	dir := t.TempDir()
	a := &Authority{File: filepath.Join(dir, "ca.pem"), Cert: filepath.Join(dir, "server.pem"), Key: filepath.Join(dir, "server.key"), Roots: x509.NewCertPool()}
	if err := a.make(); err != nil {
		t.Fatal(err)
	}
	a.Sign(t, 1)
	return a
}

func (a *Authority) make() (err error) {
	if a.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return err
	}
	of := &x509.Certificate{SerialNumber: big.NewInt(1000), Subject: pkix.Name{CommonName: "a test's own"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	signed, err := x509.CreateCertificate(rand.Reader, of, of, &a.key.PublicKey, a.key)
	if err != nil {
		return err
	}
	if a.own, err = x509.ParseCertificate(signed); err != nil {
		return err
	}
	a.Roots.AddCert(a.own)
	return writePEM(a.File, "CERTIFICATE", signed)
}

// Sign puts a certificate of that serial number in the place of the server's, and its key in that of the key.
func (a *Authority) Sign(t testing.TB, serial int64) {
	t.Helper()
	if err := a.sign(serial); err != nil {
		t.Fatal(err)
	}
}

func (a *Authority) sign(serial int64) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	of := &x509.Certificate{SerialNumber: big.NewInt(serial), NotBefore: a.own.NotBefore, NotAfter: a.own.NotAfter, DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	signed, err := x509.CreateCertificate(rand.Reader, of, a.own, &key.PublicKey, a.key)
	if err != nil {
		return err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	return errors.Join(writePEM(a.Cert, "CERTIFICATE", signed), writePEM(a.Key, "PRIVATE KEY", secret))
}

func writePEM(file, kind string, content []byte) error {
	return os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: content}), 0o600)
}

// ports are the options of a server that is reached at a port: by TLS alone where there is an authority.
func (a *Authority) ports(port int) []string {
	if a == nil {
		return []string{"--port", strconv.Itoa(port)}
	}
	return []string{"--port", "0", "--tls-port", strconv.Itoa(port), "--tls-cert-file", a.Cert, "--tls-key-file", a.Key, "--tls-ca-cert-file", a.File,
		"--tls-auth-clients", "no", "--tls-replication", "yes", "--tls-cluster", "yes"}
}

func (a *Authority) dial(addr string) (net.Conn, error) {
	d := &net.Dialer{Timeout: time.Second}
	if a == nil {
		return d.Dial("tcp", addr)
	}
	return tls.DialWithDialer(d, "tcp", addr, &tls.Config{RootCAs: a.Roots, MinVersion: tls.VersionTLS12})
}
