package api

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"telltale/server/auth"
	"telltale/shared/access"
	"telltale/shared/board"
)

// How long a share link holds: where nobody says, and at most.
const (
	usualShare = board.Span(30 * 86_400_000)
	mostShare  = board.Span(366 * 86_400_000)
)

// postShare makes a link that shows a board to whoever opens it. Where everybody may look
// anyway the board's own address does.
func (a *API) postShare(w http.ResponseWriter, r *http.Request) error {
	of, err := a.board(r)
	if err != nil {
		return err
	}
	body, err := readBody(w, r, maxForm)
	if err != nil {
		return err
	}
	asked := struct {
		Expires *board.Span `json:"expires"`
	}{}
	if len(bytes.TrimSpace(body)) > 0 {
		if err := decodeJSON(body, &asked); err != nil {
			return err
		}
	}
	holds := usualShare
	if asked.Expires != nil {
		holds = *asked.Expires
	}
	if holds <= 0 || holds > mostShare {
		return refuse(http.StatusBadRequest, `"expires" is how long the link holds: a span such as 12h or 7d, at most %s`, mostShare)
	}
	c := callerOf(r)
	if c.Free || a.Access == nil {
		return sendJSON(w, access.Shared{URL: a.address(r, "/b/"+of.ID)})
	}
	secret, id := auth.NewSecret()
	now := time.Now().UnixMilli()
	t := access.Token{ID: id, Name: fmt.Sprintf("share of %s %s", of.ID[:min(len(of.ID), access.MaxName-32)], id), User: c.User,
		Scopes: readable(c.Scopes), Hash: auth.Hash(secret), Created: now, Expires: now + int64(holds), Board: of.ID}
	if err := a.Access.Add(r.Context(), t); err != nil {
		return err
	}
	if err := a.Gate.Keyring.Reload(r.Context()); err != nil { // the link is there: Watch finds it soon
		a.complain("a new share link is not known yet", "error", err)
	}
	a.note(r, "share.create", of.ID, "link "+id+" until "+time.UnixMilli(t.Expires).UTC().Format(time.RFC3339))
	return sendStatus(w, http.StatusCreated, access.Shared{ID: id, URL: a.address(r, "/s/"+secret), Expires: t.Expires})
}

// readable are the scopes of reading alone among these: what who has them shows in a link.
func readable(scopes access.Scopes) (reads access.Scopes) {
	for _, s := range scopes {
		if s.Right == access.Read || s.Right == access.Admin {
			reads = append(reads, access.Scope{Right: access.Read, Glob: s.Glob})
		}
	}
	return reads
}

// address is a path of this server as others reach it.
func (a *API) address(r *http.Request, path string) string {
	at := url.URL{Scheme: "http", Host: r.Host, Path: path}
	if encrypted(r) {
		at.Scheme = "https"
	}
	return at.String()
}

// getShares lists the links that show a board, the newest first.
func (a *API) getShares(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("board")
	if err := board.CheckID(id); err != nil {
		return err
	}
	all, err := a.shares(r.Context(), func(t access.Token) bool { return t.Board == id })
	if err != nil {
		return err
	}
	list := []access.Share{}
	for _, t := range all {
		list = append(list, access.Share{ID: t.ID, By: t.User, Created: t.Created, Expires: t.Expires})
	}
	slices.SortFunc(list, func(a, b access.Share) int { return cmp.Or(cmp.Compare(b.Created, a.Created), cmp.Compare(a.ID, b.ID)) })
	return sendJSON(w, list)
}

// shares are the links that have not ended, of those that are meant.
func (a *API) shares(ctx context.Context, meant func(access.Token) bool) ([]access.Token, error) {
	if a.Access == nil {
		return nil, nil
	}
	all, err := a.Access.Tokens(ctx)
	if err != nil {
		return nil, err
	}
	now := time.Now().UnixMilli()
	return slices.DeleteFunc(all, func(t access.Token) bool {
		return t.Board == "" || t.Expires != 0 && t.Expires <= now || !meant(t)
	}), nil
}

// deleteShare ends a link, and what is open on it.
func (a *API) deleteShare(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	found, err := a.shares(r.Context(), func(t access.Token) bool {
		return t.ID == id && a.may(r.Context(), callerOf(r), access.Need{Right: access.Board, Class: access.Boards, Name: t.Board})
	})
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return refuse(http.StatusNotFound, "no such link: GET /api/v1/boards/{board}/shares lists those of a board")
	}
	if _, err := a.Access.Revoke(r.Context(), id); err != nil {
		return err
	}
	err = a.Gate.Keyring.Reload(r.Context()) // first: noting may take its time
	a.note(r, "share.revoke", found[0].Board, "link "+id)
	if err != nil {
		return fmt.Errorf("end what is open on a share link: %w", err)
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// getShared leads whoever opens a link to its board. What they may without it stays theirs.
func (a *API) getShared(w http.ResponseWriter, r *http.Request) error {
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("X-Robots-Tag", "noindex")
	secret := r.PathValue("secret")
	if a.Gate != nil {
		link, is := a.Gate.Link(secret)
		if is && a.shown(r.Context(), link) == nil {
			is = false // its board is gone
		}
		if !is {
			if wantsHTML(r) {
				sendWords(w, http.StatusNotFound, words{Title: "This link shows nothing", Detail: "It has ended, or is not whole. Whoever sent it can make another one."})
				return nil
			}
			return refuse(http.StatusNotFound, "this link has ended, or is not whole: whoever sent it can make another one")
		}
		// Lax, not strict: the link stands in a message on another site, from where a
		// browser takes no strict cookie along to the board. Nothing is changed with it.
		http.SetCookie(w, &http.Cookie{Name: auth.LinkCookie, Value: secret, Path: "/", Expires: link.Until,
			HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: encrypted(r)})
		http.Redirect(w, r, "/b/"+link.Board, http.StatusSeeOther)
		return nil
	}
	return refuse(http.StatusNotFound, "there are no share links here: everybody may look")
}
