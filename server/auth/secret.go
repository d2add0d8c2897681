package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"strings"
)

// prefix begins every token, so that people and scanners for secrets know one.
const prefix = "tt_"

// NewSecret makes a token of 256 random bits, and the id under which it is known.
func NewSecret() (secret, id string) {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails
	return prefix + base64.RawURLEncoding.EncodeToString(b), strings.ToLower(rand.Text()[:12])
}

// Hash is what is kept of a token.
func Hash(secret string) [32]byte { return sha256.Sum256([]byte(secret)) }

// isSecret tells a token of ours from a JWT.
func isSecret(text string) bool { return strings.HasPrefix(text, prefix) }
