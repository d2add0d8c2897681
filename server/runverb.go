package main

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"
	"time"

	"telltale/server/command/capture"
	"telltale/shared/room"
	life "telltale/shared/run"
)

// patience is how long the end of a command is waited after, until what is left of its output is delivered, and
// until what it left behind has written its last.
const patience = 10 * time.Second

// runUse says how telltale run is used.
const runUse = `telltale run [options] -- COMMAND ARGUMENTS...

runs a command here, passes its output and its input through, and exits with its status, while everybody
who looks at the server watches it. A server that cannot be reached delays nothing: at most 10 s at the end
are spent on what is still to be delivered. Each option is also an environment variable (TELLTALE_URL), and
TELLTALE_TOKEN is the token that the server asks for.

`

// watched is what telltale run may be told.
type watched struct {
	*client
	room, name string
	words      []string // the command
}

// exitStatus ends the program with a command's status, of which nothing is to be said.
type exitStatus int

// Error tells the status; the command itself has said the rest.
func (s exitStatus) Error() string { return fmt.Sprintf("exit status %d", int(s)) }

// runVerb runs a command here, as if telltale were not there, and lets everybody who looks at the server watch it.
func runVerb(_ context.Context, args []string, getenv func(string) string, stdin io.Reader, stdout, stderr io.Writer) error {
	w, err := parseRun(args, getenv, stdout)
	if err != nil {
		return err
	}
	spool := capture.NewSpool(capture.Options{})
	defer spool.Close()
	child := &child{words: w.words, stdin: stdin, stdout: stdout, stderr: stderr, spool: spool, patience: patience, over: make(chan struct{})}
	signals := child.listen()
	defer signals.stop()
	child.begin()
	post := newCourier(w, spool, child.begun)
	ctx, giveUp := context.WithCancel(context.Background())
	defer giveUp()
	delivered := make(chan error, 1)
	go func() { delivered <- post.deliver(ctx, child.over, &child.end) }()
	child.wait(signals)
	limit := time.AfterFunc(time.Until(child.ended.Add(patience)), giveUp)
	defer limit.Stop()
	defer context.AfterFunc(signals.impatient, giveUp)()
	if err := <-delivered; err != nil {
		fmt.Fprintf(stderr, "telltale: %s\n", post.complaint(err))
	}
	return exitStatus(child.end.status)
}

// parseRun reads the command line of telltale run; options stand before the command, whose own are its own.
func parseRun(args []string, getenv func(string) string, help io.Writer) (watched, error) {
	w := watched{client: newClient("takes runs")}
	set := flag.NewFlagSet("telltale run", flag.ContinueOnError)
	set.StringVar(&w.room, "room", "", "room in which the output is said, besides the run's own")
	set.StringVar(&w.name, "name", "", "what the run is called (default: the command)")
	var err error
	if w.words, err = w.parse(set, runUse, optionsFirst, args, getenv, help); err != nil {
		return w, err
	}
	if len(w.words) == 0 || w.words[0] == "" {
		return w, wrongly(set, errors.New("say what to run, as in telltale run -- make -j4"))
	}
	if w.name == "" {
		w.name = strings.Join(w.words, " ")
	}
	if w.room != "" {
		if err := room.CheckName(w.room); err != nil {
			return w, wrongly(set, fmt.Errorf("--room: %w", err))
		}
		if strings.HasPrefix(w.room, life.Prefix) {
			return w, wrongly(set, fmt.Errorf("--room: the rooms that begin with %s are the runs' own", life.Prefix))
		}
	}
	return w, nil
}

// serverAddress reads where a server is.
func serverAddress(text string) (*url.URL, error) {
	if !strings.Contains(text, "://") {
		text = "http://" + text
	}
	at, err := url.Parse(text)
	if err != nil || at.Host == "" || at.Scheme != "http" && at.Scheme != "https" {
		return nil, fmt.Errorf("an address is such as http://localhost:8082, not %q", text)
	}
	return at, nil
}

// newRunID has 75 random bits.
func newRunID() string { return strings.ToLower(rand.Text()[:15]) }

// hostName is this machine's, for people.
func hostName() string {
	name, err := os.Hostname()
	if err != nil || name == "" {
		return "elsewhere"
	}
	return name
}
