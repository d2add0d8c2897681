package api

import (
	"fmt"
	"net"
	"strings"
	"testing"

	"telltale/shared/wire"
)

func TestAutobahn7CloseHandling(t *testing.T) {
	normal := hear(closedBy(1000))
	closes := closeOf(1000, "")
	said := textOf(echo(hello))
	whole := echo("fragment1fragment2")
	cases := []frameCase{
		{"7.1.1 text, then close", frames(said, closes), hear(echoed(hello), closedBy(1000))},
		{"7.1.2 two close frames", frames(closes, closeOf(0, "")), normal},
		{"7.1.3 a ping after close", frames(closes, pingOf("")), normal},
		{"7.1.4 text after close", frames(closes, said), normal},
		{"7.1.5 half a message, close, the other half", frames(unfinished(textOf(whole[:30])), closes, moreOf(whole[30:])), normal},
		{"7.3.1 close without a code", frames(closeOf(0, "")), hear(closedBy(noCode))},
		{"7.3.2 close of 1 byte", frames(closeOf(0, "a")), protocolError},
		{"7.3.3 close with a code", frames(closes), normal},
		{"7.3.4 close with a code and a reason", frames(closeOf(1000, "Hello World!")), normal},
		{"7.3.5 close with the longest reason", frames(closeOf(1000, strings.Repeat("*", 123))), normal},
		{"7.3.6 close with a reason too long", frames(closeOf(1000, strings.Repeat("*", 124))), protocolError},
		{"7.5.1 close with a reason that is no UTF-8", frames(closeOf(1000, surrogate)), notUTF8},
		{"7.13.1 close with 5000", frames(closeOf(5000, "")), protocolError},
		{"7.13.2 close with 65535", frames(closeOf(65535, "")), protocolError},
	}
	for i, code := range []int{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999} {
		cases = append(cases, frameCase{fmt.Sprintf("7.7.%d close with %d", i+1, code), frames(closeOf(code, "")), hear(closedBy(code))})
	}
	for i, code := range []int{0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999} {
		cases = append(cases, frameCase{fmt.Sprintf("7.9.%d close with %d", i+1, code), frames(rawFrame{op: opClose, payload: string([]byte{byte(code >> 8), byte(code)})}), protocolError})
	}
	play(t, open(t), cases)
}

// The codes that were registered with IANA after the suite's lists were made, and
// 1015, which stands for a failed handshake of TLS and is never sent.
func TestCloseCodesThatWereRegisteredLater(t *testing.T) {
	play(t, open(t), []frameCase{
		{"1012 service restart", frames(closeOf(1012, "")), hear(closedBy(1012))},
		{"1013 try again later", frames(closeOf(1013, "")), hear(closedBy(1013))},
		{"1014 bad gateway", frames(closeOf(1014, "")), hear(closedBy(1014))},
		{"1015 no TLS", frames(closeOf(1015, "")), protocolError},
	})
}

// Who asks and hangs up without waiting gets its answers all the same.
func TestAnswersComeBeforeTheCloseFrameThatFollowsTheQuestions(t *testing.T) {
	s := open(t).speak(t)
	var ask []rawFrame
	var want []string
	for i := range 200 {
		id := fmt.Sprint(i)
		ask, want = append(ask, textOf(echo(id))), append(want, echoed(id))
	}
	s.say(0, append(ask, closeOf(1001, "going away"))...)
	s.ends(append(want, closedBy(1001))...)
}

// All that a client still sends when it is closed must not make the kernel reset
// the connection: the close frame would be lost.
func TestACloseFrameArrivesWhateverTheClientStillSends(t *testing.T) {
	h := open(t)
	for name, wrong := range map[string]struct {
		rawFrame
		code int
	}{
		"a reserved bit":  {reserved(4, textOf("")), wire.CloseProtocol},
		"no UTF-8":        {textOf("\xff"), wire.CloseNotUTF8},
		"binary":          {rawFrame{op: opBinary}, wire.CloseNotText},
		"a long message":  {textOf(strings.Repeat("*", 1<<20)), wire.CloseTooBig},
		"its own goodbye": {closeOf(1000, ""), 1000},
	} {
		t.Run(name, func(t *testing.T) {
			s := h.speak(t)
			sent := make(chan struct{})
			go func() {
				defer close(sent)
				s.say(0, wrong.rawFrame, textOf(strings.Repeat("*", 4<<20)))
			}()
			s.ends(closedBy(wrong.code))
			_ = s.Close()
			<-sent
		})
	}
}

// Whose connection ends in the middle of a message has not said it (section 5.4),
// even if what came of it would be a request.
func TestAMessageThatIsCutOffIsNone(t *testing.T) {
	h := open(t)
	for name, c := range map[string]struct{ pad, cut int }{
		"where the library's buffer is full": {2000, 8 + 512},
		"in the middle of a frame":           {2000, 8 + 700},
		"before the last byte":               {2000, 8 + 1999},
		"before the last fragment":           {0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			s := h.speak(t)
			b := unfinished(textOf(fmt.Sprintf(`{"type":"mutate","metric":"cut","add":1}%*s`, c.pad, ""))).bytes(s.rand)
			if c.cut > 0 {
				b[0] |= 0x80
				b = b[:c.cut]
			}
			_, _ = s.Write(b)
			_ = s.Conn.(*net.TCPConn).CloseWrite()
			s.hears("end")
		})
	}
	if r := h.ask("GET", "/m/cut", ""); r.status != 404 {
		t.Errorf("a message was taken that was not whole: %d %s", r.status, r.body)
	}
}
