package live

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"telltale/shared/room"
	"telltale/shared/wire"
)

// RememberRoom takes what a page held of a room of that store when the server made
// it. It does nothing once the server was heard.
func (v *Viewer) RememberRoom(epoch, name string, first, last uint64, messages []room.Message, members []wire.Member) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.contact.heard != 0 {
		return
	}
	v.epoch = epoch
	r := v.room(name)
	r.First, r.Last, r.heard, r.known, r.sure = max(first, 1), last, last, true, true
	r.Members, r.Present = members, true
	for _, m := range messages {
		r.put(m, leastBytes)
	}
}

// As gives the person a name, under which rooms are joined. A connection has one
// name, so another one takes another connection.
func (v *Viewer) As(user string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.user == user {
		return
	}
	v.user = user
	if v.socket != nil {
		v.hurry = true
		v.socket.Close()
	}
}

// User is the person's name.
func (v *Viewer) User() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.user
}

// SeeRoom calls see with a room, the time that it is as of, and how things stand; with nil for a room that is
// not looked at. see must not wait.
func (v *Viewer) SeeRoom(name string, see func(r *Room, now int64, contact Contact)) {
	v.mu.Lock()
	defer v.mu.Unlock()
	now := time.Now()
	at := v.reached(now)
	see(v.roomShown(name), at, v.contact.at(v.contact.now()))
}

// Want says which messages of a room are looked at, both included. Those that were
// not read are fetched, the newest first.
func (v *Viewer) Want(name string, from, to uint64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	r := v.roomShown(name)
	if r == nil || r.want == [2]uint64{from, to} {
		return
	}
	r.want = [2]uint64{from, to}
	if _, any := r.missing(); any {
		signal(v.wanted)
	}
}

// ErrWaiting refuses a line where too many are not acknowledged.
var ErrWaiting = errors.New("not sent: the server has not taken the last lines yet")

// Say says a line in a room that is looked at, as soon as there is a connection
// and once, whatever becomes of that. It refuses what no server would take.
func (v *Viewer) Say(ctx context.Context, name, content string) error {
	if len(content) > room.MaxContent {
		return fmt.Errorf("not sent: it is %d bytes long, %d are allowed", len(content), room.MaxContent)
	}
	v.mu.Lock()
	r := v.rooms[name]
	if r == nil || len(r.Waiting) >= mostWaiting {
		v.mu.Unlock()
		return ErrWaiting
	}
	w := Waiting{
		Key:     strconv.FormatUint(rand.Uint64(), 36) + strconv.FormatUint(rand.Uint64(), 36),
		Content: content, Time: time.Now().Add(v.contact.skew).UnixMilli(),
	}
	r.Waiting = append(slices.Clone(r.Waiting), w)
	v.mu.Unlock()
	v.say(ctx, r, w)
	v.change(Change{Room: name})
	return nil
}

// Retry says a refused line again, Discard gives it up.
func (v *Viewer) Retry(ctx context.Context, name, key string) {
	v.mu.Lock()
	r := v.rooms[name]
	var again Waiting
	if r != nil && r.refused(key, "") {
		again = r.Waiting[slices.IndexFunc(r.Waiting, func(w Waiting) bool { return w.Key == key })]
	}
	v.mu.Unlock()
	if again.Key != "" {
		v.say(ctx, r, again)
		v.change(Change{Room: name})
	}
}

// Discard gives a line of ours up.
func (v *Viewer) Discard(name, key string) {
	v.mu.Lock()
	if r := v.rooms[name]; r != nil {
		r.acknowledged(key)
	}
	v.mu.Unlock()
	v.change(Change{Room: name})
}

// say sends a line where its room is joined; otherwise joining does.
func (v *Viewer) say(ctx context.Context, r *Room, w Waiting) {
	v.mu.Lock()
	socket := v.socket
	ready := socket != nil && r.Joined && w.Refused == ""
	v.mu.Unlock()
	if ready {
		v.send(ctx, socket, wire.Encode(wire.Broadcast{ID: w.Key, RoomID: r.Name, Content: &w.Content, Key: w.Key}))
	}
}

// room is a room that is looked at, made where it is not there. The caller holds mu.
func (v *Viewer) room(name string) *Room {
	r := v.rooms[name]
	if r == nil {
		r = newRoom(name)
		v.rooms[name] = r
	}
	r.leaving = false
	return r
}

// visit makes v.rooms those of the look, and joins and leaves what that takes.
// Rooms where lines wait are left when those are gone.
func (v *Viewer) visit(ctx context.Context) {
	v.mu.Lock()
	socket, welcome := v.socket, v.welcome
	var join []*Room
	for _, name := range v.look.Rooms {
		if v.rooms[name] == nil {
			join = append(join, v.room(name))
		}
		v.rooms[name].leaving = false
	}
	var leave []string
	for name, r := range v.rooms {
		if slices.Contains(v.look.Rooms, name) {
			continue
		}
		if r.leaving = true; len(r.Waiting) == 0 {
			delete(v.rooms, name)
			leave = append(leave, name)
		}
	}
	v.mu.Unlock()
	if socket == nil || !welcome {
		return // joining follows the welcome
	}
	for _, name := range leave {
		v.send(ctx, socket, wire.Encode(wire.Leave{RoomID: name}))
	}
	for _, r := range join {
		v.join(ctx, socket, r)
	}
}

// joinID is the id of a join of that room.
const joinID = "join "

func (v *Viewer) join(ctx context.Context, socket Socket, r *Room) {
	v.mu.Lock()
	j := wire.Join{ID: joinID + r.Name, RoomID: r.Name, UserID: v.user}
	if r.known {
		since := wire.Since(r.heard)
		j.Since = &since
	}
	v.mu.Unlock()
	v.send(ctx, socket, wire.Encode(j))
}

// joinAll joins every room on a connection that was just welcomed.
func (v *Viewer) joinAll(ctx context.Context, socket Socket) {
	v.mu.Lock()
	var all []*Room
	for _, name := range v.look.Rooms {
		all = append(all, v.room(name))
	}
	for name, r := range v.rooms {
		if !slices.Contains(v.look.Rooms, name) {
			r.leaving = true
			all = append(all, r)
		}
	}
	v.mu.Unlock()
	for _, r := range all {
		v.join(ctx, socket, r)
	}
}

// hearRoom takes a message that is about a room.
func (v *Viewer) hearRoom(ctx context.Context, socket Socket, kind string, message []byte) {
	switch kind {
	case wire.TypeBroadcast:
		v.hearSaid(ctx, message)
	case wire.TypeJoined:
		v.hearJoined(ctx, socket, message)
	case wire.TypePresence:
		var p wire.Presence
		v.about(message, &p, func() string { return p.RoomID }, func(r *Room) { r.Members, r.Present = p.Members, true })
	case wire.TypeMemberJoined:
		var m wire.MemberJoined
		v.about(message, &m, func() string { return m.RoomID }, func(r *Room) { r.came(m.UserID) })
	case wire.TypeMemberLeft:
		var m wire.MemberLeft
		v.about(message, &m, func() string { return m.RoomID }, func(r *Room) { r.went(m.UserID) })
	case wire.TypeGap:
		// What it names is sent again, or fetched when somebody looks at it.
	}
}

// about reads a message and lets do change its room.
func (v *Viewer) about(message []byte, into any, name func() string, do func(r *Room)) {
	if wire.Decode(message, into) != nil {
		return
	}
	v.mu.Lock()
	r := v.rooms[name()]
	if r != nil {
		do(r)
	}
	v.mu.Unlock()
	if r != nil {
		v.change(Change{Room: r.Name})
	}
}

func (v *Viewer) hearSaid(ctx context.Context, message []byte) {
	said, err := wire.ReadSaid(message)
	if err != nil {
		return
	}
	v.mu.Lock()
	r := v.rooms[said.RoomID]
	if r == nil || said.Seq == 0 {
		v.mu.Unlock()
		return
	}
	hole := said.Seq > r.Last+1
	r.put(said.Message(), max(mostBytes/len(v.rooms), leastBytes))
	r.heard, r.known = max(r.heard, said.Seq), true
	if said.ID != "" {
		r.acknowledged(said.ID)
	}
	done := r.leaving && len(r.Waiting) == 0
	v.mu.Unlock()
	if done {
		v.visit(ctx)
	}
	if hole {
		signal(v.wanted)
	}
	v.change(Change{Room: said.RoomID})
}

func (v *Viewer) hearJoined(ctx context.Context, socket Socket, message []byte) {
	var j wire.Joined
	if wire.Decode(message, &j) != nil {
		return
	}
	v.mu.Lock()
	r := v.rooms[j.RoomID]
	if r == nil {
		v.mu.Unlock()
		return
	}
	if j.Seq < r.Last {
		r.reset() // another life: all that is kept follows
		r.known = true
	}
	if !r.known {
		r.heard, r.known = j.Seq, true
	}
	r.Last = max(r.Last, j.Seq)
	r.Joined, r.Refused = true, ""
	waiting := r.Waiting
	_, hole := r.missing()
	hole = hole || !r.sure
	v.mu.Unlock()
	v.send(ctx, socket, wire.Encode(wire.AskPresence{RoomID: j.RoomID}))
	for _, w := range waiting {
		v.say(ctx, r, w)
	}
	if hole {
		signal(v.wanted)
	}
	v.change(Change{Room: j.RoomID})
}

// hearError tells whether an error answers what was asked of a room.
func (v *Viewer) hearError(message []byte) bool {
	var e wire.Error
	if wire.Decode(message, &e) != nil || e.ID == "" {
		return false
	}
	v.mu.Lock()
	var of *Room
	if name, is := strings.CutPrefix(e.ID, joinID); is && v.rooms[name] != nil {
		of = v.rooms[name]
		of.Joined, of.Refused = false, e.Detail
	}
	for _, r := range v.rooms {
		if r.refused(e.ID, e.Detail) {
			of = r
		}
	}
	v.mu.Unlock()
	if of == nil {
		return false
	}
	v.change(Change{Room: of.Name})
	return true
}

// saidPrefix is how the server begins what was said; see framePrefix.
var saidPrefix = []byte(`{"type":"broadcast",`)

func isSaid(message []byte) bool { return bytes.HasPrefix(message, saidPrefix) }
