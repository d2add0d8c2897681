package auth

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const sharedSecret = "0123456789abcdef0123456789abcdef"

func keyFile(t *testing.T, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func publicPEM(t *testing.T, key crypto.PublicKey) []byte {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

func signed(t *testing.T, method jwt.SigningMethod, key any, claims jwt.MapClaims, header map[string]any) string {
	t.Helper()
	token := jwt.NewWithClaims(method, claims)
	maps.Copy(token.Header, header)
	text, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func good() jwt.MapClaims {
	return jwt.MapClaims{"sub": "ann", "exp": time.Now().Add(time.Hour).Unix(), "scopes": "read:*,room:build"}
}

func TestAJWTIsReadWithTheAlgorithmOfTheKeyAlone(t *testing.T) {
	rsaKey, _ := rsa.GenerateKey(rand.Reader, 2048)
	ecKey, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	edPublic, edKey, _ := ed25519.GenerateKey(rand.Reader)
	rsaPEM := publicPEM(t, &rsaKey.PublicKey)
	signers := []struct {
		method jwt.SigningMethod
		key    any
		file   []byte
	}{
		{jwt.SigningMethodHS256, []byte(sharedSecret), []byte(sharedSecret + "\n")},
		{jwt.SigningMethodRS256, rsaKey, rsaPEM},
		{jwt.SigningMethodES256, ecKey, publicPEM(t, &ecKey.PublicKey)},
		{jwt.SigningMethodEdDSA, edKey, publicPEM(t, edPublic)},
	}
	for i, reader := range signers {
		read, err := NewJWT(JWTOptions{KeyFile: keyFile(t, reader.file)})
		if err != nil {
			t.Fatal(err)
		}
		for j, signer := range signers {
			caller, err := read.Read(signed(t, signer.method, signer.key, good(), nil))
			if (err == nil) != (i == j) {
				t.Errorf("a key for %s and a token of %s: %v", reader.method.Alg(), signer.method.Alg(), err)
			}
			if i == j && (caller.User != "ann" || caller.Scopes.String() != "read:*,room:build" || !caller.Named()) {
				t.Errorf("%s: %+v", reader.method.Alg(), caller)
			}
		}
		none := signed(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, good(), nil)
		for _, text := range []string{none, signed(t, jwt.SigningMethodHS256, rsaPEM, good(), nil), signed(t, jwt.SigningMethodHS512, []byte(sharedSecret), good(), nil)} {
			if _, err := read.Read(text); !errors.Is(err, ErrUnknown) {
				t.Errorf("a key for %s took %s: %v", reader.method.Alg(), text, err)
			}
		}
	}
}

func TestWhatAJWTSaysOfKeysIsNotLookedAt(t *testing.T) {
	read, err := NewJWT(JWTOptions{KeyFile: keyFile(t, []byte(sharedSecret))})
	if err != nil {
		t.Fatal(err)
	}
	own := []byte("another secret of thirty-two byte")
	for _, header := range []map[string]any{
		{"kid": "../../dev/null"}, {"jku": "http://127.0.0.1:1/keys"}, {"x5u": "http://127.0.0.1:1/cert"},
		{"jwk": map[string]any{"kty": "oct", "k": base64.RawURLEncoding.EncodeToString(own)}},
	} {
		if _, err := read.Read(signed(t, jwt.SigningMethodHS256, own, good(), header)); !errors.Is(err, ErrUnknown) {
			t.Errorf("with the header %v: %v", header, err)
		}
	}
}

func TestAJWTThatIsNotInOrderIsUnknown(t *testing.T) {
	read, err := NewJWT(JWTOptions{KeyFile: keyFile(t, []byte(sharedSecret)), Issuer: "us", Audience: "telltale"})
	if err != nil {
		t.Fatal(err)
	}
	base := func() jwt.MapClaims {
		c := good()
		c["iss"], c["aud"] = "us", "telltale"
		return c
	}
	for _, c := range []struct {
		name, want string // want "" is taken
		change     func(jwt.MapClaims)
	}{
		{"as it should be", "", func(jwt.MapClaims) {}},
		{"scopes in a list", "", func(c jwt.MapClaims) { c["scopes"] = []string{"read:*", "room:build"} }},
		{"expired within the skew", "", func(c jwt.MapClaims) { c["exp"] = time.Now().Add(-20 * time.Second).Unix() }},
		{"no scopes at all", "", func(c jwt.MapClaims) { delete(c, "scopes") }},
		{"expired", "expired", func(c jwt.MapClaims) { c["exp"] = time.Now().Add(-time.Minute).Unix() }},
		{"no end", "not a JWT", func(c jwt.MapClaims) { delete(c, "exp") }},
		{"not yet", "not valid yet", func(c jwt.MapClaims) { c["nbf"] = time.Now().Add(time.Hour).Unix() }},
		{"another issuer", "somebody else", func(c jwt.MapClaims) { c["iss"] = "them" }},
		{"another audience", "somebody else", func(c jwt.MapClaims) { c["aud"] = []string{"other"} }},
		{"no user", "sub", func(c jwt.MapClaims) { delete(c, "sub") }},
		{"a user of two lines", "sub", func(c jwt.MapClaims) { c["sub"] = "a\nb" }},
		{"a user that is a number", "sub", func(c jwt.MapClaims) { c["sub"] = 7 }},
		{"a scope that does not exist", "scope", func(c jwt.MapClaims) { c["scopes"] = "root:*" }},
		{"scopes that are an object", "scope", func(c jwt.MapClaims) { c["scopes"] = map[string]any{"read": "*"} }},
		{"scopes of numbers", "scope", func(c jwt.MapClaims) { c["scopes"] = []any{1} }},
	} {
		claims := base()
		c.change(claims)
		_, err := read.Read(signed(t, jwt.SigningMethodHS256, []byte(sharedSecret), claims, nil))
		if c.want == "" && err != nil || c.want != "" && (!errors.Is(err, ErrUnknown) || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	for _, text := range []string{"", "a.b.c", "....", strings.Repeat("a", maxJWT+1), "eyJhbGciOiJub25lIn0.e30."} {
		if _, err := read.Read(text); !errors.Is(err, ErrUnknown) {
			t.Errorf("%.20q: %v", text, err)
		}
	}
}

func TestAKeyThatIsNoneIsRefusedWithASentence(t *testing.T) {
	weak, _ := rsa.GenerateKey(rand.Reader, 1024)
	p384, _ := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	_, edKey, _ := ed25519.GenerateKey(rand.Reader)
	private, _ := x509.MarshalPKCS8PrivateKey(edKey)
	for want, content := range map[string][]byte{
		"shorter than 32": []byte("short"),
		"private key":     pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}),
		"neither RSA":     publicPEM(t, &p384.PublicKey),
		"not a public":    pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: []byte("x")}),
		"2048":            publicPEM(t, &weak.PublicKey),
	} {
		if _, err := NewJWT(JWTOptions{KeyFile: keyFile(t, content)}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	if _, err := NewJWT(JWTOptions{KeyFile: filepath.Join(t.TempDir(), "none")}); err == nil {
		t.Error("a file that is not there was read")
	}
}

func FuzzJWT(f *testing.F) {
	path := filepath.Join(f.TempDir(), "key")
	if err := os.WriteFile(path, []byte(sharedSecret), 0o600); err != nil {
		f.Fatal(err)
	}
	read, err := NewJWT(JWTOptions{KeyFile: path})
	if err != nil {
		f.Fatal(err)
	}
	f.Add("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.x")
	f.Add("eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbm4ifQ.")
	f.Fuzz(func(t *testing.T, text string) {
		if caller, err := read.Read(text); err == nil {
			t.Errorf("%q was taken: %+v", text, caller)
		}
	})
}
