package chart

import (
	"time"

	"telltale/shared/scene"
)

// timeScale maps times in ms to pixels.
type timeScale struct {
	from, to int64
	x, per   float64 // pixel of from; pixels a ms
}

// The times that have a year of one to four digits: beyond them calendars, and sums of times, end.
const firstTime, lastTime = -62_135_596_800_000, 253_402_300_799_999

func newTimeScale(from, to int64, x, w float64) timeScale {
	from = min(max(from, firstTime), lastTime-1)
	to = min(max(to, from+1), lastTime)
	return timeScale{from, to, x, w / float64(to-from)}
}

func (s *timeScale) at(ms int64) float64 { return s.x + float64(float64(ms-s.from)*s.per) }

const (
	second = int64(1000)
	minute = 60 * second
	hour   = 60 * minute
	day    = 24 * hour
)

// clockSteps are the distances of ticks within a day and of days.
var clockSteps = [...]int64{second, 2 * second, 5 * second, 10 * second, 15 * second, 30 * second,
	minute, 2 * minute, 5 * minute, 10 * minute, 15 * minute, 30 * minute,
	hour, 2 * hour, 3 * hour, 6 * hour, 12 * hour, day, 2 * day, 7 * day, 14 * day}

// monthSteps are the distances of ticks in months, up to centuries.
var monthSteps = [...]int{1, 3, 6, 12, 24, 60, 120, 240, 600, 1200}

// fewTicks is how many ticks of time there should be at least.
const fewTicks = 3

// tickSpaces are the pixels between two labels of times: the first that leaves
// room for fewTicks holds.
var tickSpaces = [...]float64{40, 28, 16}

// timeAxis draws the times below the plot. Its ticks lie on round local times, as
// far apart as the widest of their labels asks for; one that would be cut off by
// the area is left out.
func (c *Chart) timeAxis(a box) {
	c.labels = c.labels[:0]
	span := c.x.to - c.x.from
	step := int64(0)
	for _, space := range tickSpaces {
		if step = c.clockStep(space); step != 0 && span/step >= fewTicks {
			break
		}
	}
	if step != 0 {
		c.clockTicks(step)
	} else {
		c.monthTicks(c.apart("00:00", tickSpaces[0]))
	}
	y := c.plot.bottom() + labelSpace
	free := a.x
	for _, l := range c.labels {
		if l.at-l.width/2 < free || l.at+l.width/2 > a.right() || l.at < c.plot.x {
			continue
		}
		style := scene.Style{Role: scene.Muted, Size: labelSize, Align: scene.Center, Baseline: scene.Top}
		if l.strong {
			style.Role, style.Weight = scene.Ink, scene.Semibold
			if len(c.in.Series) > 0 {
				style.Role = c.ink(0)
			}
		}
		c.t.Text(l.at, y, c.text[l.start:l.end], style)
		free = l.at + l.width/2 + labelSpace
	}
}

// apart is the time in ms that a label and the space to the next take.
func (c *Chart) apart(text string, space float64) int64 {
	width := scene.Width([]byte(text), labelSize, scene.Semibold)
	return int64((width + space) / max(c.plot.w, 1) * float64(c.x.to-c.x.from))
}

// clockStep is the distance of ticks whose labels have so much space between them;
// 0 where they are months or years apart.
func (c *Chart) clockStep(space float64) int64 {
	if step := firstStep(c.apart("00:00:00", space), 0); step != 0 && step < minute {
		return step
	}
	if step := firstStep(c.apart("00:00", space), minute); step != 0 && step < day {
		return step
	}
	return firstStep(c.apart("00 Mmm", space), day)
}

// firstStep is the smallest clock step of at least ms and least; 0 if there is none.
func firstStep(ms, least int64) int64 {
	for _, step := range clockSteps {
		if step >= ms && step >= least {
			return step
		}
	}
	return 0
}

// zone is the offset of local time at ms, in ms.
func (c *Chart) zone(ms int64) int64 {
	if c.in.Zone == nil {
		return 0
	}
	return int64(c.in.Zone(ms)) * second
}

// utc is the time at which local time reads local (ms, as if it were UTC), and
// whether there is one: on the night clocks go forward an hour is missing.
func (c *Chart) utc(local int64) (int64, bool) {
	ms := local - c.zone(local)
	ms = local - c.zone(ms)
	return ms, ms+c.zone(ms) == local
}

func (c *Chart) clockTicks(step int64) {
	from, to := c.x.from+c.zone(c.x.from), c.x.to+c.zone(c.x.to)
	first := from - mod(from, step)
	if step >= 7*day { // weeks begin on Monday; 1970 began on a Thursday
		first = from - mod(from-4*day, step)
	}
	for local := first; local <= to; local += step {
		ms, exists := c.utc(local)
		if !exists || ms < c.x.from || ms > c.x.to {
			continue
		}
		l := label{at: c.x.at(ms), start: len(c.text), strong: step < day && mod(local, day) == 0}
		switch {
		case mod(local, day) == 0:
			c.text = time.UnixMilli(local).UTC().AppendFormat(c.text, "2 Jan")
		case step < minute:
			c.text = appendClock(c.text, local, true)
		default:
			c.text = appendClock(c.text, local, false)
		}
		c.endLabel(l)
	}
}

// appendClock appends the time of day, 15:04 or 15:04:05.
func appendClock(dst []byte, local int64, seconds bool) []byte {
	s := mod(local, day) / second
	dst = append(dst, byte('0'+s/36000), byte('0'+s/3600%10), ':', byte('0'+s%3600/600), byte('0'+s/60%10))
	if seconds {
		dst = append(dst, ':', byte('0'+s%60/10), byte('0'+s%10))
	}
	return dst
}

// monthTicks sets ticks on firsts of months, at least apart ms from each other.
func (c *Chart) monthTicks(apart int64) {
	months := monthSteps[len(monthSteps)-1]
	for _, m := range monthSteps {
		if int64(m)*28*day >= apart {
			months = m
			break
		}
	}
	from := time.UnixMilli(c.x.from + c.zone(c.x.from)).UTC()
	index := from.Year()*12 + int(from.Month()) - 1
	for index -= int(mod(int64(index), int64(months))); ; index += months {
		at := time.Date(0, time.Month(index+1), 1, 0, 0, 0, 0, time.UTC)
		ms, _ := c.utc(at.UnixMilli())
		if ms > c.x.to {
			return
		}
		if ms < c.x.from {
			continue
		}
		l := label{at: c.x.at(ms), start: len(c.text)}
		if at.Month() == time.January {
			l.strong = months < 12
			c.text = at.AppendFormat(c.text, "2006")
		} else {
			c.text = at.AppendFormat(c.text, "Jan")
		}
		c.endLabel(l)
	}
}

func (c *Chart) endLabel(l label) {
	l.end = len(c.text)
	weight := scene.Regular
	if l.strong {
		weight = scene.Semibold
	}
	l.width = scene.Width(c.text[l.start:l.end], labelSize, weight)
	c.labels = append(c.labels, l)
}

// mod is the remainder that is never negative.
func mod(a, b int64) int64 { return ((a % b) + b) % b }
