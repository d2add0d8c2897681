package command

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"telltale/server/command/capture"
	"telltale/shared/run"
)

// Grace is what a command has between SIGTERM and SIGKILL.
const Grace = 10 * time.Second

// The ways a run is refused.
var (
	ErrUnknown = errors.New("the configuration names no such command")
	ErrBusy    = errors.New("as many runs of this command as may be go on already")
	ErrArgs    = errors.New("not the command's arguments")
	ErrEnding  = errors.New("the server is ending: it starts no more runs")
)

// Request asks for a run.
type Request struct {
	Command string
	Args    map[string]string // that the configuration declares; nil for none
	By      string            // who asks
	Key     string            // idempotency key, scoped to the caller; "" for none
	Digest  uint64            // of all that the same key must come with
}

// Reports keeps what becomes of runs.
type Reports interface {
	// Begin keeps a new run. Where the key has begun one before it changes nothing, and
	// answers that one's id.
	Begin(ctx context.Context, r run.Run, key string, digest uint64) (id string, err error)
	// Begun is the id of the run that a key has begun; "" for none.
	Begun(ctx context.Context, key string, digest uint64) (id string, err error)
	// Report keeps the run as it stands and says its lines, durably. An error means
	// that nothing of it happened, and that it may be tried again.
	Report(ctx context.Context, r run.Run, lines []capture.Line) error
	// Runs are all that are kept.
	Runs(ctx context.Context) ([]run.Run, error)
}

// Options is what a Runner is made of. Reports, Keeper and Log are needed.
type Options struct {
	Commands []Command
	Reports  Reports
	Keeper   []string         // the words by which this program calls keep.Main
	Log      *slog.Logger     //
	Dir      string           // for output that waits; os.TempDir
	Grace    time.Duration    // Grace
	Leads    func() bool      // whether this is the one that starts what is due; nil where no other process shares Reports
	Ended    func(r run.Run)  // is told of each end, in a goroutine of the run; may be nil
	retries  [2]time.Duration // first and longest time between two tries to report
	lookup   func(string) (string, bool)
}

// Runner starts and stops runs. All methods are safe for concurrent use.
type Runner struct {
	Options
	commands map[string]*Command
	ctx      context.Context // of the runs; it ends when nobody can report any more
	giveUp   context.CancelFunc
	once     sync.Mutex // held while a request with a key is decided; taken before mu

	mu      sync.Mutex // guards what follows
	running map[string]*live
	ending  bool
	all     sync.WaitGroup // of the runs; grows under mu while not ending
}

// New makes a Runner.
func New(o Options) *Runner {
	if o.Grace == 0 {
		o.Grace = Grace
	}
	if o.lookup == nil {
		o.lookup = os.LookupEnv
	}
	if o.retries == [2]time.Duration{} {
		o.retries = [2]time.Duration{50 * time.Millisecond, 5 * time.Second}
	}
	r := &Runner{Options: o, commands: map[string]*Command{}, running: map[string]*live{}}
	r.ctx, r.giveUp = context.WithCancel(context.Background())
	for i := range o.Commands {
		r.commands[o.Commands[i].Name] = &o.Commands[i]
	}
	return r
}

// Settle says of the server's own runs that are kept as running that they are lost:
// whoever ran them is gone. It is called once, before the first Start.
func (r *Runner) Settle(ctx context.Context) error {
	kept, err := r.Reports.Runs(ctx)
	if err != nil {
		return fmt.Errorf("read the runs: %w", err)
	}
	for _, each := range kept {
		if each.State != run.Running || each.Host != "" {
			continue
		}
		each.State = run.Lost
		if err := r.Reports.Report(ctx, each, nil); err != nil {
			return fmt.Errorf("say that a run is lost: %w", err)
		}
		r.Log.Warn("a run was lost when the server went down", "command", each.Command, "run", each.ID)
	}
	return nil
}

// Start starts a command and answers its run as soon as that is kept; what a key has
// started is answered again as it was then. Where several processes share Reports, runs of all of
// them count; but of two processes that are asked within the same round trip to the store neither
// knows of the other's, and there may be one more run for each process than may be. It refuses with ErrUnknown, ErrArgs, ErrBusy
// or ErrEnding; any other error is from Reports.
func (r *Runner) Start(ctx context.Context, q Request) (run.Run, error) {
	c := r.commands[q.Command]
	if c == nil {
		return run.Run{}, fmt.Errorf("%w: %.60q", ErrUnknown, q.Command)
	}
	words, err := c.words(q.Args)
	if err != nil {
		return run.Run{}, err
	}
	if q.Key != "" {
		r.once.Lock()
		defer r.once.Unlock()
		if id, err := r.Reports.Begun(ctx, q.Key, q.Digest); id != "" || err != nil {
			return repeated(c, id), err
		}
	}
	others, err := r.others(ctx, c)
	if err != nil {
		return run.Run{}, err
	}
	l, err := r.admit(c, words, q, others)
	if err != nil {
		return run.Run{}, err
	}
	begun := l.run
	if id, err := r.Reports.Begin(ctx, begun, q.Key, q.Digest); err != nil || id != begun.ID {
		r.leave(l)
		return repeated(c, id), err // another process was asked at the same time
	}
	go func() {
		defer r.leave(l)
		l.follow(r.ctx)
	}()
	return begun, nil
}

// repeated answers the key of a run that was begun before, here or by another process. When it
// started is not said: so it is told from one that begins.
func repeated(c *Command, id string) run.Run {
	return run.Run{ID: id, Command: c.Name, State: run.Running}
}

// others is how many runs of a command go on in the processes that share Reports with this one.
func (r *Runner) others(ctx context.Context, c *Command) (n int, err error) {
	if r.Leads == nil {
		return 0, nil
	}
	ours := r.Going() // before the rest is read, in which one that ends meanwhile goes on
	kept, err := r.Reports.Runs(ctx)
	if err != nil {
		return 0, fmt.Errorf("read the runs: %w", err)
	}
	ours = append(ours, r.Going()...) // and those that have begun meanwhile
	for _, each := range kept {
		if each.Command == c.Name && each.Host == "" && each.State == run.Running && !slices.Contains(ours, each.ID) {
			n++
		}
	}
	return n, nil
}

// admit takes a place for a run, where there is one besides others' runs.
func (r *Runner) admit(c *Command, words []string, q Request, others int) (*live, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ending {
		return nil, ErrEnding
	}
	n := others
	for _, other := range r.running {
		if other.command == c {
			n++
		}
	}
	if n >= c.MaxParallel {
		return nil, fmt.Errorf("%w: %s, %d", ErrBusy, c.Name, n)
	}
	begun := time.Now()
	l := &live{runner: r, command: c, words: words, begun: begun, over: make(chan struct{}), run: run.Run{ID: newID(), Command: c.Name, State: run.Running,
		Started: begun.UnixMilli(), Room: c.Room, By: q.By, Args: q.Args}}
	r.running[l.run.ID] = l
	r.all.Add(1)
	return l, nil
}

func (r *Runner) leave(l *live) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.running, l.run.ID)
	r.all.Done()
}

// newID has 75 random bits.
func newID() string { return strings.ToLower(rand.Text()[:15]) }

// Going are the ids of the runs that go on here.
func (r *Runner) Going() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Collect(maps.Keys(r.running))
}

// Stop has a run end: SIGTERM to what it started, SIGKILL after the grace. It answers
// at once; false where no such run goes on here.
func (r *Runner) Stop(id string) bool {
	r.mu.Lock()
	l := r.running[id]
	r.mu.Unlock()
	if l == nil {
		return false
	}
	l.stop(r.Grace)
	return true
}

// Drain starts nothing any more, has all runs end within the grace, and returns when
// they are reported, or when ctx ends.
func (r *Runner) Drain(ctx context.Context, grace time.Duration) {
	r.mu.Lock()
	r.ending = true
	for _, l := range r.running {
		l.stop(grace)
	}
	r.mu.Unlock()
	done := make(chan struct{})
	go func() {
		r.all.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
		r.giveUp()
		<-done
	}
	r.giveUp()
}
