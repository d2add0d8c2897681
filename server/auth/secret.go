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
	return prefix + random(32), random(9)
}

func random(bytes int) string {
	b := make([]byte, bytes)
	_, _ = rand.Read(b) // never fails
	return base64.RawURLEncoding.EncodeToString(b)
}

// Hash is what is kept of a token.
func Hash(secret string) [32]byte { return sha256.Sum256([]byte(secret)) }

// isSecret tells a token of ours from a JWT.
func isSecret(text string) bool { return strings.HasPrefix(text, prefix) }
