package command

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"telltale/shared/run"
)

// Scheduler is who starts what is started by itself.
const Scheduler = "schedule"

// handover is how long after one process has ceased to lead another one finds what is due.
const handover = 10 * time.Second

// Schedule starts the commands that have an Every, counted from when it last did,
// over restarts too: what is overdue, or never ran, at once. A run whose time
// comes while as many as may be go on is left out. It returns when ctx ends and the
// starts under way are over. Of several processes that one does it which leads, and goes
// by what all of them have started.
func (r *Runner) Schedule(ctx context.Context) error {
	last := func(string) time.Time { return time.Time{} }
	if r.Leads == nil {
		kept, err := r.Reports.Runs(ctx)
		if err != nil {
			return fmt.Errorf("read the runs: %w", err)
		}
		last = func(command string) time.Time { return scheduled(kept, command) }
	}
	var all sync.WaitGroup
	for _, c := range r.commands {
		switch {
		case c.Every == 0:
		case r.Leads == nil:
			all.Go(func() { repeat(ctx, c.Every, last(c.Name), func() { _ = r.due(ctx, c) }) })
		default:
			all.Go(func() { r.lead(ctx, c) })
		}
	}
	all.Wait()
	return nil
}

// scheduled is when a command was last started by its schedule; zero for never.
func scheduled(kept []run.Run, command string) (last time.Time) {
	for _, each := range kept {
		if begun := time.UnixMilli(each.Started); each.By == Scheduler && each.Host == "" && each.Command == command && begun.After(last) {
			last = begun
		}
	}
	return last
}

// lead has a command started each time it is due, while this process leads.
func (r *Runner) lead(ctx context.Context, c *Command) {
	var left time.Time
	for {
		wait := min(c.Every, handover)
		if r.Leads() {
			wait = min(wait, r.look(ctx, c, &left))
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return
		}
	}
}

// look starts a command if its time has come, and otherwise answers how long until then. left is
// when it was last left out.
func (r *Runner) look(ctx context.Context, c *Command, left *time.Time) time.Duration {
	kept, err := r.Reports.Runs(ctx)
	if err != nil {
		if ctx.Err() == nil {
			r.Log.Error("it is not known when it was last started", "command", c.Name, "error", err)
		}
		return c.Every
	}
	last := scheduled(kept, c.Name)
	if left.After(last) {
		last = *left
	}
	now := time.Now()
	until := last.Add(c.Every).Sub(now)
	if until > 0 && until <= 2*c.Every { // later than that: the clock was set back, by more than clocks differ
		return until
	}
	if errors.Is(r.due(ctx, c), ErrBusy) {
		*left = now
	}
	return c.Every
}

// due starts a command whose time has come.
func (r *Runner) due(ctx context.Context, c *Command) error {
	begun, err := r.Start(ctx, Request{Command: c.Name, By: Scheduler})
	switch {
	case err == nil:
		r.Log.Debug("started by its schedule", "command", c.Name, "run", begun.ID)
	case errors.Is(err, ErrBusy):
		r.Log.Info("its time has come, but it goes on already", "command", c.Name)
	case ctx.Err() == nil && !errors.Is(err, ErrEnding):
		r.Log.Error("its time has come, but it cannot be started", "command", c.Name, "error", err)
	}
	return err
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
