package auth

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"telltale/shared/access"
	"telltale/shared/room"
)

// JWTOptions say which JWTs are taken.
type JWTOptions struct {
	KeyFile  string // a public key in PEM, or at least 32 bytes of a secret
	Claim    string // that holds the scopes: a text of access.ParseScopes, or a list of such; "scopes" where empty
	Issuer   string // "" takes any
	Audience string // "" takes any
}

// JWT reads JSON Web Tokens (RFC 7519), after the best practices of RFC 8725: the key says
// which algorithm is taken, never the token; what the token says of keys (jwk, jku, kid,
// x5u) is not looked at; exp is required. It is safe for concurrent use.
type JWT struct {
	parser *jwt.Parser
	key    any
	claim  string
}

// skew is how far the issuer's clock may differ from ours.
const skew = 30 * time.Second

// leastSecret is the shortest secret for HS256, bytes (RFC 7518, section 3.2).
const leastSecret = 32

// NewJWT reads the key. Its error is a sentence that names the file.
func NewJWT(o JWTOptions) (*JWT, error) {
	text, err := os.ReadFile(o.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("the key for JWTs cannot be read: %w", err)
	}
	key, method, err := keyOf(text)
	if err != nil {
		return nil, fmt.Errorf("the key for JWTs in %s: %w", o.KeyFile, err)
	}
	options := []jwt.ParserOption{jwt.WithValidMethods([]string{method}), jwt.WithExpirationRequired(), jwt.WithLeeway(skew), jwt.WithStrictDecoding()}
	if o.Issuer != "" {
		options = append(options, jwt.WithIssuer(o.Issuer))
	}
	if o.Audience != "" {
		options = append(options, jwt.WithAudience(o.Audience))
	}
	if o.Claim == "" {
		o.Claim = "scopes"
	}
	return &JWT{parser: jwt.NewParser(options...), key: key, claim: o.Claim}, nil
}

// keyOf reads a key and tells the one algorithm that it is for.
func keyOf(text []byte) (key any, method string, err error) {
	block, _ := pem.Decode(text)
	if block == nil {
		secret := strings.TrimRight(string(text), "\r\n")
		if len(secret) < leastSecret {
			return nil, "", fmt.Errorf("it is no public key in PEM, and for a secret it is shorter than %d bytes", leastSecret)
		}
		return []byte(secret), jwt.SigningMethodHS256.Alg(), nil
	}
	if strings.Contains(block.Type, "PRIVATE") {
		return nil, "", errors.New("it is a private key: give the public one, as nothing is signed here")
	}
	public, err := x509.ParsePKIXPublicKey(block.Bytes)
	if certificate, failed := x509.ParseCertificate(block.Bytes); err != nil && failed == nil {
		public, err = certificate.PublicKey, nil
	}
	if err != nil {
		return nil, "", errors.New("it is not a public key (PKIX) in PEM")
	}
	switch k := public.(type) {
	case *rsa.PublicKey:
		if k.N.BitLen() < 2048 {
			return nil, "", errors.New("an RSA key has at least 2048 bits")
		}
		return k, jwt.SigningMethodRS256.Alg(), nil
	case *ecdsa.PublicKey:
		if k.Curve == elliptic.P256() {
			return k, jwt.SigningMethodES256.Alg(), nil
		}
	case ed25519.PublicKey:
		return k, jwt.SigningMethodEdDSA.Alg(), nil
	}
	return nil, "", errors.New("it is neither RSA, P-256 nor Ed25519")
}

// maxJWT is how long one may be, bytes: longer than any header line that gets here.
const maxJWT = 16 << 10

// Read is the caller whom a JWT names. Its error wraps ErrUnknown.
func (j *JWT) Read(text string) (Caller, error) {
	if len(text) > maxJWT {
		return Caller{}, ErrUnknown
	}
	claims := jwt.MapClaims{}
	if _, err := j.parser.ParseWithClaims(text, claims, func(*jwt.Token) (any, error) { return j.key, nil }); err != nil {
		return Caller{}, fmt.Errorf("%w (%w)", ErrUnknown, reason(err))
	}
	user, _ := claims["sub"].(string)
	if err := room.CheckUser(user); err != nil {
		return Caller{}, fmt.Errorf("%w (its sub is no user's name: %w)", ErrUnknown, err)
	}
	scopes, err := scopesIn(claims[j.claim])
	if err != nil {
		return Caller{}, fmt.Errorf("%w (its %s: %w)", ErrUnknown, j.claim, err)
	}
	until, err := claims.GetExpirationTime()
	if err != nil || until == nil { // the parser has required it
		return Caller{}, ErrUnknown
	}
	id := user
	if named, _ := claims["jti"].(string); named != "" && len(named) <= 64 {
		id = named
	}
	return Caller{ID: "jwt " + id, User: user, Scopes: scopes, Until: until.Add(skew)}, nil
}

// reason says what is wrong without the library's words.
func reason(err error) error {
	switch {
	case errors.Is(err, jwt.ErrTokenExpired):
		return errors.New("it has expired")
	case errors.Is(err, jwt.ErrTokenNotValidYet):
		return errors.New("it is not valid yet")
	case errors.Is(err, jwt.ErrTokenInvalidAudience):
		return errors.New("it is for somebody else")
	case errors.Is(err, jwt.ErrTokenInvalidIssuer):
		return errors.New("it is from somebody else")
	}
	return errors.New("it is not a JWT that is taken here")
}

// scopesIn reads a claim. None is no scopes.
func scopesIn(claim any) (access.Scopes, error) {
	switch of := claim.(type) {
	case nil:
		return nil, nil
	case string:
		if of == "" {
			return nil, nil
		}
		return access.ParseScopes(of)
	case []any:
		var all access.Scopes
		for _, each := range of {
			text, is := each.(string)
			if !is {
				return nil, access.ErrScope
			}
			scopes, err := access.ParseScopes(text)
			if err != nil {
				return nil, err
			}
			if all = append(all, scopes...); len(all) > access.MaxScopes {
				return nil, fmt.Errorf("%w: they are more than %d", access.ErrScope, access.MaxScopes)
			}
		}
		return all, nil
	}
	return nil, access.ErrScope
}
