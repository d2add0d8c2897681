package auth_test

import (
	"testing"

	"telltale/server/auth"
)

func TestOnlyNamesOfThisMachineAreLocal(t *testing.T) {
	for host, want := range map[string]bool{
		"localhost": true, "localhost:8082": true, "LOCALHOST:1": true, "localhost.": true, "board.localhost:80": true,
		"127.0.0.1": true, "127.0.0.1:8082": true, "127.9.9.9:1": true, "[::1]:8082": true, "::1": true, "[::1]": true,
		"": false, "example.org": false, "localhost.example.org": false, "notlocalhost": false, "192.0.2.1:8082": false,
		"0.0.0.0:8082": false, "127.0.0.1.example.org": false, "[2001:db8::1]:80": false, "127.0.0.1:80:80": false,
	} {
		if got := auth.IsLocal(host); got != want {
			t.Errorf("%q: %v, want %v", host, got, want)
		}
	}
}
