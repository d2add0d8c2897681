package api

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"telltale/shared/wire"
)

// outbound is a connection that two write to, each whole frames: the socket what it
// has to say, and the WebSocket library its pongs and its close frame. Nothing follows
// a close frame (RFC 6455, section 5.5.1).
type outbound struct {
	net.Conn
	turn        baton       // of who writes
	over        bool        // a close frame was written; guarded by turn
	interrupted atomic.Bool // until the next write of the library's

	// What the kernel takes at once goes to the descriptor itself. Between would stand the
	// connection's own lock and the poller's note of each write: a dozen lines of memory,
	// which a crowd's next round finds cold (measured: a twentieth of what a delivery costs).
	fd  uintptr
	use atomic.Int32 // of fd
}

// A descriptor must not be written to once it is closed: it may be another connection's.
const (
	barred int32 = iota // there is none, or it is closed
	unused
	inUse
	forsaken // closed by somebody while it was in use: whoever uses it closes it
)

func (o *outbound) init(conn net.Conn) {
	o.Conn, o.turn = conn, newBaton()
	below, has := conn.(syscall.Conn)
	if !has {
		return
	}
	if raw, err := below.SyscallConn(); err == nil && raw.Control(func(fd uintptr) { o.fd = fd }) == nil {
		o.use.Store(unused)
	}
}

// Close closes the connection, or has whoever writes without waiting close it.
func (o *outbound) Close() error {
	for {
		switch o.use.Load() {
		case barred:
			return o.Conn.Close()
		case forsaken:
			return net.ErrClosed
		case unused:
			o.use.CompareAndSwap(unused, barred)
		case inUse:
			if o.use.CompareAndSwap(inUse, forsaken) {
				return nil
			}
		}
	}
}

// Write is the library's, which has no frame in pieces and closes the connection
// where it cannot write for 5 s; that ends a write that is waited for here, too.
func (o *outbound) Write(frame []byte) (int, error) {
	_ = o.turn.take(context.Background())
	o.resume()
	return o.write(frame, idle)
}

func idle() {}

// interrupt ends a write that is under way behind the frame that it is in the midst
// of, with os.ErrDeadlineExceeded: so a close frame reaches who reads slowly.
func (o *outbound) interrupt() {
	o.interrupted.Store(true)
	_ = o.SetWriteDeadline(time.Unix(1, 0))
}

// resume lets writes be once more that interrupt would end.
func (o *outbound) resume() {
	o.interrupted.Store(false)
	_ = o.SetWriteDeadline(time.Time{})
}

// write writes whole frames and ends the turn, which its caller has taken. It calls waits
// before it waits for the peer.
func (o *outbound) write(frames []byte, waits func()) (int, error) {
	defer o.turn.give()
	if o.over {
		return 0, net.ErrClosed
	}
	o.over = frames[0]&0xf == opClose
	n := o.writeNow(frames)
	if n == len(frames) {
		return n, nil
	}
	waits()
	more, err := o.Conn.Write(frames[n:])
	n += more
	if errors.Is(err, os.ErrDeadlineExceeded) {
		o.resume()
		if _, broken := o.Conn.Write(frames[n:frameEnd(frames, n)]); broken != nil {
			err = broken
		}
	}
	return n, err
}

// writeNow writes what the kernel takes without waiting; what hinders it comes again.
func (o *outbound) writeNow(frames []byte) int {
	if o.interrupted.Load() || !o.use.CompareAndSwap(unused, inUse) {
		return 0
	}
	n := tryWrite(o.fd, frames)
	if !o.use.CompareAndSwap(inUse, unused) {
		o.use.Store(barred)
		_ = o.Conn.Close()
	}
	return max(0, n)
}

// frameEnd is where the frame ends that byte n is in the midst of; n itself between
// two frames. A server's frames have no mask.
func frameEnd(frames []byte, n int) int {
	end := 0
	for end < n {
		switch size := int(frames[end+1]); size {
		case 126:
			end += 4 + int(binary.BigEndian.Uint16(frames[end+2:]))
		case 127:
			end += 10 + int(binary.BigEndian.Uint64(frames[end+2:]))
		default:
			end += 2 + size
		}
	}
	return end
}

// outgoing is what is to be sent next: whole frames that are shared with others, or
// one message that has none yet. A large one that has to stand in line is made when its
// turn has come: ten thousand who wait for that hold what they share, and not one each.
// The zero outgoing is nothing.
type outgoing struct {
	frames   []byte
	messages int // in frames
	payload  []byte
	later    func() []byte // makes the payload
}

func (o outgoing) none() bool { return o.frames == nil && o.payload == nil && o.later == nil }

// writeBytes is how much is written at once where more is there. One frame may be more.
const writeBytes = 64 << 10

// gathered are the messages of the next write. A connection that is idle holds none.
type gathered struct {
	alone    []byte  // the frames, where nothing was added to them; shared
	buffer   *[]byte // all of them, copied, otherwise
	messages int
}

// buffers are those that connections that write have in use.
var buffers = sync.Pool{New: func() any { return new(make([]byte, 0, 4<<10)) }}

// add takes what is to be sent; false where it is to be written before more comes.
func (g *gathered) add(o outgoing) bool {
	if o.payload == nil {
		g.messages += o.messages
		if g.size() == 0 {
			g.alone = o.frames
			return len(o.frames) < writeBytes/2
		}
		g.own()
		*g.buffer = append(*g.buffer, o.frames...)
	} else {
		g.messages++
		g.own()
		*g.buffer = append(wire.AppendTextHeader(*g.buffer, len(o.payload)), o.payload...)
	}
	return len(*g.buffer) < writeBytes
}

// own copies what came alone.
func (g *gathered) own() {
	if g.buffer == nil {
		g.buffer = buffers.Get().(*[]byte)
		*g.buffer = append((*g.buffer)[:0], g.alone...)
		g.alone = nil
	}
}

// fits tells whether o is small enough to be added to what there is.
func (g *gathered) fits(o outgoing) bool {
	return g.size()+len(o.frames)+len(o.payload) <= writeBytes
}

func (g *gathered) size() int {
	if g.buffer != nil {
		return len(*g.buffer)
	}
	return len(g.alone)
}

// bytes are the frames to be written, until clear is called.
func (g *gathered) bytes() []byte {
	if g.buffer != nil {
		return *g.buffer
	}
	return g.alone
}

func (g *gathered) clear() {
	if g.buffer != nil && cap(*g.buffer) <= 2*writeBytes {
		buffers.Put(g.buffer)
	}
	*g = gathered{}
}
