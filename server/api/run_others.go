package api

import (
	"context"
	"time"
)

// Others are the servers that share the store: a run may be heard of by any of them.
type Others interface {
	// Hear tells them that a run goes on; it holds for as long as the lease.
	Hear(ctx context.Context, run string, lease time.Duration) error
	// Heard tells whether one of them, or this one, has said so.
	Heard(ctx context.Context, run string) (bool, error)
	// Stop has the one that runs it have it end. Its error means that nobody was told.
	Stop(ctx context.Context, run string) error
}

// Share has the leases of runs hold for all servers that share the store, and there are
// some of the commands that servers run, too: going lists those of this one. It is called before
// anything is asked.
func (a *API) Share(others Others, going func() []string) {
	a.remotes.others, a.remotes.going = others, going
}

// tell tells others, not too often, that a run was heard of. Its caller holds the run's lock.
// Where they cannot be told, it is tried again the next time.
func (m *remotes) tell(ctx context.Context, id string, known *remote) {
	if m.others == nil || time.Since(known.told) < leaseLook {
		return
	}
	if m.others.Hear(ctx, id, lease) == nil {
		known.told = time.Now()
	}
}

// tellGoing tells others that what this server runs goes on.
func (m *remotes) tellGoing(ctx context.Context) {
	if m.others == nil {
		return
	}
	for _, id := range m.going() {
		if m.others.Hear(ctx, id, lease) != nil {
			return
		}
	}
}

// elsewhere tells whether others have heard of a run. Where that cannot be known, and for as
// long as a lease after, they may have.
func (m *remotes) elsewhere(ctx context.Context, id string) bool {
	if m.others == nil {
		return false
	}
	heard, err := m.others.Heard(ctx, id)
	m.mu.Lock()
	defer m.mu.Unlock()
	if err != nil {
		m.until = time.Now().Add(lease)
	}
	return heard || time.Now().Before(m.until)
}
