package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"unicode"

	"telltale/server/command/keep"
	"telltale/web"
)

// verb is one word after "telltale" and what it does.
type verb struct {
	name string
	says string
	run  func(ctx context.Context, args []string, getenv func(string) string, stdin io.Reader, stdout, stderr io.Writer) error
}

func verbs() []verb {
	return []verb{
		{"serve", "run the server and its pages", serveVerb},
		{"run", "run a command here, watched by everybody who looks there", runVerb},
		{"push", "send values to a server, one or what comes on stdin", pushVerb},
		{"tail", "print what is said in a room, as it comes", tailVerb},
		{"backup", "write all that a server keeps to a file, while it runs", backupVerb},
		{"export", "write all that servers keep to a file, from a folder or from Redis", exportVerb},
		{"import", "make such a file the content of an empty folder, or of Redis", importVerb},
		{"token", "make, list and revoke the tokens that let callers in", tokenVerb},
		{"bench", "load a server and say what came of it", benchVerb},
		{"version", "print the version", versionVerb},
	}
}

// keeperVerb is what the server calls itself by for each command that it runs; see package keep. It is not for people.
const keeperVerb = "keep"

// run is the program. Its error is for report.
func run(ctx context.Context, args []string, getenv func(string) string, stdin io.Reader, stdout, stderr io.Writer) error {
	if len(args) == 0 {
		return misuse("say what to do")
	}
	if slices.Contains([]string{"help", "-h", "-help", "--help"}, args[0]) {
		fmt.Fprintln(stdout, listVerbs())
		return nil
	}
	if args[0] == keeperVerb {
		keep.Main(args[1:])
		return nil
	}
	for _, verb := range verbs() {
		if verb.name == args[0] {
			return verb.run(ctx, args[1:], getenv, stdin, stdout, stderr)
		}
	}
	return misuse("telltale does not know %q", args[0])
}

func listVerbs() string {
	var list strings.Builder
	list.WriteString("telltale serves a live board for anything that can be reached with curl.\n")
	for _, verb := range verbs() {
		fmt.Fprintf(&list, "\n  telltale %-8s %s", verb.name, verb.says)
	}
	list.WriteString("\n\ntelltale VERB -h lists the options of one.")
	return list.String()
}

func versionVerb(_ context.Context, args []string, _ func(string) string, _ io.Reader, stdout, _ io.Writer) error {
	if len(args) > 0 {
		return misuse("telltale version takes no options")
	}
	fmt.Fprintf(stdout, "telltale %s, app %s, %s\n", version(), web.Embedded().Version(), runtime.Version())
	return nil
}

// version is the module's: a release's tag, otherwise what version control says of the sources.
func version() string {
	build, known := debug.ReadBuildInfo()
	if !known || build.Main.Version == "" {
		return "(devel)"
	}
	return build.Main.Version
}

// sentence is an error a user can act on; cause, which may be nil, is for the log.
type sentence struct {
	text  string
	code  int // of the process
	cause error
}

// Error is what the user reads.
func (s *sentence) Error() string { return s.text }

// Unwrap answers the cause.
func (s *sentence) Unwrap() error { return s.cause }

// misuse is a wrong command line.
func misuse(format string, args ...any) error {
	names := make([]string, 0, len(verbs()))
	for _, verb := range verbs() {
		names = append(names, verb.name)
	}
	text := fmt.Sprintf(format, args...) + "; the verbs are " + strings.Join(names, ", ") + ", and telltale help says more"
	return &sentence{text: text, code: 2}
}

// report prints an error and answers the exit code.
func report(err error, stderr io.Writer) int {
	if err == nil || errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if status, is := errors.AsType[exitStatus](err); is {
		return int(status)
	}
	fmt.Fprintf(stderr, "telltale: %s\n", legible(err.Error()))
	if said, ok := errors.AsType[*sentence](err); ok {
		return said.code
	}
	return 1
}

// mostOfError is how much of an error is told, bytes: it may quote a file.
const mostOfError = 2000

// legible is what a terminal only shows: what an error quotes may come from elsewhere.
func legible(text string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, text[:min(len(text), mostOfError)])
}
