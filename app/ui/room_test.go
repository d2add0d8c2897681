package ui

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"telltale/shared/room"
	"telltale/shared/wire"
)

// withRooms fills the rooms of every source of a test.
func withRooms(t *testing.T, rooms map[string]RoomView) {
	t.Helper()
	roomShelf = rooms
	t.Cleanup(func() { roomShelf = nil })
}

func talk() RoomView {
	return RoomView{First: 3, Last: 5, Users: 120,
		Messages: []wire.MessageRow{{Seq: 3, Time: now - 86_400_000, Content: "yesterday"},
			{Seq: 4, Time: now, Sender: "Zoë", Content: "hello"}, {Seq: 5, Time: now, Content: "it failed", Stream: room.Stderr}},
		Members: []wire.Member{{UserID: "Zoë", Connections: 2}, {UserID: "adam", Connections: 1}}}
}

func TestTheFirstPaintOfARoomHoldsItsLinesAndMembers(t *testing.T) {
	withRooms(t, map[string]RoomView{"kitchen": talk()})
	html := page(t, "/r/kitchen")
	for _, want := range []string{">yesterday<", ">hello<", ">Zoë<", "line output stderr", "2 screens", "and 20 more",
		"make 2&gt;&amp;1 | curl -T - localhost:8082/r/kitchen", "curl -N localhost:8082/r/kitchen", `role="log"`, "Messages in kitchen",
		`<title>kitchen · Telltale</title>`, `datetime="2027-01-15T08:00:00.000Z"`, `class="day"`} {
		if !strings.Contains(html, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if n := strings.Count(html, `class="day"`); n != 2 {
		t.Errorf("%d days are named, want 2", n)
	}
	if strings.Contains(html, "data-empty") {
		t.Error("the room is said to be empty")
	}
}

func TestARoomWhereNothingWasSaidSaysHowToBegin(t *testing.T) {
	withRooms(t, map[string]RoomView{"new.room-1:x": {First: 1}})
	html := page(t, "/r/new.room-1:x")
	for _, want := range []string{"data-empty", "Nothing was said here yet", "/r/new.room-1:x"} {
		if !strings.Contains(html, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

func TestNothingInAPageComesFromAMessageAsMarkup(t *testing.T) {
	evil := `"></script><script>alert(1)</script><img src=x onerror=alert(2)>` + "\x1b[31m\u202e'\\true"
	withRooms(t, map[string]RoomView{"evil": {First: 1, Last: 1, Messages: []wire.MessageRow{{Seq: 1, Time: now, Sender: `<b onload="x">\`, Content: evil}},
		Members: []wire.Member{{UserID: `<i>"true"`, Connections: 1}}}, "build": {First: 1, Last: 1, Messages: []wire.MessageRow{{Seq: 1, Time: now, Content: evil}}}})
	for _, path := range []string{"/r/evil", "/"} {
		html := page(t, path)
		body := regexp.MustCompile(`(?s)<script type="application/json".*?</script>`).ReplaceAllString(html, "")
		for _, bad := range []string{"<script>alert", "<img src=x", "<b onload", "<i>", `\"`} {
			if strings.Contains(body, bad) {
				t.Errorf("%s holds %s", path, bad)
			}
		}
		if !wellFormed(html) {
			t.Errorf("%s is not well formed", path)
		}
	}
}

func TestABoardShowsARoomsLinesAndWhoIsThere(t *testing.T) {
	withRooms(t, map[string]RoomView{"build": talk(), "home": {First: 1, Members: []wire.Member{{UserID: "adam", Connections: 1}}, Users: 1}})
	html := page(t, "/", counter("orders", 1))
	for _, want := range []string{`data-kind="log"`, `data-kind="presence"`, ">it failed<", ">adam<", `href="/r/build"`,
		"make 2&gt;&amp;1 | curl -T - localhost:8082/r/build", "curl localhost:8082/api/v1/rooms/home/presence"} {
		if !strings.Contains(html, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

func TestRoomsAreListedTheNewestFirst(t *testing.T) {
	if html := page(t, "/rooms"); !strings.Contains(html, "Pipe a command into a room") {
		t.Error("without a room the page says not how to begin")
	}
	withRooms(t, map[string]RoomView{"build": talk(), "kitchen": talk()})
	html := page(t, "/rooms")
	for _, want := range []string{`href="/r/build"`, `href="/r/kitchen"`, "5 messages", "120 here"} {
		if !strings.Contains(html, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	rows := newest([]wire.RoomRow{{RoomID: "a", Time: 1}, {RoomID: "b", Time: 9}, {RoomID: "c"}, {RoomID: "d", Time: 9}})
	var order strings.Builder
	for _, row := range rows {
		order.WriteString(row.RoomID)
	}
	if order.String() != "bdac" {
		t.Errorf("listed as %s", order.String())
	}
}

func TestTheListOfMembersIsBoundedAndBeginsWithWhoLooks(t *testing.T) {
	var members []wire.Member
	for i := range 500 {
		members = append(members, wire.Member{UserID: fmt.Sprintf("user-%03d", i), Connections: 1 + i%2})
	}
	names := namesOf(members, "user-321")
	if len(names) != mostMembers || names[0].Name != "user-321" || names[0].About != "you, 2 screens" || names[1].Name != "user-000" || names[1].About != "" {
		t.Errorf("%d names, the first %+v and %+v", len(names), names[0], names[1])
	}
	if restOf(500) != "and 400 more" || restOf(mostMembers) != "" {
		t.Errorf("%q and %q", restOf(500), restOf(mostMembers))
	}
}
