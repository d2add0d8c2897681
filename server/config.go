package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"telltale/server/api"
	"telltale/server/auth"
	"telltale/server/command"

	"github.com/peterbourgon/ff/v3"
	"github.com/peterbourgon/ff/v3/fftoml"
)

// config is what an operator may choose. Each field is a flag, an environment variable (TELLTALE_ and the flag's
// name in capitals) and a key of the TOML file; the flag wins over the variable, the variable over the file.
type config struct {
	listen         string
	adminListen    string
	insecure       bool
	data           string
	redis          string // address; "" for the database in data
	redisPrefix    string
	boards         string // a folder; "" for none
	retention      retention
	roomRetention  roomRetention
	hostMetrics    bool
	logFormat      string
	logLevel       slog.Level
	maxMetrics     int
	maxConnections int
	maxPerAddress  int // connections; 0 for no bound
	maxMessage     int // bytes
	reach          reach
	rateLimit      int // requests and messages a second; 0 for none
	slowClient     string
	publicRead     bool
	secured        secured
	hsts           time.Duration
	jwt            auth.JWTOptions
	commands       []command.Command // the tables [command.NAME] of the file, which are no flags
}

const defaultListen = "localhost:8082"

// flags says every option of serve, its default and what it means.
func (c *config) flags() *flag.FlagSet {
	set := flag.NewFlagSet("telltale serve", flag.ContinueOnError)
	set.SetOutput(io.Discard)
	c.retention = retention{raw: 24 * time.Hour, fine: 7 * day, coarse: 90 * day}
	c.roomRetention = roomRetention{messages: 100_000, age: 30 * day}
	set.StringVar(&c.listen, "listen", "", "address of the pages and the API (default \""+defaultListen+"\", or every interface at $PORT)")
	set.StringVar(&c.adminListen, "admin-listen", "127.0.0.1:8081", "address of /health, /ready, /metrics and pprof")
	set.BoolVar(&c.insecure, "insecure", false, "listen beyond this machine though no token exists and anybody may change everything")
	set.BoolVar(&c.publicRead, "public-read", false, "let everybody look, also without a token")
	set.StringVar(&c.secured.cert, "tls-cert", "", "file with the certificate (PEM, its chain behind it); read again when it changes")
	set.StringVar(&c.secured.key, "tls-key", "", "file with the certificate's key (PEM)")
	set.StringVar(&c.secured.domains, "acme-domain", "", "domains, comma-separated, for which certificates are fetched from Let's Encrypt; the server must be reached at port 443")
	set.DurationVar(&c.hsts, "hsts", 0, "how long browsers are to take nothing but TLS from here (Strict-Transport-Security), as 8760h")
	set.StringVar(&c.jwt.KeyFile, "jwt-key", "", "file with the key for JSON Web Tokens: a public key in PEM (RSA, P-256, Ed25519) or a secret of 32 bytes; they are then taken besides tokens")
	set.StringVar(&c.jwt.Claim, "jwt-claim", "scopes", "claim of a JWT that lists what it lets do")
	set.StringVar(&c.jwt.Issuer, "jwt-issuer", "", "iss that a JWT must have")
	set.StringVar(&c.jwt.Audience, "jwt-audience", "", "aud that a JWT must have")
	set.StringVar(&c.data, "data", "./telltale-data", "folder that holds the database")
	set.StringVar(&c.redis, "redis", "", "address of a Redis that several telltales share instead of a database of their own: redis://host:6379 or rediss://host:6379, several, comma-separated, for a Cluster; with ?master_set=NAME those of Sentinels")
	set.StringVar(&c.redisPrefix, "redis-prefix", "telltale", "what the keys in Redis begin with; who shares it shares everything")
	set.StringVar(&c.boards, "boards", "", "folder of boards as JSON files, each NAME.json shown at /b/NAME; they are changed there alone, and read again when they are")
	set.Var(&c.retention, "retention", "how long samples (raw) and roll-ups of 10s and 1m are kept; those of an hour stay")
	set.Var(&c.roomRetention, "room-retention", "how many messages a room keeps, and for how long; either may be left out")
	set.BoolVar(&c.hostMetrics, "host-metrics", true, "record this machine's load, memory, disk and network, and the server's own traffic")
	set.StringVar(&c.logFormat, "log-format", "text", "text or json")
	set.TextVar(&c.logLevel, "log-level", slog.LevelInfo, "DEBUG, INFO, WARN or ERROR")
	set.IntVar(&c.maxMetrics, "max-metrics", 10_000, "metrics that may exist")
	set.IntVar(&c.maxConnections, "max-connections", 20_000, "connections open at once")
	set.IntVar(&c.maxPerAddress, "max-per-address", 1000, "connections open at once from one address, an eighth of them for who shows no token; 0 for no limit")
	set.Func("host", "names, comma-separated, that a request may call this server by besides those of this machine (default those of this machine alone where it listens on localhost, else any)", c.reach.setHosts)
	set.Func("origin", "origins, comma-separated, as https://board.example.org, whose pages may open WebSockets here besides this server's own", c.reach.setOrigins)
	set.Func("frame-ancestors", "origins, comma-separated, whose pages may show these in a frame; self is this server's own (default none)", c.reach.setAncestors)
	set.IntVar(&c.reach.proxies, "behind-proxy", 0, "how many proxies stand in front of the pages; what they say in X-Forwarded-For and X-Forwarded-Proto is believed where it comes from this machine or a private network")
	set.IntVar(&c.rateLimit, "rate-limit", 1000, "requests and messages a second from a token, or from the address of who shows none; 0 for no limit")
	set.IntVar(&c.maxMessage, "max-message", 64<<10, "longest WebSocket message, in bytes")
	set.StringVar(&c.slowClient, "slow-client", string(api.Catchup), "what becomes of a room's reader that falls behind: catchup, it is sent again what it missed; drop, it is told what it missed; close")
	set.String("config", "", "TOML file with any of these as keys, and with the commands that may be run, as tables [command.NAME]")
	return set
}

// parseConfig reads the options of serve from the three places.
func parseConfig(args []string, getenv func(string) string, help io.Writer) (config, error) {
	var c config
	set := c.flags()
	set.Usage = func() {} // the flag package prints it at a wrong option too, where one sentence says more
	if err := fromEnvironment(set, getenv); err != nil {
		return c, err
	}
	// What the environment set counts as given, so the file does not override it, but the command line does.
	err := ff.Parse(set, args, ff.WithConfigFileFlag("config"), ff.WithConfigFileParser(c.parseFile(set)))
	if errors.Is(err, flag.ErrHelp) {
		printUsage(set, help)
	}
	if err != nil {
		return c, wrongOption(err)
	}
	if set.NArg() > 0 {
		return c, &sentence{text: fmt.Sprintf("telltale serve takes options only, not %q", set.Arg(0)), code: 2}
	}
	if c.listen == "" {
		c.listen = defaultListen
		if port := getenv("PORT"); port != "" {
			c.listen = ":" + port
		}
	}
	return c, c.check()
}

// parseFile reads the commands of the file, and leaves all else in it to be options.
func (c *config) parseFile(set *flag.FlagSet) ff.ConfigFileParser {
	return func(file io.Reader, option func(name, value string) error) error {
		text, err := io.ReadAll(file)
		if err != nil {
			return err
		}
		if c.commands, err = command.Parse(text); err != nil {
			return fmt.Errorf("%s: %w", set.Lookup("config").Value, err)
		}
		return fftoml.Parser(bytes.NewReader(text), func(name, value string) error {
			if strings.HasPrefix(name, "command.") {
				return nil
			}
			return option(name, value)
		})
	}
}

// fromEnvironment is ff's WithEnvVarPrefix, but through getenv instead of the process's own environment.
func fromEnvironment(set *flag.FlagSet, getenv func(string) string) error {
	var wrong error
	set.VisitAll(func(option *flag.Flag) {
		name := "TELLTALE_" + strings.ToUpper(strings.ReplaceAll(option.Name, "-", "_"))
		value := getenv(name)
		if value == "" || wrong != nil {
			return
		}
		if err := set.Set(option.Name, value); err != nil {
			wrong = wrongOption(fmt.Errorf("%s=%q: %w", name, value, err))
		}
	})
	return wrong
}

func wrongOption(err error) error {
	text := strings.TrimPrefix(err.Error(), "error parsing commandline arguments: ")
	return &sentence{text: text + "; telltale serve -h lists the options", code: 2, cause: err}
}

// check refuses options that cannot be meant.
func (c *config) check() error {
	wrong := func(option, rule string) error {
		return &sentence{text: "--" + option + " " + rule, code: 2}
	}
	_, port, err := net.SplitHostPort(c.listen)
	if err != nil {
		return wrong("listen", "is an address such as localhost:8082 or :8082, not "+strconv.Quote(c.listen))
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return wrong("listen", "(or $PORT) ends with a port from 0 to 65535, not "+strconv.Quote(port))
	}
	switch {
	case c.logFormat != "text" && c.logFormat != "json":
		return wrong("log-format", "is text or json")
	case !slices.Contains([]api.SlowClient{api.Catchup, api.Drop, api.Close}, api.SlowClient(c.slowClient)):
		return wrong("slow-client", "is catchup, drop or close, not "+strconv.Quote(c.slowClient))
	case c.maxMetrics < 1 || c.maxConnections < 1:
		return wrong("max-metrics", "and --max-connections are at least 1")
	case c.rateLimit < 0 || c.maxPerAddress < 0:
		return wrong("rate-limit", "and --max-per-address are not negative; 0 is no limit")
	case c.reach.proxies < 0 || c.reach.proxies > 10:
		return wrong("behind-proxy", "is how many proxies stand in front of the server: from 0 to 10")
	case c.maxMessage < 1024 || c.maxMessage > 16<<20:
		return wrong("max-message", "is from 1024 bytes to 16 MiB")
	}
	if option, rule := c.checkRedis(); option != "" {
		return wrong(option, rule)
	}
	return c.secured.check(c.hsts)
}

// alone tells whether nobody reaches the pages but this machine.
func (c *config) alone() bool { return auth.IsLocal(c.listen) && c.reach.proxies == 0 }

func printUsage(set *flag.FlagSet, out io.Writer) {
	fmt.Fprint(out, "telltale serve runs the server and its pages. Each option is also an environment variable\n"+
		"(--max-metrics is TELLTALE_MAX_METRICS) and a key of the TOML file that --config names.\n\n")
	set.SetOutput(out)
	set.PrintDefaults()
	set.SetOutput(io.Discard)
}
