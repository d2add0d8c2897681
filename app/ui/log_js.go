package ui

import (
	"encoding/json"
	"strconv"
	"syscall/js"
	"time"

	"telltale/app/live"
	"telltale/shared/ansi"
	"telltale/shared/room"
)

// usualHeight is that of a line of one row, and how far beyond what is in sight
// lines are there already.
const (
	usualHeight = 22
	beyond      = 300
)

// foot is the space below the last line; .early .lines in web/app.css has it too.
const foot = 8

// mostLines is how many lines a page lets one scroll through: a browser's boxes have
// an end (17 million pixels in Firefox).
const mostLines = 500_000

// logView is what the stage keeps of a log: of up to 500,000 lines those in sight are
// on the page, and the rest is empty space as high as they would be.
type logView struct {
	log             *Log
	name            string
	number          int
	root, scroll    js.Value
	tall, box       js.Value
	end, news       js.Value
	heights         heights
	drawn           map[string]line // what stands on the page
	tail            float64         // height of what waits, below the last line
	width, height   float64
	placed, boxed   float64 // heights that were set
	follow          bool    // the end is kept in sight
	away            uint64  // the last line when the end was left
	dirty, visible  bool
	early           bool            // what stands there is the server's
	whole           map[string]bool // long lines that are shown whole
	made            map[uint64]made // of what stands on the page
	joined          joined          // as of the last drawing
	held            bool            // the end is not followed, though it is in sight
	since           uint64          // lines before it are left out
	target          uint64          // the line that a link named
	jump            uint64          // a line to bring into sight
	found           finding
	mark            uint64    // what was seen up to here, before this visit
	told            uint64    // a screen reader was told of lines up to here
	said            time.Time // when
	onScroll, onTap js.Func
	onKey           js.Func
	first, last     uint64 // as of the last drawing
	bottom          uint64 // the last line in sight
	nothing         bool
}

// MountLog takes a log over. It is drawn at once, in the same task that mounts it:
// nothing flashes.
func (s *stage) MountLog(l *Log) {
	s.last++
	lv := &logView{log: l, name: l.Room, number: s.last, follow: true, visible: true, dirty: true,
		heights: heights{usual: usualHeight}, whole: map[string]bool{}, drawn: map[string]line{}}
	s.logs[l], s.nth[s.last] = lv, lv
	lv.root = nodeOf(l)
	find := func(selector string) js.Value { return lv.root.Call("querySelector", selector) }
	lv.scroll, lv.tall, lv.box, lv.end, lv.news = find(".scroll"), find(".tall"), find(".lines"), find(".end"), find(".news")
	lv.onScroll = js.FuncOf(func(js.Value, []js.Value) any { lv.scrolled(); s.ask(); return nil })
	lv.onTap = js.FuncOf(func(_ js.Value, args []js.Value) any { s.tapped(lv, args[0]); return nil })
	lv.onKey = js.FuncOf(func(_ js.Value, args []js.Value) any { s.pressed(lv, args[0]); return nil })
	lv.scroll.Call("addEventListener", "keydown", lv.onKey)
	lv.scroll.Call("addEventListener", "scroll", lv.onScroll, map[string]any{"passive": true})
	lv.scroll.Call("addEventListener", "click", lv.onTap)
	if !l.Small {
		lv.mark = s.seen(l.Room)
		lv.goTo(fragment())
	}
	lv.early = lv.root.Get("classList").Call("contains", "early").Bool()
	if lv.early && len(l.Early.Messages) == 0 {
		lines().Call("draw", lv.box, "[]") // of another time
	}
	s.visit(lv.name, 1)
	lv.root.Set("telltaleCard", lv.number)
	s.inSight.Call("observe", lv.root)
	s.sized.Call("observe", lv.root)
	s.drawLog(lv)
}

// UpdateLog takes notice that a log is another room's.
func (s *stage) UpdateLog(l *Log) {
	if lv := s.logs[l]; lv != nil && lv.name != l.Room {
		s.DismountLog(l)
		s.MountLog(l)
	}
}

// DismountLog lets go of a log.
func (s *stage) DismountLog(l *Log) {
	lv := s.logs[l]
	if lv == nil {
		return
	}
	s.noteSeen(lv)
	lv.found.stop()
	s.visit(lv.name, -1)
	lv.scroll.Call("removeEventListener", "scroll", lv.onScroll)
	lv.scroll.Call("removeEventListener", "click", lv.onTap)
	lv.scroll.Call("removeEventListener", "keydown", lv.onKey)
	lv.onKey.Release()
	lv.onScroll.Release()
	lv.onTap.Release()
	s.inSight.Call("unobserve", lv.root)
	s.sized.Call("unobserve", lv.root)
	lines().Call("draw", lv.box, "[]")
	delete(s.logs, l)
	delete(s.nth, lv.number)
}

func lines() js.Value { return js.Global().Get("telltaleLines") }

// Follow shows the end of a room's log.
func (s *stage) Follow(room string) {
	for _, lv := range s.logs {
		if lv.name == room {
			lv.follow, lv.held, lv.dirty = true, false, true
		}
	}
	s.ask()
}

func (lv *logView) show(visible bool) { lv.visible, lv.dirty = visible, true }

func (lv *logView) resize(float64, float64) { lv.dirty = true }

// scrolled notes whether the end is in sight: then it is followed.
func (lv *logView) scrolled() {
	lv.dirty = true
	if lv.early {
		return
	}
	left := lv.scroll.Get("scrollHeight").Float() - lv.scroll.Get("scrollTop").Float() - lv.scroll.Get("clientHeight").Float()
	switch atEnd := left < 8; {
	case atEnd:
		lv.follow = !lv.held
	case lv.follow:
		lv.follow, lv.away = false, lv.last
	}
}

// pressed takes Home and End: a browser glides there, and would miss the end that
// moves while lines on the way are measured.
func (s *stage) pressed(lv *logView, event js.Value) {
	switch event.Get("key").String() {
	case "Home":
		lv.follow, lv.away = false, lv.last
		lv.scroll.Set("scrollTop", 0)
	case "End":
		lv.follow, lv.held = true, false
	default:
		return
	}
	event.Call("preventDefault")
	lv.dirty = true
	s.ask()
}

// tapped hears the buttons in lines.
func (s *stage) tapped(lv *logView, event js.Value) {
	if link := event.Get("target").Call("closest", "a.number"); link.Truthy() {
		event.Call("preventDefault") // and go-app does not hear of it
		event.Call("stopPropagation")
		js.Global().Get("history").Call("replaceState", js.Null(), "", link.Get("hash"))
		lv.target, lv.dirty = fragment(), true
		s.ask()
		return
	}
	button := event.Get("target").Call("closest", "button[data-act]")
	if !button.Truthy() {
		return
	}
	key := button.Call("closest", ".line").Get("dataset").Get("key").String()
	switch button.Get("dataset").Get("act").String() {
	case "whole":
		if lv.whole[key] {
			delete(lv.whole, key)
		} else if len(lv.whole) < 50 {
			lv.whole[key] = true
		}
	case "again":
		s.viewer.Retry(s.ctx, lv.name, key)
	case "discard":
		s.viewer.Discard(lv.name, key)
	}
	lv.dirty = true
	s.ask()
}

// drawLog brings a log up to date. Drawing tells how high the lines are; where that
// moves something into sight that is not there yet, it draws again.
func (s *stage) drawLog(lv *logView) {
	lv.dirty = false
	lv.height = lv.scroll.Get("clientHeight").Float()
	if width := lv.scroll.Get("clientWidth").Float(); width != lv.width {
		lv.width = width
		lv.heights.forget()
	}
	if lv.height == 0 {
		return
	}
	var from, to uint64
	s.viewer.SeeRoom(lv.name, func(r *live.Room, _ int64, _ live.Contact) {
		if r == nil {
			return
		}
		back := 0.0 // how far what the server drew was scrolled up
		if lv.early {
			if back = -lv.scroll.Get("scrollTop").Float(); back > 0 && lv.jump == 0 {
				lv.follow, lv.away = false, lv.log.Early.Last
			}
			lv.early = false
			lv.root.Get("classList").Call("remove", "early")
		}
		lv.reach(r)
		top := lv.scroll.Get("scrollTop").Float()
		anchor := lv.heights.at(top)
		within := top - lv.heights.before(anchor)
		if lv.jump != 0 && lv.last >= lv.first && (lv.last >= lv.jump || r.Joined) {
			anchor, within = min(max(lv.jump, lv.first), lv.last), -lv.height/3
			lv.follow, lv.jump, lv.away, back = false, 0, lv.last, 0
		}
		for range 4 {
			switch {
			case lv.follow:
				top = lv.heights.total() + lv.tail + foot - lv.height
			case back > 0:
				top = lv.heights.before(min(lv.away, lv.last)+1) + foot - lv.height - back
			default:
				top = lv.heights.before(anchor) + within
			}
			f, t := lv.sight(top)
			if back > 0 {
				t = lv.last // all that it is measured from
			}
			if from != 0 && f >= from && t <= to {
				break
			}
			from, to = f, t
			lv.lay(r, from, to, s)
		}
		lv.place(from)
		if now := lv.scroll.Get("scrollTop").Float(); lv.follow || now-top > 1 || top-now > 1 {
			lv.scroll.Set("scrollTop", max(top, 0))
		}
		lv.bottom = min(lv.heights.at(max(top, 0)+lv.height-1), lv.last)
		if row, is := lv.joined.rows[lv.bottom]; is {
			lv.bottom = row.last
		}
	})
	if from != 0 && to >= from {
		s.viewer.Want(lv.name, max(blockOf(from), lv.first), to)
	}
	lv.tellEnd()
	s.tellNews(lv)
}

// Said is when the newest message of a room was said, ms since 1970; 0 where that is not known.
func (s *stage) Said(room string) (at int64) {
	s.viewer.SeeRoom(room, func(r *live.Room, _ int64, _ live.Contact) {
		if r != nil && r.Last >= r.First {
			if m, has := r.At(r.Last); has {
				at = m.Time
			}
		}
	})
	return at
}

// reach takes notice of the lines there are.
func (lv *logView) reach(r *live.Room) {
	first, last := r.First, r.Last
	if last+1 > first+mostLines {
		first = last + 1 - mostLines
	}
	if last < lv.last { // another store's life
		lv.away, lv.mark, lv.told = 0, 0, 0
		lv.made = nil
	}
	first = max(first, min(lv.since, last+1))
	lv.first, lv.last = first, last
	lv.heights.span(first, last)
	nothing := last < first && len(r.Waiting) == 0 && r.Refused == "" && (r.Joined || lv.log.Early.First > 0)
	if nothing != lv.nothing || lv.root.Get("dataset").Get("empty").Truthy() != nothing {
		lv.nothing = nothing
		if nothing {
			lv.root.Get("dataset").Set("empty", "yes")
		} else {
			lv.root.Get("dataset").Delete("empty")
		}
	}
}

// sight is which lines are to be on the page where it is scrolled to top.
func (lv *logView) sight(top float64) (from, to uint64) {
	if lv.last < lv.first {
		return lv.first, lv.last
	}
	return lv.heights.at(max(top-beyond, 0)), lv.heights.at(top + lv.height + beyond)
}

// lay puts the lines on the page and measures them.
func (lv *logView) lay(r *live.Room, from, to uint64, s *stage) {
	list := make([]line, 0, to+1-from+uint64(len(r.Waiting)))
	seqs := make([]uint64, 0, to+1-from)
	making := make(map[uint64]made, to+1-from)
	style := lv.style(r, from)
	lv.joined = join(r.At, from, to)
	for seq := from; seq <= to; seq++ {
		if lv.joined.row(seq) != seq {
			lv.heights.hide(seq)
			continue
		}
		m, has := r.At(seq)
		if !has {
			style = ansi.Style{}
		}
		whole, last := lv.joined.whole(m)
		making[seq] = lv.make(whole, seq, last, has, style, s.clock.at)
		list = append(list, lv.line(r, m, seq, making[seq].line, s.clock.at))
		seqs = append(seqs, seq)
		style = making[seq].end
	}
	lv.made = making
	if to == lv.last {
		for _, w := range r.Waiting {
			list = append(list, lineWaiting(w, s.User(), r.Joined, s.clock.at))
		}
		if r.Refused != "" {
			list = append(list, line{Key: "refused", Text: capital(r.Refused), Kind: "line note"})
		}
	}
	drawn := make(map[string]line, len(list))
	for i, l := range list {
		drawn[l.Key] = l
		if lv.drawn[l.Key] == l {
			list[i] = line{Key: l.Key}
		}
	}
	lv.drawn = drawn
	text, _ := json.Marshal(list)
	measured := lines().Call("draw", lv.box, string(text), lv.found.text)
	if to == lv.last {
		lv.tail = 0
	}
	for i := range list {
		px := measured.Index(i).Float()
		if i < len(seqs) {
			lv.heights.set(seqs[i], px)
		} else {
			lv.tail += px
		}
	}
}

// made is a line that was made of a message: what need not be done again for as long as
// it stands on the page.
type made struct {
	of, end ansi.Style // at its beginning and its end
	time    int64      // of the message; 0 where it was not read
	last    uint64     // piece that stands in its row
	whole   bool
	line    line
}

// make makes a line that follows on a style; last is the last piece in it.
func (lv *logView) make(m room.Message, seq, last uint64, has bool, style ansi.Style, zone func(int64) int) made {
	if !has {
		return made{of: style, end: style, line: lineUnread(seq)}
	}
	whole := len(lv.whole) > 0 && lv.whole[strconv.FormatUint(seq, 10)]
	if was, is := lv.made[seq]; is && was.time == m.Time && was.last == last && was.of == style && was.whole == whole {
		return was
	}
	of := made{of: style, end: style, time: m.Time, last: last, whole: whole}
	start := style
	if !carries(m) {
		start = ansi.Style{}
	}
	var end ansi.Style
	if lv.log.Small {
		of.line, end = lineSmall(m, start, zone)
	} else {
		of.line, end = lineOf(m, whole, start, zone)
	}
	if carries(m) {
		of.end = end
	}
	return of
}

// mostBack is how many lines are looked through for the style that one begins in.
const mostBack = 500

// style is the one that a line begins in: what the lines before it, as far as they were
// read, have left.
func (lv *logView) style(r *live.Room, seq uint64) (style ansi.Style) {
	if was, is := lv.made[seq]; is && was.time != 0 {
		return was.of
	}
	back := seq
	for back > lv.first && seq-back < mostBack {
		if _, has := r.At(back - 1); !has {
			break
		}
		back--
		if was, is := lv.made[back]; is && was.time != 0 {
			style = was.of
			break
		}
	}
	for ; back < seq; back++ {
		if m, _ := r.At(back); carries(m) {
			style = ansi.After(m.Content, style)
		}
	}
	return style
}

// line adds to a line what stands above it.
func (lv *logView) line(r *live.Room, m room.Message, seq uint64, l line, zone func(int64) int) line {
	if lv.log.Small {
		return l
	}
	if before, has := r.At(seq - 1); m.Seq == seq && (has || seq == lv.first) {
		l.Day = day(m.Time, before.Time, zone)
	}
	switch {
	case seq != lv.first:
	case lv.since == seq:
		l.Head = "Only what is new from here on"
	default:
		l.Head = gone(seq)
	}
	if lv.log.Run && m.Seq == seq {
		l.Number = l.Key
	}
	if seq == lv.joined.row(lv.target) {
		l.Kind += " target"
	}
	if seq == lv.joined.row(lv.found.at) {
		l.Kind += " hit"
	}
	if seq == lv.joined.row(lv.mark+1) && lv.mark >= lv.first {
		l.Mark = "New"
	}
	return l
}

// lineUnread stands for a message that is on its way from the history.
func lineUnread(seq uint64) line {
	return line{Key: strconv.FormatUint(seq, 10), Text: "…", Kind: "line unread"}
}

// place puts the lines where they belong.
func (lv *logView) place(from uint64) {
	if all := lv.heights.total() + lv.tail + foot; all != lv.placed {
		lv.placed = all
		lv.tall.Get("style").Set("height", strconv.FormatFloat(all, 'f', 2, 64)+"px")
	}
	if above := lv.heights.before(from); above != lv.boxed {
		lv.boxed = above
		lv.box.Get("style").Set("transform", "translateY("+strconv.FormatFloat(above, 'f', 2, 64)+"px)")
	}
}

// tellEnd offers the way back to the end where that is out of sight.
func (lv *logView) tellEnd() {
	lv.end.Set("hidden", lv.follow)
	text := "To the end"
	if lv.last > lv.away && lv.away > 0 {
		text = grouped(lv.last-lv.away) + " new"
	}
	setText(lv.end.Call("querySelector", "span"), text)
	lv.tellTools()
}

// tellNews tells a screen reader what was said, every two seconds at most.
func (s *stage) tellNews(lv *logView) {
	if lv.told == 0 {
		lv.told = lv.last
	}
	if lv.log.Small || lv.last <= lv.told || time.Since(lv.said) < 2*time.Second {
		return
	}
	text := many(lv.last-lv.told, "new message")
	s.viewer.SeeRoom(lv.name, func(r *live.Room, _ int64, _ live.Contact) {
		if m, has := r.At(lv.last); has {
			spans, _ := ansi.Line(m.Content, ansi.Style{})
			begun, _ := clip(spans, 200, mostBreaks)
			if text = textOf(begun); m.Sender != "" {
				text = m.Sender + ": " + text
			}
			if n := lv.last - lv.told; n > 1 {
				text = many(n, "new message") + ", the last: " + text
			}
		}
	})
	lv.told, lv.said = lv.last, time.Now()
	lv.news.Set("textContent", text)
}
