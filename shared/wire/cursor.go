package wire

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
)

// cursor reads JSON (RFC 8259) in one pass. After its first error it stands
// still, and everything it is asked for is empty.
type cursor struct {
	b   []byte
	i   int
	err error
}

// maxDepth bounds the nesting of what is skipped.
const maxDepth = 64

func (c *cursor) fail(wanted string) {
	if c.err == nil {
		c.err = fmt.Errorf("%w: byte %d is not %s", ErrBadMessage, c.i, wanted)
		c.i = len(c.b)
	}
}

// end is the first error, or one for anything that stands after the message.
func (c *cursor) end() error {
	if c.peek() != 0 || c.i < len(c.b) {
		c.fail("the end")
	}
	return c.err
}

// peek skips white space and answers the next byte, 0 at the end.
func (c *cursor) peek() byte {
	for c.i < len(c.b) {
		switch ch := c.b[c.i]; ch {
		case ' ', '\t', '\n', '\r':
			c.i++
		default:
			return ch
		}
	}
	return 0
}

func (c *cursor) take(ch byte) bool {
	if c.peek() != ch || c.i >= len(c.b) {
		return false
	}
	c.i++
	return true
}

// object calls member at each value, with its key; member must read the value.
func (c *cursor) object(member func(key []byte)) {
	if !c.take('{') {
		c.fail("an object")
		return
	}
	if c.take('}') {
		return
	}
	for c.err == nil {
		key := c.str()
		if !c.take(':') {
			c.fail("a colon")
			return
		}
		member(key)
		if c.take('}') {
			return
		}
		if !c.take(',') {
			c.fail("a comma")
		}
	}
}

// array calls element at each value; element must read it.
func (c *cursor) array(element func(i int)) {
	if !c.take('[') {
		c.fail("an array")
		return
	}
	if c.take(']') {
		return
	}
	for i := 0; c.err == nil; i++ {
		element(i)
		if c.take(']') {
			return
		}
		if !c.take(',') {
			c.fail("a comma")
		}
	}
}

// exactly reads an array of at least n elements; those past n are skipped.
func (c *cursor) exactly(n int, element func(i int)) {
	read := 0
	c.array(func(i int) {
		if i >= n {
			c.skip(0)
			return
		}
		element(i)
		read++
	})
	if read < n {
		c.fail(fmt.Sprintf("an array of %d", n))
	}
}

// str reads a string; the answer is valid until b changes.
func (c *cursor) str() []byte {
	if !c.take('"') {
		c.fail("a string")
		return nil
	}
	start, escaped := c.i, false
	for ; c.i < len(c.b); c.i++ {
		switch ch := c.b[c.i]; {
		case ch == '\\':
			escaped = true
			c.i++
		case ch < ' ':
			c.fail("part of a string")
			return nil
		case ch == '"':
			c.i++
			if !escaped {
				return c.b[start : c.i-1]
			}
			var s string
			if err := json.Unmarshal(c.b[start-1:c.i], &s); err != nil {
				c.fail("a string")
			}
			return []byte(s)
		}
	}
	c.fail("the end of a string")
	return nil
}

// token is the run of bytes a number or a word is made of.
func (c *cursor) token() []byte {
	c.peek()
	start := c.i
	for c.i < len(c.b) {
		switch ch := c.b[c.i]; {
		case '0' <= ch && ch <= '9', 'a' <= ch && ch <= 'z', ch == '-', ch == '+', ch == '.', ch == 'E':
			c.i++
			continue
		}
		break
	}
	return c.b[start:c.i]
}

// float reads a number; null is NaN.
func (c *cursor) float() float64 {
	t := c.token()
	if string(t) == "null" {
		return math.NaN()
	}
	// ParseFloat also knows hexadecimals, "inf" and "nan", which JSON does not.
	for _, ch := range t {
		if 'a' <= ch && ch <= 'z' && ch != 'e' {
			c.fail("a number")
			return 0
		}
	}
	n, err := strconv.ParseFloat(string(t), 64)
	if err != nil {
		c.fail("a number")
		return 0
	}
	return n
}

func (c *cursor) int() int64 {
	n, err := strconv.ParseInt(string(c.token()), 10, 64)
	if err != nil {
		c.fail("a whole number")
	}
	return n
}

func (c *cursor) uint() uint64 {
	n, err := strconv.ParseUint(string(c.token()), 10, 64)
	if err != nil {
		c.fail("a seq")
	}
	return n
}

func (c *cursor) bool() bool {
	switch string(c.token()) {
	case "true":
		return true
	case "false":
		return false
	}
	c.fail("true or false")
	return false
}

// skip passes over any value.
func (c *cursor) skip(depth int) {
	switch {
	case depth > maxDepth:
		c.fail("nested so deep")
	case c.peek() == '{':
		c.object(func([]byte) { c.skip(depth + 1) })
	case c.peek() == '[':
		c.array(func(int) { c.skip(depth + 1) })
	case c.peek() == '"':
		c.str()
	default:
		switch t := c.token(); string(t) {
		case "true", "false", "null":
		default:
			if _, err := strconv.ParseFloat(string(t), 64); err != nil {
				c.fail("a value")
			}
		}
	}
}
