package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os/user"
	"strings"
	"text/tabwriter"
	"time"

	"telltale/server/auth"
	"telltale/server/store/tokens"
	"telltale/shared/access"
	"telltale/shared/board"
	"telltale/shared/room"
)

// tokenUse says how telltale token is used.
const tokenUse = `telltale token makes, lists and revokes the tokens that let callers in. It works beside a running
server, which takes notice within a second.

  telltale token create NAME --scope write:orders,read:* [--user U] [--expires 30d] [--data DIR]
  telltale token list [--data DIR]
  telltale token revoke NAME [--data DIR]

With --redis URL in place of --data they are those of the servers that share that Redis.

A scope is read, write, room, run, board or admin, and after a colon a name in which * is any run of
characters; without one it is over all names. create prints the token, alone and once: only its hash is kept.

`

// tokenOrder is what telltale token is told.
type tokenOrder struct {
	does    string // create, list or revoke
	name    string
	user    string
	scopes  access.Scopes
	expires board.Span
	data    string
	redis   string // address; "" for what is in data
	prefix  string
}

// tokenVerb makes, lists and revokes tokens.
func tokenVerb(ctx context.Context, args []string, getenv func(string) string, _ io.Reader, stdout, _ io.Writer) error {
	o, err := parseToken(args, getenv, stdout)
	if err != nil {
		return err
	}
	store, err := o.open(ctx)
	if err != nil {
		return err
	}
	defer store.Close()
	switch o.does {
	case "create":
		err = o.create(ctx, store, stdout)
	case "revoke":
		err = o.revoke(ctx, store, stdout)
	default:
		err = listTokens(ctx, store, stdout)
	}
	for _, known := range []error{access.ErrTaken, access.ErrNoToken, access.ErrMany, access.ErrName} {
		if errors.Is(err, known) {
			return &sentence{text: known.Error(), code: 1, cause: err}
		}
	}
	if unnoted, is := errors.AsType[*sentence](err); is {
		return unnoted
	}
	if err != nil && o.redis != "" {
		return &sentence{text: "the tokens in Redis cannot be changed now: try again soon", code: 1, cause: err}
	}
	if err != nil {
		return &sentence{text: "the tokens in " + o.data + " cannot be changed: is the disk full, or the folder read-only?", code: 1, cause: err}
	}
	return nil
}

// open opens where the tokens are; its error is a sentence.
func (o tokenOrder) open(ctx context.Context) (keys, error) {
	if o.redis != "" {
		c := config{redis: o.redis, redisPrefix: o.prefix}
		if option, rule := c.checkRedis(); option != "" {
			return nil, &sentence{text: "--" + option + " " + rule, code: 2}
		}
		store, err := openRedis(ctx, c)
		if err != nil {
			return nil, err
		}
		if err := store.Writable(); err != nil {
			_ = store.Close()
			return nil, &sentence{text: "Redis cannot be reached: give the servers' --redis", code: 1, cause: err}
		}
		return store, nil
	}
	store, err := tokens.Open(ctx, o.data, tokens.Options{})
	if err != nil {
		return nil, &sentence{text: fmt.Sprintf("the tokens in %s cannot be opened: give the server's --data, as a user who may write there", o.data), code: 1, cause: err}
	}
	return store, nil
}

func (o tokenOrder) create(ctx context.Context, store access.Store, stdout io.Writer) error {
	secret, id := auth.NewSecret()
	now := time.Now().UnixMilli()
	t := access.Token{ID: id, Name: o.name, User: o.user, Scopes: o.scopes, Hash: auth.Hash(secret), Created: now}
	if o.expires != 0 {
		t.Expires = now + int64(o.expires)
	}
	if err := store.Add(ctx, t); err != nil {
		return err
	}
	_, err := fmt.Fprintln(stdout, secret) // first: it holds, and nobody could ask for it again
	return errors.Join(err, noted(ctx, store, byHand("token.create", t)))
}

func (o tokenOrder) revoke(ctx context.Context, store access.Store, stdout io.Writer) error {
	t, err := store.Revoke(ctx, o.name)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "%s is revoked\n", t.Name)
	return errors.Join(err, noted(ctx, store, byHand("token.revoke", t)))
}

// noted notes in the audit what was done; its error is a sentence.
func noted(ctx context.Context, store access.Store, e access.Event) error {
	if err := store.Note(ctx, e); err != nil {
		return &sentence{text: "this was done, but the audit does not tell of it: it cannot be written now", code: 1, cause: err}
	}
	return nil
}

// byHand is an event of this command line, done by whoever the operating system says.
func byHand(did string, t access.Token) access.Event {
	e := access.Event{Time: time.Now().UnixMilli(), From: "command line", Did: did, About: t.Name, More: t.Scopes.String()}
	if who, err := user.Current(); err == nil {
		e.User = who.Username
	}
	return e
}

func listTokens(ctx context.Context, store access.Store, stdout io.Writer) error {
	all, err := store.Tokens(ctx)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "NAME\tUSER\tSCOPES\tCREATED\tEXPIRES\tID")
	for _, t := range all {
		expires := "never"
		if t.Expires != 0 {
			expires = dayOf(t.Expires)
		}
		may := t.Scopes.String()
		if t.Board != "" {
			may = "board " + t.Board + " within " + may
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", t.Name, t.User, may, dayOf(t.Created), expires, t.ID)
	}
	return table.Flush()
}

// dayOf is a time in ms since 1970 as lists show it.
func dayOf(ms int64) string { return time.UnixMilli(ms).Format("2006-01-02 15:04") }

// parseToken reads the command line of telltale token; options may stand before and after the name.
func parseToken(args []string, getenv func(string) string, help io.Writer) (tokenOrder, error) {
	o := tokenOrder{data: "./telltale-data", redis: getenv("TELLTALE_REDIS"), prefix: cmp.Or(getenv("TELLTALE_REDIS_PREFIX"), "telltale")}
	if data := getenv("TELLTALE_DATA"); data != "" {
		o.data = data
	}
	wrong := func(format string, args ...any) (tokenOrder, error) {
		return o, &sentence{text: fmt.Sprintf(format, args...) + "; telltale token -h says more", code: 2}
	}
	set := flag.NewFlagSet("telltale token", flag.ContinueOnError)
	set.SetOutput(io.Discard)
	set.Usage = func() {}
	var scope, expires string
	set.StringVar(&o.data, "data", o.data, "folder of the server's database")
	set.StringVar(&o.redis, "redis", o.redis, "address of the Redis that the servers share")
	set.StringVar(&o.prefix, "redis-prefix", o.prefix, "what the keys in it begin with")
	set.StringVar(&o.user, "user", "", "who speaks with it (default: its name)")
	set.StringVar(&scope, "scope", "", "what it lets do")
	set.StringVar(&expires, "expires", "", "how long it holds, as 90s, 12h or 30d (default: until it is revoked)")
	words, err := interspersed(set, args)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(help, tokenUse)
		return o, err
	} else if err != nil {
		return wrong("%s", err)
	}
	both := false
	if o.redis, both = sharedPlace(set, o.redis); both {
		return wrong("give --data or --redis, not both")
	}
	if len(words) == 0 {
		return wrong("say create, list or revoke")
	}
	o.does, words = words[0], words[1:]
	switch {
	case o.does != "create" && o.does != "list" && o.does != "revoke":
		return wrong("telltale token does not know %q", o.does)
	case o.does == "list" && len(words) > 0:
		return wrong("telltale token list takes no name")
	case o.does != "list" && len(words) != 1:
		return wrong("telltale token %s takes one name", o.does)
	case o.does != "create" && (scope != "" || o.user != "" || expires != ""):
		return wrong("--scope, --user and --expires are for create")
	case o.does == "list":
		return o, nil
	}
	o.name = words[0]
	if o.does == "revoke" {
		return o, nil
	}
	if scope == "" {
		return wrong("say with --scope what %s may do, as --scope read:* or --scope write:orders,room:build", o.name)
	}
	if o.user == "" {
		o.user = o.name
	}
	if err := room.CheckUser(o.user); err != nil {
		return wrong("%s", err)
	}
	if o.scopes, err = access.ParseScopes(scope); err != nil {
		return wrong("%s", err)
	}
	if expires != "" {
		if o.expires, err = board.ParseSpan(expires); err != nil || o.expires == 0 {
			return wrong("--expires is a span of time such as 90s, 12h or 30d, not %q", strings.TrimSpace(expires))
		}
	}
	return o, nil
}

// interspersed reads flags that may stand before, between and behind words, and answers the words.
func interspersed(set *flag.FlagSet, args []string) (words []string, err error) {
	for {
		if err := set.Parse(args); err != nil || set.NArg() == 0 {
			return words, err
		}
		words, args = append(words, set.Arg(0)), set.Args()[1:]
	}
}
