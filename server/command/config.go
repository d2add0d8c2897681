package command

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"telltale/shared/room"

	"github.com/pelletier/go-toml"
)

// Command is what the configuration says of one.
type Command struct {
	Name        string
	Exec        []string                  // the words; {name} stands for an argument in all but the first
	Dir         string                    // "" for the server's own
	Env         map[string]string         // besides PATH, HOME, LANG and TZ, or instead of them
	Timeout     time.Duration             // 0 for none
	MaxParallel int                       // at least 1
	Room        string                    // where its output is said besides the run's own room; "" for nowhere
	Every       time.Duration             // how often it is started by itself; 0 for never
	Args        map[string]*regexp.Regexp // what a request gives, all of it
}

// Bounds of the configuration and of requests.
const (
	leastEvery = time.Second
	mostArg    = 4 << 10 // bytes of an argument
)

// Parse reads the tables [command.NAME] of a TOML text, by name; other keys are left
// to others. Its error names the key.
func Parse(text []byte) ([]Command, error) {
	var file map[string]any
	if err := toml.Unmarshal(text, &file); err != nil {
		return nil, fmt.Errorf("not TOML: %w", err)
	}
	tables, err := tableOf("command", file["command"])
	if err != nil {
		return nil, err
	}
	var commands []Command
	for _, name := range slices.Sorted(maps.Keys(tables)) {
		table, err := tableOf("command."+name, tables[name])
		if err != nil {
			return nil, err
		}
		c := Command{Name: name, MaxParallel: 1}
		if err := c.read(table); err != nil {
			return nil, fmt.Errorf("command.%s%w", name, err)
		}
		commands = append(commands, c)
	}
	return commands, nil
}

func tableOf(key string, value any) (map[string]any, error) {
	if value == nil {
		return nil, nil
	}
	table, is := value.(map[string]any)
	if !is {
		return nil, fmt.Errorf("%s is a table: [command.deploy], then its keys", key)
	}
	return table, nil
}

// read takes the keys of a command. Its error begins with the key's name.
func (c *Command) read(table map[string]any) error {
	if err := room.CheckName(c.Name); err != nil {
		return fmt.Errorf(": a command's name is as %s", room.Grammar)
	}
	for _, key := range slices.Sorted(maps.Keys(table)) {
		if err := c.set(key, table[key]); err != nil {
			return fmt.Errorf(".%s %w", key, err)
		}
	}
	return c.check()
}

func (c *Command) set(key string, value any) (err error) {
	switch key {
	case "exec":
		c.Exec, err = words(value)
	case "dir":
		c.Dir, err = text(value)
	case "room":
		if c.Room, err = text(value); err == nil {
			err = room.CheckName(c.Room)
		}
	case "timeout":
		c.Timeout, err = span(value)
	case "every":
		if c.Every, err = span(value); err == nil && c.Every < leastEvery {
			err = fmt.Errorf("is at least %v", leastEvery)
		}
	case "max_parallel":
		n, is := value.(int64)
		if !is || n < 1 || n > 1000 {
			return errors.New("is a number from 1 to 1000")
		}
		c.MaxParallel = int(n)
	case "env":
		c.Env, err = pairs(value)
	case "args":
		c.Args, err = patterns(value)
	default:
		return errors.New("is not known: a command has exec, dir, env, timeout, max_parallel, room, every and args")
	}
	return err
}

// check refuses what does not go together.
func (c *Command) check() error {
	if len(c.Exec) == 0 {
		return errors.New(`.exec is missing: exec = ["./deploy.sh", "--fast"]`)
	}
	if c.Every > 0 && len(c.Args) > 0 {
		return errors.New(".every does not go with args: nobody would give them")
	}
	for name := range c.Args {
		if strings.Contains(c.Exec[0], "{"+name+"}") {
			return fmt.Errorf(".exec: its first word is the program, which a request does not choose: {%s} may not stand in it", name)
		}
		if !strings.Contains(strings.Join(c.Exec, "\x00"), "{"+name+"}") {
			return fmt.Errorf(".args.%s stands nowhere in exec as {%s}", name, name)
		}
	}
	return nil
}

func text(value any) (string, error) {
	s, is := value.(string)
	if !is || s == "" || strings.ContainsRune(s, 0) {
		return "", errors.New("is a text")
	}
	return s, nil
}

func words(value any) ([]string, error) {
	list, is := value.([]any)
	if !is || len(list) == 0 {
		return nil, errors.New(`is a list of words, such as ["./deploy.sh", "--fast"]; no shell reads it`)
	}
	var words []string
	for i, each := range list {
		word, is := each.(string)
		if !is || strings.ContainsRune(word, 0) || i == 0 && word == "" {
			return nil, fmt.Errorf("has words only, not %.60q", fmt.Sprint(each))
		}
		words = append(words, word)
	}
	return words, nil
}

func span(value any) (time.Duration, error) {
	s, _ := value.(string)
	d, err := time.ParseDuration(s)
	if err != nil || d <= 0 {
		return 0, fmt.Errorf(`is a time such as "90s", "5m" or "2h", not %.60q`, fmt.Sprint(value))
	}
	return d, nil
}

var variable = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

func pairs(value any) (map[string]string, error) {
	table, is := value.(map[string]any)
	if !is {
		return nil, errors.New(`is a table of texts: env = { STAGE = "test" }`)
	}
	env := map[string]string{}
	for name, value := range table {
		text, is := value.(string)
		if !is || strings.ContainsRune(text, 0) || !variable.MatchString(name) {
			return nil, fmt.Errorf("is a table of texts, which %.60q is not", name)
		}
		env[name] = text
	}
	return env, nil
}

func patterns(value any) (map[string]*regexp.Regexp, error) {
	table, is := value.(map[string]any)
	if !is {
		return nil, errors.New(`is a table of patterns: args = { branch = "^[a-z]+$" }`)
	}
	args := map[string]*regexp.Regexp{}
	for name, value := range table {
		pattern, is := value.(string)
		if !is || !variable.MatchString(name) {
			return nil, fmt.Errorf("has names of letters, digits and _, and patterns, which %.60q is not", name)
		}
		if _, err := regexp.Compile(pattern); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		args[name] = regexp.MustCompile(`\A(?:` + pattern + `)\z`)
	}
	return args, nil
}

// words are those of the configuration with the arguments of a request in their places.
func (c *Command) words(args map[string]string) ([]string, error) {
	for name := range args {
		if c.Args[name] == nil {
			return nil, fmt.Errorf("%w: %s has no argument %.40q", ErrArgs, c.Name, name)
		}
	}
	var places []string
	for _, name := range slices.Sorted(maps.Keys(c.Args)) {
		value, given := args[name]
		switch {
		case !given:
			return nil, fmt.Errorf("%w: %s needs %q", ErrArgs, c.Name, name)
		case len(value) > mostArg || strings.ContainsRune(value, 0) || !utf8.ValidString(value) || !c.Args[name].MatchString(value):
			return nil, fmt.Errorf("%w: %q is not as the configuration of %s has it", ErrArgs, name, c.Name)
		}
		places = append(places, "{"+name+"}", value)
	}
	replace := strings.NewReplacer(places...)
	words := slices.Clone(c.Exec)
	for i := range words[1:] {
		words[i+1] = replace.Replace(words[i+1])
	}
	return words, nil
}

// inherited is what a command gets of the server's own environment.
var inherited = []string{"PATH", "HOME", "LANG", "TZ"}

// environment is all of a command's.
func (c *Command) environment(lookup func(string) (string, bool)) []string {
	all := map[string]string{}
	for _, name := range inherited {
		if value, set := lookup(name); set {
			all[name] = value
		}
	}
	maps.Copy(all, c.Env)
	var list []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		list = append(list, name+"="+all[name])
	}
	return list
}
