package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"telltale/shared/metric"
)

// The types of messages a client sends.
const (
	TypeWatch     = "watch"
	TypeUnwatch   = "unwatch"
	TypeMutate    = "mutate"
	TypePing      = "ping"
	TypeJoin      = "join"
	TypeLeave     = "leave"
	TypeBroadcast = "broadcast" // the server's, too
	TypeDirect    = "direct"    // the server's, too
	TypePresence  = "presence"  // the server's, too
)

// The types of messages the server sends.
const (
	TypeWelcome  = "welcome"
	TypeSnapshot = "snapshot"
	TypeFrame    = "frame"
	TypeMutated  = "mutated"
	TypePong     = "pong"
	TypeError    = "error"
	TypeGoodbye  = "goodbye"

	TypeJoined       = "joined"
	TypeLeft         = "left"
	TypeMemberJoined = "member_joined"
	TypeMemberLeft   = "member_left"
	TypeGap          = "gap"
)

// The codes of an Error.
const (
	CodeBadMessage   = "bad_message"
	CodeUnknownType  = "unknown_type"
	CodeBadName      = "bad_name"
	CodeNotJoined    = "not_joined"
	CodeNoSuchUser   = "no_such_user"
	CodeUserMismatch = "user_mismatch"
	CodeTooLarge     = "too_large"
	CodeRefused      = "refused"
	CodeUnauthorized = "unauthorized"
	CodeForbidden    = "forbidden"
	CodeRateLimited  = "rate_limited"
	CodeUnavailable  = "unavailable"
)

// The codes a connection is closed with (RFC 6455, section 7.4.1, and the IANA
// registry of WebSocket close codes for 1012, 1013 and 3000).
const (
	CloseProtocol    = 1002 // a frame that breaks the protocol
	CloseNotText     = 1003 // a binary message
	CloseNotUTF8     = 1007 // a text message that is not UTF-8
	CloseNoHeartbeat = 1008 // a policy of ours: no pong came, or one who shows no token asked for nothing
	CloseTooBig      = 1009 // a message over --max-message
	CloseRestart     = 1012 // the server drains: reconnect
	CloseTryLater    = 1013 // a reader that stayed full

	CloseUnauthorized = 3000 // the token was revoked, or its time is over
)

// Rates are the frames a second a watch may ask for; DefaultRate where it asks for none.
var Rates = [...]int{1, 5, 10, 20}

// What a watch that does not say gets.
const (
	DefaultRate   = 10
	DefaultRange  = 5 * 60 * 1000 // ms
	DefaultPoints = 300
)

// Envelope is what every message has.
type Envelope struct {
	Type string `json:"type"`
	ID   string `json:"id,omitempty"` // of the request; comes back in its answer
}

// Message is one of the structs below that encoding/json writes.
type Message interface{ kind() string }

// Watch asks for a snapshot and then frames of a board's or of named metrics. A
// later watch on the same connection replaces the one before.
type Watch struct {
	ID      string   `json:"id,omitempty"`
	Board   string   `json:"board,omitempty"`
	Metrics []string `json:"metrics,omitempty"`  // names and globs
	RangeMS int64    `json:"range_ms,omitempty"` // how far back history reaches
	Points  int      `json:"points,omitempty"`   // rows a metric at most, 1 to series.MaxPoints
	Rate    int      `json:"rate,omitempty"`     // one of Rates
	Since   *uint64  `json:"since,omitempty"`    // seq of the last frame or snapshot the client has
	Epoch   string   `json:"epoch,omitempty"`    // of that seq
	Have    []string `json:"have,omitempty"`     // with Since: the metrics it has history of up to there, where those are not all; the others' comes whole
	Clock   bool     `json:"clock,omitempty"`    // the snapshot tells the time, and when values were written that do not tell
	To      int64    `json:"to,omitempty"`       // ms since 1970: the range ends there, values are as of then, and no frames follow; 0 is now, live
}

// Unwatch ends the watch; it has no answer.
type Unwatch struct {
	ID string `json:"id,omitempty"`
}

// Mutate asks for one add or one set.
type Mutate struct {
	ID     string   `json:"id,omitempty"`
	Metric string   `json:"metric"`
	Add    *float64 `json:"add,omitempty"`
	Set    *float64 `json:"set,omitempty"`
	Time   *int64   `json:"time,omitempty"` // ms since 1970
	Key    string   `json:"key,omitempty"`  // idempotency key
}

// Ping asks for a Pong: a heartbeat for clients that cannot send WebSocket pings.
type Ping struct {
	ID    string `json:"id,omitempty"`
	Clock bool   `json:"clock,omitempty"` // its Pong tells the time and Known
}

// Welcome is the first message of a connection.
type Welcome struct {
	Session string `json:"session"`
	Epoch   string `json:"epoch"`
	Time    int64  `json:"time"` // the server's, ms since 1970
	Version string `json:"version"`
	User    string `json:"user"`
}

// Mutated answers a Mutate.
type Mutated struct {
	ID string `json:"id,omitempty"`
	metric.Sample
}

// Pong answers a Ping.
type Pong struct {
	ID    string `json:"id,omitempty"`
	Time  int64  `json:"time,omitempty"`  // the server's, ms since 1970
	Known uint64 `json:"known,omitempty"` // another number than before: metrics were made, declared or removed
	Stale int64  `json:"stale,omitempty"` // ms since values were heard of last, where what they are kept in is out of reach
}

// Error says why a request was not done; the connection stays.
type Error struct {
	ID     string `json:"id,omitempty"`
	Code   string `json:"code"`
	Detail string `json:"detail"` // a sentence a person can act on
}

// Goodbye says that the server drains: reconnect after RetryMS.
type Goodbye struct {
	RetryMS int64 `json:"retry_ms"`
}

func (Watch) kind() string   { return TypeWatch }
func (Unwatch) kind() string { return TypeUnwatch }
func (Mutate) kind() string  { return TypeMutate }
func (Ping) kind() string    { return TypePing }
func (Welcome) kind() string { return TypeWelcome }
func (Mutated) kind() string { return TypeMutated }
func (Pong) kind() string    { return TypePong }
func (Error) kind() string   { return TypeError }
func (Goodbye) kind() string { return TypeGoodbye }

// Encode writes a message with its type. It panics on a number that is not
// finite, which only a caller that skipped validation can bring.
func Encode(m Message) []byte {
	body, err := json.Marshal(m)
	if err != nil {
		panic(fmt.Sprintf("wire: encode %s: %v", m.kind(), err))
	}
	out := make([]byte, 0, len(body)+24)
	out = append(append(append(out, `{"type":"`...), m.kind()...), '"')
	if len(body) > len("{}") {
		out = append(out, ',')
	}
	return append(out, body[1:]...)
}

// ErrBadMessage is wrapped by the errors of the decoders; they are sentences
// that name the place.
var ErrBadMessage = errors.New("not a message")

// Open reads a message's type and id.
func Open(b []byte) (Envelope, error) {
	var e Envelope
	if err := Decode(b, &e); err != nil {
		return e, err
	}
	if e.Type == "" {
		return e, fmt.Errorf(`%w: it has no "type"`, ErrBadMessage)
	}
	return e, nil
}

// Decode reads a message into the struct of its type; unknown fields are ignored.
func Decode(b []byte, into any) error {
	if t := bytes.TrimLeft(b, " \t\r\n"); len(t) > 0 && t[0] != '{' {
		return fmt.Errorf("%w: it is not a JSON object", ErrBadMessage)
	}
	err := json.Unmarshal(b, into)
	if err == nil {
		return nil
	}
	var wrong *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case errors.Is(err, ErrBadMessage):
		return err
	case errors.As(err, &wrong) && wrong.Field != "":
		return fmt.Errorf("%w: %q is a %s, which cannot be read there", ErrBadMessage, wrong.Field, wrong.Value)
	case errors.As(err, &syntax):
		return fmt.Errorf("%w: it is not JSON at byte %d", ErrBadMessage, syntax.Offset)
	}
	return fmt.Errorf("%w: it is not JSON", ErrBadMessage)
}
