package picture

import (
	"strings"

	"telltale/shared/board"
	"telltale/shared/chart"
	"telltale/shared/metric"
	"telltale/shared/room"
	"telltale/shared/run"
	"telltale/shared/series"
	"telltale/shared/wire"
)

// noon is 22 June 2025, 12:00 UTC, in ms.
const noon = 1_750_593_600_000

const quarter = 15 * 60_000

// wave is n values around middle, always the same, from nothing but whole-number arithmetic.
func wave(n int, middle, height float64, seed uint32) []float64 {
	values := make([]float64, n)
	slow, s := 0.0, seed
	for i := range values {
		s = s*1664525 + 1013904223
		slow += float64((float64(s>>16)/65536 - 0.5) * 0.3)
		slow -= float64(slow * 0.04)
		values[i] = middle + float64(height*slow)
	}
	return values
}

// studio makes views.
type studio struct{ View }

func newStudio(title string) *studio {
	return &studio{View{Title: title, Set: series.NewSet(1000, 1000), Moment: chart.Moment{From: noon - quarter, To: noon, Heard: noon}}}
}

// show adds a panel of metrics whose names begin with its id.
func (s *studio) show(p board.Panel, unit string, waves ...[]float64) {
	c := Card{Panel: p}
	for i, w := range waves {
		m := metric.Metric{ID: metric.ID(p.ID + "." + string(rune('a'+i))), Declaration: metric.Declaration{Kind: metric.Gauge, Unit: unit}}
		if p.Kind == board.Bars {
			m.Kind = metric.Counter
		}
		e := &series.Entry{Series: series.NewSeries(1000, 1000)}
		for k, v := range w {
			b := series.Bucket{Time: noon - int64(len(w)-1-k)*1000, Last: v, Min: v, Max: v, Total: v, Count: 1}
			if m.Kind == metric.Counter {
				b.Sum = float64(int(v) % 3)
			}
			e.Series.Add(b)
			e.Head = metric.Head{Time: b.Time, Seq: uint64(k + 1), Value: v}
		}
		m.Head = e.Head
		s.Set.Metrics[m.ID] = e
		c.Shown, c.Titles = append(c.Shown, m), append(c.Titles, []string{"in", "out", "a third one", "web-7", "postgres", "cron", "search", "mail"}[i])
	}
	s.Cards = append(s.Cards, c)
}

func said(lines ...string) (messages []room.Message) {
	for i, line := range lines {
		messages = append(messages, room.Message{Room: "build", Seq: uint64(i + 1), Time: noon - int64(len(lines)-i)*700, Content: line, Stream: room.Stdout})
	}
	return messages
}

// twelve is a board with a panel of each kind.
func twelve() *View {
	s := newStudio("Home")
	number := func(v float64) *float64 { return &v }
	s.show(board.Panel{ID: "cpu", Kind: board.Area, Title: "CPU"}, "percent", wave(900, 42, 20, 3))
	s.show(board.Panel{ID: "load", Kind: board.Line, Title: "Load"}, "", wave(900, 2, 1, 5))
	s.show(board.Panel{ID: "net", Kind: board.Line, Title: "Network"}, "bytes/s", wave(900, 640000, 300000, 1), wave(900, 340000, 200000, 8))
	s.show(board.Panel{ID: "orders", Kind: board.Bars, Title: "Orders"}, "", wave(900, 12, 8, 7))
	s.show(board.Panel{ID: "disk", Kind: board.Stat, Title: "Disk", Unit: "bytes"}, "", wave(900, 9.2e9, 1e9, 4))
	s.show(board.Panel{ID: "fill", Kind: board.Gauge, Title: "Tank", Min: number(0), Max: number(100), Unit: "percent",
		Thresholds: []board.Threshold{{At: 0, Tone: board.Good}, {At: 40, Tone: board.Warn}, {At: 90, Tone: board.Bad}}}, "", wave(900, 52, 10, 9))
	s.show(board.Panel{ID: "many", Kind: board.Area, Title: "Load by service", Stacked: true}, "", wave(900, 20, 4, 1), wave(900, 28, 8, 2), wave(900, 12, 4, 3), wave(900, 44, 8, 4), wave(900, 30, 8, 6))
	s.show(board.Panel{ID: "table", Kind: board.Table, Title: "Services"}, "ms", wave(900, 120, 40, 1), wave(900, 48, 8, 2), wave(900, 12, 4, 3), wave(900, 44, 8, 4))
	s.Cards = append(s.Cards,
		Card{Panel: board.Panel{ID: "build", Kind: board.Log, Title: "Build", Room: "build"}, Messages: said("$ make -j4", "cc -O2 -c main.c", "cc -O2 -c parse.c", "\x1b[33mwarning:\x1b[0m unused variable 'n' in parse.c, a line that is a good deal longer than the card is wide", "cc -O2 -c draw.c", "ld -o shop main.o parse.o draw.o", "\x1b[1;32mok\x1b[0m   shop/cart   0.412s", "\x1b[31mFAIL\x1b[0m shop/checkout   1.204s", "make: *** [test] Error 1")},
		Card{Panel: board.Panel{ID: "ran", Kind: board.Run}, Run: &run.Run{ID: "7", Command: "deploy", State: run.Running, Started: noon - 42_000, Usual: 61_000},
			Messages: said("pull v2.1", "migrate: 3 steps", "\x1b[36mmigrate:\x1b[0m step 1 of 3 done", "migrate: step 2 of 3 done")},
		Card{Panel: board.Panel{ID: "who", Kind: board.Presence, Title: "Looking now", Room: "home"}, Users: 4,
			Members: []wire.Member{{UserID: "alice", Connections: 2}, {UserID: "bob", Connections: 1}, {UserID: "guest-k3j9", Connections: 1}, {UserID: "Zoë", Connections: 1}}},
		Card{Panel: board.Panel{ID: "notes", Kind: board.Text, Title: "Notes", Text: "## On call\n\nThis week **Zoë**, then _Bob_. Ring [the desk](https://desk.example) first.\n\n- restart with `make restart`\n- never on a Friday\n\n> 2 * 3 is 6\n"}})
	return &s.View
}

// hostile is a board on which everything that a client can write tries to leave its place.
func hostile() *View {
	const evil = "<script>alert(1)</script>\x1b[2J\x1b]0;owned\x07\u009b31m\u202e&\"'\r\n\x00"
	s := newStudio(evil)
	s.show(board.Panel{ID: "a", Kind: board.Line, Title: evil}, evil, wave(900, 42, 20, 3), wave(900, 12, 20, 3))
	s.show(board.Panel{ID: "b", Kind: board.Stat, Title: evil}, evil, wave(900, 42, 20, 3))
	s.show(board.Panel{ID: "c", Kind: board.Table, Title: evil}, evil, wave(900, 42, 20, 3), wave(900, 42, 20, 3))
	for i := range s.Cards {
		for k := range s.Cards[i].Titles {
			s.Cards[i].Titles[k] = evil
		}
	}
	s.Cards = append(s.Cards,
		Card{Panel: board.Panel{ID: "d", Kind: board.Log, Title: evil}, Messages: []room.Message{{Content: evil, Sender: evil, Time: noon}, {Content: strings.Repeat("\x1b[1m", 3000) + evil, Time: noon}}},
		Card{Panel: board.Panel{ID: "e", Kind: board.Run}, Run: &run.Run{Command: evil, State: run.Signalled, Signal: evil}, Messages: said(evil)},
		Card{Panel: board.Panel{ID: "f", Kind: board.Presence, Title: evil}, Users: 1, Members: []wire.Member{{UserID: evil, Connections: 2}}},
		Card{Panel: board.Panel{ID: "g", Kind: board.Text, Title: evil, Text: evil + "\n# " + evil + "\n- " + evil + "\n```\n" + evil}})
	return &s.View
}
