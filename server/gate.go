package main

import (
	"context"
	"errors"
	"fmt"

	"telltale/server/auth"
	"telltale/server/ledger"
	"telltale/server/store/dump"
	"telltale/server/store/redis"
	"telltale/server/store/tokens"
)

// openGate opens what decides who may do what; its error is a sentence.
func openGate(ctx context.Context, c config, shared *redis.Store) (*auth.Gate, keys, error) {
	var jwt *auth.JWT
	if c.jwt.KeyFile != "" {
		var err error
		if jwt, err = auth.NewJWT(c.jwt); err != nil {
			return nil, nil, &sentence{text: "--jwt-key: " + err.Error(), code: 2}
		}
	}
	keys, err := openKeys(ctx, c, shared)
	if err != nil {
		return nil, nil, err
	}
	ring, err := auth.NewKeyring(ctx, keys, jwt)
	if shared != nil && errors.Is(err, ledger.ErrUnavailable) {
		err = nil // nobody is let in until Redis says who may
	}
	if err == nil {
		err = c.checkOpen(ring.Closed())
	}
	if err != nil {
		_ = keys.Close()
		return nil, nil, err
	}
	return &auth.Gate{Keyring: ring, PublicRead: c.publicRead, Open: c.insecure || c.alone()}, keys, nil
}

// openKeys opens where the tokens are: in what is shared, or else in the data folder.
func openKeys(ctx context.Context, c config, shared *redis.Store) (keys, error) {
	if shared != nil {
		return shared, nil
	}
	keys, err := tokens.Open(ctx, c.data, tokens.Options{})
	if err != nil {
		advice := "cannot be written: change its permissions, make room on its disk, or give another folder with --data"
		switch {
		case errors.Is(err, tokens.ErrNewer):
			advice = "has tokens that a newer telltale wrote: start that one, or give another folder with --data"
		case errors.Is(err, dump.ErrHalf):
			advice = "holds an import that has not ended: import into it again, or give another folder with --data"
		case errors.Is(err, tokens.ErrCorrupt):
			advice = "holds a damaged database: put a backup in its place, or give another folder with --data"
		}
		return nil, &sentence{text: fmt.Sprintf("the data folder %s %s", c.data, advice), code: 1, cause: err}
	}
	return keys, nil
}

// bounds tells whether connections of one address are bound now: not on a server that is open and reached from this
// machine alone, nor behind a proxy, whose all connections are; and whether who shows a token is told from who does not,
// which needs that there are some.
func (c *config) bounds(gate *auth.Gate) func() (each, some bool) {
	return func() (each, some bool) {
		some = !gate.Open || gate.Keyring.Closed()
		return (some || !c.alone()) && c.reach.proxies == 0, some
	}
}

// checkOpen refuses to let anybody beyond this machine change everything.
func (c *config) checkOpen(closed bool) error {
	if closed || c.insecure {
		return nil
	}
	for _, address := range []string{c.listen, c.adminListen} {
		if !auth.IsLocal(address) || address == c.listen && !c.alone() {
			return &sentence{code: 1, text: "listening on " + address + " lets anybody who reaches this machine change everything, as no token exists: " +
				"make one with telltale token create NAME --scope admin " + c.where() + ", or listen on localhost, " +
				"or say --insecure (TELLTALE_INSECURE=true) if the network around it is trusted"}
		}
	}
	return nil
}

// where is how a verb is told where this server's tokens are. The address of a Redis may hold a
// password, which is not for the log.
func (c *config) where() string {
	if c.redis != "" {
		return "--redis URL (the servers' own)"
	}
	return "--data " + c.data
}
