package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"telltale/server/hub"
	"telltale/server/ledger"
	"telltale/shared/room"
)

// kept is what a request said in a room.
type kept struct {
	Room     string `json:"room_id"`
	Messages int    `json:"messages"`
	Seq      uint64 `json:"seq"` // of the last
}

// postRoom says in a room what the body says: one message where its length is
// known, otherwise a message a line, as the lines come.
func (a *API) postRoom(w http.ResponseWriter, r *http.Request) error {
	if r.ContentLength < 0 {
		return a.postLines(w, r)
	}
	name := r.PathValue("room")
	if err := room.CheckName(name); err != nil {
		return err
	}
	if err := mayBeSaidIn(name); err != nil {
		return err
	}
	body, err := readBody(w, r, maxBody)
	var size *http.MaxBytesError
	switch {
	case errors.As(err, &size):
		return refuse(http.StatusRequestEntityTooLarge, "a message is at most 1 MiB: send what is longer as lines, which curl -T - does")
	case err != nil:
		return err
	}
	post := ledger.Post{Room: name, Sender: callerOf(r).User}
	if post.Key, post.Digest, err = idempotency(r, body); err != nil {
		return err
	}
	text, ended := strings.CutSuffix(string(body), "\n")
	if ended {
		text = strings.TrimSuffix(text, "\r")
	}
	for _, content := range room.Lines(text) {
		post.Lines = append(post.Lines, ledger.Line{Content: content})
	}
	said := kept{Room: name}
	if err := a.say(r.Context(), post, &said); err != nil {
		return err
	}
	return sendJSON(w, said)
}

// say has a post kept and told, and adds it to what was said.
func (a *API) say(ctx context.Context, post ledger.Post, said *kept) error {
	posted, err := a.Ledger.Post(ctx, post)
	if err == nil {
		err = posted.Err
	}
	if err != nil {
		return err
	}
	if !posted.Repeat {
		a.traffic.heard(len(post.Lines))
	}
	said.Messages += int(posted.Last - posted.First + 1)
	said.Seq = posted.Last
	return nil
}

// Bounds of an upload, bytes.
const (
	leastRead = 4 << 10   // read at once at first; an upload that waits holds no more
	mostRead  = 64 << 10  // and where more is there
	mostHeld  = 256 << 10 // of lines that came while others are being kept; then it reads no more
	lineHeld  = 64        // what a line counts for besides its content
)

// lingers is how long a client that is still sending is listened to after it was
// refused: closing at once would take the answer from it.
const lingers = 2 * time.Second

// errRestart ends an upload that lasts longer than the server.
var errRestart = &problem{Status: http.StatusServiceUnavailable, Detail: "the server is about to restart: send the rest again soon", retry: 2}

// errEnded ends what lasts longer than the access of who asked for it.
var errEnded = &problem{Status: http.StatusUnauthorized, Detail: "the token was revoked, or its time is over: what came before was kept", challenge: challenge}

// upload is lines on their way into a room. The request's goroutine reads, another
// says: all that came while it said what came before goes into one post, so that a
// line waits for nothing but its commit, and a commit is not waited for by what
// could already be read. (What stands in a chunk of the transfer coding comes with
// the end of that chunk; senders that write lines as they come make chunks of them.)
type upload struct {
	api   *API
	ctx   context.Context
	room  string
	from  string // who says it
	lines room.Splitter
	stop  func()                  // ends the reading
	why   atomic.Pointer[problem] // it was ended; nil where it was not

	mu      sync.Mutex // guards what follows
	changed sync.Cond
	waiting []ledger.Line
	held    int   // bytes of waiting
	ended   bool  // nothing more comes
	err     error // that something could not be said; nothing more is

	said kept // written by the goroutine that says
}

// postLines says each line of the body as it comes, for as long as it lasts. There
// is no limit on the time between two lines: a build may be silent for an hour. A
// peer that is gone is found by TCP's own keep-alive.
func (a *API) postLines(w http.ResponseWriter, r *http.Request) error {
	lasting(w)
	control := http.NewResponseController(w)
	// A refusal does not wait for the end of the body.
	if err := control.EnableFullDuplex(); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return fmt.Errorf("answer while a body comes: %w", err)
	}
	_ = control.SetReadDeadline(time.Time{}) // where it is not supported, there is none
	// What has come is said, also where its sender has gone meanwhile.
	u := &upload{api: a, ctx: context.WithoutCancel(r.Context()), room: r.PathValue("room"), from: callerOf(r).User}
	u.changed.L = &u.mu
	u.stop = func() { _ = control.SetReadDeadline(time.Unix(1, 0)) }
	finish := a.untilDraining(func() { u.end(errRestart) })
	stay := callerOf(r).Ended(func() { u.end(errEnded) })
	err := u.run(r)
	stay()
	finish()
	_ = control.SetWriteDeadline(time.Now().Add(hub.Patience))
	if err == nil {
		return sendJSON(w, u.said)
	}
	_ = control.SetReadDeadline(time.Now().Add(lingers))
	w.Header().Set("Connection", "close")
	p := *explain(err)
	if p.Status >= http.StatusInternalServerError && err != error(errRestart) {
		a.complain("an upload was cut off", "room", u.room, "error", err)
	}
	if u.said.Messages > 0 {
		p.Detail = fmt.Sprintf("%s (lines that were kept: %d)", p.Detail, u.said.Messages)
		p.said = &u.said
	}
	p.write(w) // not by answering: what ended the body has ended the request's context too
	return nil
}

// end ends the reading, for a reason.
func (u *upload) end(why *problem) {
	u.why.CompareAndSwap(nil, why)
	u.stop()
}

// untilDraining calls do when the server drains, unless what it answers was called before.
func (a *API) untilDraining(do func()) (finish func()) {
	ended, over := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(over)
		select {
		case <-a.draining:
			do()
		case <-ended:
		}
	}()
	return func() {
		close(ended)
		<-over
	}
}

func (u *upload) run(r *http.Request) error {
	if err := room.CheckName(u.room); err != nil {
		return err
	}
	if err := mayBeSaidIn(u.room); err != nil {
		return err
	}
	if r.Header.Get("Idempotency-Key") != "" {
		return refuse(http.StatusBadRequest, "an Idempotency-Key needs a body with a Content-Length: lines that are streamed are told as they come")
	}
	extent, err := u.api.Ledger.Extent(u.ctx, u.room)
	if err != nil {
		return err
	}
	u.said = kept{Room: u.room, Seq: extent.Last}
	body, err := unpacked(r, r.Body)
	if err != nil {
		if why := u.why.Load(); why != nil {
			return why
		}
		return err
	}
	var saying sync.WaitGroup
	saying.Go(u.say)
	err = u.read(body)
	u.mu.Lock()
	u.ended = true
	u.changed.Broadcast()
	u.mu.Unlock()
	saying.Wait()
	if u.err != nil {
		return u.err
	}
	return err
}

// read takes lines to the end of the body. Its last line needs no newline, nor an
// end that is as it should be.
func (u *upload) read(body io.Reader) error {
	chunk := make([]byte, leastRead)
	for {
		n, err := body.Read(chunk)
		if !u.hold(u.lines.Add(chunk[:n])) {
			return nil
		}
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			if why := u.why.Load(); why != nil {
				return why
			}
			return nil // it could not be said: say knows why
		case err != nil:
			if u.lines.Open() {
				u.hold(slices.Values(u.lines.End()))
			}
			if errors.Is(err, io.EOF) {
				return nil
			}
			return bodyError(err, "the body could not be read to its end")
		}
		if n == len(chunk) && n < mostRead {
			chunk = make([]byte, 2*n)
		}
	}
}

// hold has lines said, and waits while too many are held; false where nothing is
// said any more.
func (u *upload) hold(lines iter.Seq[string]) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	for line := range lines {
		for u.held >= mostHeld && u.err == nil {
			u.changed.Broadcast()
			u.changed.Wait()
		}
		u.waiting = append(u.waiting, ledger.Line{Content: line})
		u.held += len(line) + lineHeld
	}
	u.changed.Broadcast()
	return u.err == nil
}

// say says what is held until nothing more comes.
func (u *upload) say() {
	u.mu.Lock()
	defer u.mu.Unlock()
	for {
		for len(u.waiting) == 0 && !u.ended {
			u.changed.Wait()
		}
		if len(u.waiting) == 0 {
			return
		}
		post := ledger.Post{Room: u.room, Sender: u.from, Lines: u.waiting}
		u.waiting, u.held = nil, 0
		u.changed.Broadcast()
		u.mu.Unlock()
		err := u.api.say(u.ctx, post, &u.said)
		u.mu.Lock()
		if u.err = err; err != nil {
			u.changed.Broadcast()
			u.stop()
			return
		}
	}
}
