package api

import (
	"encoding/binary"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"telltale/shared/wire"
)

// However the bytes are cut, the same of them are right and the verdict is the same.
func FuzzFramesAreJudgedTheSameHoweverTheyAreCut(f *testing.F) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, frames := range [][]rawFrame{
		{textOf(echo(hello)), pingOf("x"), closeOf(1000, "bye")},
		inFragments(echo(kosme), 3), {textOf(surrogate)}, {unfinished(textOf("a")), pingOf(""), moreOf("\xe2\x82")},
		{textOf(strings.Repeat("*", 200))}, {closeOf(0, "")}, {closeOf(1005, "")}, {reserved(4, textOf(""))}, {rawFrame{op: opBinary}},
	} {
		var b []byte
		for _, each := range frames {
			b = append(b, each.bytes(r)...)
		}
		f.Add(b, uint64(3))
	}
	f.Add([]byte{0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0}, uint64(1))
	f.Add([]byte{0x81, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0}, uint64(1))
	f.Fuzz(func(t *testing.T, b []byte, seed uint64) {
		const limit = 150
		whole := &judge{limit: limit}
		good := whole.take(b)
		if (good < len(b)) != (whole.verdict != nil) {
			t.Fatalf("%d of %d bytes are right, and the verdict is %v", good, len(b), whole.verdict)
		}
		cut, taken := &judge{limit: limit}, 0
		for r := rand.New(rand.NewPCG(seed, 0)); cut.verdict == nil && taken < len(b); {
			taken += cut.take(b[taken:min(len(b), taken+1+r.IntN(5))])
		}
		if taken != good || (cut.verdict == nil) != (whole.verdict == nil) || cut.verdict != nil && *cut.verdict != *whole.verdict {
			t.Fatalf("at once %d and %v, in pieces %d and %v", good, whole.verdict, taken, cut.verdict)
		}
		if whole.verdict == nil && (whole.total > limit || whole.left > limit) {
			t.Fatalf("a message of %d bytes was let in", whole.total)
		}
	})
}

// A peer that broke a rule and does not go is given up after 5 s, whatever it sends.
func TestAPeerThatBrokeARuleAndStaysIsCutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, dial := quiet(t)
		p, begun := dial("/dashboard"), time.Now()
		stopped := make(chan struct{})
		go func() {
			defer close(stopped)
			_, _ = p.Write([]byte{0x81, 0x01, 'x'}) // not masked
			for {
				if _, err := p.Write(make([]byte, 1000)); err != nil {
					return
				}
				time.Sleep(100 * time.Millisecond)
			}
		}()
		for {
			opcode, payload, err := p.frame()
			if err != nil {
				t.Fatal(err)
			}
			if opcode == opClose {
				if code := binary.BigEndian.Uint16(payload); code != wire.CloseProtocol {
					t.Errorf("closed with %d", code)
				}
				break
			}
		}
		_, _ = io.Copy(io.Discard, p.Reader)
		if took := time.Since(begun); took > 6*time.Second {
			t.Errorf("it was cut off after %v", took)
		}
		synctest.Wait()
		if a.Sockets() != 0 {
			t.Error("its socket is left")
		}
		_ = p.Close()
		<-stopped
	})
}
