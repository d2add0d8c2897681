package hub_test

import (
	"fmt"

	"telltale/server/hub"
	"telltale/shared/room"
)

// A chat. A connection has an outbox, a name, and a member in each of its rooms;
// whoever writes to its peer waits for the outbox's Ready and then does what hear
// does here.
func Example_chat() {
	h, seq := hub.New("", 0, nil), uint64(0)
	enter := func(user string) *hub.Outbox {
		out := hub.NewOutbox()
		_ = h.Enter(out, user)
		member, _ := h.Join(out, "lobby")
		member.Start(seq)
		return out
	}
	say := func(sender, content string) {
		seq++
		h.Say([]room.Message{{Room: "lobby", Seq: seq, Sender: sender, Content: content}})
	}
	hear := func(user string, out *hub.Outbox) {
		for member := out.Due(); member != nil; member = out.Due() {
			switch e := member.Next(); {
			case e.Said != nil:
				fmt.Printf("%s hears %s: %s\n", user, e.Said.Sender, e.Said.Content)
			case e.Presence != nil:
				fmt.Printf("%s hears %s\n", user, e.Presence)
			}
		}
	}
	alice, bob := enter("alice"), enter("bob")
	say("bob", "hi")
	h.Exit(bob)
	say("alice", "bye")
	hear("alice", alice)
	fmt.Println("in the lobby:", h.Presence("lobby"))
	// Output:
	// alice hears {"type":"member_joined","room_id":"lobby","user_id":"bob"}
	// alice hears bob: hi
	// alice hears {"type":"member_left","room_id":"lobby","user_id":"bob"}
	// alice hears alice: bye
	// in the lobby: [{alice 1}]
}

// One who comes late, or reads too slowly, is given what is in the room's ring;
// what is older is Missed, and read from wherever it is kept: here a slice.
func ExampleMember_Caught() {
	h := hub.New("", 0, nil)
	var kept []room.Message
	for seq := range uint64(1000) {
		kept = append(kept, room.Message{Room: "log", Seq: seq + 1})
	}

	out := hub.NewOutbox()
	member, _ := h.Join(out, "log")
	member.Reach(uint64(len(kept))) // asked for after Join: nothing falls between
	member.Start(990)               // 0 for all

	h.Say([]room.Message{{Room: "log", Seq: 1001}})
	for due := out.Due(); due != nil; due = out.Due() {
		switch e := due.Next(); {
		case e.Missed != nil:
			page := kept[e.Missed.From-1 : e.Missed.From+4] // no more than five at a time
			fmt.Printf("missed %d to %d, read %d to %d\n", e.Missed.From, e.Missed.To, page[0].Seq, page[4].Seq)
			due.Caught(page[4].Seq)
		case e.Said != nil:
			fmt.Println("said", e.Said.Seq)
		}
	}
	// Output:
	// missed 991 to 1001, read 991 to 995
	// missed 996 to 1001, read 996 to 1000
	// said 1001
}

// What is said to a user reaches every connection of that user, in no room.
func ExampleHub_Direct() {
	h := hub.New("", 0, nil)
	phone, laptop := hub.NewOutbox(), hub.NewOutbox()
	_ = h.Enter(phone, "alice")
	_ = h.Enter(laptop, "alice")
	fmt.Println(h.Direct("alice", []byte("lunch?")))
	message, _ := laptop.Take()
	fmt.Println(string(message))
	// Output:
	// 2 2
	// lunch?
}
