package keep

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"telltale/server/command/outlet"
)

// Linger is how long what a command leaves behind has to end by itself.
const Linger = 2 * time.Second

// drained is how long output is waited for after nothing of a command is left:
// somebody else may hold its end of the pipe.
const drained = time.Second

// The exit codes of a command that could not be started, as shells have them.
const (
	NotExecutable = 126
	NotFound      = 127
)

// Command is what is to be run.
type Command struct {
	Keeper []string // the words by which this program calls Main
	Words  []string // the command; the first is looked for in Env's PATH unless it has a slash
	Dir    string
	Env    []string      // "NAME=value"; nothing else is in its environment
	Grace  time.Duration // between SIGTERM and SIGKILL where nobody says otherwise
}

// End is how a command ended.
type End struct {
	Code   int    // exit code, where it exited
	Signal string // the name of the signal that ended it, such as "SIGKILL"; "" where it exited
	Failed string // why it could not be started, with Code 126 or 127; "" where it was
	Lost   bool   // nobody knows: the keeper was killed
}

// news is what a keeper tells.
type news struct {
	Started int  `json:"started,omitempty"` // process id, which is its group's
	End     *End `json:"end,omitempty"`
}

// Process is a command that runs, or has run.
type Process struct {
	Stdout, Stderr *outlet.Outlet // to be read to their ends, and closed by whoever started it

	keeper *exec.Cmd
	ended  chan struct{} // closed when End is known
	gone   chan struct{} // closed when nothing of the command is left

	mu      sync.Mutex
	control *os.File
	end     End
}

// Start runs a command. Its error means that there is no keeper; what hinders the
// command itself is told as its End.
func Start(c Command) (*Process, error) {
	p := &Process{ended: make(chan struct{}), gone: make(chan struct{})}
	var files []io.Closer
	discard := func() {
		for _, file := range files {
			_ = file.Close()
		}
	}
	var outputs [2]*outlet.Outlet // stdout, stderr
	var theirs [4]*os.File        // and what is written into them; control, status
	var ours [2]*os.File          // of control and status
	for i := range outputs {
		var err error
		if outputs[i], theirs[i], err = outlet.Pipe(); err != nil {
			discard()
			return nil, fmt.Errorf("make a pipe: %w", err)
		}
		files = append(files, outputs[i], theirs[i])
	}
	for i := range ours {
		reader, writer, err := os.Pipe()
		if err != nil {
			discard()
			return nil, fmt.Errorf("make a pipe: %w", err)
		}
		ours[i], theirs[2+i] = writer, reader
		if i == 1 { // on status the keeper writes
			ours[i], theirs[2+i] = reader, writer
		}
		files = append(files, reader, writer)
	}
	words := append(append([]string{}, c.Keeper[1:]...), c.Grace.String())
	p.keeper = exec.Command(c.Keeper[0], append(words, c.Words...)...)
	p.keeper.Args[0] = "telltale" // for whoever lists processes
	p.keeper.Dir, p.keeper.Env = c.Dir, append([]string{}, c.Env...)
	p.keeper.Stdout, p.keeper.Stderr = theirs[0], theirs[1]
	p.keeper.ExtraFiles = theirs[2:]
	apart(p.keeper)
	if err := p.keeper.Start(); err != nil {
		discard()
		return nil, fmt.Errorf("start a keeper: %w", err)
	}
	for _, file := range theirs {
		_ = file.Close()
	}
	p.control, p.Stdout, p.Stderr = ours[0], outputs[0], outputs[1]
	go p.follow(ours[1])
	return p, nil
}

// follow hears the keeper until it has gone.
func (p *Process) follow(status *os.File) {
	defer close(p.gone)
	group, known := 0, false
	for from := json.NewDecoder(status); ; {
		var told news
		if err := from.Decode(&told); err != nil {
			break
		}
		if told.Started != 0 {
			group = told.Started
		}
		if told.End != nil && !known {
			known = true
			p.tell(*told.End)
		}
	}
	_ = status.Close()
	_ = p.keeper.Wait() // it has nothing to say that it has not told
	if !known {
		killGroup(group)
		p.tell(End{Lost: true})
	}
	p.mu.Lock()
	_ = p.control.Close()
	p.control = nil
	p.mu.Unlock()
	for _, output := range []*outlet.Outlet{p.Stdout, p.Stderr} {
		_ = output.SetReadDeadline(time.Now().Add(drained))
	}
}

func (p *Process) tell(end End) {
	p.end = end
	close(p.ended)
}

// Ended is closed when the command has ended; what it left behind may go on.
func (p *Process) Ended() <-chan struct{} { return p.ended }

// End is how it ended, once Ended is closed.
func (p *Process) End() End {
	<-p.ended
	return p.end
}

// Gone is closed when nothing of the command is left. Reading Stdout and Stderr ends
// soon after.
func (p *Process) Gone() <-chan struct{} { return p.gone }

// Stop has the command end: SIGTERM now, SIGKILL after the grace, or earlier where an
// earlier Stop said so.
func (p *Process) Stop(grace time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.control == nil {
		return
	}
	// A pipe takes this much without waiting, unless the keeper hangs.
	_ = p.control.SetWriteDeadline(time.Now().Add(time.Second))
	_, _ = p.control.WriteString(stopWord + " " + grace.String() + "\n")
}

const stopWord = "stop"

// grace reads a line of control.
func grace(line string) (time.Duration, bool) {
	text, is := strings.CutPrefix(line, stopWord+" ")
	if !is {
		return 0, false
	}
	d, err := time.ParseDuration(text)
	return d, err == nil
}
