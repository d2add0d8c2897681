package hub

import (
	"fmt"
	"sync"
	"testing"

	"telltale/shared/room"
)

const benchMembers = 10_000

// assemble makes members of one room who want what is new.
func assemble(b *testing.B, h *Hub) []*Outbox {
	outs := make([]*Outbox, benchMembers)
	for i := range outs {
		outs[i] = NewOutbox()
		if err := h.Enter(outs[i], fmt.Sprint("u", i)); err != nil {
			b.Fatal(err)
		}
		m, err := h.Join(outs[i], "r")
		if err != nil {
			b.Fatal(err)
		}
		m.Start(0)
	}
	return outs
}

// BenchmarkSay is what saying something to 10,000 members costs whoever says it
// (an op is a message): members who are idle, whose writers are busy, and who are
// asked what they have, all by one goroutine.
func BenchmarkSay(b *testing.B) {
	for _, who := range []string{"stuck", "asked", "woken"} {
		b.Run(who, func(b *testing.B) {
			h := New("e", 0, nil)
			outs := assemble(b, h)
			var turn sync.WaitGroup
			over := make(chan struct{})
			defer close(over)
			drain := func(out *Outbox) (given int) {
				for m := out.Due(); m != nil; m = out.Due() {
					if e := m.Next(); e.Said != nil {
						given++
						_ = e.Said.Bytes()
					}
				}
				return given
			}
			for _, out := range outs {
				drain(out)
				if who == "woken" {
					go func() {
						for {
							select {
							case <-out.Ready():
								turn.Add(-drain(out))
							case <-over:
								return
							}
						}
					}()
				}
			}
			message := []room.Message{{Room: "r", Sender: "alice", Content: "what is said in a room of ten thousand"}}
			b.ReportAllocs()
			for b.Loop() {
				if who == "woken" {
					turn.Add(benchMembers)
				}
				message[0].Seq++
				h.Say(message)
				if who == "asked" {
					for _, out := range outs {
						<-out.Ready()
						drain(out)
					}
				}
				turn.Wait()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchMembers, "ns/member")
		})
	}
}

// BenchmarkCrowd has 10,000 connections come to a room and leave it; an op is one
// of them.
func BenchmarkCrowd(b *testing.B) {
	b.ReportAllocs()
	for range b.N/benchMembers + 1 {
		h := New("e", 0, nil)
		for _, out := range assemble(b, h) {
			h.Exit(out)
		}
	}
}
