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

	Key    string // idempotency key of the request that begins the run, as Post has it; only with a first report, without lines
	Digest uint64
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
			own.Run, own.Key, own.Digest = &Standing{r.Run, r.Taken}, r.Key, r.Digest
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
//     A key that has begun a run begins no other: the repeat names the first (Posted.Run),
//     as RunOf does, also when that is no longer kept.
//  22. A final state stays, with its code, signal and duration, but Lost, which gives way to any other.
//  23. Run and Runs give what was told last, and Run how far the output was taken.
//  24. The room of a run is bound by neither the count nor the age nor the number of
//     rooms: it keeps at least so much of its output as the store's bound (Options.RunBytes,
//     256 MiB), newest first, as long as the run is kept. At most the store's bound of runs
//     is kept (Options.MaxRuns, 1,000), unless more are running: those that ended make place, each with its room, the oldest
//     first, but the last LastRuns of every command only when there are no others. What was
//     said elsewhere stays.
type Runs interface {
	// Run answers ErrNoRun for one that is not kept.
	Run(ctx context.Context, id string) (r run.Run, taken uint64, err error)
	// Runs are all that are kept, the newest start first.
	Runs(ctx context.Context) ([]run.Run, error)
	// RunOf is the id of the run that a key has begun, "" where the key is not known;
	// ErrKeyReused where it meant something else.
	RunOf(ctx context.Context, key string, digest uint64) (id string, err error)
}

// LastRuns of a command are kept as long as there are runs of others to make place: a
// command that runs each minute is not to push out what ran once a week.
const LastRuns = 20
