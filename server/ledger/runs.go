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

// Standing is how a run stands, as it is kept.
type Standing struct {
	Run   run.Run
	Taken uint64
}

// posts appends the report as posts, with the sentence of the run's end where there is one.
func (r *Report) posts(posts []Post, ending string) []Post {
	rooms := []string{run.Room(r.Run.ID), r.Run.Room}
	if rooms[1] == "" || rooms[1] == rooms[0] {
		rooms = rooms[:1]
	}
	for i, name := range rooms {
		own := Post{Room: name, Sender: r.Run.By, Lines: r.Lines}
		if i == 0 {
			own.Run = &Standing{r.Run, r.Taken}
		}
		if own.Run != nil || len(own.Lines) > 0 {
			posts = append(posts, own)
		}
		if ending != "" {
			posts = append(posts, Post{Room: name, Sender: run.Sender, Lines: []Line{{Content: ending}}})
		}
	}
	return posts
}

// weight is what the report counts for in a commit, bytes.
func (r *Report) weight() int {
	n := Post{Room: r.Run.Command, Sender: r.Run.By, Lines: r.Lines}.weight()
	if r.Run.Room != "" {
		n *= 2
	}
	return n
}

// Runs keeps runs. The contract goes on from that of Rooms, whose Post carries
// news of runs (Post.Run):
//
//  21. The room of a run comes into being with the run. News of a run is kept with
//     the lines of its post: after a kill either all of a batch is there or nothing.
//  22. A final state stays, with its code, signal and duration, but Lost, which gives way to any other.
//  23. Run and Runs give what was told last, and Run how far the output was taken.
//  24. The room of a run is bound by neither the count nor the age nor the number of
//     rooms: it keeps at least so much of its output as the store's bound (Options.RunBytes,
//     256 MiB), newest first, as long as the run is kept. At most the store's bound of runs
//     is kept (Options.MaxRuns, 1,000), unless more are running: the oldest that ended
//     make place, each with its room. What was said elsewhere stays.
type Runs interface {
	// Run answers ErrNoRun for one that is not kept.
	Run(ctx context.Context, id string) (r run.Run, taken uint64, err error)
	// Runs are all that are kept, the newest start first.
	Runs(ctx context.Context) ([]run.Run, error)
}
