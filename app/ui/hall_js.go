package ui

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"strconv"
	"syscall/js"
	"time"

	"telltale/app/live"
	"telltale/shared/room"
	"telltale/shared/wire"
)

// membersView is what the stage keeps of a list of members.
type membersView struct {
	members     *Members
	list, count js.Value
	rest        js.Value
	dirty       bool
}

// MountMembers takes a list over.
func (s *stage) MountMembers(m *Members) {
	root := nodeOf(m)
	find := func(selector string) js.Value { return root.Call("querySelector", selector) }
	s.groups[m] = &membersView{members: m, list: find(".names"), count: find(".count"), rest: find(".rest")}
	s.drawMembers(s.groups[m])
}

// UpdateMembers takes notice that a list may be another room's.
func (s *stage) UpdateMembers(m *Members) {
	if mv := s.groups[m]; mv != nil {
		mv.dirty = true
		s.ask()
	}
}

// DismountMembers lets go of a list.
func (s *stage) DismountMembers(m *Members) { delete(s.groups, m) }

func (s *stage) drawMembers(mv *membersView) {
	mv.dirty = false
	s.viewer.SeeRoom(mv.members.Room, func(r *live.Room, _ int64, _ live.Contact) {
		if r == nil {
			return
		}
		users := len(r.Members)
		if !r.Joined {
			users = max(users, mv.members.Early.Users)
		}
		text, _ := json.Marshal(namesOf(r.Members, s.user))
		lines().Call("names", mv.list, string(text))
		mv.count.Set("textContent", countOf(users))
		mv.rest.Set("textContent", restOf(users))
	})
}

// roomChanged marks what shows a room, and counts in the title what is said while
// nobody looks.
func (s *stage) roomChanged(name string) {
	for _, lv := range s.logs {
		lv.dirty = lv.dirty || lv.name == name
	}
	if s.hidden && !s.count {
		s.count = true
		time.AfterFunc(300*time.Millisecond, func() {
			s.count = false
			for _, lv := range s.logs {
				s.tellTitle(lv)
			}
		})
	}
	for _, mv := range s.groups {
		mv.dirty = mv.dirty || mv.members.Room == name
	}
	s.ask()
}

// drawRooms brings logs and lists in sight up to date.
func (s *stage) drawRooms() {
	for _, lv := range s.logs {
		if lv.dirty && lv.visible {
			s.drawLog(lv)
		}
	}
	for _, mv := range s.groups {
		if mv.dirty {
			s.drawMembers(mv)
		}
	}
}

// tellTitle writes the number of unseen lines before the page's title.
func (s *stage) tellTitle(lv *logView) {
	if lv.log.Small {
		return
	}
	unseen := uint64(0)
	if s.hidden {
		s.viewer.SeeRoom(lv.name, func(r *live.Room, _ int64, _ live.Contact) {
			if r != nil && r.Last > lv.mark {
				unseen = r.Last - max(lv.mark, r.First-1)
			}
		})
	}
	title := lv.name
	if lv.log.Title != "" {
		title = lv.log.Title
	}
	title = plain(title + " · Telltale")
	if unseen > 0 {
		title = "(" + grouped(unseen) + ") " + title
	}
	if document := js.Global().Get("document"); document.Get("title").String() != title {
		document.Set("title", title)
	}
}

// looksAway notes where everything was seen up to; looksAgain goes on from there.
func (s *stage) looksAway() {
	for _, lv := range s.logs {
		s.noteSeen(lv)
	}
}

func (s *stage) looksAgain() {
	for _, lv := range s.logs {
		lv.dirty = true
		s.tellTitle(lv)
	}
	s.ask()
}

// noteSeen keeps what was seen of a room: all where the end is in sight.
func (s *stage) noteSeen(lv *logView) {
	if lv.log.Small || lv.last < lv.first {
		return
	}
	bottom, last := lv.bottom, lv.last
	if lv.early { // what the server drew stands at its end
		bottom, last = lv.log.Early.Last, max(last, lv.log.Early.Last)
	}
	lv.mark = min(max(bottom, lv.mark), last)
	telltale().Call("setSeen", lv.name, float64(lv.mark))
}

func (s *stage) seen(name string) uint64 { return uint64(telltale().Call("seen", name).Float()) }

// User is the person's name on this machine; a guest's until they choose one.
func (s *stage) User() string {
	if mine.User != "" {
		return mine.User // whatever they would choose
	}
	if s.user != "" {
		return s.user
	}
	if kept := telltale().Call("user"); kept.Type() == js.TypeString && room.CheckUser(kept.String()) == nil {
		s.user = kept.String()
		return s.user
	}
	s.user = "guest-" + strconv.FormatUint(36*36*36+rand.Uint64N(35*36*36*36), 36)
	telltale().Call("setUser", s.user)
	return s.user
}

// SetUser takes another name, in other tabs too.
func (s *stage) SetUser(name string) {
	telltale().Call("setUser", name)
	s.renamed(name)
}

func (s *stage) renamed(name string) {
	if name == s.user || room.CheckUser(name) != nil {
		return
	}
	s.user = name
	s.viewer.As(name)
	s.all()
}

// Rooms asks for the list of rooms.
func (s *stage) Rooms() ([]wire.RoomRow, error) {
	ctx, cancel := context.WithTimeout(s.ctx, 5*time.Second)
	defer cancel()
	return live.Browser{}.Rooms(ctx)
}
