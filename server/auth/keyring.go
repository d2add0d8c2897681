package auth

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"telltale/shared/access"
)

// Tokens is where tokens are kept, also by other processes.
type Tokens interface {
	// Tokens are all that are not revoked.
	Tokens(ctx context.Context) ([]access.Token, error)
	// Version changes whenever Tokens would answer otherwise. It is asked four times a second.
	Version(ctx context.Context) (uint64, error)
}

// ErrUnknown says that what was shown is no token of this server, or no longer.
var ErrUnknown = errors.New("the token is not known here, or has ended: ask for another one")

// Keyring knows the tokens that are valid. It is safe for concurrent use.
type Keyring struct {
	tokens Tokens
	jwt    *JWT // nil where none is taken
	held   atomic.Pointer[held]

	mu      sync.Mutex // of loading
	version uint64
}

// held is what the keyring knew at one time; it does not change.
type held struct {
	byHash map[[32]byte]*key
	byID   map[string]*key
}

type key struct {
	access.Token
	valid  context.Context
	revoke context.CancelFunc
}

// NewKeyring reads the tokens. jwt may be nil. Where they cannot be read there is a keyring all
// the same, which is closed, and knows nobody by a token until Reload can read them.
func NewKeyring(ctx context.Context, tokens Tokens, jwt *JWT) (*Keyring, error) {
	k := &Keyring{tokens: tokens, jwt: jwt}
	k.held.Store(&held{})
	return k, k.Reload(ctx)
}

// Reload takes notice of tokens that were made or revoked. What was revoked has ended when it returns.
func (k *Keyring) Reload(ctx context.Context) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	version, err := k.tokens.Version(ctx)
	if err != nil {
		return fmt.Errorf("look for new tokens: %w", err)
	}
	old := k.held.Load()
	if version == k.version && old.byHash != nil {
		return nil
	}
	all, err := k.tokens.Tokens(ctx)
	if err != nil {
		return fmt.Errorf("read the tokens: %w", err)
	}
	k.version = version
	now := &held{byHash: make(map[[32]byte]*key, len(all)), byID: make(map[string]*key, len(all))}
	for _, t := range all {
		one := old.byID[t.ID]
		if one == nil || one.Hash != t.Hash {
			one = &key{Token: t}
			one.valid, one.revoke = context.WithCancel(context.Background())
		}
		now.byHash[t.Hash], now.byID[t.ID] = one, one
	}
	k.held.Store(now)
	for id, one := range old.byID {
		if now.byID[id] != one {
			one.revoke()
		}
	}
	return nil
}

// Watch reloads whenever tokens change, until ctx ends; failed is told of what keeps it from that.
func (k *Keyring) Watch(ctx context.Context, failed func(error)) {
	every := time.NewTicker(250 * time.Millisecond)
	defer every.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-every.C:
		}
		if err := k.Reload(ctx); err != nil && ctx.Err() == nil {
			failed(err)
		}
	}
}

// Known tells whether the tokens were ever read.
func (k *Keyring) Known() bool { return k.held.Load().byHash != nil }

// Closed tells whether callers must show who they are: a token exists, or JWTs are taken, or
// nobody knows yet whether a token exists.
func (k *Keyring) Closed() bool {
	h := k.held.Load()
	return k.jwt != nil || h.byHash == nil || len(h.byHash) > 0
}

// Find is the caller who shows this token. Its error wraps ErrUnknown.
func (k *Keyring) Find(shown string) (Caller, error) {
	if !isSecret(shown) {
		if k.jwt == nil {
			return Caller{}, ErrUnknown
		}
		return k.jwt.Read(shown)
	}
	// The map compares hashes: how long that takes tells nothing of the token.
	one := k.held.Load().byHash[Hash(shown)]
	if one == nil {
		return Caller{}, ErrUnknown
	}
	c := Caller{ID: one.ID, User: one.User, Scopes: one.Scopes, valid: one.valid}
	if one.Board != "" {
		c = Caller{ID: one.ID, Board: one.Board, Bound: one.Scopes, valid: one.valid}
	}
	if one.Expires != 0 {
		if c.Until = time.UnixMilli(one.Expires); !time.Now().Before(c.Until) {
			return Caller{}, ErrUnknown
		}
	}
	return c, nil
}
