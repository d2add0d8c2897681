package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"unicode"

	"telltale/server/auth"
	"telltale/server/command"
	"telltale/server/hub"
	"telltale/server/ledger"
	"telltale/shared/access"
	"telltale/shared/board"
	"telltale/shared/metric"
	"telltale/shared/room"
	"telltale/shared/run"
	"telltale/shared/wire"
)

// problem is an answer that refuses, as RFC 9457 writes it.
type problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
	retry  int    // seconds; 0 for no Retry-After

	challenge string // of WWW-Authenticate (RFC 9110, section 11.6.1); "" for none
	etag      string // of what is there; "" for none
	said      *kept  // what was done all the same; nil for nothing
}

// Error is the sentence for the user.
func (p *problem) Error() string { return p.Detail }

// refuse is a problem with a sentence for the user.
func refuse(status int, format string, args ...any) error {
	return &problem{Status: status, Detail: fmt.Sprintf(format, args...)}
}

// errGone says that nobody is left to answer.
var errGone = errors.New("the client has gone")

// explain is the answer to an error. Its sentence is one line, wherever it is shown.
func explain(err error) *problem {
	p := *answerTo(err)
	p.Detail = legibly(p.Detail)
	return &p
}

// mostDetail is the longest sentence, in bytes.
const mostDetail = 1000

// legibly is a sentence, of which names that clients gave are part, without what a terminal or
// a log would obey, or what turns the direction in which its other words are read.
func legibly(text string) string {
	if len(text) > mostDetail {
		text = text[:mostDetail-len(room.Cut)] + room.Cut
	}
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, text)
}

// answerTo is the one mapping of errors to answers: what it does not know is an
// internal error, whose text stays inside.
func answerTo(err error) *problem {
	var p *problem
	var item *ledger.ItemError
	var size *http.MaxBytesError
	switch {
	case errors.As(err, &item): // before the problem that may be inside
		inner := *answerTo(item.Err)
		inner.Detail = fmt.Sprintf("row %d: %s; nothing was changed", item.Item+1, inner.Detail)
		return &inner
	case errors.As(err, &p):
		return p
	case errors.As(err, &size):
		return &problem{Status: http.StatusRequestEntityTooLarge, Detail: tooLarge(size.Limit)}
	case is(err, metric.ErrName, metric.ErrPattern, metric.ErrFloor, metric.ErrCeiling, metric.ErrNotFinite,
		metric.ErrFuture, metric.ErrPast, metric.ErrDeclaration, wire.ErrBadMessage, hub.ErrWatch, room.ErrName, room.ErrUser, run.ErrID, board.ErrBoard):
		return &problem{Status: http.StatusBadRequest, Detail: err.Error()}
	case is(err, errNotJoined, errNoSuchUser, hub.ErrUser):
		return &problem{Status: http.StatusConflict, Detail: err.Error()}
	case errors.Is(err, ledger.ErrUnknown):
		return &problem{Status: http.StatusNotFound, Detail: "no such metric: GET /api/v1/metrics lists those there are"}
	case errors.Is(err, auth.ErrUnknown):
		return &problem{Status: http.StatusUnauthorized, Detail: err.Error(), challenge: challenge + `, error="invalid_token"`}
	case is(err, errNoCommands, command.ErrUnknown):
		return &problem{Status: http.StatusNotFound, Detail: err.Error()}
	case errors.Is(err, command.ErrArgs):
		return &problem{Status: http.StatusBadRequest, Detail: err.Error()}
	case errors.Is(err, command.ErrBusy):
		return &problem{Status: http.StatusConflict, Detail: err.Error()}
	case errors.Is(err, command.ErrEnding):
		return &problem{Status: http.StatusServiceUnavailable, Detail: err.Error(), retry: 2}
	case errors.Is(err, ledger.ErrNoRun):
		return &problem{Status: http.StatusNotFound, Detail: "no such run: GET /api/v1/runs lists those that are kept"}
	case errors.Is(err, ledger.ErrNoBoard):
		return &problem{Status: http.StatusNotFound, Detail: "no such board: GET /api/v1/boards lists those there are, PUT makes one"}
	case errors.Is(err, ledger.ErrKeyReused):
		return &problem{Status: http.StatusUnprocessableEntity, Detail: "the idempotency key was used with another body: take a new key for a new request"}
	case errors.Is(err, access.ErrNoToken):
		return &problem{Status: http.StatusNotFound, Detail: "no such link: it has ended"}
	case is(err, access.ErrMany, ledger.ErrTooMany, ledger.ErrTooManyRooms, ledger.ErrTooManyBoards, hub.ErrFeeds, hub.ErrRooms):
		return &problem{Status: http.StatusTooManyRequests, Detail: err.Error(), retry: 60}
	case errors.Is(err, ledger.ErrUnreadable):
		return &problem{Status: http.StatusServiceUnavailable, Detail: outOfReach, retry: 5}
	case errors.Is(err, ledger.ErrFate): // before ErrUnavailable, which it is too; whether to send it again is for its sender to find out
		return &problem{Status: http.StatusServiceUnavailable, Detail: "the store was lost before it answered: this may have happened; look before you send it again, or send it again with the same Idempotency-Key"}
	case errors.Is(err, ledger.ErrUnavailable):
		return &problem{Status: http.StatusServiceUnavailable, Detail: "nothing can be written now: try again soon; an operator finds the reason in the log", retry: 5}
	case errors.Is(err, context.DeadlineExceeded):
		return &problem{Status: http.StatusServiceUnavailable, Detail: "this took too long: try again soon", retry: 5}
	}
	return &problem{Status: http.StatusInternalServerError, Detail: "something went wrong inside: an operator finds it in the log"}
}

func is(err error, any ...error) bool {
	for _, target := range any {
		if errors.Is(err, target) {
			return true
		}
	}
	return false
}

func tooLarge(limit int64) string {
	if limit >= 1<<20 {
		return fmt.Sprintf("the body is larger than %d MiB: send it in pieces", limit>>20)
	}
	return fmt.Sprintf("the body is larger than %d bytes", limit)
}

// write sends the problem.
func (p *problem) write(w http.ResponseWriter) {
	full := *p
	full.Type, full.Title = "about:blank", http.StatusText(p.Status)
	body, err := json.Marshal(struct {
		problem
		*kept
	}{full, p.said})
	if err != nil { // a struct of strings and a number cannot fail
		body = []byte("{}")
	}
	if p.retry > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(p.retry))
	}
	if p.challenge != "" {
		w.Header().Set("WWW-Authenticate", p.challenge)
	}
	for _, of := range []string{"Content-Length", "Content-Encoding", "Etag", "Cache-Control"} {
		w.Header().Del(of)
	}
	if p.etag != "" {
		w.Header().Set("Etag", p.etag)
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(p.Status)
	_, _ = w.Write(append(body, '\n'))
}

// codeOf is an error of a WebSocket request as its answer names it; p is what
// explain says of it.
func codeOf(err error, p *problem) string {
	switch {
	case is(err, wire.ErrBadMessage, hub.ErrWatch):
		return wire.CodeBadMessage
	case is(err, metric.ErrName, metric.ErrPattern, room.ErrName, room.ErrUser):
		return wire.CodeBadName
	case is(err, errNotJoined):
		return wire.CodeNotJoined
	case is(err, errNoSuchUser):
		return wire.CodeNoSuchUser
	case is(err, hub.ErrUser):
		return wire.CodeUserMismatch
	}
	switch p.Status {
	case http.StatusRequestEntityTooLarge:
		return wire.CodeTooLarge
	case http.StatusTooManyRequests:
		return wire.CodeRateLimited
	case http.StatusUnauthorized:
		return wire.CodeUnauthorized
	case http.StatusForbidden:
		return wire.CodeForbidden
	case http.StatusServiceUnavailable, http.StatusInternalServerError:
		return wire.CodeUnavailable
	}
	return wire.CodeRefused
}

// Busy answers that too many connections are open.
func (a *API) Busy(w http.ResponseWriter, _ *http.Request) {
	(&problem{Status: http.StatusServiceUnavailable, Detail: "too many connections are open: try again soon", retry: 5}).write(w)
}
