package journey

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// settled is true once no log on the page waits for what it shows.
const settled = `![...document.querySelectorAll(".log")].some((log) => log.querySelector(".unread"))`

// talker is somebody who talks in a room over a socket of their own.
type talker struct {
	t    *testing.T
	conn *websocket.Conn
	room string
}

// dialRoom joins a room.
func dialRoom(s *server, room, user string) *talker {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), wait)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, s.url+"/ws", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	p := &talker{s.t, conn, room}
	p.send(map[string]any{"type": "join", "id": "1", "room_id": room, "user_id": user})
	p.hear("joined")
	return p
}

func (p *talker) send(message any) {
	p.t.Helper()
	text, err := json.Marshal(message)
	if err != nil {
		p.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(p.t.Context(), wait)
	defer cancel()
	if err := p.conn.Write(ctx, websocket.MessageText, text); err != nil {
		p.t.Fatal(err)
	}
}

// hear reads until a message of that type with an id comes.
func (p *talker) hear(kind string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), wait)
	defer cancel()
	for {
		_, text, err := p.conn.Read(ctx)
		if err != nil {
			p.t.Fatal(err)
		}
		var message struct{ Type, ID, Detail string }
		_ = json.Unmarshal(text, &message)
		switch {
		case message.Type == "error":
			p.t.Fatalf("%s", text)
		case message.Type == kind && message.ID != "":
			return
		}
	}
}

func (p *talker) say(content string) {
	p.t.Helper()
	p.send(map[string]any{"type": "broadcast", "id": fmt.Sprint(time.Now().UnixNano()), "room_id": p.room, "content": content})
	p.hear("broadcast")
}

func (p *talker) close() { _ = p.conn.CloseNow() }
