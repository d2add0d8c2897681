package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"telltale/server/hub"
	"telltale/shared/access"
	"telltale/shared/ansi"
	"telltale/shared/room"
	"telltale/shared/wire"
)

// getRoom answers a browser with the room's page, everybody else with what is said
// in it, as it comes: as text, a line each, or as server-sent events.
func (a *API) getRoom(w http.ResponseWriter, r *http.Request) error {
	w.Header().Add("Vary", "Accept")
	name := r.PathValue("room")
	if err := room.CheckName(name); err != nil {
		return err
	}
	if wantsHTML(r) {
		a.Pages.ServeHTTP(w, r)
		return nil
	}
	s := stream{format: asText, api: a, w: w, control: http.NewResponseController(w), room: name, out: hub.NewOutbox()}
	if wantsEvents(r) {
		s.format = asEvents
	}
	since, err := a.since(r, name)
	if err != nil {
		return err
	}
	if a.state.Load() == draining {
		return &problem{Status: http.StatusServiceUnavailable, Detail: "the server is about to restart: try again soon", retry: 2}
	}
	w.Header().Set("Content-Type", s.kind)
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Accel-Buffering", "no") // proxies that know it pass lines on as they come
	if r.Method == http.MethodHead {
		return nil
	}
	member, err := a.Hub.Join(s.out, name)
	if err != nil {
		return err
	}
	defer a.Hub.Exit(s.out)
	if s.line, _, err = a.follow(r.Context(), member, since, s.encoding, ""); err != nil {
		return err
	}
	lasting(w)
	ctx, end := context.WithCancel(r.Context())
	defer end()
	defer a.lasts(callerOf(r), end, end)()
	// What a share link showed when it was asked for may be something else by now.
	if err := a.allow(r, access.Need{Right: access.Read, Class: access.Rooms, Name: name}); err != nil {
		return err
	}
	a.traffic.streams.open()
	a.traffic.following.Add(1)
	why := endedUnavailable
	defer func() {
		a.traffic.following.Add(-1)
		a.traffic.streams.close(why)
	}()
	if why = s.run(ctx); why != endedRestart {
		panic(http.ErrAbortHandler) // what is cut off has no end, so that nobody takes it for whole
	}
	return nil
}

// wantsEvents tells who reads server-sent events.
func wantsEvents(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept"), "text/event-stream")
}

// since reads the seq after which messages are asked for; nil for only what is new.
func (a *API) since(r *http.Request, name string) (*wire.Since, error) {
	query, err := queryOf(r)
	if err != nil {
		return nil, err
	}
	text := query.Get("since")
	if last := r.Header.Get("Last-Event-ID"); last != "" && wantsEvents(r) {
		seq, err := strconv.ParseUint(last, 10, 63)
		if err != nil {
			return nil, refuse(http.StatusBadRequest, "Last-Event-ID is the seq of a message, not %.40q", last)
		}
		return new(wire.Since(seq)), nil
	}
	switch seq, err := strconv.ParseUint(text, 10, 63); {
	case text == "":
		return nil, nil
	case text == "all":
		return new(wire.Since(0)), nil
	case err == nil:
		return new(wire.Since(seq)), nil
	}
	back, ok := duration(text)
	if !ok || back < 0 || strings.HasPrefix(text, "-") || strings.HasPrefix(text, "+") {
		return nil, refuse(http.StatusBadRequest, "since is all, the seq of a message, or a time such as 10m, 24h or 7d, not %.40q", text)
	}
	seq, err := a.Ledger.SeqBefore(r.Context(), name, time.Now().UnixMilli()-back)
	if err != nil {
		return nil, fmt.Errorf("find a message by its time: %w", err)
	}
	return new(wire.Since(seq)), nil
}

// format is how a stream writes what is said.
type format struct {
	*encoding
	kind  string // Content-Type
	begin string
	beat  string // said from time to time, so that both ends know of each other
	lost  func(b []byte, room string, m *missed) []byte
}

var asText = format{
	encoding: &encoding{"text", func(b []byte, m room.Message) []byte { return append(ansi.AppendSeen(b, m.Content), '\n') }},
	kind:     "text/plain; charset=utf-8",
	lost: func(b []byte, _ string, m *missed) []byte {
		return fmt.Appendf(b, "[telltale: messages %d to %d %s]\n", m.from, m.to, m.lost)
	},
}

// asEvents writes as the HTML standard has it (§9.2): a reader puts data together again with "\n",
// whichever of the three newlines the content has.
var asEvents = format{
	encoding: &encoding{"events", func(b []byte, m room.Message) []byte {
		b = append(strconv.AppendUint(append(b, "id: "...), m.Seq, 10), "\ndata: "...)
		return append(append(b, eventLines.Replace(m.Content)...), "\n\n"...)
	}},
	kind:  "text/event-stream",
	begin: fmt.Sprintf("retry: %d\n\n", retry),
	beat:  ":\n\n",
	lost: func(b []byte, name string, m *missed) []byte {
		gap, _ := json.Marshal(wire.Gap{RoomID: name, From: m.from, To: m.to}) // a string and numbers cannot fail
		return fmt.Appendf(b, "id: %d\nevent: gap\ndata: %s\n\n", m.to, gap)
	},
}

var eventLines = strings.NewReplacer("\r\n", "\ndata: ", "\n", "\ndata: ", "\r", "\ndata: ")

// stream is one reader of GET /r/{room}. Its goroutine, the request's own, takes
// from the line and writes; who does not read holds up only that.
type stream struct {
	format
	api     *API
	w       http.ResponseWriter
	control *http.ResponseController
	room    string
	out     *hub.Outbox
	line    *line
	text    []byte  // to be written
	held    *[]byte // what text is in; a stream that is idle holds none
	count   int     // messages in text
}

// run writes until the reader has gone, reads too slowly, or the server drains, and
// tells which.
func (s *stream) run(ctx context.Context) (why string) {
	_ = s.control.SetReadDeadline(time.Time{}) // the limit on a body's time must not end it
	var beat <-chan time.Time
	if s.beat != "" {
		beat = time.Tick(beatEvery)
	}
	s.w.WriteHeader(http.StatusOK)
	s.text = []byte(s.begin)
	for {
		more, err := s.fill(ctx)
		if err == nil {
			err = s.flush()
		}
		if err != nil {
			return s.broken(ctx, err)
		}
		ready := s.out.Ready()
		if more {
			ready = always
		}
		select {
		case <-s.api.draining:
			return endedRestart
		case <-ctx.Done():
			return endedClient
		case <-ready:
		case <-beat:
			s.text = append(s.text, s.format.beat...)
		}
	}
}

// always is ready.
var always = func() <-chan struct{} { c := make(chan struct{}); close(c); return c }()

// fill takes what is there, but no more than is written at once, and tells whether
// there may be more.
func (s *stream) fill(ctx context.Context) (more bool, err error) {
	s.held = buffers.Get().(*[]byte)
	s.text = append((*s.held)[:0], s.text...)
	for len(s.text) < writeBytes {
		e, err := s.line.take(ctx)
		switch {
		case err != nil:
			return false, err
		case e.run != nil:
			s.text = append(s.text, e.run...)
			s.count += e.messages
		case e.said != nil:
			s.text = s.said(s.text, e.said.Message)
			s.count++
		case e.missed != nil && e.missed.lost != "":
			s.text = s.lost(s.text, s.room, e.missed)
		case e.none() && s.out.Due() == nil:
			return false, nil
		}
	}
	return true, nil
}

// flush writes; what is written has as long as a socket's message has.
func (s *stream) flush() error {
	if err := s.control.SetWriteDeadline(time.Now().Add(hub.Patience)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return errGone
	}
	s.api.turns.wait() // a response cannot be written without waiting for its reader
	if _, err := s.w.Write(s.text); err != nil {
		return gone(err)
	}
	if s.count > 0 {
		s.api.traffic.told(s.count)
		s.count = 0
	}
	s.release()
	if err := s.control.Flush(); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return gone(err)
	}
	return nil
}

// release gives back what text was in.
func (s *stream) release() {
	if *s.held = s.text; cap(s.text) <= 2*writeBytes {
		buffers.Put(s.held)
	}
	s.text, s.held = nil, nil
}

// gone tells who does not read from who is not there.
func gone(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return errSlow
	}
	return errGone
}

// broken tells why a stream cannot go on.
func (s *stream) broken(ctx context.Context, err error) (why string) {
	switch {
	case errors.Is(err, errSlow):
		return endedSlow
	case ctx.Err() != nil || errors.Is(err, errGone):
		return endedClient
	}
	s.api.complain("a room's stream was cut off", "room", s.room, "error", err)
	return endedUnavailable
}
