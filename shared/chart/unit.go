package chart

import (
	"math"
	"strconv"
)

// A prefix is a power that a unit's numbers are written in.
type prefix struct {
	factor float64
	name   string
}

var (
	siPrefixes = []prefix{{1e-9, "n"}, {1e-6, "µ"}, {1e-3, "m"}, {1, ""}, {1e3, "k"}, {1e6, "M"}, {1e9, "G"}, {1e12, "T"}, {1e15, "P"}, {1e18, "E"}}
	// counts have no thousandths: half an order is 0.5
	countPrefixes  = siPrefixes[3:]
	binaryPrefixes = []prefix{{1, ""}, {1 << 10, "Ki"}, {1 << 20, "Mi"}, {1 << 30, "Gi"}, {1 << 40, "Ti"}, {1 << 50, "Pi"}, {1 << 60, "Ei"}}
	// durations are in seconds, whatever unit they came in
	timePrefixes = []prefix{{1e-9, "ns"}, {1e-6, "µs"}, {1e-3, "ms"}, {1, "s"}, {60, "min"}, {3600, "h"}, {86400, "d"}}
)

// unit is how the numbers of a unit are written.
type unit struct {
	prefixes []prefix
	scale    float64 // what a value is multiplied by first
	suffix   string  // after the prefix
	tight    bool    // no space before prefix and suffix
	digits   int     // of a value, about
}

// unitOf knows bytes (by 1024), durations, percent, and what takes SI prefixes;
// all else stands behind the number as it is.
func unitOf(name string) unit {
	switch name {
	case "":
		return unit{countPrefixes, 1, "", true, 4}
	case "%", "percent":
		return unit{countPrefixes[:1], 1, "%", true, 3}
	case "B", "byte", "bytes":
		return unit{binaryPrefixes, 1, "B", false, 3}
	case "B/s", "bytes/s":
		return unit{binaryPrefixes, 1, "B/s", false, 3}
	case "ns":
		return unit{timePrefixes, 1e-9, "", false, 3}
	case "us", "µs", "μs":
		return unit{timePrefixes, 1e-6, "", false, 3}
	case "ms":
		return unit{timePrefixes, 1e-3, "", false, 3}
	case "s", "seconds":
		return unit{timePrefixes, 1, "", false, 3}
	case "min":
		return unit{timePrefixes, 60, "", false, 3}
	case "h":
		return unit{timePrefixes, 3600, "", false, 3}
	case "bit", "bit/s", "Hz", "W", "Wh", "V", "A", "J", "N", "Pa", "Ω", "F", "g", "m", "m/s", "l", "L":
		return unit{siPrefixes, 1, name, false, 3}
	case "bps":
		return unit{siPrefixes, 1, "bit/s", false, 3}
	}
	return unit{countPrefixes, 1, name, false, 4}
}

// prefixFor is the largest prefix whose factor v reaches; for zero the plain one.
func (u unit) prefixFor(v float64) prefix {
	v = math.Abs(v)
	best := u.prefixes[0]
	for _, p := range u.prefixes {
		if p.factor == 1 && v == 0 {
			return p
		}
		if p.factor <= v*(1+1e-9) {
			best = p
		}
	}
	return best
}

// appendName appends what stands behind a number with the prefix p.
func (u unit) appendName(dst []byte, p prefix) []byte {
	if p.name == "" && u.suffix == "" {
		return dst
	}
	if !u.tight {
		dst = append(dst, "\u00a0"...)
	}
	return append(append(dst, p.name...), u.suffix...)
}

// AppendValue appends a value with its unit in three or four digits, a count
// below a million in all of them: 12,345, 1.235M, 1.5 GiB, 37.5%, 250 ms, 2 h 5 min. A unit is free text; known ones are "%" and
// "percent" (of 100), "B", "bytes" and "bytes/s" (by 1024), "ns" to "h" and
// "seconds" (durations), and those that take SI prefixes ("W", "Hz", "bit/s" ...).
// A value that is no number is a dash.
func AppendValue(dst []byte, v float64, name string) []byte {
	u := unitOf(name)
	dst, p := u.appendNumber(dst, v)
	return u.appendName(dst, p)
}

// appendNumber appends the number alone and returns the prefix it is in.
func (u unit) appendNumber(dst []byte, v float64) ([]byte, prefix) {
	v *= u.scale
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return append(dst, "–"...), plain
	case u.isLong(v):
		return appendLong(dst, v), plain
	}
	p := u.prefixOf(v)
	return appendShort(dst, v/p.factor, u.digits), p
}

var plain = prefix{1, ""}

// prefixOf is the prefix that v, scaled, is written in.
func (u unit) prefixOf(v float64) prefix {
	size := math.Abs(v)
	if u.isCount() && size < 999_999.5 || size >= 1e4*u.prefixes[len(u.prefixes)-1].factor {
		return plain
	}
	return u.prefixFor(size * 1.0005) // what rounds up to the next prefix is written in it
}

// place is what one more in the last digit is worth that there is room for when v is written.
func (u unit) place(v float64) float64 {
	if v *= u.scale; u.isLong(v) {
		_, small, _ := longParts(math.Abs(v))
		return small.factor / u.scale
	}
	p := u.prefixOf(v)
	size := math.Abs(v) / p.factor
	last := size / 1e4 // with an exponent: some four digits
	if !exponential(size) {
		last = 1
		for range places(size, u.digits) {
			last /= 10
		}
	}
	return last * p.factor / u.scale
}

// hardly tells whether a value that was before and is now reads the same, and has changed by less than a hundredth of its
// last digit, or by what has no words but an exponent. Things that are counted are whole: one more of a million is one more.
func (u unit) hardly(before, now float64) bool {
	by := math.Abs(now - before)
	if by == 0 || u.isCount() && before == math.Floor(before) && now == math.Floor(now) ||
		by >= max(u.place(now)/100, leastPlain*u.prefixes[0].factor/u.scale) {
		return false
	}
	var room [2][64]byte
	a, of := u.appendNumber(room[0][:0], before)
	b, in := u.appendNumber(room[1][:0], now)
	return of == in && string(a) == string(b)
}

func (u unit) isTime() bool  { return &u.prefixes[0] == &timePrefixes[0] }
func (u unit) isCount() bool { return &u.prefixes[0] == &countPrefixes[0] }

// isLong tells whether v, scaled, is a duration of a minute or more.
func (u unit) isLong(v float64) bool { return u.isTime() && math.Abs(v) >= 59.995 }

// appendLong appends a duration of a minute or more as its two largest parts.
func appendLong(dst []byte, seconds float64) []byte {
	if seconds < 0 {
		dst = append(dst, "−"...)
		seconds = -seconds
	}
	large, small, n := longParts(seconds)
	per := large.factor / small.factor
	dst = appendFixed(dst, math.Floor(n/per), 0)
	dst = append(append(dst, "\u00a0"...), large.name...)
	if rest := n - math.Floor(n/per)*per; rest != 0 {
		dst = appendFixed(append(dst, "\u00a0"...), rest, 0)
		dst = append(append(dst, "\u00a0"...), small.name...)
	}
	return dst
}

// longParts are the two largest parts of a duration of a minute or more, and how many of the smaller it has in all.
func longParts(seconds float64) (large, small prefix, n float64) {
	for i := len(timePrefixes) - 1; ; i-- {
		large, small = timePrefixes[i], timePrefixes[i-1]
		n = math.Round(seconds / small.factor)
		if large.factor == 60 || n >= large.factor/small.factor {
			return large, small, n
		}
	}
}

// leastPlain is what is written without an exponent, but for zero, at least.
const leastPlain = 1e-4

// appendShort appends v in so many digits, more where they are whole, without
// zeros at the end; what is out of reach of that with an exponent.
func appendShort(dst []byte, v float64, significant int) []byte {
	size := math.Abs(v)
	if exponential(size) {
		return appendExponent(dst, v)
	}
	digits := places(size, significant)
	start := len(dst)
	dst = appendFixed(dst, v, digits)
	for digits > 0 && dst[len(dst)-1] == '0' {
		dst, digits = dst[:len(dst)-1], digits-1
	}
	if len(dst) > start && dst[len(dst)-1] == '.' {
		dst = dst[:len(dst)-1]
	}
	return dst
}

// exponential tells whether what is so large is written with an exponent. A difference may be short of a limit by its rounding.
func exponential(size float64) bool { return size != 0 && (size < leastPlain*(1-1e-9) || size >= 1e7) }

// places is how many digits what is so large has after the point, zeros included.
func places(size float64, significant int) int {
	digits := significant - 1
	for limit := 10.0; digits > 0 && size >= limit; limit *= 10 {
		digits--
	}
	for limit := 1.0; digits < 8 && size != 0 && size < limit; limit /= 10 {
		digits++
	}
	return digits
}

func appendExponent(dst []byte, v float64) []byte {
	if v < 0 {
		dst, v = append(dst, "−"...), -v
	}
	start := len(dst)
	dst = strconv.AppendFloat(dst, v, 'e', -1, 64)
	if len(dst)-start > 9 {
		dst = strconv.AppendFloat(dst[:start], v, 'e', 3, 64)
	}
	for i := start; i < len(dst); i++ {
		if dst[i] == '-' {
			dst = append(dst, 0, 0)
			copy(dst[i+3:], dst[i+1:])
			copy(dst[i:], "−")
			break
		}
	}
	return dst
}

// axisPrefix is the prefix of all labels of an axis whose largest value, scaled, is v.
func (u unit) axisPrefix(v float64) prefix {
	p := u.prefixFor(v)
	switch {
	case u.isCount() && p.factor == 1e3 && v < 1e4:
		return prefix{1, ""}
	case u.isTime() && p.factor >= 60:
		return u.prefixFor(v / 2)
	case u.isCount() && v >= 1e21:
		return prefix{1, ""}
	}
	return p
}

// appendTick appends the label of a tick: v in the axis' prefix, with the digits its step needs.
func (u unit) appendTick(dst []byte, v float64, p prefix, digits int) []byte {
	switch size := math.Abs(v); {
	case v == 0 && p.name != "":
		return append(dst, '0')
	case size >= 1e7 || digits > 6 && size != 0:
		dst = appendExponent(dst, v)
	default:
		dst = appendFixed(dst, v, digits)
	}
	return u.appendName(dst, p)
}

// appendFixed appends v with the given digits after the point, a true minus sign
// and commas; "-0" is 0.
func appendFixed(dst []byte, v float64, digits int) []byte {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return append(dst, "–"...)
	}
	start := len(dst)
	dst = strconv.AppendFloat(dst, math.Abs(v), 'f', digits, 64)
	nonzero := false
	point := len(dst)
	for i, b := range dst[start:] {
		if b == '.' {
			point = start + i
		} else if b != '0' {
			nonzero = true
		}
	}
	if point-start > 3 {
		for i := point - 3; i > start; i -= 3 {
			dst = append(dst, 0)
			copy(dst[i+1:], dst[i:])
			dst[i] = ','
		}
	}
	if v < 0 && nonzero {
		const minus = "−"
		dst = append(dst, minus...)
		copy(dst[start+len(minus):], dst[start:])
		copy(dst[start:], minus)
	}
	return dst
}
