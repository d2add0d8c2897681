package api

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"telltale/shared/access"
)

// slowAudit takes its time to note what was done: it calls meanwhile before it does.
type slowAudit struct {
	access.Store
	meanwhile func(ctx context.Context, did string)
}

func (s *slowAudit) Note(ctx context.Context, e access.Event) error {
	s.meanwhile(ctx, e.Did)
	return s.Store.Note(ctx, e)
}

func TestAChangeHoldsBeforeItIsNoted(t *testing.T) {
	h, admin := furnished(t)
	id, link := h.share("ops", admin)
	_, secret, _ := strings.Cut(link, "=")
	told := make(chan struct{})
	var late, open atomic.Bool
	h.api.Access = &slowAudit{h.api.Access, func(ctx context.Context, did string) {
		switch did {
		case "board.put":
			select {
			case <-told:
			case <-ctx.Done():
				late.Store(true)
			}
		case "share.revoke":
			_, is := h.api.Gate.Link(secret)
			open.Store(is)
		}
	}}
	tv := h.dialAs("/ws", admin)
	tv.until("welcome")
	tv.send(`{"type":"screen","id":"tv","board":"ops"}`)
	tv.send(`{"type":"ping"}`)
	tv.until("pong")
	put := make(chan reply, 1)
	go func() {
		put <- h.ask("PUT", "/api/v1/boards/ops", strings.Replace(shared, "Shared", "Changed", 1), admin)
	}()
	tv.until(`"revision"`)
	close(told)
	if r := <-put; r.status != http.StatusOK || late.Load() {
		t.Errorf("%d %s; the screen was told after the audit: %v", r.status, r.body, late.Load())
	}
	if r := h.ask("DELETE", "/api/v1/shares/"+id, "", admin); r.status != http.StatusNoContent || open.Load() {
		t.Errorf("%d %s; the link holds while its end is noted: %v", r.status, r.body, open.Load())
	}
}
