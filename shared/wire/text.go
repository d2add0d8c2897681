package wire

import "encoding/binary"

// MaxTextHeader is the most bytes that the header of a frame has which a server sends.
const MaxTextHeader = 10

// AppendTextHeader writes the header of a text message of one frame, as a server
// sends it (RFC 6455, section 5.2), for a payload of size bytes.
func AppendTextHeader(b []byte, size int) []byte {
	const finalText = 0x81
	switch {
	case size < 126:
		return append(b, finalText, byte(size))
	case size < 1<<16:
		return binary.BigEndian.AppendUint16(append(b, finalText, 126), uint16(size))
	}
	return binary.BigEndian.AppendUint64(append(b, finalText, 127), uint64(size))
}

// AppendText writes a whole text message, whose payload write appends, and tells
// where in the result that begins.
func AppendText(b []byte, write func(b []byte) []byte) (framed []byte, payload int) {
	begin := len(b)
	var room [MaxTextHeader]byte
	b = write(append(b, room[:]...))
	size := len(b) - begin - MaxTextHeader
	header := AppendTextHeader(room[:0], size)
	if spare := MaxTextHeader - len(header); spare > 0 {
		copy(b[begin+len(header):], b[begin+MaxTextHeader:])
		b = b[:len(b)-spare]
	}
	copy(b[begin:], header)
	return b, begin + len(header)
}
