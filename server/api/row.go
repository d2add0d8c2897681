package api

import (
	"encoding/json"
	"math"
	"strconv"

	"telltale/shared/metric"
)

// row is one mutation of a batch.
type row struct {
	change
	Metric *string `json:"metric"`
	Key    string  `json:"key"`
}

// rowReader reads the rows of one upload, one after the other. The usual row it reads itself, at
// a tenth of the time; any other, and so whatever there is to complain of, is encoding/json's.
type rowReader struct {
	row row // as it was read last: it lasts until the next

	// What row points to.
	metric   string
	add, set float64
	time     int64
}

// read reads one row. Its error is a sentence that names the place.
func (r *rowReader) read(text []byte) (*row, error) {
	if r.usual(text) {
		return &r.row, nil
	}
	r.row = row{}
	return &r.row, decodeJSON(text, &r.row)
}

// usual reads an object that names known fields, each once and as they are spelled, whose strings
// are ASCII without escapes and whose numbers are within their range. It is false for all else,
// and what it takes encoding/json reads as the same.
func (r *rowReader) usual(text []byte) bool {
	r.row = row{}
	keyed := false
	s := cursor{text: text}
	if !s.skip('{') {
		return false
	}
	for {
		name, is := s.word()
		if !is || !s.skip(':') {
			return false
		}
		switch string(name) {
		case "metric":
			is = r.row.Metric == nil && s.string(&r.metric)
			r.row.Metric = &r.metric
		case "add":
			is = r.row.Add == nil && s.float(&r.add)
			r.row.Add = &r.add
		case "set":
			is = r.row.Set == nil && s.float(&r.set)
			r.row.Set = &r.set
		case "time":
			is = r.row.Time == nil && s.integer(&r.time)
			r.row.Time = &r.time
		case "key":
			is = !keyed && s.string(&r.row.Key)
			keyed = true
		default:
			return false
		}
		switch {
		case !is:
			return false
		case s.skip('}'):
			return s.next() == 0 && s.at == len(text)
		case !s.skip(','):
			return false
		}
	}
}

// cursor is a place in a JSON text.
type cursor struct {
	text []byte
	at   int
}

// next is the next byte that is no space, at which the cursor then is; 0 at the end.
func (c *cursor) next() byte {
	for ; c.at < len(c.text); c.at++ {
		switch b := c.text[c.at]; b {
		case ' ', '\t', '\r', '\n':
		default:
			return b
		}
	}
	return 0
}

// skip goes past b where that is next.
func (c *cursor) skip(b byte) bool {
	is := c.next() == b
	if is {
		c.at++
	}
	return is
}

// word reads a string of printable ASCII without escapes.
func (c *cursor) word() (word []byte, is bool) {
	if !c.skip('"') {
		return nil, false
	}
	begin := c.at
	for i, b := range c.text[begin:] {
		switch {
		case b == '"':
			c.at = begin + i + 1
			return c.text[begin : begin+i], true
		case b < ' ' || b > '~' || b == '\\':
			return nil, false
		}
	}
	return nil, false
}

func (c *cursor) string(into *string) bool {
	word, is := c.word()
	*into = string(word)
	return is
}

func (c *cursor) float(into *float64) bool {
	text, _ := c.number()
	n, err := strconv.ParseFloat(string(text), 64)
	*into = n
	return err == nil
}

func (c *cursor) integer(into *int64) bool {
	text, whole := c.number()
	n, err := strconv.ParseInt(string(text), 10, 64)
	*into = n
	return err == nil && whole
}

// number reads a number by the grammar of RFC 8259, section 6, and says whether it is without
// fraction and exponent; nil where none is next.
func (c *cursor) number() (text []byte, whole bool) {
	c.next()
	begin := c.at
	c.one('-', '-')
	if !c.one('0', '0') && c.digits() == 0 {
		return nil, false
	}
	whole = true
	if c.one('.', '.') {
		if whole = false; c.digits() == 0 {
			return nil, false
		}
	}
	if c.one('e', 'E') {
		c.one('+', '-')
		if whole = false; c.digits() == 0 {
			return nil, false
		}
	}
	return c.text[begin:c.at], whole
}

// one goes past a or b where the cursor is at one of them.
func (c *cursor) one(a, b byte) bool {
	is := c.at < len(c.text) && (c.text[c.at] == a || c.text[c.at] == b)
	if is {
		c.at++
	}
	return is
}

// digits goes past the digits where the cursor is, and says how many they were.
func (c *cursor) digits() int {
	begin := c.at
	for c.at < len(c.text) && '0' <= c.text[c.at] && c.text[c.at] <= '9' {
		c.at++
	}
	return c.at - begin
}

// appendSample writes a sample as encoding/json and shownJSON do, which is left to these but for
// the usual names and values.
func appendSample(b []byte, s metric.Sample) []byte {
	if size := math.Abs(s.Value); size != 0 && (size < 1e-6 || size >= 1e21) || !printable(string(s.Metric)) {
		text, _ := json.Marshal(s) // finite numbers and a string cannot fail
		return append(b, shownJSON(text)...)
	}
	b = append(append(b, `{"metric":"`...), s.Metric...)
	b = strconv.AppendFloat(append(b, `","value":`...), s.Value, 'f', -1, 64)
	b = strconv.AppendUint(append(b, `,"seq":`...), s.Seq, 10)
	b = strconv.AppendInt(append(b, `,"time":`...), s.Time, 10)
	return append(b, '}')
}

// printable tells whether encoding/json leaves a text as it is.
func printable(text string) bool {
	for i := range len(text) {
		switch c := text[i]; {
		case c < ' ' || c > '~', c == '"', c == '\\', c == '<', c == '>', c == '&':
			return false
		}
	}
	return true
}
