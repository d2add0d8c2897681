package api

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"telltale/shared/wire"
)

// roomy is a server with the largest --max-message there is, so that the suite's
// cases run in their own sizes.
func roomy(t *testing.T) *house { return open(t, func(o *Options) { o.MaxMessage = 16 << 20 }) }

const kib, mib = 1 << 10, 1 << 20

var tooBig = hear(closedBy(wire.CloseTooBig))

// once plays one case of large messages. What it sends may be more than the
// connection holds, so it is written beside the reading.
func once(t *testing.T, h *house, name string, chop int, send []rawFrame, want ...string) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		s := h.speak(t)
		sent := make(chan struct{})
		go func() {
			defer close(sent)
			s.say(chop, send...)
		}()
		s.hears(want...)
		if !strings.HasPrefix(want[0], "close ") {
			<-sent
			s.ends()
			return
		}
		_ = s.Close()
		<-sent
	})
}

func TestAutobahn9LimitsOfMessages(t *testing.T) {
	h, large := open(t), roomy(t)
	for i, n := range []int{64 * kib, 256 * kib, 1 * mib, 4 * mib, 8 * mib, 16 * mib} {
		message, answer := textOf(echo(stars(n))), echoed(stars(n))
		once(t, large, fmt.Sprintf("9.1.%d text of %d bytes where 16 MiB may come", i+1, n), 0, frames(message), answer)
		if n > 64*kib {
			answer = closedBy(wire.CloseTooBig)
		}
		once(t, h, fmt.Sprintf("9.1.%d text of %d bytes where 64 KiB may come", i+1, n), 0, frames(message), answer)
		once(t, large, fmt.Sprintf("9.2.%d binary of %d bytes is refused by policy", i+1, n), 0, frames(rawFrame{op: opBinary, payload: message.payload}), byPolicy...)
	}
	once(t, large, "9.1 text of 16 MiB and a byte where 16 MiB may come", 0, frames(textOf(echo(stars(16*mib+1)))), tooBig...)
	once(t, h, "9.1 text of 64 KiB and a byte where 64 KiB may come", 0, frames(textOf(echo(stars(64*kib+1)))), tooBig...)
}

func TestAutobahn9FragmentedMessages(t *testing.T) {
	h, large := open(t), roomy(t)
	whole := echo(stars(4 * mib))
	some, answer := echo(stars(mib)), echoed(stars(mib)) // 4 MiB take 20 s under -race
	small, smallAnswer := echo(stars(64*kib)), echoed(stars(64*kib))
	for i, size := range []int{64, 256, 1 * kib, 4 * kib, 16 * kib, 64 * kib, 256 * kib, 1 * mib, 4 * mib} {
		once(t, large, fmt.Sprintf("9.3.%d text of 1 MiB in fragments of %d where 16 MiB may come", i+1, size), 0, inFragments(some, size), answer)
		once(t, h, fmt.Sprintf("9.3.%d text of 64 KiB in fragments of %d where 64 KiB may come", i+1, size), 0, inFragments(small, size), smallAnswer)
		once(t, h, fmt.Sprintf("9.3.%d text of 4 MiB in fragments of %d where 64 KiB may come", i+1, size), 0, inFragments(whole, size), tooBig...)
		binary := inFragments(whole, size)
		binary[0].op = opBinary
		once(t, large, fmt.Sprintf("9.4.%d binary in fragments of %d is refused by policy", i+1, size), 0, binary, byPolicy...)
	}
	once(t, h, "9.9.1 text in frames of 4 KiB without an end", 0, append(frames(unfinished(textOf(""))), slicesOf(unfinished(moreOf(strings.Repeat("*", 4*kib))), 1000)...), tooBig...)
}

func slicesOf(f rawFrame, n int) []rawFrame {
	all := make([]rawFrame, n)
	for i := range all {
		all[i] = f
	}
	return all
}

func TestAutobahn9MessagesInChops(t *testing.T) {
	large := roomy(t)
	message, answer := textOf(echo(stars(mib))), echoed(stars(mib))
	for i, chop := range []int{64, 128, 256, 512, 1 * kib, 2 * kib} {
		once(t, large, fmt.Sprintf("9.5.%d text of 1 MiB in chops of %d", i+1, chop), chop, frames(message), answer)
		once(t, large, fmt.Sprintf("9.6.%d binary of 1 MiB in chops of %d is refused by policy", i+1, chop), chop, frames(rawFrame{op: opBinary, payload: message.payload}), byPolicy...)
	}
}

func TestAutobahn9RoundTrips(t *testing.T) {
	h := open(t)
	for i, n := range []int{0, 16, 64, 256, 1 * kib, 4 * kib} {
		message, answer := "", notJSON
		switch {
		case n == 16:
			message, answer = `{"type":"ping" }`, echoed("")
		case n > 16:
			message, answer = echo(stars(n)), echoed(stars(n))
		}
		t.Run(fmt.Sprintf("9.7.%d 1,000 times text of %d bytes and back", i+1, n), func(t *testing.T) {
			s := h.speak(t)
			for range 1000 {
				s.say(0, textOf(message))
				s.hears(answer)
			}
			s.ends()
		})
		t.Run(fmt.Sprintf("9.8.%d binary of %d bytes is refused by policy", i+1, n), func(t *testing.T) {
			s := h.speak(t)
			s.say(0, rawFrame{op: opBinary, payload: strings.Repeat("\xfe", n)})
			s.ends(byPolicy...)
		})
	}
}

func TestAutobahn7Point1Point6AMessageTooLongThenTextCloseAndPing(t *testing.T) {
	long := textOf(strings.Repeat("BAsd7&jh23", 256*kib/10))
	rest := frames(long, textOf(echo(hello)), closeOf(1000, ""), pingOf(""))
	once(t, open(t), "where 64 KiB may come", 0, rest, tooBig...)
	t.Run("where 16 MiB may come", func(t *testing.T) {
		s := roomy(t).speak(t)
		s.say(0, rest...)
		s.ends(notJSON, echoed(hello), closedBy(1000))
	})
}

func TestAutobahn10AutoFragmentation(t *testing.T) {
	once(t, open(t), "10.1.1 text of 65,536 bytes in fragments of 1,300", 0, inFragments(echo(stars(65536)), 1300), echoed(stars(65536)))
}

// Sections 12 and 13 of the suite ask for permessage-deflate (RFC 7692); it is off.
func TestCompressionIsNotTakenWhenOffered(t *testing.T) {
	h := open(t)
	for _, path := range []string{"/ws", "/dashboard", "/status"} {
		conn, err := net.Dial("tcp", strings.TrimPrefix(h.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"+
			"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n", path)
		response, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil || response.StatusCode != http.StatusSwitchingProtocols || response.Header.Get("Sec-WebSocket-Extensions") != "" {
			t.Errorf("%s: %v %v", path, response, err)
		}
	}
}
