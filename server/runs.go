package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"runtime"

	"telltale/server/command"
	"telltale/server/command/capture"
	"telltale/server/ledger"
	"telltale/shared/metric"
	life "telltale/shared/run"
)

// newRunner makes what runs the configuration's commands. leads tells whether it starts those whose time has come; nil for always.
func newRunner(ctx context.Context, c config, truth *ledger.Ledger, leads func() bool, log *slog.Logger) (*command.Runner, error) {
	keeper, err := ourselves()
	if err != nil {
		return nil, err
	}
	runner := command.New(command.Options{Commands: c.commands, Reports: reports{truth}, Keeper: []string{keeper, keeperVerb}, Log: log, Dir: c.data, Leads: leads,
		Ended: func(r life.Run) {
			if err := measure(context.WithoutCancel(ctx), recorder{truth}, r); err != nil {
				log.Warn("how long a run took is not recorded", "command", r.Command, "run", r.ID, "error", err)
			}
		}})
	return runner, nil
}

// ourselves is this program's own file. What /proc says stays right when another version is put in its place.
func ourselves() (string, error) {
	if runtime.GOOS == "linux" {
		return "/proc/self/exe", nil
	}
	name, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("find this program: %w", err)
	}
	return name, nil
}

// schedule starts commands whose time has come until the context ends.
func schedule(ctx context.Context, runner *command.Runner, log *slog.Logger) {
	if err := runner.Schedule(ctx); err != nil && ctx.Err() == nil {
		log.Error("no command is started by its schedule", "error", err)
	}
}

// reports puts what becomes of commands into the ledger.
type reports struct{ ledger *ledger.Ledger }

// Report keeps the run and says its lines. All of the output that is known of was taken.
func (k reports) Report(ctx context.Context, r life.Run, lines []capture.Line) error {
	news := ledger.Report{Run: r, Taken: r.Bytes, Lines: make([]ledger.Line, 0, len(lines))}
	for _, line := range lines {
		news.Lines = append(news.Lines, ledger.Line(line))
	}
	posted, err := k.ledger.Report(ctx, news)
	if err == nil {
		err = posted.Err
	}
	return err
}

// Begin keeps a new run, once for a key.
func (k reports) Begin(ctx context.Context, r life.Run, key string, digest uint64) (string, error) {
	posted, err := k.ledger.Report(ctx, ledger.Report{Run: r, Key: key, Digest: digest})
	if err == nil {
		err = posted.Err
	}
	if posted.Repeat {
		return posted.Run, err
	}
	return r.ID, err
}

// Begun is the run that a key has begun.
func (k reports) Begun(ctx context.Context, key string, digest uint64) (string, error) {
	return k.ledger.RunOf(ctx, key, digest)
}

// Runs are all that are kept.
func (k reports) Runs(ctx context.Context) ([]life.Run, error) { return k.ledger.Runs(ctx) }

// measure records how long a run took as a metric of its command.
func measure(ctx context.Context, to recorder, r life.Run) error {
	id, err := metric.Parse("run." + r.Command + ".seconds")
	if err != nil || r.State == life.Lost {
		return nil
	}
	if err := to.Declare(ctx, id, metric.Declaration{Kind: metric.Gauge, Title: r.Command + " took", Unit: "seconds"}); err != nil {
		return err
	}
	return to.Record(ctx, []metric.Mutation{{Metric: id, Op: metric.Set, Value: float64(r.Duration) / 1000}})
}
