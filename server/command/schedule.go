package command

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Scheduler is who starts what is started by itself.
const Scheduler = "schedule"

// Schedule starts the commands that have an Every, counted from when it last did,
// over restarts too: what is overdue, or never ran, at once. A run whose time
// comes while as many as may be go on is left out. It returns when ctx ends and the
// starts under way are over.
func (r *Runner) Schedule(ctx context.Context) error {
	kept, err := r.Reports.Runs(ctx)
	if err != nil {
		return fmt.Errorf("read the runs: %w", err)
	}
	last := map[string]time.Time{}
	for _, each := range kept {
		if begun := time.UnixMilli(each.Started); each.By == Scheduler && each.Host == "" && begun.After(last[each.Command]) {
			last[each.Command] = begun
		}
	}
	var all sync.WaitGroup
	for _, c := range r.commands {
		if c.Every > 0 {
			all.Go(func() { repeat(ctx, c.Every, last[c.Name], func() { r.due(ctx, c) }) })
		}
	}
	all.Wait()
	return nil
}

// due starts a command whose time has come.
func (r *Runner) due(ctx context.Context, c *Command) {
	if r.Leads != nil && !r.Leads() {
		return
	}
	begun, err := r.Start(ctx, Request{Command: c.Name, By: Scheduler})
	switch {
	case err == nil:
		r.Log.Debug("started by its schedule", "command", c.Name, "run", begun.ID)
	case errors.Is(err, ErrBusy):
		r.Log.Info("its time has come, but it goes on already", "command", c.Name)
	case ctx.Err() == nil && !errors.Is(err, ErrEnding):
		r.Log.Error("its time has come, but it cannot be started", "command", c.Name, "error", err)
	}
}

// repeat calls start at last + every, + 2 every …, at once where that has passed; of
// several that have passed, once.
func repeat(ctx context.Context, every time.Duration, last time.Time, start func()) {
	next := last.Add(every)
	if now := time.Now(); next.After(now.Add(every)) { // the clock was set back
		next = now
	}
	for {
		timer := time.NewTimer(time.Until(next))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return
		}
		start()
		if next = next.Add(every); next.Before(time.Now()) {
			next = time.Now().Add(every)
		}
	}
}
