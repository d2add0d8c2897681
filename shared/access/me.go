package access

import "slices"

// Me is what a caller may, as the caller is told: by GET /api/v1/me, and by each page.
type Me struct {
	User     string   `json:"user,omitempty"` // the sender of what they say; "" for none, or one of their choice
	Open     bool     `json:"open"`           // everybody may do everything here
	SignedIn bool     `json:"signed_in"`      // they showed who they are
	Expires  int64    `json:"expires,omitempty"`
	Scopes   []string `json:"scopes,omitempty"` // each as ParseScopes reads it
	Board    string   `json:"board,omitempty"`  // of a share link, which reads what this board shows
}

// Has tells whether they have a right over anything at all.
func (m Me) Has(right Right) bool {
	return m.Open || slices.ContainsFunc(m.Scopes, func(text string) bool {
		s, err := ParseScopes(text)
		return err == nil && (s[0].Right == right || s[0].Right == Admin)
	})
}

// May tells whether they may do what is needed, as far as they are told. What a share link
// reads besides its scopes is known where its board is.
func (m Me) May(n Need) bool {
	if m.Open {
		return true
	}
	for _, text := range m.Scopes {
		if s, err := ParseScopes(text); err == nil && s.May(n) { // one of a later version gives nothing here
			return true
		}
	}
	return false
}
