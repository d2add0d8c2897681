package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"telltale/server/hub"
	"telltale/server/ledger"
	"telltale/shared/room"
	"telltale/shared/wire"
)

// getRooms answers the list of the rooms that the caller may read.
func (a *API) getRooms(w http.ResponseWriter, r *http.Request) error {
	rows, err := Rooms(r.Context(), a.Ledger, a.Hub)
	if err != nil {
		return err
	}
	return sendJSON(w, a.sightOf(r).Rooms(rows))
}

// Rooms lists, by name, the rooms in which something was said or somebody is: it
// merges two lists that are sorted.
func Rooms(ctx context.Context, l *ledger.Ledger, h *hub.Hub) ([]wire.RoomRow, error) {
	said, err := l.Rooms(ctx)
	if err != nil {
		return nil, fmt.Errorf("list the rooms: %w", err)
	}
	crowds := h.Rooms()
	rows := make([]wire.RoomRow, 0, len(said))
	for len(said) > 0 || len(crowds) > 0 {
		var row wire.RoomRow
		if len(crowds) == 0 || len(said) > 0 && said[0].Room <= crowds[0].Room {
			s := said[0]
			row = wire.RoomRow{RoomID: s.Room, Seq: s.Last, Messages: s.Last + 1 - s.First, Time: s.Time}
			said = said[1:]
		} else {
			row.RoomID = crowds[0].Room
		}
		if len(crowds) > 0 && crowds[0].Room == row.RoomID {
			row.Members = crowds[0].Users
			crowds = crowds[1:]
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// getPresence tells who is in a room.
func (a *API) getPresence(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("room")
	if err := room.CheckName(name); err != nil {
		return err
	}
	members := a.Hub.Presence(name)
	if members == nil {
		members = []wire.Member{}
	}
	return sendJSON(w, wire.Presence{RoomID: name, Members: members})
}

// Bounds of a page of history.
const (
	defaultLimit = 100
	mostLimit    = 1000
)

// getMessages answers a page of a room's history, oldest first: the newest, or
// those before a seq, or those that were said until a time. In a room of which nobody has heard nothing was said.
func (a *API) getMessages(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("room")
	if err := room.CheckName(name); err != nil {
		return err
	}
	before, until, limit, err := pageOf(r)
	if err != nil {
		return err
	}
	extent, err := a.Ledger.Extent(r.Context(), name)
	if err != nil {
		return err
	}
	to := min(extent.Last, before-1)
	if until != 0 {
		said, err := a.Ledger.SeqBefore(r.Context(), name, until+1)
		if err != nil {
			return fmt.Errorf("find a room's message by its time: %w", err)
		}
		to = min(to, said)
	}
	after := extent.First - 1
	if to > limit {
		after = max(after, to-limit)
	}
	first, err := a.messages(r, name, after, to)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if r.Method == http.MethodHead {
		return nil
	}
	return a.sendMessages(w, r, name, first, to)
}

// pageOf reads before, until and limit. Without before it is beyond all that is said,
// without until that is 0.
func pageOf(r *http.Request) (before uint64, until int64, limit uint64, err error) {
	query, err := queryOf(r)
	if err != nil {
		return 0, 0, 0, err
	}
	before, limit = 1<<63, defaultLimit
	if text := query.Get("before"); text != "" {
		if before, err = strconv.ParseUint(text, 10, 63); err != nil || before == 0 {
			return 0, 0, 0, refuse(http.StatusBadRequest, "before is the seq of a message, not %.40q", text)
		}
	}
	if text := query.Get("until"); text != "" {
		if until, err = moment("until", text, "", time.Now().UnixMilli()); err != nil {
			return 0, 0, 0, err
		}
		until = min(max(until, 1), 1<<52)
	}
	if text := query.Get("limit"); text != "" {
		if limit, err = strconv.ParseUint(text, 10, 63); err != nil || limit == 0 || limit > mostLimit {
			return 0, 0, 0, refuse(http.StatusBadRequest, "limit is a number from 1 to %d, not %.40q", mostLimit, text)
		}
	}
	return before, until, limit, nil
}

// messages reads some of those with after < seq ≤ to.
func (a *API) messages(r *http.Request, name string, after, to uint64) ([]room.Message, error) {
	if after >= to {
		return nil, nil
	}
	select {
	case a.snapshots <- struct{}{}:
		defer func() { <-a.snapshots }()
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	some, err := a.Ledger.Messages(r.Context(), name, after, int(min(to-after, mostLimit)))
	if err != nil {
		return nil, fmt.Errorf("read the messages of a room: %w", err)
	}
	for n, m := range some {
		if m.Seq > to { // what is pruned meanwhile makes later ones come instead
			return some[:n], nil
		}
	}
	return some, nil
}

// sendMessages writes the array page by page: a thousand messages may be 64 MiB.
func (a *API) sendMessages(w http.ResponseWriter, r *http.Request, name string, some []room.Message, to uint64) error {
	out := patient{w}
	var text bytes.Buffer
	rows := json.NewEncoder(&text)
	rows.SetEscapeHTML(false)
	text.WriteByte('[')
	for len(some) > 0 {
		for i, m := range some {
			if i > 0 {
				text.WriteByte(',')
			}
			if err := rows.Encode(wire.Row(m)); err != nil {
				return err
			}
			text.Truncate(text.Len() - 1) // its newline
		}
		last := some[len(some)-1].Seq
		var err error
		if some, err = a.messages(r, name, last, to); err != nil {
			a.complain("a room's history was cut off", "room", name, "error", err)
			panic(http.ErrAbortHandler) // nobody is to take half an array for a whole one
		}
		if len(some) == 0 {
			break
		}
		text.WriteByte(',')
		if _, err := out.Write(shownJSON(text.Bytes())); err != nil {
			return errGone
		}
		text.Reset()
	}
	text.WriteString("]\n")
	_, _ = out.Write(shownJSON(text.Bytes())) // the client has gone: nobody is left to tell
	return nil
}
