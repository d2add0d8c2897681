package auth

import (
	"net"
	"strings"
)

// IsLocal says whether a Host header names this machine: localhost, a name below it (RFC 6761, section 6.3), or a
// loopback address, with or without a port.
func IsLocal(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
