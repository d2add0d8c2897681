package command

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// What is taken of a configuration can be run, and a request chooses no more of it than the
// arguments that it names, each as its pattern has it.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"[command.a]\nexec = [\"x\", \"--b={b}\", \"{b}{b}\"]\nargs = { b = \"[a-z]+\" }\ntimeout = \"5m\"\nmax_parallel = 2\nroom = \"r\"\nenv = { A = \"b\" }\n",
		"[command.a]\nexec = [\"x\"]\nevery = \"1s\"\n", "command = 1", "[command.a]\nexec = [\"{b}\"]\nargs = { b = \".*\" }\n", "[command.\"a b\"]\n", "[command.a]\nexec = [1]", "[command.a]\nx = \"\\u001b\"",
		"[command.a]\nexec = [\"x\",\"{b}{c}\"]\nargs = { b = \"\\\\{c\\\\}\", c = \"(a|b)*\" }\n", "[command.a]\nexec=[\"x\"]\nenv={\"\\u001b\"=1}", "[command.a]\ntimeout = \"\\u001b[2J\"",
	} {
		f.Add(text, "ab")
	}
	f.Fuzz(func(t *testing.T, text, value string) {
		commands, err := Parse([]byte(text))
		if err != nil {
			if commands != nil || err.Error() == "" { // who shows it makes it legible
				t.Fatalf("%+v, refused with %q", commands, err)
			}
			return
		}
		for _, c := range commands {
			if len(c.Exec) == 0 || c.Exec[0] == "" || c.MaxParallel < 1 || c.Timeout < 0 || c.Every != 0 && c.Every < time.Second {
				t.Fatalf("taken: %+v", c)
			}
			args := map[string]string{}
			for name := range c.Args {
				args[name] = value
			}
			words, err := c.words(args)
			if err != nil {
				if len(args) == 0 {
					t.Fatal(err)
				}
				continue
			}
			for name, pattern := range c.Args {
				if found := pattern.FindString(args[name]); found != args[name] {
					t.Fatalf("%q is taken for %s, which is %v", args[name], name, pattern)
				}
			}
			if len(words) != len(c.Exec) || words[0] != c.Exec[0] || slices.ContainsFunc(words, func(w string) bool { return strings.ContainsRune(w, 0) }) {
				t.Fatalf("%q with %q is %q", c.Exec, args, words)
			}
		}
	})
}
