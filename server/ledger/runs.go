package ledger

import (
	"context"
	"errors"

	"telltale/shared/run"
)

// ErrNoRun says that no such run is kept.
var ErrNoRun = errors.New("no such run")

// Report is news of a run: how it stands, and what came out since the last one.
type Report struct {
	Run   run.Run
	Lines []Line // said in run.Room(Run.ID), and in Run.Room where that is set; may be empty
	Taken uint64 // bytes of its output that were taken so far, these lines and what is still no line included
}

// Runs keeps runs. The contract goes on from that of Rooms:
//
//  21. Report keeps the run as it stands and posts its lines, all in one commit,
//     durable when it returns: after a kill either all of a report is there or nothing.
//  22. A final state stays, but Lost, which gives way to any other final state.
//  23. Run and Runs give what was reported last; Taken how far its output was taken.
//  24. At most the store's bound of runs is kept (Options.MaxRuns, 1,000): the oldest that
//     ended make place, each with its room. What was said in their other room stays.
type Runs interface {
	Report(ctx context.Context, batch []Report) ([]Posted, error)
	// Run answers ErrNoRun for one that is not kept.
	Run(ctx context.Context, id string) (r run.Run, taken uint64, err error)
	// Runs are all that are kept, the newest start first.
	Runs(ctx context.Context) ([]run.Run, error)
}
