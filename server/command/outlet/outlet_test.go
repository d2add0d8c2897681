//go:build unix

package outlet

import (
	"bytes"
	"errors"
	"io"
	"os"
	"testing"
	"time"
)

func open(t *testing.T) (*Outlet, *os.File) {
	t.Helper()
	o, w, err := Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = o.Close(), w.Close() })
	return o, w
}

func TestAllThatIsWrittenIsReadToTheEnd(t *testing.T) {
	o, w := open(t)
	text := bytes.Repeat([]byte("all work and no play\n"), 1<<17)
	go func() {
		for rest := text; len(rest) > 0; {
			n, _ := w.Write(rest[:min(len(rest), 4096)])
			rest = rest[n:]
		}
		_ = w.Close()
	}()
	got, err := io.ReadAll(o)
	if err != nil || !bytes.Equal(got, text) {
		t.Errorf("%d bytes of %d, %v", len(got), len(text), err)
	}
}

func TestADeadlineEndsAReadThatWaitsAndAnotherLetsItGoOn(t *testing.T) {
	o, w := open(t)
	waited := make(chan error)
	read := func() {
		_, err := o.Read(make([]byte, 1))
		waited <- err
	}
	go read()
	if err := o.SetReadDeadline(time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if err := o.SetReadDeadline(time.Now().Add(time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if err := <-waited; !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error(err)
	}
	if err := o.SetReadDeadline(time.Time{}); err != nil {
		t.Fatal(err)
	}
	go read()
	_, _ = w.WriteString("x")
	if err := <-waited; err != nil {
		t.Error(err)
	}
}

func TestWhoWritesIntoAClosedOutletIsToldSo(t *testing.T) {
	o, w := open(t)
	if err := o.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := w.WriteString("x"); err == nil {
		t.Error("nobody tells")
	}
	if err := errors.Join(o.Close(), o.SetReadDeadline(time.Now())); !errors.Is(err, os.ErrClosed) {
		t.Error(err)
	}
}
