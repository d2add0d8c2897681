package access

// Share is a link that shows one board to whoever opens it, as it is listed: its secret is
// told once, to who makes it.
type Share struct {
	ID      string `json:"id"`
	By      string `json:"by"` // the user who made it
	Created int64  `json:"created"`
	Expires int64  `json:"expires"`
}

// Shared answers who makes a link.
type Shared struct {
	ID      string `json:"id,omitempty"` // "" where everybody may look anyway
	URL     string `json:"url"`
	Expires int64  `json:"expires,omitempty"`
}

// Audit is a page of the events, the newest first.
type Audit struct {
	Events []Event `json:"events"`
	Next   uint64  `json:"next,omitempty"` // before which older ones are; 0 where there are none
}
