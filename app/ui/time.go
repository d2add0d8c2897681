package ui

import (
	"net/url"
	"strconv"
	"time"

	"telltale/shared/board"
)

// when is what stretch of time a board shows.
type when struct {
	to int64 // ms since 1970, where it ends: the moment that all is as of; 0 is now, live
	ms int64 // how long it is
}

func (w when) live() bool { return w.to == 0 }

// from is where it begins, for one that ends now where it is live.
func (w when) from(now int64) int64 { return w.end(now) - w.ms }

func (w when) end(now int64) int64 {
	if w.live() {
		return now
	}
	return w.to
}

// Bounds of a stretch.
const (
	shortest = 1 * second
	longest  = int64(board.MaxSpan)
)

// between is the stretch between two times as of now. What reaches into the future is live;
// so is what ends within half a pixel of now.
func between(from, to, now int64) when {
	ms := min(max(to-from, shortest), longest)
	middle := from + (to-from)/2
	from = middle - ms/2
	to = from + ms
	if to >= now-ms/1000 {
		return when{0, min((ms+second-1)/second*second, longest)}
	}
	return when{to, ms}
}

// spanOf is the span of a length.
func spanOf(ms int64) span {
	for _, s := range spans {
		if s.ms == ms {
			return s
		}
	}
	return span{board.Span(ms).String(), lengthWords(ms), ms}
}

// zone is the offset of the viewer's time from UTC in seconds, east, at a time in ms; on the
// server, which does not know it, its own.
func zone(ms int64) int {
	if browser == nil {
		return zoneHere(ms)
	}
	return browser.Zone(ms)
}

// zoomed is w with its length times a factor, around a time that stays where it is.
func (w when) zoomed(around int64, factor float64, now int64) when {
	from, to := w.from(now), w.end(now)
	return between(around-int64(float64(around-from)*factor), around+int64(float64(to-around)*factor), now)
}

// panned is w moved by ms, later where that is positive; as long as it was.
func (w when) panned(by, now int64) when {
	if to := w.end(now) + by; to < now-w.ms/1000 {
		return when{max(to, w.ms), w.ms}
	}
	return when{0, w.ms}
}

// whenOf reads range, at, from and to of a URL. A URL that names no range has that of the
// board, which is not known here: asked tells. What cannot be read is as if it was not there.
func whenOf(q url.Values, zone func(int64) int) (w when, asked bool) {
	w.ms = spans[usualSpan].ms
	if s, err := board.ParseSpan(q.Get("range")); err == nil && int64(s) >= shortest {
		w.ms, asked = min(int64(s), longest), true
	}
	for _, s := range spans {
		if s.name == q.Get("range") {
			w.ms, asked = s.ms, true
		}
	}
	if at, ok := parseMoment(q.Get("at"), zone); ok {
		w.to = at
		return w, asked
	}
	from, is := parseMoment(q.Get("from"), zone)
	to, ends := parseMoment(q.Get("to"), zone)
	if is && ends && from < to {
		return when{to, min(max(to-from, shortest), longest)}, true
	}
	return w, asked
}

// unshown names the parts of a URL that were to say what stretch of time is shown, and of which
// nothing is: what cannot be read, and a moment that is to come.
func unshown(q url.Values, now int64, zone func(int64) int) (names []string) {
	if _, asked := whenOf(url.Values{"range": q["range"]}, zone); q.Get("range") != "" && !asked {
		names = append(names, "range")
	}
	if text := q.Get("at"); text != "" {
		at, ok := parseMoment(text, zone)
		if ok && at <= now+farAhead {
			return names
		}
		names = append(names, "at")
	}
	if _, asked := whenOf(url.Values{"from": q["from"], "to": q["to"]}, zone); !asked {
		for _, name := range []string{"from", "to"} {
			if q.Get(name) != "" {
				names = append(names, name)
			}
		}
	}
	return names
}

// query is the stretch's part of a URL; usual is what needs no words.
func (w when) query(usual int64) string {
	length := ""
	if w.ms != usual {
		length = "range=" + spanOf(w.ms).name
	}
	switch {
	case w.live() && length == "":
		return ""
	case w.live():
		return "?" + length
	case length == "":
		return "?at=" + momentText(w.to)
	}
	for _, s := range spans {
		if s.ms == w.ms {
			return "?at=" + momentText(w.to) + "&" + length
		}
	}
	return "?from=" + momentText(w.to-w.ms) + "&to=" + momentText(w.to)
}

// parseMoment reads 2026-11-22, 2026-11-22T14:05, with seconds and their parts, of the local
// time that zone tells of, or with Z or an offset of that; or ms since 1970.
func parseMoment(text string, zone func(int64) int) (ms int64, ok bool) {
	if ms, err := strconv.ParseInt(text, 10, 64); err == nil && len(text) > 8 {
		return ms, ms > 0 && ms < 1<<52
	}
	r := digits{text: text, ok: true}
	year, month, day := r.number(4), 1, 1
	r.expect('-')
	month = r.number(2)
	r.expect('-')
	day = r.number(2)
	hour, minute, seconds, part := 0, 0, 0, 0
	if r.next('T') || r.next(' ') {
		hour = r.number(2)
		r.expect(':')
		minute = r.number(2)
		if r.next(':') {
			seconds = r.number(2)
			if r.next('.') {
				for scale := 100; r.ok && r.text != "" && r.text[0] >= '0' && r.text[0] <= '9'; scale /= 10 {
					part += r.number(1) * scale
				}
			}
		}
	}
	at := time.Date(year, time.Month(month), day, hour, minute, seconds, 0, time.UTC)
	r.ok = r.ok && at.Day() == day && int(at.Month()) == month && hour < 24 && minute < 60 && seconds < 60
	ms = at.UnixMilli() + int64(part)
	switch {
	case r.next('Z'):
	case r.text == "":
		local := ms
		ms = local - int64(zone(local))*second
		ms = local - int64(zone(ms))*second
	default:
		sign := int64(-1)
		if !r.next('+') && !r.next(' ') { // a + that nobody escaped
			r.expect('-')
			sign = 1
		}
		offset := int64(r.number(2)) * 3600
		r.next(':')
		ms += sign * (offset + int64(r.number(2))*60) * second
	}
	return ms, r.ok && r.text == "" && ms > 0
}

// digits reads a text of numbers of fixed width.
type digits struct {
	text string
	ok   bool
}

func (r *digits) number(width int) (n int) {
	if len(r.text) < width {
		r.ok = false
		return 0
	}
	for i := range width {
		d := r.text[i]
		if d < '0' || d > '9' {
			r.ok = false
			return 0
		}
		n = 10*n + int(d-'0')
	}
	r.text = r.text[width:]
	return n
}

func (r *digits) next(c byte) bool {
	if r.text == "" || r.text[0] != c {
		return false
	}
	r.text = r.text[1:]
	return true
}

func (r *digits) expect(c byte) { r.ok = r.next(c) && r.ok }

// momentText is a moment as a URL has it: the same wherever the link is opened.
func momentText(ms int64) string {
	at := time.UnixMilli(ms).UTC()
	if ms%second == 0 {
		return at.Format("2006-01-02T15:04:05Z")
	}
	return at.Format("2006-01-02T15:04:05.000Z")
}

// fieldText is a moment as a field for a local time has it.
func fieldText(ms int64, zone func(int64) int) string {
	return time.UnixMilli(ms + int64(zone(ms))*second).UTC().Format("2006-01-02T15:04:05")
}

// momentWords are a moment's local date and time.
func momentWords(ms int64, zone func(int64) int) string {
	return time.UnixMilli(ms + int64(zone(ms))*second).UTC().Format("2 Jan 2006, 15:04:05")
}

// clockWords are a moment for who sees the dates around it: with parts of seconds where the
// stretch is short, with the day where it is long.
func clockWords(ms, length int64, zone func(int64) int) string {
	layout := "15:04:05"
	switch {
	case length <= 10*second:
		layout = "15:04:05.000"
	case length > 300*86400*second:
		layout = "2 Jan 2006"
	case length > 20*3600*second:
		layout = "2 Jan 15:04"
	}
	return time.UnixMilli(ms + int64(zone(ms))*second).UTC().Format(layout)
}

// lengthWords say how long a stretch is: "7 min 23 s".
func lengthWords(ms int64) string {
	text := ""
	for _, u := range [...]struct {
		ms   int64
		word string
	}{{86400 * second, " d"}, {3600 * second, " h"}, {60 * second, " min"}, {second, " s"}} {
		if n := ms / u.ms; n > 0 {
			if ms -= n * u.ms; text != "" {
				return text + " " + strconv.FormatInt(n, 10) + u.word
			}
			text = strconv.FormatInt(n, 10) + u.word
		}
	}
	return text
}

// trail is where somebody zoomed in from, so that they come back.
type trail []when

// mostTrail is how many steps back there are.
const mostTrail = 50

// leave notes where one was.
func (t *trail) leave(w when) {
	if n := len(*t); n > 0 && (*t)[n-1] == w {
		return
	}
	if *t = append(*t, w); len(*t) > mostTrail {
		*t = (*t)[1:]
	}
}

// back is where one was before; where nothing was noted, live with the usual length.
func (t *trail) back(usual int64) when {
	n := len(*t)
	if n == 0 {
		return when{0, usual}
	}
	w := (*t)[n-1]
	*t = (*t)[:n-1]
	return w
}

// reaches are how far back the slider of moments may go.
var reaches = [...]int64{3600 * second, 6 * 3600 * second, 24 * 3600 * second, 7 * 86400 * second, 30 * 86400 * second,
	90 * 86400 * second, 366 * 86400 * second, 3660 * 86400 * second}

// reach is how far back it goes where a moment is to be in it, with room on both sides.
func reach(at, now, length int64) int64 {
	for _, r := range reaches {
		if r >= 4*length && now-at <= r*9/10 {
			return r
		}
	}
	return max(longest, now-at)
}
