package wire

import "telltale/shared/room"

// RoomRow is a room as GET /api/v1/rooms lists it.
type RoomRow struct {
	RoomID   string `json:"room_id"`
	Seq      uint64 `json:"seq"`      // of the newest message; 0 where nothing was said
	Messages uint64 `json:"messages"` // that are kept
	Time     int64  `json:"time"`     // of the newest message, ms since 1970; 0 where nothing was said
	Members  int    `json:"members"`  // users who are there
}

// ReadSaid reads a Said by a cursor: a room that somebody's command talks in has
// thousands a second, which the browser decodes between two animation frames.
func ReadSaid(b []byte) (s Said, err error) {
	c := cursor{b: b}
	s.RoomID = c.row(&s.ID, &s.Content, &s.Sender, &s.Seq, &s.Time, &s.Stream, &s.Open)
	return s, c.end()
}

// ReadRows reads a room's history as GET /api/v1/rooms/{room}/messages answers it.
func ReadRows(b []byte) (rows []MessageRow, err error) {
	c := cursor{b: b}
	c.array(func(int) {
		var r MessageRow
		var id string
		c.row(&id, &r.Content, &r.Sender, &r.Seq, &r.Time, &r.Stream, &r.Open)
		rows = append(rows, r)
	})
	return rows, c.end()
}

// row reads the fields of one message and answers its room.
func (c *cursor) row(id, content, sender *string, seq *uint64, time *int64, stream *room.Stream, open *bool) (name string) {
	c.object(func(key []byte) {
		switch string(key) {
		case "id":
			*id = string(c.str())
		case "room_id":
			name = string(c.str())
		case "content":
			*content = string(c.str())
		case "sender":
			*sender = string(c.str())
		case "seq":
			*seq = c.uint()
		case "time":
			*time = c.int()
		case "stream":
			*stream = room.Stream(c.str())
		case "open":
			*open = c.bool()
		default:
			c.skip(0)
		}
	})
	return name
}

// Message is the row as a message of the room.
func (r MessageRow) Message(name string) room.Message {
	return room.Message{Room: name, Seq: r.Seq, Time: r.Time, Sender: r.Sender, Stream: r.Stream, Content: r.Content, Open: r.Open}
}
