package redis

import (
	"bytes"
	"errors"
	"io"
	"net"
	"testing"

	"telltale/server/ledger"
	"telltale/server/store/redistest"
)

// older passes bytes on to a Redis and back, and makes it say that it is of another version.
func older(t *testing.T, to, version string) (url string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				server, err := net.Dial("tcp", to)
				if err != nil {
					return
				}
				defer server.Close()
				go func() { _, _ = io.Copy(server, conn); _ = server.Close() }()
				for b := make([]byte, 64<<10); ; {
					n, err := server.Read(b)
					text := b[:n]
					if _, after, is := bytes.Cut(text, []byte("redis_version:")); is {
						copy(after, version) // as long as what it stands for, or shorter
					}
					if _, wrong := conn.Write(text); wrong != nil || err != nil {
						return
					}
				}
			}()
		}
	}()
	return "redis://" + l.Addr().String()
}

func TestARedisThatIsTooOldIsSaidToBe(t *testing.T) {
	server := redistest.Start(t)
	for version, want := range map[string]error{"6.2.1": ErrVersion, "4.": ErrVersion, "8.": nil} {
		s, err := Open(t.Context(), at(older(t, server.Addr(), version), "p"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		if err := s.Writable(); !errors.Is(err, want) || want != nil && !errors.Is(err, ledger.ErrUnavailable) {
			t.Errorf("of version %s: %v", version, err)
		}
	}
}
