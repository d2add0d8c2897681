package host

import (
	"context"
	"log/slog"
	"time"

	"telltale/shared/metric"
)

// Interval is the time between two batches of readings.
const Interval = time.Second

// A Recorder takes the readings.
type Recorder interface {
	// Declare says what a metric is.
	Declare(ctx context.Context, id metric.ID, declaration metric.Declaration) error
	// Record keeps one batch of mutations; those it refuses do not stop the others.
	Record(ctx context.Context, batch []metric.Mutation) error
}

// A Gauge is one thing to read, and the metric it becomes.
type Gauge struct {
	ID          metric.ID
	Declaration metric.Declaration
	// Read answers the value now, in the declaration's unit. It is called once an Interval, by one goroutine.
	Read func(ctx context.Context) (float64, error)
}

// More gives what others want recorded in the same batch; with an error, as much of it as there is.
type More func(ctx context.Context) ([]metric.Mutation, error)

// Watch declares the gauges, then reads and records them once an Interval until the context ends, and with them
// what more gives; nil for nothing. It answers the error of a declaration that was refused; the context's end is none.
func Watch(ctx context.Context, gauges []Gauge, more More, recorder Recorder, log *slog.Logger) error {
	for _, gauge := range gauges {
		if err := recorder.Declare(ctx, gauge.ID, gauge.Declaration); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
	}
	failing := map[metric.ID]bool{}
	for tick := time.NewTicker(Interval); ; {
		record(ctx, gauges, more, failing, recorder, log)
		select {
		case <-tick.C:
		case <-ctx.Done():
			tick.Stop()
			return nil
		}
	}
}

func record(ctx context.Context, gauges []Gauge, more More, failing map[metric.ID]bool, recorder Recorder, log *slog.Logger) {
	batch := make([]metric.Mutation, 0, len(gauges))
	for _, gauge := range gauges {
		value, err := gauge.Read(ctx)
		if err == nil {
			batch = append(batch, metric.Mutation{Metric: gauge.ID, Op: metric.Set, Value: value})
		}
		note(ctx, gauge.ID, err, failing, log, "this machine's reading failed")
	}
	if more != nil {
		others, err := more(ctx)
		batch = append(batch, others...)
		note(ctx, "others", err, failing, log, "not all readings were taken")
	}
	if len(batch) > 0 {
		note(ctx, "", recorder.Record(ctx, batch), failing, log, "this machine's readings were not recorded")
	}
}

// note logs the first failure of a row of them.
func note(ctx context.Context, id metric.ID, err error, failing map[metric.ID]bool, log *slog.Logger, text string) {
	if err != nil && !failing[id] && ctx.Err() == nil {
		log.Warn(text, "metric", id, "error", err)
	}
	failing[id] = err != nil
}
