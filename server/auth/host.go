package auth

import (
	"net"
	"strings"
)

// IsLocal says whether a Host header names this machine: localhost, a name below it (RFC 6761, section 6.3), or a
// loopback address, with or without a port.
func IsLocal(host string) bool {
	host = HostName(host)
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
