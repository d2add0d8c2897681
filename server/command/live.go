package command

import (
	"context"
	"errors"
	"io"
	"os"
	"sync"
	"time"

	"telltale/server/command/capture"
	"telltale/server/command/keep"
	"telltale/server/command/outlet"
	"telltale/shared/room"
	"telltale/shared/run"
)

// chunk is how much output is read at once, bytes.
const chunk = 256 << 10

// live is a run that goes on. But for what mu guards it is its own goroutine's.
type live struct {
	runner  *Runner
	command *Command
	words   []string
	begun   time.Time
	run     run.Run
	amid    map[room.Stream]bool // a line of the stream has begun that has not ended
	over    chan struct{}        // closed when the command has ended

	mu      sync.Mutex
	process *keep.Process  // nil before it is started
	stopped *time.Duration // the grace of who wanted it to end, before it was started
	late    bool           // its time is over
}

// stop has the command end, as soon as it has begun.
func (l *live) stop(grace time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.process != nil {
		l.process.Stop(grace)
	} else {
		l.stopped = &grace
	}
}

// follow runs the command to its end.
func (l *live) follow(ctx context.Context) {
	spool := capture.NewSpool(capture.Options{Dir: l.runner.Dir})
	defer spool.Close()
	ended := make(chan keep.End, 1)
	var duration time.Duration
	go func() {
		defer spool.End()
		end := l.execute(spool, &duration)
		if end.Failed != "" {
			spool.Write(room.Stderr, []byte("telltale: "+end.Failed+"\n"))
		}
		ended <- end
	}()
	if !l.deliver(ctx, spool) {
		return
	}
	end := <-ended
	l.finish(end, duration)
	if l.report(ctx, nil) && l.runner.Ended != nil {
		l.runner.Ended(l.run)
	}
}

// execute runs the command and takes its output until nothing of it is left.
func (l *live) execute(spool *capture.Spool, duration *time.Duration) keep.End {
	defer l.settled()
	l.mu.Lock()
	process, err := keep.Start(keep.Command{Keeper: l.runner.Keeper, Words: l.words, Dir: l.command.Dir,
		Env: l.command.environment(l.runner.lookup), Grace: l.runner.Grace})
	if err != nil {
		l.mu.Unlock()
		l.runner.Log.Error("a command could not be started", "command", l.command.Name, "run", l.run.ID, "error", err)
		*duration = time.Since(l.begun)
		return failure(l.command.Dir, err)
	}
	l.process = process
	if l.stopped != nil {
		process.Stop(*l.stopped)
	}
	l.mu.Unlock()
	if limit := l.command.Timeout; limit > 0 {
		defer time.AfterFunc(limit, l.expire).Stop()
	}
	var reading sync.WaitGroup
	reading.Go(func() { take(spool, room.Stdout, process.Stdout) })
	reading.Go(func() { take(spool, room.Stderr, process.Stderr) })
	<-process.Ended()
	l.settled()
	*duration = time.Since(l.begun)
	<-process.Gone()
	reading.Wait()
	return process.End()
}

// settled says that the command has ended; only the first time counts.
func (l *live) settled() {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-l.over:
	default:
		close(l.over)
	}
}

// failure is the end of a command of which not even the keeper could be started.
func failure(dir string, err error) keep.End {
	if dir != "" {
		if at, wrong := os.Stat(dir); wrong != nil || !at.IsDir() {
			return keep.End{Code: keep.NotExecutable, Failed: "its dir is no folder: " + dir}
		}
	}
	for errors.Unwrap(err) != nil {
		err = errors.Unwrap(err)
	}
	return keep.End{Code: keep.NotExecutable, Failed: "it could not be started: " + err.Error()}
}

// expire ends a command whose time is over; one that has ended stays as it is.
func (l *live) expire() {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-l.process.Ended():
	default:
		l.late = true
		l.process.Stop(l.runner.Grace)
	}
}

// take reads an output to its end.
func take(spool *capture.Spool, stream room.Stream, output *outlet.Outlet) {
	defer output.Close()
	text := make([]byte, chunk)
	for {
		n, err := output.Read(text)
		spool.Write(stream, text[:n])
		if err != nil {
			return
		}
	}
}

// deliver reports the output as it comes, to its end; false where it had to give up.
func (l *live) deliver(ctx context.Context, spool *capture.Spool) bool {
	l.amid = map[room.Stream]bool{}
	for at := uint64(0); ; {
		body, to, err := spool.Next(ctx, at)
		if errors.Is(err, io.EOF) {
			return true
		}
		var lines []capture.Line
		if err == nil {
			lines, _, err = capture.Lines(body)
		}
		if err != nil && ctx.Err() != nil {
			return false
		}
		if err != nil { // its disk is broken
			l.runner.Log.Error("the output of a run cannot be read: it is stopped", "command", l.command.Name, "run", l.run.ID, "error", err)
			l.stop(l.runner.Grace)
			return true
		}
		begun := time.Now()
		l.count(lines)
		l.run.Bytes = to
		l.run.Duration = time.Since(l.begun).Milliseconds()
		if !l.report(ctx, lines) {
			return false
		}
		spool.Release(to)
		at = to
		spool.Yield(ctx, time.Since(begun), l.over)
	}
}

// count adds to the lines of the run; pieces of one are one.
func (l *live) count(lines []capture.Line) {
	for _, line := range lines {
		if !l.amid[line.Stream] {
			l.run.Lines++
		}
		l.amid[line.Stream] = line.Open
	}
}

// finish is how the run ended.
func (l *live) finish(end keep.End, duration time.Duration) {
	l.mu.Lock()
	late := l.late
	l.mu.Unlock()
	l.run.Duration = duration.Milliseconds()
	switch {
	case end.Lost:
		l.run.State = run.Lost
		return
	case end.Signal != "":
		l.run.State, l.run.Signal = run.Signalled, end.Signal
	default:
		l.run.State, l.run.Code = run.Exited, &end.Code
	}
	if late {
		l.run.State = run.TimedOut
	}
}

// report tells how the run stands and what came out, until that is kept; false where
// ctx ended first.
func (l *live) report(ctx context.Context, lines []capture.Line) bool {
	wait := l.runner.retries[0]
	for {
		err := l.runner.Reports.Report(ctx, l.run, lines)
		if err == nil {
			return true
		}
		if wait == l.runner.retries[0] {
			l.runner.Log.Warn("a run cannot be reported now, and goes on", "command", l.command.Name, "run", l.run.ID, "error", err)
		}
		select {
		case <-time.After(wait):
			wait = min(2*wait, l.runner.retries[1])
		case <-ctx.Done():
			return false
		}
	}
}
