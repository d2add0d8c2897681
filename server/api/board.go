package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"telltale/server/ledger"
	"telltale/shared/access"
	"telltale/shared/board"
	"telltale/shared/wire"
)

// getBoards lists the boards that the caller may read.
func (a *API) getBoards(w http.ResponseWriter, r *http.Request) error {
	rows, err := a.boards.Rows(r.Context())
	if err != nil {
		return err
	}
	return sendJSON(w, a.sightOf(r).Boards(rows))
}

// board reads the board that the path names.
func (a *API) board(r *http.Request) (Board, error) {
	id := r.PathValue("board")
	if err := board.CheckID(id); err != nil {
		return Board{}, err
	}
	return a.boards.Board(r.Context(), id)
}

// getBoard answers a board as a file of it would be.
func (a *API) getBoard(w http.ResponseWriter, r *http.Request) error {
	of, err := a.board(r)
	if err != nil {
		return err
	}
	tag := quoted(of.Revision)
	w.Header().Set("Etag", tag)
	w.Header().Set("Cache-Control", "no-cache")
	if names(r.Header["If-None-Match"], tag) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	var text bytes.Buffer
	if err := json.Indent(&text, document(of.Board), "", "  "); err != nil {
		return fmt.Errorf("encode a board: %w", err)
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(append(shownJSON(text.Bytes()), '\n'))
	return nil
}

// getBoardView answers a board as a page takes it.
func (a *API) getBoardView(w http.ResponseWriter, r *http.Request) error {
	of, err := a.board(r)
	if err != nil {
		return err
	}
	return sendJSON(w, of.view())
}

// putBoard keeps a board.
func (a *API) putBoard(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("board")
	if err := board.CheckID(id); err != nil {
		return err
	}
	body, err := readBody(w, r, maxBody)
	if err != nil {
		return err
	}
	of, err := readBoard(body, id)
	if err != nil {
		return err
	}
	text := document(of)
	if len(text) > ledger.MaxBoardBytes {
		return tooLong(text)
	}
	c := ledger.BoardChange{Board: ledger.Board{Document: text, BoardSummary: ledger.BoardSummary{
		ID: id, Title: of.Title, Panels: len(of.Panels), Revision: Revision(text)}}}
	answer, err := a.changeBoard(w, r, c, body)
	if err != nil {
		return err
	}
	c.Time = answer.Time
	w.Header().Set("Etag", quoted(c.Revision))
	status := http.StatusOK
	if _, was := board.Builtin(id); answer.New && !was {
		status = http.StatusCreated
		w.Header().Set("Location", r.URL.Path)
	}
	return sendStatus(w, status, wire.BoardRow{ID: id, Title: c.Title, Panels: c.Panels, Revision: c.Revision, Source: wire.Kept, Time: c.Time})
}

func tooLong(document []byte) error {
	return refuse(http.StatusRequestEntityTooLarge, "the board takes %d KiB, the most is %d: make two of it", len(document)>>10, ledger.MaxBoardBytes>>10)
}

// deleteBoard removes a board that is kept.
func (a *API) deleteBoard(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("board")
	if err := board.CheckID(id); err != nil {
		return err
	}
	_, err := a.changeBoard(w, r, ledger.BoardChange{Board: ledger.Board{BoardSummary: ledger.BoardSummary{ID: id}}}, nil)
	if _, builtin := board.Builtin(id); builtin && errors.Is(err, ledger.ErrNoBoard) {
		return refuse(http.StatusNotFound, "%s is as it is built in already: there is nothing to remove", id)
	}
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// changeBoard makes the change where the request's conditions hold, and tells the screens.
func (a *API) changeBoard(w http.ResponseWriter, r *http.Request, c ledger.BoardChange, body []byte) (answer ledger.BoardChanged, err error) {
	if a.boards.Files != nil {
		if _, is := a.boards.Files.Board(c.ID); is {
			w.Header().Set("Allow", "GET, HEAD")
			return answer, refuse(http.StatusMethodNotAllowed,
				"the board %s is a file of the operator's (--boards) and is changed there; yours can have another name", c.ID)
		}
	}
	if c.If, err = acceptable(r, c.ID); err != nil {
		return answer, err
	}
	if c.Key, c.Digest, err = idempotency(r, body); err != nil {
		return answer, err
	}
	answer, err = a.Ledger.ChangeBoard(r.Context(), c)
	if err == nil {
		err = answer.Err
	}
	if errors.Is(err, ledger.ErrRevision) {
		return answer, a.clash(r.Context(), c.ID)
	}
	if err == nil && !answer.Repeat {
		did := "board.put"
		if c.Document == nil {
			did = "board.delete"
		}
		a.BoardChanged(r.Context(), c.ID) // first: noting may take its time
		a.note(r, did, c.ID, c.Title)
	}
	return answer, err
}

// BoardChanged tells the screens that show a board to take it anew.
func (a *API) BoardChanged(ctx context.Context, id string) {
	of, err := a.boards.Board(context.WithoutCancel(ctx), id)
	if err != nil && !errors.Is(err, ledger.ErrNoBoard) {
		a.complain("a changed board could not be read", "board", id, "error", err)
		return
	}
	a.boardChanged(id, of.Revision)
}

// acceptable are the revisions of which the kept board must have one for the change to
// be made, as ledger.BoardChange has them (RFC 9110, sections 13.1.1 and 13.1.2).
func acceptable(r *http.Request, id string) ([]string, error) {
	match, none := r.Header["If-Match"], r.Header["If-None-Match"]
	if match == nil && none == nil {
		return nil, nil
	}
	of, isBuiltin := board.Builtin(id)
	if none != nil {
		switch {
		case match != nil || strings.TrimSpace(strings.Join(none, ",")) != "*":
			return nil, refuse(http.StatusBadRequest, "a change takes If-Match with an ETag, or If-None-Match: *")
		case isBuiltin: // there is one, whether it is kept or not
			return []string{}, nil
		}
		return []string{""}, nil
	}
	accepted := []string{}
	for tag := range tags(match) {
		name, isTag := strings.CutPrefix(tag, `"`)
		name, closed := strings.CutSuffix(name, `"`)
		switch {
		case tag == "*":
			accepted = append(accepted, "*")
			if isBuiltin {
				accepted = append(accepted, "")
			}
		case strings.HasPrefix(tag, "W/"): // never the same, byte for byte
		case !isTag || !closed || name == "" || name == "*":
			return nil, refuse(http.StatusBadRequest, `If-Match names an ETag as an answer had it, with its quotes, not %.60q`, tag)
		default:
			accepted = append(accepted, name)
			if isBuiltin && name == builtin(of).Revision {
				accepted = append(accepted, "")
			}
		}
	}
	return accepted, nil
}

// clash refuses a change whose conditions do not hold, with the ETag of what is there.
func (a *API) clash(ctx context.Context, id string) error {
	of, err := a.boards.Board(ctx, id)
	switch {
	case errors.Is(err, ledger.ErrNoBoard):
		return refuse(http.StatusPreconditionFailed, "the board %s is not there any more: without If-Match it is made anew", id)
	case err != nil:
		return err
	}
	return &problem{Status: http.StatusPreconditionFailed, etag: quoted(of.Revision),
		Detail: fmt.Sprintf("the board %s is another one than your change was made from: read it again, and change that (If-Match: %s)", id, quoted(of.Revision))}
}

// quoted is a revision as an ETag.
func quoted(revision string) string { return `"` + revision + `"` }

// tags gives the entity tags of a header; ours hold no comma.
func tags(header []string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for tag := range strings.SplitSeq(strings.Join(header, ","), ",") {
			if tag = strings.TrimSpace(tag); tag != "" && !yield(tag) {
				return
			}
		}
	}
}

// names tells whether a header of tags has the tag, weakly compared (RFC 9110, section 8.8.3.2).
func names(header []string, tag string) bool {
	return slices.ContainsFunc(slices.Collect(tags(header)), func(t string) bool { return t == "*" || strings.TrimPrefix(t, "W/") == tag })
}

// readBoard reads a board strictly; its error names the place.
func readBoard(body []byte, id string) (board.Board, error) {
	var given struct {
		ID     *string            `json:"id"`
		Title  string             `json:"title"`
		Range  board.Span         `json:"range"`
		Panels *[]json.RawMessage `json:"panels"`
	}
	if err := decodeJSON(body, &given); err != nil {
		return board.Board{}, err
	}
	of := board.Board{ID: id, Title: given.Title, Range: given.Range, Panels: []board.Panel{}}
	switch {
	case given.Panels == nil:
		return of, refuse(http.StatusBadRequest, `a board has "panels", as in {"title":"Shop","panels":[{"id":"orders","kind":"bars","queries":[{"metric":"orders"}]}]}`)
	case given.ID != nil && *given.ID != id:
		return of, refuse(http.StatusBadRequest, `the board's "id" is %.60q, and the path says %q: leave it out, or say the same`, *given.ID, id)
	case len(*given.Panels) > board.MaxPanels:
		return of, refuse(http.StatusBadRequest, "the board has %d panels, the most is %d", len(*given.Panels), board.MaxPanels)
	}
	for i, text := range *given.Panels {
		var p board.Panel
		if err := decodeJSON(text, &p); err != nil {
			return of, refuse(http.StatusBadRequest, "panel %d: %s", i+1, err)
		}
		of.Panels = append(of.Panels, p)
	}
	return of, of.Check()
}

// getBoardPage answers with a board's page, which is 404 where there is no such board for the caller.
func (a *API) getBoardPage(w http.ResponseWriter, r *http.Request) error {
	_, err := a.board(r)
	hidden := !a.may(r.Context(), callerOf(r), access.Need{Right: access.Read, Class: access.Boards, Name: r.PathValue("board")})
	switch {
	case hidden, errors.Is(err, ledger.ErrNoBoard), errors.Is(err, board.ErrBoard):
		a.Pages.ServeHTTP(&notThere{ResponseWriter: w}, r)
	case err != nil:
		return err
	default:
		a.Pages.ServeHTTP(w, r)
	}
	return nil
}

// notThere sends a page that says that there is nothing.
type notThere struct {
	http.ResponseWriter
	begun bool
}

// WriteHeader sends 404 in place of 200.
func (w *notThere) WriteHeader(status int) {
	if w.begun = true; status == http.StatusOK {
		status = http.StatusNotFound
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write sends a part of the page.
func (w *notThere) Write(b []byte) (int, error) {
	if !w.begun {
		w.WriteHeader(http.StatusOK)
	}
	return w.ResponseWriter.Write(b)
}
