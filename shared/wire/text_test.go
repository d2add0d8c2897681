package wire

import (
	"bytes"
	"strings"
	"testing"
)

func TestATextMessageStandsBehindTheShortestHeaderOfItsLength(t *testing.T) {
	for size, header := range map[int]string{
		0: "\x81\x00", 1: "\x81\x01", 125: "\x81\x7d", 126: "\x81\x7e\x00\x7e", 65535: "\x81\x7e\xff\xff",
		65536: "\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00",
	} {
		text := strings.Repeat("x", size)
		b, payload := AppendText([]byte("before"), func(b []byte) []byte { return append(b, text...) })
		if want := "before" + header + text; string(b) != want || payload != len("before"+header) {
			t.Errorf("%d bytes: %q..., payload at %d", size, b[:min(20, len(b))], payload)
		}
		if !bytes.Equal(AppendTextHeader(nil, size), []byte(header)) {
			t.Errorf("%d bytes have the header %q", size, AppendTextHeader(nil, size))
		}
	}
}
