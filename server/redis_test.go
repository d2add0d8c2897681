package main

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"telltale/server/hub"
	"telltale/server/ledger"
	"telltale/server/store/redistest"
	"telltale/server/store/sqlite"
)

func TestTokensOfServersThatShareARedisAreInIt(t *testing.T) {
	server := redistest.Start(t)
	token := func(words ...string) (string, error) {
		var out bytes.Buffer
		err := tokenVerb(t.Context(), append(words, "--redis", server.URL()), func(string) string { return "" }, nil, &out, nil)
		return out.String(), err
	}
	if _, err := token("create", "ada", "--scope", "write:orders"); err != nil {
		t.Fatal(err)
	}
	if _, err := token("create", "ada", "--scope", "read:*"); err == nil {
		t.Error("a name was taken twice")
	}
	if list, err := token("list"); err != nil || !strings.Contains(list, "ada") || !strings.Contains(list, "write:orders") {
		t.Errorf("%s, %v", list, err)
	}
	if _, err := token("revoke", "ada"); err != nil {
		t.Error(err)
	}
	server.Kill()
	if _, err := token("list"); err == nil || !strings.Contains(err.Error(), "Redis cannot be reached") {
		t.Errorf("without Redis: %v", err)
	}
}

func TestWhatCannotBeTheAddressOfARedisIsRefused(t *testing.T) {
	for _, words := range [][]string{{"--redis", "localhost"}, {"--redis", "http://localhost"}, {"--redis", "redis://a:1,b"},
		{"--redis", "redis://a:1", "--redis-prefix", "{a}"}, {"--redis", "redis://a:1", "--redis-prefix", ""}} {
		if _, err := parseConfig(words, func(string) string { return "" }, nil); err == nil {
			t.Errorf("%q pass", words)
		}
	}
	for _, url := range []string{"redis://localhost:6379", "rediss://u:p@a:1/2", "redis://a:1, redis://b:2", "redis://a:1?master_set=board"} {
		if _, err := parseConfig([]string{"--redis", url}, func(string) string { return "" }, nil); err != nil {
			t.Errorf("%s: %v", url, err)
		}
	}
}

func TestAStoreOfANewerTelltaleIsLeftAlone(t *testing.T) {
	server := redistest.Start(t)
	conn, err := net.Dial("tcp", server.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := fmt.Fprint(conn, "HSET {telltale}:meta epoch e format 9\r\n"); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Read(make([]byte, 64)); err != nil {
		t.Fatal(err)
	}
	c, err := parseConfig([]string{"--redis", server.URL()}, func(string) string { return "" }, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := openRedis(t.Context(), c); err == nil || !strings.Contains(err.Error(), "newer telltale") {
		t.Errorf("%v", err)
	}
}

func TestWhatStandsInTheWayOfTheShopsCountersAndStaysIsSaidOnce(t *testing.T) {
	store, err := sqlite.Open(t.Context(), t.TempDir(), sqlite.Options{Limits: ledger.Limits{MaxMetrics: 1}})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var said bytes.Buffer
	declareSoon(ctx, ledger.New(store, hub.New(store.Epoch(), 0, nil)), slog.New(slog.NewTextHandler(&said, nil)))
	if ctx.Err() != nil || strings.Count(said.String(), "level=ERROR") != 1 {
		t.Errorf("%v, it says %s", ctx.Err(), said.String())
	}
}
