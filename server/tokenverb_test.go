package main

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"telltale/server/auth"
	"telltale/server/store/tokens"
	"telltale/shared/access"
)

// tokenCommand runs telltale token with words, and its database in dir.
func tokenCommand(t *testing.T, dir string, words ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	err := run(t.Context(), append([]string{"token"}, words...), func(name string) string {
		if name == "TELLTALE_DATA" {
			return dir
		}
		return ""
	}, strings.NewReader(""), &out, &out)
	return out.String(), err
}

func TestATokenIsPrintedOnceAndOnlyItsHashIsKept(t *testing.T) {
	dir := t.TempDir()
	out, err := tokenCommand(t, dir, "create", "sensor", "--scope", "write:orders,read:*", "--user", "Sensor 7", "--expires", "2h")
	if err != nil {
		t.Fatal(err)
	}
	secret, alone := strings.CutSuffix(out, "\n")
	if !alone || strings.ContainsAny(secret, " \n") {
		t.Fatalf("printed %q, not a token alone on its line", out)
	}
	store, err := tokens.Open(t.Context(), dir, tokens.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	all, err := store.Tokens(t.Context())
	if err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
	if kept := all[0]; kept.Hash != auth.Hash(secret) || kept.User != "Sensor 7" || kept.Scopes.String() != "write:orders,read:*" || kept.Expires != kept.Created+2*time.Hour.Milliseconds() {
		t.Errorf("kept %+v", kept)
	}
	listed, err := tokenCommand(t, dir, "list")
	if err != nil || !strings.Contains(listed, "Sensor 7") || strings.Contains(listed, secret) {
		t.Errorf("the list is %q, %v", listed, err)
	}
	if _, err := tokenCommand(t, dir, "create", "sensor", "--scope", "read"); !errors.Is(err, access.ErrTaken) {
		t.Errorf("the name again: %v", err)
	}
	if _, err := tokenCommand(t, dir, "revoke", "sensor"); err != nil {
		t.Error(err)
	}
	if _, err := tokenCommand(t, dir, "revoke", "sensor"); !errors.Is(err, access.ErrNoToken) {
		t.Errorf("revoked twice: %v", err)
	}
	events, err := store.Events(context.Background(), 0, 10)
	if err != nil || len(events) != 2 || events[0].Did != "token.revoke" || events[1].Did != "token.create" || events[1].About != "sensor" {
		t.Errorf("the audit says %+v, %v", events, err)
	}
}

// unnoted is a store whose audit cannot be written.
type unnoted struct{ access.Store }

func (unnoted) Note(context.Context, access.Event) error { return errors.New("no space left") }

func TestATokenThatHoldsIsPrintedThoughTheAuditCannotBeWritten(t *testing.T) {
	store, err := tokens.Open(t.Context(), t.TempDir(), tokens.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	scopes, err := access.ParseScopes("read")
	if err != nil {
		t.Fatal(err)
	}
	o, out := tokenOrder{name: "ann", scopes: scopes}, bytes.Buffer{}
	var wrong *sentence
	if err := o.create(t.Context(), unnoted{store}, &out); !errors.As(err, &wrong) || !strings.Contains(wrong.text, "audit") {
		t.Errorf("create says %v", err)
	}
	if all, err := store.Tokens(t.Context()); err != nil || len(all) != 1 || all[0].Hash != auth.Hash(strings.TrimSpace(out.String())) {
		t.Errorf("printed is %q, kept %+v, %v", out.String(), all, err)
	}
	out.Reset()
	if err := o.revoke(t.Context(), unnoted{store}, &out); !errors.As(err, &wrong) || out.String() != "ann is revoked\n" {
		t.Errorf("revoke says %v and %q", err, out.String())
	}
}

func TestAWrongTokenCommandIsASentence(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct{ words, says string }{
		{"", "create, list or revoke"}, {"make x", `"make"`}, {"create", "one name"}, {"create a b --scope read", "one name"},
		{"create a", "--scope"}, {"create a --scope raed", `"raed"`}, {"create a --scope read --expires soon", "30d"},
		{"create a --scope read --expires 0s", "30d"}, {"list a", "no name"}, {"revoke", "one name"}, {"revoke a --scope read", "for create"},
		{"create a --fast", "-fast"}, {"create a --scope read --user  ", "-user"},
		{"list --data d --redis redis://127.0.0.1:1", "--data or --redis"},
	} {
		var wrong *sentence
		if _, err := tokenCommand(t, dir, strings.Fields(c.words)...); !errors.As(err, &wrong) || wrong.code != 2 || !strings.Contains(wrong.text, c.says) {
			t.Errorf("token %s: %v, want %q in it", c.words, err, c.says)
		}
	}
	if out, err := tokenCommand(t, dir, "-h"); report(err, &bytes.Buffer{}) != 0 || !strings.Contains(out, "token create NAME") {
		t.Errorf("help is %q, %v", out, err)
	}
}
