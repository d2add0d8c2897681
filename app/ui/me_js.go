package ui

import (
	"context"
	"slices"
	"syscall/js"
	"time"

	"telltale/app/live"
	"telltale/shared/access"
)

// Doubts tells whether what the viewer may is not known, or from what was kept.
func (s *stage) Doubts() bool { return unknown() || telltale().Call("cached").Bool() }

// unknown tells whether nobody has said yet who the viewer is.
func unknown() bool {
	return !mine.Open && !mine.SignedIn && mine.Board == "" && len(mine.Scopes) == 0
}

// Me asks what the viewer may.
func (s *stage) Me() (access.Me, error) {
	ctx, cancel := context.WithTimeout(s.ctx, 5*time.Second)
	defer cancel()
	return live.Browser{}.Me(ctx)
}

// recognize asks, when somebody comes back to the page, who they are by now: another tab may have signed in. A page of
// somebody else begins anew; what is edited or written is kept for whom it was.
func (s *stage) recognize() {
	if mine.Open || unknown() || s.hand.recognizing {
		return
	}
	s.hand.recognizing = true
	go func() {
		me, err := s.Me()
		s.hand.recognizing = false
		if err == nil && notMine(&me) {
			s.hand.unsaved = false
			js.Global().Get("location").Call("reload")
		}
	}()
}

// Call makes a request.
func (s *stage) Call(method, path, body string) (answer, refused string) {
	ctx, cancel := context.WithTimeout(s.ctx, 10*time.Second)
	defer cancel()
	of, err := live.Fetch(ctx, live.Request{Method: method, Path: path, Body: body})
	if err != nil {
		return "", "The server does not answer."
	}
	return of.Body, refusal(of.Status, of.Body, nil)
}

// SignIn leaves for where a token is shown.
func (s *stage) SignIn() { telltale().Call("signIn") }

// SignOut has the server end the cookie, and the page begin anew without it.
func (s *stage) SignOut() { telltale().Call("signOut") }

// notMine tells whether what was kept is of somebody else than the viewer.
func notMine(kept *access.Me) bool {
	if kept == nil {
		return !mine.Open
	}
	return kept.User != mine.User || kept.Board != mine.Board || kept.Open != mine.Open || !slices.Equal(kept.Scopes, mine.Scopes)
}
