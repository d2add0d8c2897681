package access

import "testing"

func TestWhoIsToldWhatTheyMayIsToldWhatTheScopesSay(t *testing.T) {
	some := Me{SignedIn: true, Scopes: []string{"read:orders*", "room:build", "later:what", "board:*"}}
	for _, c := range []struct {
		me   Me
		need Need
		want bool
	}{
		{Me{}, Need{Right: Read}, false},
		{Me{Open: true}, Need{Right: Admin, Class: Boards, Name: "home"}, true},
		{some, Need{Right: Read, Class: Metrics, Name: "orders.open"}, true},
		{some, Need{Right: Read, Class: Metrics, Name: "payroll"}, false},
		{some, Need{Right: Read, Class: Metrics}, false}, // all of them
		{some, Need{Right: Write, Class: Metrics, Name: "orders"}, false},
		{some, Need{Right: Room, Class: Rooms, Name: "build"}, true},
		{some, Need{Right: Read, Class: Rooms, Name: "build"}, true},
		{some, Need{Right: Board, Class: Boards, Name: "shop"}, true},
		{Me{SignedIn: true, Scopes: []string{"admin:*"}}, Need{Right: Run, Class: Commands, Name: "deploy"}, true},
	} {
		if got := c.me.May(c.need); got != c.want {
			t.Errorf("%+v of %+v: %t", c.need, c.me, got)
		}
	}
	for right, want := range map[Right]bool{Read: true, Room: true, Board: true, Write: false, Run: false, Admin: false} {
		if some.Has(right) != want {
			t.Errorf("%s over anything: %t", right, !want)
		}
	}
}
