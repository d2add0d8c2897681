package api

import (
	"io"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// pairOf is a connection as the server has it, and its peer's end.
func pairOf(t *testing.T, listener net.Listener) (*outbound, net.Conn) {
	t.Helper()
	peer, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	conn, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	o := &outbound{}
	o.init(conn)
	return o, peer
}

// A descriptor that is closed is soon another connection's.
func TestNoWriteReachesAnotherConnectionWhereOneIsClosedAmidIt(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	var all sync.WaitGroup
	for n := range 100 {
		o, peer := pairOf(t, listener)
		mark := byte(n%125) + 1
		frame := []byte{0x81, 2, mark, mark}
		all.Go(func() { // writes until it is closed
			for {
				if _, err := o.Write(frame); err != nil {
					return
				}
			}
		})
		all.Go(func() {
			defer peer.Close()
			first := make([]byte, 4)
			if _, err := io.ReadFull(peer, first); err != nil || first[2] != mark {
				t.Errorf("%d came first to one that is written %d: %v", first, mark, err)
			}
			_ = o.Close() // from here on there is nothing but what is under way
			rest, _ := io.ReadAll(peer)
			for i, b := range rest {
				if i%4 > 1 && b != mark {
					t.Errorf("%d came to one that is written %d", b, mark)
					return
				}
			}
		})
	}
	all.Wait()
}

func TestWhatIsClosedIsClosedOnceHoweverOftenAndWritesNoMore(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	o, peer := pairOf(t, listener)
	defer peer.Close()
	o.use.Store(inUse) // as amid a write
	if err := o.Close(); err != nil || o.use.Load() != forsaken {
		t.Fatalf("closed amid a write: %v", err)
	}
	if err := o.Close(); err == nil {
		t.Error("it was closed twice")
	}
	if n := o.writeNow([]byte{0x81, 0}); n != 0 {
		t.Errorf("%d bytes were written to what is closed", n)
	}
	o.use.Store(unused)
	for range 2 {
		_ = o.Close()
	}
	if n, err := o.Write([]byte{0x81, 0}); n != 0 || err == nil {
		t.Errorf("%d bytes were written to what is closed", n)
	}
	if got, err := io.ReadAll(peer); len(got) != 0 || err != nil {
		t.Errorf("%d bytes came: %v", len(got), err)
	}
}

func TestAWriteThatIsInterruptedEndsBehindItsFrame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, peer := net.Pipe() // without a descriptor: what is written waits
		o := &outbound{}
		o.init(ours)
		two := []byte{0x81, 3, 'a', 'b', 'c', 0x81, 1, 'd'}
		wrote := make(chan error)
		_ = o.turn.take(t.Context())
		go func() {
			_, err := o.write(two, idle)
			wrote <- err
		}()
		got := make([]byte, 3)
		if _, err := io.ReadFull(peer, got); err != nil {
			t.Fatal(err)
		}
		o.interrupt()
		synctest.Wait()
		rest := make([]byte, 2)
		if _, err := io.ReadFull(peer, rest); err != nil || string(rest) != "bc" {
			t.Errorf("%q follows: %v", rest, err)
		}
		if err := <-wrote; err == nil {
			t.Error("nobody was told")
		}
		go func() { _, _ = o.Write([]byte{0x88, 0}) }()
		_ = peer.SetReadDeadline(time.Now().Add(time.Second))
		if n, err := peer.Read(rest); n != 2 || rest[0] != 0x88 {
			t.Errorf("% x comes after what was interrupted: %v", rest[:n], err)
		}
		_ = peer.Close()
		_ = o.Close()
	})
}
