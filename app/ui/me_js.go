package ui

import (
	"context"
	"time"

	"telltale/app/live"
	"telltale/shared/access"
)

// Doubts tells whether what the viewer may is not known, or from what was kept.
func (s *stage) Doubts() bool {
	return !mine.Open && !mine.SignedIn && len(mine.Scopes) == 0 || telltale().Call("cached").Bool()
}

// Me asks what the viewer may.
func (s *stage) Me() (access.Me, error) {
	ctx, cancel := context.WithTimeout(s.ctx, 5*time.Second)
	defer cancel()
	return live.Browser{}.Me(ctx)
}

// SignIn leaves for where a token is shown, SignOut for good.
func (s *stage) SignIn()  { telltale().Call("signIn") }
func (s *stage) SignOut() { telltale().Call("signOut") }
