package ui

import (
	"context"
	"math/rand/v2"
	"slices"
	"strconv"
	"syscall/js"
	"time"

	"telltale/app/canvas"
	"telltale/app/live"
	"telltale/shared/metric"
	"telltale/shared/scene"
	"telltale/shared/series"
)

func init() { browser = newStage() }

// stage owns all that moves on the page. Everything runs on the browser's one
// thread; nothing here waits while it holds anything.
type stage struct {
	viewer  *live.Viewer
	known   func()          // tell go-app that other metrics are known
	reboard func(id string) // tell the page that its board changed
	toTell  bool            // it has been asked to, and has not yet run
	since   time.Time       // what is shown before the first contact was true then

	ctx    context.Context // ends with the page
	user   string
	hidden bool // nobody looks at the page
	count  bool // the title is about to count
	logs   map[*Log]*logView
	look   live.Look      // what the place shows
	extra  map[string]int // logs of each room, whether the place names it or not
	groups map[*Members]*membersView

	cards map[*Card]*stageCard
	nth   map[int]watched            // by the number its element carries
	last  int                        // number given
	of    map[metric.ID][]*stageCard // which cards show a metric; nil when it has to be made anew
	tape  scene.Tape
	clock zones

	drawing bool        // an animation frame is asked for
	next    *time.Timer // asks for one when time has moved a chart by a pixel
	draw    js.Func
	inSight js.Value // IntersectionObserver
	sized   js.Value // ResizeObserver
	said    live.State
	ran     runList
	hand    handsView
	kept    keeper
	wall    *wallView // nil before the first wallboard
	ahead   []string  // patterns that are watched before they are shown
	screen  screenView
	breath  breath
	sight   sight
	time    clockwork
	hides   hiding // what legends hide; nil before the first look
}

// watched is what the stage is told of when it comes into sight or changes its size.
type watched interface {
	show(visible bool)
	resize(width, height float64)
}

func newStage() *stage {
	return &stage{ctx: context.Background(), cards: map[*Card]*stageCard{}, nth: map[int]watched{}, clock: zones{},
		logs: map[*Log]*logView{}, groups: map[*Members]*membersView{}, extra: map[string]int{}}
}

// Viewer is the page's connection; nil before the first Open.
func (s *stage) Viewer() *live.Viewer { return s.viewer }

// Open watches what a place shows. The first call starts everything that runs for
// as long as the page does.
func (s *stage) Open(look live.Look, first Island, known func()) {
	if s.viewer == nil {
		s.Breathe()
	}
	s.known, s.look, s.ahead = known, look, nil
	s.screen.page = nil
	s.opened(look)
	look = s.looks()
	if s.viewer != nil {
		s.viewer.Look(s.ctx, look)
		s.viewer.Retell()
		s.all()
		return
	}
	s.viewer = live.NewViewer(live.Browser{}, look, s.changed)
	s.viewer.As(s.User())
	s.remember(first)
	s.beScreen()
	s.observe()
	s.paintTheme()
	s.Breathe()
	time.AfterFunc(time.Millisecond, s.listen)
	go s.viewer.Run(s.ctx)
	go s.tick(s.ctx)
	s.all()
}

// remember shows what the server put in the page or, where that is older, what was
// kept when the page was last open: what did not come from the server now is not known to
// hold, until there is contact.
func (s *stage) remember(first Island) {
	ago := asked()
	s.since = time.Now().Add(-max(ago, 0))
	for name, of := range first.Rooms {
		log := Log{Room: name, Early: of}
		s.viewer.RememberRoom(first.Epoch, name, of.First, of.Last, log.messages(), of.Members)
	}
	if kept, ok := s.kept.read(); ok && ago < 0 {
		if kept.Now > first.Now {
			kept.Base, first = first.Base, kept
		}
		s.since = time.UnixMilli(first.Now - kept.Ahead)
	}
	snap := series.Snapshot{Seq: 1, Time: first.Now, Stale: first.Stale, Values: map[metric.ID]series.Point{}, Written: first.Written}
	for _, m := range first.Metrics {
		if m.Head.Seq > 0 && s.look.To == 0 {
			snap.Values[m.ID] = series.Point{Time: m.Head.Time, Value: m.Head.Value}
		}
	}
	s.viewer.Remember(first.Metrics, snap, ago)
}

// changed is called by the viewer for all that comes.
func (s *stage) changed(c live.Change) {
	if c.Room != "" {
		s.roomChanged(c.Room)
		return
	}
	if c.Known && !s.toTell && s.known != nil {
		s.toTell = true
		time.AfterFunc(100*time.Millisecond, func() {
			if s.toTell = false; s.known != nil { // the page may be another by now
				s.known()
			}
		})
	}
	if c.All || c.Metrics == nil {
		s.all()
		s.tellContact()
		return
	}
	if s.of == nil {
		s.index()
	}
	for id := range c.Metrics {
		for _, st := range s.of[id] {
			st.dirty = true
		}
	}
	s.ask()
}

func (s *stage) index() {
	s.of = map[metric.ID][]*stageCard{}
	for card, st := range s.cards {
		for _, m := range card.Shown {
			s.of[m.ID] = append(s.of[m.ID], st)
		}
	}
}

// all marks every card.
func (s *stage) all() {
	for _, st := range s.cards {
		st.dirty = true
	}
	for _, lv := range s.logs {
		lv.dirty = true
	}
	for _, mv := range s.groups {
		mv.dirty = true
	}
	s.ask()
}

// ask asks for one animation frame, however often it is called before that comes.
func (s *stage) ask() {
	if s.drawing || s.draw.IsUndefined() {
		return
	}
	s.drawing = true
	js.Global().Call("requestAnimationFrame", s.draw)
}

// frame brings what is in sight up to date. A browser gives no animation frames to
// a hidden tab, so nothing is drawn there.
func (s *stage) frame() {
	s.drawing = false
	began := time.Now()
	wait := time.Hour
	late := false
	s.viewer.See(func(set *series.Set, now int64, contact live.Contact) {
		stale := s.stale(contact)
		s.screen.painted = now
		for _, st := range s.cards {
			if st.restructured {
				st.find()
			}
			if !st.visible || st.width == 0 {
				continue
			}
			if s.breath.starting() && st.paints == nil && time.Since(began) > breathAfter {
				late = true // the server's drawing stays for another frame; what is written does not
				s.tell(st, contact, stale)
				continue
			}
			pixel := time.Duration(s.when().ms) * time.Millisecond / time.Duration(st.width)
			if st.dirty || st.stale != stale || now-st.drawn >= pixel.Milliseconds() {
				s.paint(st, set, now, contact, stale)
			}
			wait = min(wait, pixel)
		}
	})
	s.drawRooms()
	s.tellTime()
	s.screen.frames++
	s.drew(time.Since(began))
	s.next.Reset(max(wait, 50*time.Millisecond))
	if late {
		s.ask()
	}
}

func (s *stage) paint(st *stageCard, set *series.Set, now int64, contact live.Contact, stale bool) {
	st.dirty, st.stale, st.drawn = false, stale, now
	s.tell(st, contact, stale)
	unread := func(m metric.Metric) bool { return !s.viewer.Read(m.ID) }
	if set.Epoch == "" || slices.ContainsFunc(st.card.Shown, unread) {
		return // not told yet, which is not as if there were no samples: the server's drawing stays
	}
	st.card.input(&st.in, set, now, now, s.clock.at)
	s.trusts(st, &st.in, now, contact, stale)
	st.in.From, st.in.To = s.window(now)
	for i, m := range st.card.Shown {
		st.in.Series[i].Hidden = st.hides[m.ID]
	}
	st.chart.Draw(&s.tape, &st.in, st.width, st.height)
	st.painter().Paint(&s.tape)
	st.writeChanges()
}

// tell writes what a card says in words and numbers.
func (s *stage) tell(st *stageCard, contact live.Contact, stale bool) {
	st.write(s.viewer)
	s.trust(st, contact, stale)
}

// Mount takes a card over.
func (s *stage) Mount(c *Card) {
	s.of = nil
	s.last++
	st := &stageCard{card: c, number: s.last, hides: s.hidesOf(c.Panel.ID)}
	s.cards[c], s.nth[s.last] = st, st
	st.mount(s)
	s.near(st)
	s.ask()
}

// Update takes notice that a card shows something else; go-app has not changed the
// page yet, the next animation frame finds it changed.
func (s *stage) Update(c *Card) {
	s.of = nil
	if st := s.cards[c]; st != nil {
		st.dirty, st.restructured, st.hides = true, true, s.hidesOf(c.Panel.ID)
	}
	s.gather()
	s.ask()
}

// Dismount lets go of a card.
func (s *stage) Dismount(c *Card) {
	st := s.cards[c]
	if st == nil {
		return
	}
	delete(s.cards, c)
	delete(s.nth, st.number)
	s.of = nil
	s.sight.observer.Call("unobserve", st.plot)
	s.gather()
	st.dismount(s)
}

// paintTheme takes the colours that now hold.
func (s *stage) paintTheme() {
	palette := &scene.Light
	if telltale().Call("dark").Bool() {
		palette = &scene.Dark
	}
	canvas.SetPalette(palette)
	s.all()
}

// Copy puts a text on the clipboard.
func (s *stage) Copy(text string) { telltale().Call("copy", text) }

// telltale is what web/first.js gives.
func telltale() js.Value { return js.Global().Get("telltale") }

// Post sends a mutation with a key of its own.
func (s *stage) Post(method, path, body string) string {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if s.viewer.Moment().At != 0 {
		return "Not counted: what is shown is the past"
	}
	key := strconv.FormatUint(rand.Uint64(), 36) + strconv.FormatUint(rand.Uint64(), 36)
	answer, err := live.Fetch(ctx, live.Request{Method: method, Path: path, Body: body, Key: key})
	return refusal(answer.Status, answer.Body, err)
}
