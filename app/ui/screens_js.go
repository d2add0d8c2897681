package ui

import (
	"context"
	"math"
	"strings"
	"syscall/js"
	"time"

	"telltale/app/live"
	"telltale/shared/wire"
)

// namedFor is how long a screen says large which one it is.
const namedFor = 5 * time.Second

// screenView is what the stage knows of the page as a screen.
type screenView struct {
	page    *BoardPage // nil on pages that are no board
	frames  int        // drawn since the last word
	told    time.Time  // when that was
	painted int64      // the last frame, by the server's clock
	sized   *time.Timer
	named   *time.Timer
}

// Shows tells which board the page is. Opening another place forgets it.
func (s *stage) Shows(p *BoardPage) {
	s.screen.page = p
	s.viewer.Retell()
}

// beScreen has the server know the page. Call it before the viewer runs.
func (s *stage) beScreen() {
	s.screen.told = time.Now()
	s.screen.sized = time.AfterFunc(time.Hour, s.viewer.Retell)
	s.screen.named = time.AfterFunc(time.Hour, func() { nameTag("") })
	js.Global().Call("addEventListener", "resize", js.FuncOf(func(js.Value, []js.Value) any {
		s.screen.sized.Reset(300 * time.Millisecond)
		return nil
	}))
	s.viewer.Screen(s.describe, s.heed)
	go s.summarize()
}

// describe is the page's word of itself.
func (s *stage) describe() wire.Screen {
	window := js.Global()
	word := wire.Screen{
		ID: telltale().Call("screen").String(), Width: window.Get("innerWidth").Int(), Height: window.Get("innerHeight").Int(),
		Painted: s.screen.painted, Build: build(),
	}
	if past := time.Since(s.screen.told).Seconds(); past > 0 {
		word.FPS = math.Round(10*min(float64(s.screen.frames)/past, 240)) / 10
	}
	s.screen.frames, s.screen.told = 0, time.Now()
	if p := s.screen.page; p != nil && !p.at.large {
		word.Board, word.Wall, word.Name = p.at.board.ID, p.at.wall.on, p.at.wall.name
	}
	if word.Check() != nil {
		return wire.Screen{ID: word.ID} // a name that is too long, an id from elsewhere
	}
	return word
}

// heed does what the server tells this screen.
func (s *stage) heed(o wire.Order) {
	switch o.Do {
	case wire.DoReload:
		reload()
	case wire.DoIdentify:
		nameTag(o.Name)
		s.screen.named.Reset(namedFor)
	case wire.DoShow:
		if s.wall.host(o.Board) {
			return
		}
		path := boardPath(o.Board)
		if p := s.screen.page; p != nil && p.at.wall.on {
			path += p.at.wall.query()
		}
		js.Global().Call("goappNav", path)
	case wire.DoBoard:
		s.boardChanged(o.Board)
	}
}

// nameTag says large what the screen is called, or no longer does.
func nameTag(name string) {
	document := js.Global().Get("document")
	if tag := document.Call("getElementById", "name-tag"); tag.Truthy() {
		tag.Call("remove")
	}
	if name == "" {
		return
	}
	tag := document.Call("createElement", "p")
	tag.Set("id", "name-tag")
	tag.Call("setAttribute", "role", "status")
	tag.Set("textContent", "This screen is "+strings.TrimSpace(name))
	document.Get("body").Call("append", tag)
}

// Screens asks for all open screens and all boards.
func (s *stage) Screens() ([]wire.ScreenRow, []wire.BoardRow, error) {
	ctx, cancel := context.WithTimeout(s.ctx, 5*time.Second)
	defer cancel()
	rows, err := live.Browser{}.Screens(ctx)
	if err != nil {
		return nil, nil, err
	}
	boards, err := live.Browser{}.Boards(ctx)
	return rows, boards, err
}

// This is the id of this screen, and the build of its app.
func (s *stage) This() (id, of string) { return telltale().Call("screen").String(), build() }
