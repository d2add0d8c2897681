package wire

import (
	"fmt"
	"strconv"

	"telltale/shared/room"
)

// Join asks to be a member of a room.
type Join struct {
	ID     string `json:"id,omitempty"`
	RoomID string `json:"room_id"`
	UserID string `json:"user_id,omitempty"` // may be left out where the connection has a name
	Since  *Since `json:"since,omitempty"`   // absent for only what is new
}

// Since is the seq after which a member wants messages: 0 for all that are kept,
// which JSON may also write as "all".
type Since uint64

// UnmarshalJSON reads a seq or "all".
func (s *Since) UnmarshalJSON(b []byte) error {
	if string(b) == `"all"` {
		*s = 0
		return nil
	}
	n, err := strconv.ParseUint(string(b), 10, 64)
	if err != nil {
		return fmt.Errorf(`%w: "since" is "all" or a seq`, ErrBadMessage)
	}
	*s = Since(n)
	return nil
}

// Joined answers a Join: what was said after since follows it, then what is new.
type Joined struct {
	ID      string `json:"id,omitempty"`
	RoomID  string `json:"room_id"`
	Seq     uint64 `json:"seq"`     // of the room's newest message
	Members int    `json:"members"` // users, this one too
}

// Leave asks to be no member any more.
type Leave struct {
	ID     string `json:"id,omitempty"`
	RoomID string `json:"room_id"`
}

// Left answers a Leave; nothing of the room follows it.
type Left struct {
	ID     string `json:"id,omitempty"`
	RoomID string `json:"room_id"`
}

// Broadcast says something to all members of a room. Its answer is the message
// as every member gets it, with the ID for the one who sent it.
type Broadcast struct {
	ID      string  `json:"id,omitempty"`
	RoomID  string  `json:"room_id"`
	Content *string `json:"content"`       // at most room.MaxContent bytes
	Key     string  `json:"key,omitempty"` // idempotency key: who sends again after a cut says it once
}

// Direct says something to every connection of one user. It is not kept.
type Direct struct {
	ID      string  `json:"id,omitempty"`
	UserID  string  `json:"user_id"`
	Content *string `json:"content"` // at most room.MaxContent bytes
}

// Directed is a Direct as its user gets it.
type Directed struct {
	Sender  string `json:"sender"`
	Content string `json:"content"`
	Time    int64  `json:"time"` // ms since 1970
}

// AskPresence asks who is in a room.
type AskPresence struct {
	ID     string `json:"id,omitempty"`
	RoomID string `json:"room_id"`
}

// Presence is who is in a room, sorted by name. It comes unasked, without ID, to
// a member that missed who came and went, and replaces what that knew.
type Presence struct {
	ID      string   `json:"id,omitempty"`
	RoomID  string   `json:"room_id"`
	Members []Member `json:"members"`
}

// Member is a user in a room.
type Member struct {
	UserID      string `json:"user_id"`
	Connections int    `json:"connections"`
}

// MemberJoined tells the other members of a user's first connection.
type MemberJoined struct {
	RoomID string `json:"room_id"`
	UserID string `json:"user_id"`
}

// MemberLeft tells the other members that a user's last connection is gone.
type MemberLeft struct {
	RoomID string `json:"room_id"`
	UserID string `json:"user_id"`
}

// Gap says that From to To, both included, did not come live. What follows it
// tells the rest: the message From, where they are sent again, or a later one,
// where they are not.
type Gap struct {
	RoomID string `json:"room_id"`
	From   uint64 `json:"from"`
	To     uint64 `json:"to"`
}

func (Join) kind() string         { return TypeJoin }
func (Joined) kind() string       { return TypeJoined }
func (Leave) kind() string        { return TypeLeave }
func (Left) kind() string         { return TypeLeft }
func (Broadcast) kind() string    { return TypeBroadcast }
func (Direct) kind() string       { return TypeDirect }
func (Directed) kind() string     { return TypeDirect }
func (AskPresence) kind() string  { return TypePresence }
func (Presence) kind() string     { return TypePresence }
func (MemberJoined) kind() string { return TypeMemberJoined }
func (MemberLeft) kind() string   { return TypeMemberLeft }
func (Gap) kind() string          { return TypeGap }

// Said is a room's message as the server sends it.
type Said struct {
	ID      string      `json:"id,omitempty"` // of the Broadcast, for the one who sent it
	RoomID  string      `json:"room_id"`
	Content string      `json:"content"`
	Sender  string      `json:"sender"`
	Seq     uint64      `json:"seq"`
	Time    int64       `json:"time"` // ms since 1970
	Stream  room.Stream `json:"stream,omitempty"`
	Open    bool        `json:"open,omitempty"` // a piece of a line: the stream's next message goes on with it
}

// Message is what was said.
func (s Said) Message() room.Message {
	return room.Message{Room: s.RoomID, Seq: s.Seq, Time: s.Time, Sender: s.Sender, Stream: s.Stream, Content: s.Content, Open: s.Open}
}

// AppendSaid writes m as every member gets it, a Said; id is that of the
// Broadcast it answers, for the one who sent it, otherwise "". It is written by
// hand because a replay is thousands of them.
func AppendSaid(b []byte, m room.Message, id string) []byte {
	b = append(b, `{"type":"broadcast"`...)
	if id != "" {
		b = appendString(append(b, `,"id":`...), id)
	}
	b = appendString(append(b, `,"room_id":`...), m.Room)
	b = appendString(append(b, `,"content":`...), m.Content)
	b = appendString(append(b, `,"sender":`...), m.Sender)
	b = strconv.AppendUint(append(b, `,"seq":`...), m.Seq, 10)
	b = strconv.AppendInt(append(b, `,"time":`...), m.Time, 10)
	if m.Stream != "" {
		b = appendString(append(b, `,"stream":`...), string(m.Stream))
	}
	if m.Open {
		b = append(b, `,"open":true`...)
	}
	return append(b, '}')
}

// Row is what was said as a room's history lists it.
func Row(m room.Message) MessageRow {
	return MessageRow{Seq: m.Seq, Content: m.Content, Sender: m.Sender, Time: m.Time, Stream: m.Stream, Open: m.Open}
}

// MessageRow is a message as a room's history lists it.
type MessageRow struct {
	Seq     uint64      `json:"seq"`
	Content string      `json:"content"`
	Sender  string      `json:"sender"`
	Time    int64       `json:"time"`
	Stream  room.Stream `json:"stream,omitempty"`
	Open    bool        `json:"open,omitempty"` // as Said has it
}
