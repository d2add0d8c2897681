package api

import (
	"context"
	"net"
	"net/http"
	"strconv"
	"time"

	"telltale/shared/access"
)

// noteLimit is how long a change waits until it is noted.
const noteLimit = 5 * time.Second

// maxNote is how much of an event's name and of its details is kept, bytes.
const maxNote = 256

// note keeps who has done what. It is done: that it could not be noted is for the log.
func (a *API) note(r *http.Request, did, about, more string) {
	if a.Access == nil {
		return
	}
	c := callerOf(r)
	from, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		from = r.RemoteAddr
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), noteLimit)
	defer cancel()
	e := access.Event{Time: time.Now().UnixMilli(), User: c.User, Token: c.ID, From: from, Did: did, About: clipped(about), More: clipped(more)}
	if err := a.Access.Note(ctx, e); err != nil {
		a.complain("what was done could not be noted", "action", did, "of", about, "by", c.User, "from", from, "error", err)
	}
}

// clipped is a text as far as it is noted.
func clipped(text string) string {
	if len(text) <= maxNote {
		return text
	}
	end := 0
	for i := range text {
		if i > maxNote-len("…") {
			break
		}
		end = i
	}
	return text[:end] + "…"
}

// getAudit answers a page of what was done, the newest first.
func (a *API) getAudit(w http.ResponseWriter, r *http.Request) error {
	query, err := queryOf(r)
	if err != nil {
		return err
	}
	before, limit := uint64(0), uint64(defaultLimit)
	if text := query.Get("before"); text != "" {
		if before, err = strconv.ParseUint(text, 10, 63); err != nil || before == 0 {
			return refuse(http.StatusBadRequest, "before is the id of an event, not %.40q", text)
		}
	}
	if text := query.Get("limit"); text != "" {
		if limit, err = strconv.ParseUint(text, 10, 63); err != nil || limit == 0 || limit > mostLimit {
			return refuse(http.StatusBadRequest, "limit is a number from 1 to %d, not %.40q", mostLimit, text)
		}
	}
	page := access.Audit{Events: []access.Event{}}
	if a.Access != nil {
		some, err := a.Access.Events(r.Context(), before, int(limit)+1)
		if err != nil {
			return err
		}
		if uint64(len(some)) > limit {
			some = some[:limit]
			page.Next = some[limit-1].Seq
		}
		page.Events = append(page.Events, some...)
	}
	return sendJSON(w, page)
}
