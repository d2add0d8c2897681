package api

import (
	"bytes"
	"crypto/subtle"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"telltale/shared/wire"
)

// The frame cases of the Autobahn test suite (crossbario/autobahn-testsuite), by
// their numbers, spoken by hand over TCP to a running server. What it calls an echo
// is here {"type":"ping","id":PAYLOAD}, answered by {"type":"pong","id":PAYLOAD};
// where it sends a payload of n bytes, the whole message has n bytes. Binary
// messages are closed with 1003, a policy of ours that the RFC provides for (section
// 7.4.1), so its binary cases check that.
//
// Stricter than the suite: what was asked before a frame that breaks a rule is
// always answered (there "non-strict" may lose it), and a connection always ends
// after the server's close frame and never by a reset.

// rawFrame is a frame as a client writes it.
type rawFrame struct {
	more    bool // the FIN bit is not set
	rsv     byte // 0 to 7
	op      byte
	payload string
	naked   bool // not masked
}

func (p rawFrame) bytes(r *rand.Rand) []byte {
	b := []byte{p.op | p.rsv<<4}
	if !p.more {
		b[0] |= 0x80
	}
	switch n := len(p.payload); {
	case n < 126:
		b = append(b, byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, 126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 127), uint64(n))
	}
	if p.naked {
		return append(b, p.payload...)
	}
	b[1] |= 0x80
	b = binary.BigEndian.AppendUint32(b, r.Uint32())
	// Keys repeated: XORBytes takes a 50th of the time of a loop under -race.
	keys := bytes.Repeat(b[len(b)-4:], 256)
	at := len(b)
	b = append(b, p.payload...)
	for part := range slices.Chunk(b[at:], len(keys)) {
		subtle.XORBytes(part, part, keys)
	}
	return b
}

func textOf(message string) rawFrame         { return rawFrame{op: opText, payload: message} }
func pingOf(payload string) rawFrame         { return rawFrame{op: opPing, payload: payload} }
func pongOf(payload string) rawFrame         { return rawFrame{op: opPong, payload: payload} }
func moreOf(payload string) rawFrame         { return rawFrame{op: opContinuation, payload: payload} }
func unfinished(p rawFrame) rawFrame         { p.more = true; return p }
func reserved(rsv byte, p rawFrame) rawFrame { p.rsv = rsv; return p }

// closeOf is a close frame; of code 0 one without a code.
func closeOf(code int, reason string) rawFrame {
	if code == 0 {
		return rawFrame{op: opClose, payload: reason}
	}
	return rawFrame{op: opClose, payload: string(binary.BigEndian.AppendUint16(nil, uint16(code))) + reason}
}

// inFragments is one text message in frames of at most size bytes.
func inFragments(message string, size int) (frames []rawFrame) {
	op := byte(opText)
	for first := true; first || message != ""; first = false {
		part := message[:min(size, len(message))]
		message = message[len(part):]
		frames = append(frames, rawFrame{op: op, payload: part, more: message != ""})
		op = opContinuation
	}
	return frames
}

// echo is a message that comes back: quoted as JSON wants it, otherwise as it is.
func echo(id string) string {
	const head = `{"type":"ping","id":"`
	if strings.Count(id, "*") == len(id) {
		return head + id + `"}`
	}
	var b strings.Builder
	b.WriteString(head)
	for i := range len(id) {
		switch c := id[i]; {
		case c == '"' || c == '\\':
			b.WriteString(`\` + id[i:i+1])
		case c < ' ':
			fmt.Fprintf(&b, `\u%04x`, c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String() + `"}`
}

// stars is the payload whose echo has n bytes.
func stars(n int) string { return strings.Repeat("*", n-len(echo(""))) }

// What a client gets to see.
func echoed(payload string) string { return "echo " + payload }
func ponged(payload string) string { return "pong " + payload }
func closedBy(code int) string     { return fmt.Sprintf("close %d", code) }

// notJSON answers a text message that is no request, and so shows that it arrived.
const notJSON = "error " + wire.CodeBadMessage

// speaker is a client that writes frames by hand.
type speaker struct {
	bare
	t    *testing.T
	rand *rand.Rand
}

// speak opens a connection and takes the welcome.
func (h *house) speak(t *testing.T) *speaker {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(h.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(2 * time.Minute))
	s := &speaker{bare: shake(t, conn, "/ws"), t: t, rand: rand.New(rand.NewPCG(6455, uint64(len(t.Name()))))}
	s.hears(wire.TypeWelcome)
	return s
}

// say writes frames, chop bytes at a time, 0 for all at once, -1 for a frame at a
// time. What a server that has closed does not take any more is left.
func (s *speaker) say(chop int, frames ...rawFrame) {
	var all []byte
	for _, f := range frames {
		b := f.bytes(s.rand)
		if chop < 0 {
			_, _ = s.Write(b)
			continue
		}
		all = append(all, b...)
	}
	if chop <= 0 {
		chop = max(1, len(all))
	}
	for part := range slices.Chunk(all, chop) {
		if _, err := s.Write(part); err != nil {
			return
		}
	}
}

// event is the next thing that comes.
func (s *speaker) event() string {
	opcode, payload, err := s.frame()
	switch {
	case err == io.EOF:
		return "end"
	case err != nil:
		return err.Error()
	case opcode == opPong:
		return ponged(string(payload))
	case opcode == opPing: // a busy machine may need longer for a case than the heartbeat
		return s.event()
	case opcode == opClose && len(payload) == 0:
		return closedBy(noCode)
	case opcode == opClose:
		return closedBy(int(binary.BigEndian.Uint16(payload)))
	case opcode != opText:
		return fmt.Sprintf("opcode %d", opcode)
	}
	if id, is := bytes.CutPrefix(payload, []byte(`{"type":"pong","id":"*`)); is && len(id) > 1000 {
		return echoed("*" + string(id[:len(id)-len(`"}`)])) // too long for encoding/json under -race
	}
	var m struct{ Type, ID, Code string }
	if err := json.Unmarshal(payload, &m); err != nil {
		return err.Error()
	}
	switch m.Type {
	case wire.TypePong:
		return echoed(m.ID)
	case wire.TypeError:
		return "error " + m.Code
	}
	return m.Type
}

// hears checks the next events.
func (s *speaker) hears(want ...string) {
	s.t.Helper()
	for _, w := range want {
		if got := s.event(); got != w {
			s.t.Fatalf("got %.200q, want %.200q", got, w)
		}
	}
}

// ends hears the rest: where the server does not close by what was said, the client
// does, and nothing else comes.
func (s *speaker) ends(want ...string) {
	s.t.Helper()
	s.hears(want...)
	if len(want) == 0 || !strings.HasPrefix(want[len(want)-1], "close ") {
		s.say(0, closeOf(1000, ""))
		s.hears(closedBy(1000))
	}
	s.hears("end")
}

// frameCase is a case of the suite: what is sent and what comes, the last of it a
// close where the server closes.
type frameCase struct {
	name string
	send []rawFrame
	want []string
}

// chops are the ways to write a case.
var chops = map[string]int{"at once": 0, "frame by frame": -1, "byte by byte": 1, "in chops of 7": 7}

// play plays each case in every way to write it.
func play(t *testing.T, h *house, cases []frameCase) {
	t.Helper()
	for _, c := range cases {
		for name, chop := range chops {
			t.Run(c.name+"/"+name, func(t *testing.T) {
				s := h.speak(t)
				s.say(chop, c.send...)
				s.ends(c.want...)
			})
		}
	}
}

func frames(p ...rawFrame) []rawFrame { return p }
func hear(want ...string) []string    { return want }

var (
	protocolError = hear(closedBy(wire.CloseProtocol))
	byPolicy      = hear(closedBy(wire.CloseNotText))
)

const hello = "Hello, world!"

func TestAutobahn1Framing(t *testing.T) {
	h := open(t)
	var cases []frameCase
	for i, n := range []int{0, 125, 126, 127, 128} {
		message, answer := "", notJSON
		if n > 0 {
			message, answer = echo(stars(n)), echoed(stars(n))
		}
		cases = append(cases,
			frameCase{fmt.Sprintf("1.1.%d text of %d bytes", i+1, n), frames(textOf(message)), hear(answer)},
			frameCase{fmt.Sprintf("1.2.%d binary of %d bytes is refused by policy", i+1, n),
				frames(rawFrame{op: opBinary, payload: strings.Repeat("\xfe", n)}), byPolicy})
	}
	play(t, h, cases)
	for i, c := range []struct{ n, chop int }{{65535, 0}, {65536, 0}, {65536, 997}} {
		t.Run(fmt.Sprintf("1.1.%d text of %d bytes in chops of %d", i+6, c.n, c.chop), func(t *testing.T) {
			s := h.speak(t)
			s.say(c.chop, textOf(echo(stars(c.n))))
			s.ends(echoed(stars(c.n)))
		})
		t.Run(fmt.Sprintf("1.2.%d binary of %d bytes in chops of %d is refused by policy", i+6, c.n, c.chop), func(t *testing.T) {
			s := h.speak(t)
			s.say(c.chop, rawFrame{op: opBinary, payload: strings.Repeat("\xfe", c.n)})
			s.ends(byPolicy...)
		})
	}
}

func TestAutobahn2PingsAndPongs(t *testing.T) {
	const noText = "\x00\xff\xfe\xfd\xfc\xfb\x00\xff"
	long := strings.Repeat("\xfe", 125)
	var ten []rawFrame
	var tenPongs []string
	for i := range 10 {
		payload := fmt.Sprintf("payload-%d", i)
		ten, tenPongs = append(ten, pingOf(payload)), append(tenPongs, ponged(payload))
	}
	play(t, open(t), []frameCase{
		{"2.1 ping without payload", frames(pingOf("")), hear(ponged(""))},
		{"2.2 ping with a small text", frames(pingOf(hello)), hear(ponged(hello))},
		{"2.3 ping with bytes that are no UTF-8", frames(pingOf(noText)), hear(ponged(noText))},
		{"2.4 and 2.6 ping with 125 bytes", frames(pingOf(long)), hear(ponged(long))},
		{"2.5 ping with 126 bytes", frames(pingOf(long + "\xfe")), protocolError},
		{"2.7 unsolicited pong without payload", frames(pongOf(""), closeOf(1000, "")), hear(closedBy(1000))},
		{"2.8 unsolicited pong with payload", frames(pongOf("unsolicited pong payload"), closeOf(1000, "")), hear(closedBy(1000))},
		{"2.9 unsolicited pong, then ping", frames(pongOf("unsolicited pong payload"), pingOf("ping payload")), hear(ponged("ping payload"))},
		{"2.10 and 2.11 ten pings", ten, tenPongs},
	})
}

func TestAutobahn3ReservedBits(t *testing.T) {
	first, answeredThenClosed := textOf(echo(hello)), hear(echoed(hello), closedBy(wire.CloseProtocol))
	play(t, open(t), []frameCase{
		{"3.1 text with RSV 1", frames(reserved(1, first)), protocolError},
		{"3.2 text, text with RSV 2, ping", frames(first, reserved(2, first), pingOf("")), answeredThenClosed},
		{"3.3 text, text with RSV 3, ping", frames(first, reserved(3, first), pingOf("")), answeredThenClosed},
		{"3.4 text, text with RSV 4, ping", frames(first, reserved(4, first), pingOf("")), answeredThenClosed},
		{"3.5 binary with RSV 5", frames(reserved(5, rawFrame{op: opBinary, payload: "\x00\xff\xfe\xfd\xfc\xfb\x00\xff"})), protocolError},
		{"3.6 ping with RSV 6", frames(reserved(6, pingOf(hello))), protocolError},
		{"3.7 close with RSV 7", frames(reserved(7, closeOf(0, ""))), protocolError},
	})
}

func TestAutobahn4Opcodes(t *testing.T) {
	first := textOf(echo(hello))
	var cases []frameCase
	for group, ops := range [][]byte{{3, 4, 5, 6, 7}, {11, 12, 13, 14, 15}} {
		for i, op := range ops {
			payload := ""
			if i != 0 && i != 2 {
				payload = "reserved opcode payload"
			}
			c := frameCase{fmt.Sprintf("4.%d.%d opcode %d with %d bytes", group+1, i+1, op, len(payload)), frames(rawFrame{op: op, payload: payload}), protocolError}
			if i >= 2 {
				c.name += " between text and ping"
				c.send, c.want = frames(first, c.send[0], pingOf("")), hear(echoed(hello), closedBy(wire.CloseProtocol))
			}
			cases = append(cases, c)
		}
	}
	play(t, open(t), cases)
}

func TestAutobahn5Fragmentation(t *testing.T) {
	h := open(t)
	whole := echo("fragment1fragment2")
	one, two := unfinished(textOf(whole[:30])), moreOf(whole[30:])
	stray, after := moreOf("non-continuation payload"), textOf(echo(hello))
	answer := echoed("fragment1fragment2")
	play(t, h, []frameCase{
		{"5.1 ping in two fragments", frames(unfinished(pingOf("fragment1")), moreOf("fragment2")), protocolError},
		{"5.2 pong in two fragments", frames(unfinished(pongOf("fragment1")), moreOf("fragment2")), protocolError},
		{"5.3 to 5.5 text in two fragments", frames(one, two), hear(answer)},
		{"5.6 to 5.8 text in two fragments, a ping between", frames(one, pingOf("ping payload"), two), hear(ponged("ping payload"), answer)},
		{"5.9 to 5.11 the end of no message, then text", frames(stray, after), protocolError},
		{"5.12 to 5.14 the middle of no message, then text", frames(unfinished(stray), after), protocolError},
		{"5.15 text in two fragments, then the middle of no message, then text", frames(one, two, unfinished(stray), after), hear(answer, closedBy(wire.CloseProtocol))},
		{"5.16 twice the middle of no message, then text in two fragments", frames(unfinished(stray), one, two, unfinished(stray), one, two), protocolError},
		{"5.17 twice the end of no message, then text in two fragments", frames(stray, one, two, stray, one, two), protocolError},
		{"5.18 text begins while text has not ended", frames(one, textOf(whole[30:])), protocolError},
	})
	const said = "fragment1fragment2fragment3fragment4fragment5"
	five := inFragments(echo(said), 14)
	for name, chop := range chops {
		t.Run("5.19 and 5.20 text in five fragments, each ping is answered at once/"+name, func(t *testing.T) {
			s := h.speak(t)
			s.say(chop, five[0], five[1], pingOf("pongme 1!"))
			s.hears(ponged("pongme 1!"))
			s.say(chop, five[2], five[3], pingOf("pongme 2!"))
			s.hears(ponged("pongme 2!"))
			s.say(chop, five[4:]...)
			s.ends(echoed(said))
		})
	}
}

// What the suite does not try.
func TestFramesThatNoClientMayWrite(t *testing.T) {
	h := open(t)
	for name, b := range map[string][]byte{
		"section 5.1: text that is not masked":    rawFrame{op: opText, payload: echo(hello), naked: true}.bytes(nil),
		"section 5.1: a close that is not masked": {0x88, 0},
		"section 5.2: a length of 64 bits":        append([]byte{0x81, 0xff, 0x80}, make([]byte, 11)...),
		"section 5.5: a ping of 65,535 bytes":     append([]byte{0x89, 0xfe, 0xff, 0xff}, make([]byte, 4)...),
	} {
		t.Run(name, func(t *testing.T) {
			s := h.speak(t)
			_, _ = s.Write(b)
			s.ends(protocolError...)
		})
	}
}
