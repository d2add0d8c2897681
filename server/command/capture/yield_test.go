package capture

import (
	"bytes"
	"testing"
	"testing/synctest"
	"time"

	"telltale/shared/room"
)

func TestReportingLeavesTheMachineToACommandThatPoursUntilItHasEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		spool := NewSpool(Options{Memory: flood * 4})
		defer spool.Close()
		over := make(chan struct{})
		waits := func(took time.Duration) time.Duration {
			begun := time.Now()
			spool.Yield(t.Context(), took, over)
			return time.Since(begun)
		}
		spool.Write(room.Stdout, []byte("a line\n"))
		if took := waits(10 * time.Millisecond); took != 0 {
			t.Errorf("a line waits %v", took)
		}
		spool.Write(room.Stdout, bytes.Repeat([]byte("a line\n"), flood/7))
		if took := waits(10 * time.Millisecond); took != 90*time.Millisecond {
			t.Errorf("a flood waits %v", took)
		}
		if took := waits(time.Minute); took != mostYield {
			t.Errorf("after a slow report it waits %v", took)
		}
		close(over)
		if took := waits(10 * time.Millisecond); took != 0 {
			t.Errorf("what a command has left behind waits %v", took)
		}
	})
}
