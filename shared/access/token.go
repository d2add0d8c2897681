package access

// Token is what is kept of a token: all but the token itself, of which only its hash is.
type Token struct {
	ID      string   `json:"id"`     // public: it names the token in lists, the audit and logs
	Name    string   `json:"name"`   // one token of a name that is not revoked, at most
	User    string   `json:"user"`   // the sender of what is said with it; of a share link who made it, as nothing is said with that
	Scopes  Scopes   `json:"scopes"` // of a share link what it shows at most: what its maker might read
	Hash    [32]byte `json:"-"`      // SHA-256 of the token, which is random: slow hashes are for what people choose
	Created int64    `json:"created"`
	Expires int64    `json:"expires,omitempty"` // 0 never
	Board   string   `json:"board,omitempty"`   // of a share link: what this board shows is all that it may read
}

// MaxTokens is how many are kept; MaxName how long a token's name is, bytes.
const (
	MaxTokens = 10_000
	MaxName   = 128
)

// Event is one line of the audit: who did what.
type Event struct {
	Seq   uint64 `json:"id"`
	Time  int64  `json:"time"`            // ms since 1970
	User  string `json:"by"`              // "" where nobody had shown a token
	Token string `json:"token,omitempty"` // its ID
	From  string `json:"from,omitempty"`  // the address, without its port
	Did   string `json:"action"`          // as "board.put", "token.revoke"
	About string `json:"of"`              // the name of what was changed
	More  string `json:"detail,omitempty"`
}

// MaxEvents is how many events are kept, the newest.
const MaxEvents = 100_000
