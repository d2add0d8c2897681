package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
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
	body, err := readBody(w, r, maxBody)
	var size *http.MaxBytesError
	switch {
	case errors.As(err, &size):
		return refuse(http.StatusRequestEntityTooLarge, "a message is at most 1 MiB: send what is longer as lines, which curl -T - does")
	case err != nil:
		return err
	}
	post := ledger.Post{Room: name}
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

// Bounds of an upload.
const (
	leastRead = 4 << 10  // bytes that are read at once at first; an upload that waits holds no more
	mostRead  = 64 << 10 // and where more is there
	linesPost = 1000     // lines of one post
)

// lingers is how long a client that is still sending is listened to after it was
// refused: closing at once would take the answer from it.
const lingers = 2 * time.Second

// errRestart ends an upload that lasts longer than the server.
var errRestart = &problem{Status: http.StatusServiceUnavailable, Detail: "the server is about to restart: send the rest again soon", retry: 2}

// upload is lines on their way into a room. What is there at once goes into one
// post, so a line waits for nothing but its commit. (What stands in a chunk of the
// transfer coding comes with the end of that chunk; senders that write lines as they
// come make a chunk of what they write.)
type upload struct {
	api   *API
	ctx   context.Context
	lines room.Splitter
	post  ledger.Post
	said  kept
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
	finish := a.untilDraining(func() { _ = control.SetReadDeadline(time.Unix(1, 0)) })
	// What has come is said, also where its sender has gone meanwhile.
	u := &upload{api: a, ctx: context.WithoutCancel(r.Context())}
	err := u.run(r)
	finish()
	_ = control.SetWriteDeadline(time.Now().Add(hub.Patience))
	if err == nil {
		return sendJSON(w, u.said)
	}
	_ = control.SetReadDeadline(time.Now().Add(lingers))
	w.Header().Set("Connection", "close")
	p := *explain(err)
	if p.Status >= http.StatusInternalServerError && err != error(errRestart) {
		a.complain("an upload was cut off", "room", u.said.Room, "error", err)
	}
	if u.said.Messages > 0 {
		p.Detail = fmt.Sprintf("%s (lines that were kept: %d)", p.Detail, u.said.Messages)
		p.said = &u.said
	}
	p.write(w) // not by answering: what ended the body has ended the request's context too
	return nil
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
	name := r.PathValue("room")
	if err := room.CheckName(name); err != nil {
		return err
	}
	if r.Header.Get("Idempotency-Key") != "" {
		return refuse(http.StatusBadRequest, "an Idempotency-Key needs a body with a Content-Length: lines that are streamed are told as they come")
	}
	extent, err := u.api.Ledger.Extent(u.ctx, name)
	if err != nil {
		return err
	}
	u.post.Room, u.said = name, kept{Room: name, Seq: extent.Last}
	body, err := unpacked(r, r.Body)
	if err != nil {
		return err
	}
	chunk := make([]byte, leastRead)
	for {
		n, err := body.Read(chunk)
		if said := u.add(chunk[:n]); said != nil {
			return said
		}
		switch {
		case err == nil:
		case errors.Is(err, os.ErrDeadlineExceeded):
			return errRestart
		default:
			// The last line needs no newline, nor an end that is as it should be.
			if said := u.end(); said != nil || errors.Is(err, io.EOF) {
				return said
			}
			return bodyError(err, "the body could not be read to its end")
		}
		if n == len(chunk) && n < mostRead {
			chunk = make([]byte, 2*n)
		}
	}
}

// add says the lines that become complete by text.
func (u *upload) add(text []byte) error {
	for line := range u.lines.Add(text) {
		u.post.Lines = append(u.post.Lines, ledger.Line{Content: line})
		if len(u.post.Lines) == linesPost {
			if err := u.send(); err != nil {
				return err
			}
		}
	}
	return u.send()
}

// end says the line that has not ended.
func (u *upload) end() error {
	if u.lines.Open() {
		for _, line := range u.lines.End() {
			u.post.Lines = append(u.post.Lines, ledger.Line{Content: line})
		}
	}
	return u.send()
}

func (u *upload) send() error {
	if len(u.post.Lines) == 0 {
		return nil
	}
	post := u.post
	u.post.Lines = nil
	return u.api.say(u.ctx, post, &u.said)
}
