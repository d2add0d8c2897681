package run

import (
	"errors"
	"fmt"

	"telltale/shared/room"
)

// State is where a run is in its life.
type State string

// The states. All but Running are final.
const (
	Running   State = "running"
	Exited    State = "exited"    // by itself, with a code
	Signalled State = "signalled" // by a signal
	TimedOut  State = "timed_out" // stopped when its time was over
	Lost      State = "lost"      // nobody knows: who ran it went down with it, or was not heard of again
)

// Final tells whether the run is over.
func (s State) Final() bool { return s != Running }

// Settled tells whether the run is over and it is known how.
func (s State) Settled() bool { return s.Final() && s != Lost && s != "" }

// Run is one command's life.
type Run struct {
	ID       string `json:"id"`
	Command  string `json:"command"` // its name in the configuration, or the words that somebody ran elsewhere
	State    State  `json:"state"`
	Code     *int   `json:"code"`               // exit code; null where there is none. 128 + Signal for a shell's way to put it is not used
	Signal   string `json:"signal,omitempty"`   // such as "SIGTERM", where one ended it
	Started  int64  `json:"started"`            // ms since 1970
	Duration int64  `json:"duration_ms"`        // so far, or from start to end
	Usual    int64  `json:"usual_ms,omitempty"` // median duration of the command's last runs that exited with 0; 0 where there are none
	Room     string `json:"room,omitempty"`     // where its output is said besides its own room; "" for nowhere
	By       string `json:"by,omitempty"`       // the user who started it, or "schedule"
	// Args are the arguments that the request gave; nil for none.
	Args  map[string]string `json:"args,omitempty"`
	Host  string            `json:"host,omitempty"` // where it runs, when that is not the server
	Lines uint64            `json:"lines"`
	Bytes uint64            `json:"bytes"`
}

// Prefix is how the rooms of runs begin.
const Prefix = "run."

// Room is the room of a run's output.
func Room(id string) string { return Prefix + id }

// MaxCommand is the bytes of a command's words that are kept.
const MaxCommand = 1024

// ErrID refuses what is no id of a run.
var ErrID = errors.New("not a run's id")

// CheckID refuses an id of which Room makes no name, or that is longer than 64 bytes.
func CheckID(id string) error {
	if err := room.CheckName(Room(id)); err != nil || id == "" || len(id) > 64 {
		return fmt.Errorf("%w: %.60q: it matches [A-Za-z0-9_.:-]{1,64}", ErrID, id)
	}
	return nil
}
