package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/url"
	"time"

	"telltale/server/bench"
)

// benchUse says how telltale bench is used.
const benchUse = `telltale bench [options] [URL]

loads a server and says what came of it. Viewers come, each of which watches all of the metrics and is a
member of one of the rooms; changes and messages are posted; every viewer must get all of them, once, and how
old they are when they come is told. The metrics are removed afterwards, the rooms stay. The exit status is 1
where anything was lost, came twice, or a viewer was dropped.

Do it to a server that you may slow down. Where it is on this machine it shares the processors with its
viewers. Each option is also an environment variable (TELLTALE_VIEWERS), URL is TELLTALE_URL where it is not
given, and TELLTALE_TOKEN is the token that the server asks for, with the scopes read, write, room and, to
remove the metrics, admin.

`

// benchOrder is what telltale bench is told.
type benchOrder struct {
	plan bench.Plan
	json bool
}

// benchVerb loads a server.
func benchVerb(ctx context.Context, args []string, getenv func(string) string, _ io.Reader, stdout, stderr io.Writer) error {
	o, err := parseBench(args, getenv, stdout)
	if err != nil {
		return err
	}
	bar, phase := newProgress(stderr, 1, ""), ""
	report, err := bench.Run(ctx, o.plan, func(says string, done, of int64) {
		if of != bar.GetMax64() || phase == "" {
			bar.Reset()
			bar.ChangeMax64(of)
		}
		phase = says
		bar.Describe(says)
		_ = bar.Set64(min(done, of-1)) // at its end it would be finished
	})
	_ = bar.Exit()
	_ = bar.Clear()
	if err != nil && ctx.Err() != nil {
		return &sentence{text: "it was interrupted before the viewers were there", code: 1, cause: err}
	}
	if err != nil {
		return &sentence{text: o.plan.Server.Redacted() + ": " + err.Error(), code: 1, cause: err}
	}
	if o.json {
		out := json.NewEncoder(stdout)
		out.SetIndent("", "  ")
		err = out.Encode(report)
	} else {
		err = report.Table(stdout)
	}
	if flaw := report.Flaw(); err == nil && flaw != "" {
		err = &sentence{text: flaw, code: 1}
	}
	return err
}

// parseBench reads the command line of telltale bench.
func parseBench(args []string, getenv func(string) string, help io.Writer) (benchOrder, error) {
	o := benchOrder{plan: bench.Plan{Token: getenv("TELLTALE_TOKEN")}}
	set := flag.NewFlagSet("telltale bench", flag.ContinueOnError)
	set.SetOutput(io.Discard)
	set.Usage = func() {}
	var server, admin string
	set.IntVar(&o.plan.Viewers, "viewers", 1000, "connections that watch")
	set.IntVar(&o.plan.Rate, "rate", 1000, "changes a second")
	set.IntVar(&o.plan.Metrics, "metrics", 100, "metrics that change, in turns")
	set.IntVar(&o.plan.Rooms, "rooms", 1, "rooms, each of which is told a message a second")
	set.DurationVar(&o.plan.Duration, "duration", 10*time.Second, "how long changes and messages are posted")
	set.BoolVar(&o.json, "json", false, "print JSON instead of a table")
	set.StringVar(&server, "url", "http://localhost:8082", "the server, if it is not said by itself")
	set.StringVar(&admin, "admin", "", "address of its second port, which tells its processor and memory (default: port 8081 where it is)")
	wrong := func(err error) error {
		return &sentence{text: err.Error() + "; telltale bench -h says more", code: 2}
	}
	if err := fromEnvironment(set, getenv); err != nil {
		return o, err
	}
	if err := set.Parse(args); errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(help, benchUse)
		set.SetOutput(help)
		set.PrintDefaults()
		return o, err
	} else if err != nil {
		return o, wrong(err)
	}
	if server = cmp.Or(set.Arg(0), server); set.NArg() > 1 {
		return o, wrong(fmt.Errorf("one server at a time, not %q as well; options stand before it", set.Arg(1)))
	}
	at, err := serverAddress(server)
	if err != nil {
		return o, wrong(err)
	}
	o.plan.Server = at
	if admin == "" {
		o.plan.Admin = &url.URL{Scheme: "http", Host: net.JoinHostPort(at.Hostname(), "8081")}
	} else if o.plan.Admin, err = serverAddress(admin); err != nil {
		return o, wrong(fmt.Errorf("--admin: %w", err))
	}
	if err := o.plan.Check(); err != nil {
		return o, wrong(err)
	}
	return o, nil
}
