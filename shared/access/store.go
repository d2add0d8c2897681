package access

import (
	"context"
	"errors"
)

// The ways a Store refuses.
var (
	ErrTaken   = errors.New("a token of that name exists: revoke it first, or take another name")
	ErrNoToken = errors.New("no token has that name or id")
	ErrMany    = errors.New("no more tokens can be kept: revoke some")
	ErrName    = errors.New("a token's name has 1 to 128 bytes of UTF-8 that can be seen, no spaces around it, and no other one has it")
)

// Store keeps tokens and the audit. Several processes may have one open. The contract,
// which storetest enforces line by line:
//
//	A1. Add keeps a token, unless one of its name or id is kept that has not expired
//	    (ErrTaken), or MaxTokens are (ErrMany); one that has makes place.
//	A2. Revoke takes a token away by its name or id and answers it, or ErrNoToken.
//	A3. Tokens are all that are kept, sorted by name, with all that was kept of them.
//	A4. Version changes with each Add and Revoke of any process, and is cheap to ask.
//	A5. Note keeps an event under the next Seq; Events gives the newest first, those
//	    before a seq (0: from the newest), at most limit. MaxEvents are kept at least
//	    while no more than that were noted; the oldest go.
//	A6. What was answered is durable, and seen by all processes that ask later.
type Store interface {
	Add(ctx context.Context, t Token) error
	Revoke(ctx context.Context, nameOrID string) (Token, error)
	Tokens(ctx context.Context) ([]Token, error)
	Version(ctx context.Context) (uint64, error)
	Note(ctx context.Context, e Event) error
	Events(ctx context.Context, before uint64, limit int) ([]Event, error)
}
