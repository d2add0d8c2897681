package main

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"telltale/server/api"
	"telltale/server/host"
	"telltale/server/ledger"
	"telltale/server/store/redis"
	"telltale/shared/access"
	"telltale/shared/metric"
)

// storage is where everything is kept.
type storage interface {
	ledger.Store
	Writable() error
	Close() error
}

// keys are where tokens and the audit are kept.
type keys interface {
	access.Store
	Close() error
}

// openRedis joins the store that several processes share; nil where none is asked for.
// Where it is out of reach it is there all the same, and comes up when Redis does.
func openRedis(ctx context.Context, c config) (*redis.Store, error) {
	if c.redis == "" {
		return nil, nil
	}
	store, err := redis.Open(ctx, redis.Options{URL: c.redis, Prefix: c.redisPrefix, Limits: c.limits()})
	if err != nil {
		return nil, &sentence{text: "--redis: " + err.Error(), code: 2, cause: err}
	}
	// What waiting does not change.
	switch err := store.Writable(); {
	case errors.Is(err, redis.ErrVersion):
		_ = store.Close()
		return nil, &sentence{text: "the Redis that --redis names is too old: give one of version 7 or later, or Valkey", code: 1, cause: err}
	case errors.Is(err, redis.ErrNewer):
		_ = store.Close()
		return nil, &sentence{text: "the store in Redis was written by a newer telltale: start that one, or give another --redis-prefix", code: 1, cause: err}
	}
	return store, nil
}

// openStorage opens where everything is kept: what is shared, or else the database.
func openStorage(ctx context.Context, c config, shared *redis.Store) (storage, error) {
	if shared != nil {
		return shared, nil
	}
	return openStore(ctx, c)
}

// checkRedis refuses what cannot be the address of one, and a prefix that would part the keys.
func (c *config) checkRedis() (option, rule string) {
	if c.redis == "" {
		return "", ""
	}
	if _, err := redis.Dial(c.redis); err != nil {
		return "redis", "is " + strings.TrimPrefix(err.Error(), redis.ErrURL.Error()+": it is ")
	}
	if c.redisPrefix == "" || len(c.redisPrefix) > 100 || strings.ContainsFunc(c.redisPrefix, func(r rune) bool {
		return !('a' <= r|0x20 && r|0x20 <= 'z' || '0' <= r && r <= '9' || r == '_' || r == '-' || r == '.' || r == ':')
	}) {
		return "redis-prefix", "is letters, digits and _ - . : alone, at most 100"
	}
	return "", ""
}

// retryEvery is the time between two tries of what needs Redis.
const retryEvery = time.Second

// errFollows says that what is asked is for the process that leads.
var errFollows = errors.New("another process leads")

// persist does something until it succeeds or the context ends, where the store may not be in reach yet,
// or another process leads. What else stands in its way stays there: it is logged, and the end.
func persist(ctx context.Context, log *slog.Logger, trouble string, do func() error) {
	for {
		err := do()
		switch {
		case err == nil || ctx.Err() != nil:
			return
		case !errors.Is(err, ledger.ErrUnavailable) && !errors.Is(err, ledger.ErrUnreadable) && !errors.Is(err, errFollows):
			log.Error(trouble, "error", err)
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(retryEvery):
		}
	}
}

// declareSoon is declareShop where the store may not be in reach yet.
func declareSoon(ctx context.Context, truth *ledger.Ledger, log *slog.Logger) {
	persist(ctx, log, "the counters of a shop are not declared", func() error { return declareShop(ctx, truth) })
}

// heed logs when Redis goes away and when it is back.
// Where what was told is not what is kept any more, open pages are to come back and ask anew.
func heed(ctx context.Context, store *redis.Store, surface *api.API, log *slog.Logger) {
	gone, epoch := false, store.Epoch()
	for tick := time.NewTicker(retryEvery); ; {
		if err := store.Writable(); (err != nil) != gone {
			if gone = err != nil; gone {
				log.Error("Redis is out of reach: what is known is shown, and nothing is taken", "error", err)
			} else {
				log.Info("Redis is in reach")
			}
		}
		if now := store.Epoch(); now != epoch {
			if epoch != "" {
				log.Error("Redis has lost writes: another epoch begins", "epoch", now)
				surface.Cut()
			}
			epoch = now
		}
		select {
		case <-ctx.Done():
			tick.Stop()
			return
		case <-tick.C:
		}
	}
}

// leading records only while this process looks after the store: the readings of several
// machines under one name would be those of none.
type leading struct {
	recorder
	store *redis.Store
}

// Record is recorder's, where this process leads.
func (l leading) Record(ctx context.Context, batch []metric.Mutation) error {
	if !l.store.Leads() {
		return nil
	}
	return l.recorder.Record(ctx, batch)
}

// watchLeader is watchHost for a process that shares its store.
func watchLeader(ctx context.Context, c config, store *redis.Store, truth *ledger.Ledger, surface *api.API, log *slog.Logger) {
	persist(ctx, log, "this machine's readings stopped", func() error {
		if !store.Leads() {
			return errFollows
		}
		return host.Watch(ctx, host.Gauges(c.data), surface.Readings().Take, leading{recorder{truth}, store}, log)
	})
}

// leads, stale and catchUp are what others ask of the store that is shared; nil where none is.
func leads(shared *redis.Store) func() bool {
	if shared == nil {
		return nil
	}
	return shared.Leads
}

func stale(shared *redis.Store) func() (time.Time, bool) {
	if shared == nil {
		return nil
	}
	return shared.Stale
}

func catchUp(shared *redis.Store) func(context.Context) error {
	if shared == nil {
		return nil
	}
	return shared.CatchUp
}
