package api

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"testing"
	"time"

	"telltale/server/ledger"
)

// A client that goes on sending after its token was revoked, and does not close, changes nothing any more, though the
// connection stays for some seconds until it is cut.
func TestWhatComesAfterATokenWasRevokedChangesNothing(t *testing.T) {
	kept := &shelf{}
	secret := kept.add("ann", "write:orders")
	h := closed(t, kept)
	h.api.Gate.Open = false // it is not once it had a token; here the last is revoked
	conn, err := net.Dial("tcp", strings.TrimPrefix(h.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	fmt.Fprintf(conn, "GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"+
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: Bearer %s\r\n\r\n", secret)
	heard := ""
	until := func(part string) {
		t.Helper()
		for b := make([]byte, 4096); !strings.Contains(heard, part); {
			n, err := conn.Read(b)
			if heard += string(b[:n]); err != nil {
				t.Fatalf("%v after %q", err, heard)
			}
		}
	}
	until("welcome")
	kept.clear()
	if err := h.api.Gate.Keyring.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	until("access has ended")
	r := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		_, _ = conn.Write(textOf(`{"type":"mutate","metric":"orders","add":1}`).bytes(r))
	}
	_, _ = conn.Write(closeOf(3000, "").bytes(r))
	_, _ = io.Copy(io.Discard, conn)
	if m, err := h.api.Ledger.Metric(t.Context(), "orders"); !errors.Is(err, ledger.ErrUnknown) && m.Head.Seq > 0 {
		t.Errorf("orders are %v, %v", m.Head.Value, err)
	}
}
