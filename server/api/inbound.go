package api

import (
	"encoding/binary"
	"fmt"
	"io"
	"unicode/utf8"

	"telltale/shared/wire"
)

// inbound is a client's connection whose frames are judged as their bytes come in,
// before the WebSocket library sees them: the library takes text that is not UTF-8,
// also as the reason of a close frame, hangs up without a word on a frame that is
// not masked, takes some messages that were cut off for whole ones, and writes its
// close frame before what is queued. From the first byte that breaks a rule on, or
// from the end of a close frame on, Read gives the reader a *verdict and nothing more
// of the connection.
type inbound struct {
	outbound
	before []byte // came with the handshake
	judge
	told bool
}

// verdict is why nothing more is read: a rule was broken, or the peer closes.
type verdict struct {
	code   int    // to close with
	reason string // empty where it is the peer that closes
}

// Error tells the code and the reason, for the log.
func (v *verdict) Error() string { return fmt.Sprintf("close code %d %s", v.code, v.reason) }

// Read gives the bytes up to a verdict, then the verdict, and what is read after
// that, by who waits for the peer to go, is the end of the connection: bytes left
// unread would make the kernel cut it, and our close frame would be lost.
func (c *inbound) Read(p []byte) (n int, err error) {
	if c.verdict != nil {
		if c.told {
			return 0, c.linger()
		}
		c.told = true
		return 0, c.verdict
	}
	if len(c.before) > 0 {
		n = copy(p, c.before)
		c.before = c.before[n:]
	} else {
		n, err = c.Conn.Read(p)
		if err == io.EOF {
			err = io.ErrUnexpectedEOF // the library takes io.EOF for the end of a message
		}
	}
	good := c.take(p[:n])
	if good < n {
		err = nil
		if good == 0 {
			c.told, err = true, c.verdict
		}
	}
	return good, err
}

// linger says that nothing more will be written and waits for the peer to hang up;
// the library ends it after 5 s.
func (c *inbound) linger() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
	}
	if _, err := io.Copy(io.Discard, c.Conn); err != nil {
		return err
	}
	return io.EOF
}

// judge walks through the frames of a client (RFC 6455, sections 5.2 to 5.6).
type judge struct {
	limit   int64 // bytes of a message
	verdict *verdict

	head [14]byte // the frame's header as far as it has come
	have int
	left int64 // bytes of the payload to come
	at   int   // bytes of it that have come, mod 4

	open  bool  // a message has begun and not ended
	total int64 // bytes of it in the frames so far

	// What has come of a rune of the message, and of a control frame's payload.
	partial [utf8.UTFMax]byte
	pending int
	control [maxControl]byte
	held    int
}

const maxControl = 125 // bytes of a control frame's payload

// noCode stands for a close frame without a code; it is never sent.
const noCode = 1005

// The opcodes (RFC 6455, section 5.2).
const (
	opContinuation = 0
	opText         = 1
	opBinary       = 2
	opClose        = 8
	opPing         = 9
	opPong         = 10
)

func (j *judge) final() bool  { return j.head[0]&0x80 != 0 }
func (j *judge) opcode() byte { return j.head[0] & 0xf }

// size is the bytes of the header, as far as can be said.
func (j *judge) size() int {
	switch {
	case j.have < 2 || j.head[1]&0x7f < 126:
		return 2 + 4
	case j.head[1]&0x7f == 126:
		return 2 + 2 + 4
	}
	return 2 + 8 + 4
}

func (j *judge) wrong(code int, reason string) { j.verdict = &verdict{code: code, reason: reason} }

// take answers how many of the bytes are right. Where they are not all of them
// there is a verdict.
func (j *judge) take(b []byte) int {
	for i := 0; i < len(b); {
		if j.have < j.size() {
			j.head[j.have] = b[i]
			j.have++
			if j.header(); j.verdict != nil {
				return i
			}
			i++
			continue
		}
		run := int(min(j.left, int64(len(b)-i)))
		if bad := j.payload(b[i : i+run]); j.verdict != nil {
			return i + bad
		}
		i += run
		if j.left -= int64(run); j.left > 0 {
			return i
		}
		if j.end(); j.verdict != nil {
			return i - 1
		}
	}
	return len(b)
}

// header judges the header as far as it has come.
func (j *judge) header() {
	op := j.opcode()
	control := op >= opClose
	switch {
	case j.have == 1:
		switch {
		case j.head[0]&0x70 != 0:
			j.wrong(wire.CloseProtocol, "a reserved bit is set")
		case op > opBinary && op < opClose, op > opPong:
			j.wrong(wire.CloseProtocol, fmt.Sprintf("no frame has the opcode %d", op))
		case control && !j.final():
			j.wrong(wire.CloseProtocol, "a control frame comes in one piece")
		case op == opContinuation && !j.open:
			j.wrong(wire.CloseProtocol, "there is no message to go on with")
		case (op == opText || op == opBinary) && j.open:
			j.wrong(wire.CloseProtocol, "the message before has not ended")
		case op == opBinary:
			j.wrong(wire.CloseNotText, "send text messages")
		}
	case j.have == 2:
		switch {
		case j.head[1]&0x80 == 0:
			j.wrong(wire.CloseProtocol, "a client masks its frames")
		case control && j.head[1]&0x7f > maxControl:
			j.wrong(wire.CloseProtocol, "a control frame has at most 125 bytes")
		}
	case j.have == 3 && j.size() == 14 && j.head[2]&0x80 != 0:
		j.wrong(wire.CloseProtocol, "a length has 63 bits")
	case j.have == j.size():
		j.begin(control)
	}
}

// begin is at the end of the header.
func (j *judge) begin(control bool) {
	j.left, j.at, j.held = int64(j.head[1]&0x7f), 0, 0
	switch j.size() {
	case 8:
		j.left = int64(binary.BigEndian.Uint16(j.head[2:]))
	case 14:
		j.left = int64(binary.BigEndian.Uint64(j.head[2:]))
	}
	if !control {
		if j.left > j.limit-j.total {
			j.wrong(wire.CloseTooBig, fmt.Sprintf("a message has at most %d bytes", j.limit))
			return
		}
		j.open = true
		j.total += j.left
	}
	if j.left == 0 {
		j.end()
	}
}

// payload judges the next bytes of a frame; with a verdict it answers which is the
// first that is wrong.
func (j *judge) payload(b []byte) int {
	key := j.head[j.size()-4 : j.size()]
	for i, c := range b {
		c ^= key[j.at&3]
		j.at++
		switch {
		case j.opcode() >= opClose:
			j.control[j.held] = c
			j.held++
		case j.pending == 0 && c < utf8.RuneSelf:
		case !j.text(c):
			j.wrong(wire.CloseNotUTF8, "a text message is UTF-8")
			return i
		}
	}
	return len(b)
}

// text takes one byte of a message, and false where no rune goes on so.
func (j *judge) text(c byte) bool {
	j.partial[j.pending] = c
	j.pending++
	if !utf8.FullRune(j.partial[:j.pending]) {
		return true
	}
	r, size := utf8.DecodeRune(j.partial[:j.pending])
	j.pending = 0
	return r != utf8.RuneError || size > 1
}

// end is at the end of a frame.
func (j *judge) end() {
	j.have = 0
	switch {
	case j.opcode() == opClose:
		j.verdict = closing(j.control[:j.held])
	case j.opcode() < opClose && j.final():
		if j.pending > 0 {
			j.wrong(wire.CloseNotUTF8, "a text message is UTF-8")
		}
		j.open, j.total = false, 0
	}
}

// closing judges the payload of a close frame (RFC 6455, sections 5.5.1 and 7.4,
// and the IANA registry of close codes).
func closing(payload []byte) *verdict {
	if len(payload) == 0 {
		return &verdict{code: noCode}
	}
	if len(payload) == 1 {
		return &verdict{code: wire.CloseProtocol, reason: "a close code has two bytes"}
	}
	code := int(binary.BigEndian.Uint16(payload))
	switch {
	case code < 1000, code >= 1004 && code <= 1006, code >= 1015 && code < 3000, code >= 5000:
		return &verdict{code: wire.CloseProtocol, reason: fmt.Sprintf("nobody closes with %d", code)}
	case !utf8.Valid(payload[2:]):
		return &verdict{code: wire.CloseNotUTF8, reason: "the reason of a close frame is UTF-8"}
	}
	return &verdict{code: code}
}
