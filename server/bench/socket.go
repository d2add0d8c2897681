package bench

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/sha1"
	"crypto/tls"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"telltale/shared/wire"
)

// Frames of the protocol (RFC 6455, section 5.2).
const (
	last      = 0x80
	opText    = 1
	opClose   = 8
	opPing    = 9
	opPong    = 10
	masked    = 0x80
	mostFrame = 64 << 20 // bytes of what a server sends
)

// refusal is an answer that is no socket.
type refusal struct {
	says string
	wait time.Duration // that the server asks for; 0 for none
}

// Error is what the server says of it.
func (r *refusal) Error() string { return r.says }

// refused reads an answer that is not what was asked for.
func refused(response *http.Response) *refusal {
	var problem struct {
		Detail string `json:"detail"`
	}
	body, _ := io.ReadAll(io.LimitReader(response.Body, 64<<10))
	seconds, _ := strconv.Atoi(response.Header.Get("Retry-After"))
	r := &refusal{says: "it answers " + response.Status, wait: time.Duration(seconds) * time.Second}
	if json.Unmarshal(body, &problem) == nil && problem.Detail != "" {
		r.says = problem.Detail
	}
	return r
}

// socket is a WebSocket as lean as it can be. Its methods are called by one goroutine, but close.
type socket struct {
	conn   net.Conn
	reader *bufio.Reader
}

// dial opens a socket; from is the address that it is called from, nil for whichever.
func dial(ctx context.Context, at *url.URL, token string, from net.Addr) (*socket, error) {
	port := at.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[at.Scheme]
	}
	address := net.JoinHostPort(at.Hostname(), port)
	dialer := &net.Dialer{LocalAddr: from, Timeout: 30 * time.Second}
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err == nil && at.Scheme == "https" {
		secret := tls.Client(conn, &tls.Config{ServerName: at.Hostname()})
		if err = secret.HandshakeContext(ctx); err != nil {
			_ = conn.Close()
		}
		conn = secret
	}
	if err != nil {
		return nil, err
	}
	s := &socket{conn: conn, reader: bufio.NewReaderSize(conn, 512)}
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	if err := s.shake(at, token); err != nil {
		_ = conn.Close()
		return nil, err
	}
	_ = conn.SetDeadline(time.Time{})
	return s, nil
}

// shake is the handshake (RFC 6455, section 4.1).
func (s *socket) shake(at *url.URL, token string) error {
	var nonce [16]byte
	_, _ = rand.Read(nonce[:])
	key := base64.StdEncoding.EncodeToString(nonce[:])
	request, err := http.NewRequest("GET", at.JoinPath("ws").String(), nil)
	if err != nil {
		return err
	}
	request.Header = http.Header{"Upgrade": {"websocket"}, "Connection": {"Upgrade"}, "Sec-Websocket-Version": {"13"}, "Sec-Websocket-Key": {key}}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	if err := request.Write(s.conn); err != nil {
		return err
	}
	response, err := http.ReadResponse(s.reader, request)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusSwitchingProtocols {
		return refused(response)
	}
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	if response.Header.Get("Sec-Websocket-Accept") != base64.StdEncoding.EncodeToString(sum[:]) {
		return errors.New("what answers there is no WebSocket")
	}
	return nil
}

// say sends a message.
func (s *socket) say(m wire.Message) error { return s.write(opText, wire.Encode(m)) }

// write sends a frame. Its mask is nought: masks are there for what scripts of pages send (RFC 6455, section 10.3).
func (s *socket) write(opcode byte, payload []byte) error {
	frame := []byte{last | opcode, masked | byte(len(payload))}
	if len(payload) > 125 {
		frame = binary.BigEndian.AppendUint16([]byte{last | opcode, masked | 126}, uint16(len(payload)))
	}
	_, err := s.conn.Write(append(append(frame, 0, 0, 0, 0), payload...))
	return err
}

// errEnd says that the server closed the socket.
type errEnd struct {
	code   int // 0 where it said none
	reason string
}

// Error is the close frame's word.
func (e *errEnd) Error() string {
	return strings.TrimRight(fmt.Sprintf("the server closed it: %d %s", e.code, e.reason), " ")
}

// wait waits for the next message, and answers its opcode and how long it is; next reads it. So
// one that waits needs no buffer.
func (s *socket) wait() (opcode byte, size int, err error) {
	head, err := s.reader.Peek(2)
	if err != nil {
		return 0, 0, err
	}
	opcode, size = head[0]&0xf, int(head[1])
	if head[0]&^0xf != last || head[1]&masked != 0 {
		return 0, 0, errors.New("the server sends frames that this program does not take: in pieces, or masked")
	}
	skip := 2
	switch size {
	case 126:
		if head, err = s.reader.Peek(4); err == nil {
			skip, size = 4, int(binary.BigEndian.Uint16(head[2:]))
		}
	case 127:
		if head, err = s.reader.Peek(10); err == nil {
			skip, size = 10, int(min(binary.BigEndian.Uint64(head[2:]), mostFrame+1))
		}
	}
	if err == nil && size > mostFrame {
		err = errors.New("the server sends more than this program takes")
	}
	if err != nil {
		return 0, 0, err
	}
	_, err = s.reader.Discard(skip)
	return opcode, size, err
}

// next reads the message that wait told of.
func (s *socket) next(into []byte) error {
	_, err := io.ReadFull(s.reader, into)
	return err
}

// control answers a control frame; its error is that of the end.
func (s *socket) control(opcode byte, payload []byte) error {
	switch opcode {
	case opPing:
		return s.write(opPong, payload)
	case opClose:
		e := &errEnd{}
		if len(payload) >= 2 {
			e.code, e.reason = int(binary.BigEndian.Uint16(payload)), string(payload[2:])
		}
		return e
	}
	return nil
}

func (s *socket) close() { _ = s.conn.Close() }
