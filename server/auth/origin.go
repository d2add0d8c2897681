package auth

import (
	"errors"
	"net"
	"net/url"
	"strings"
)

// ErrOrigin says that a text is no origin.
var ErrOrigin = errors.New("an origin is http:// or https://, a name and perhaps a port, and nothing behind it")

// Origin is the one form of an origin (RFC 6454, section 4): scheme, host and port, in lower case.
// Its error is ErrOrigin.
func Origin(text string) (string, error) {
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" || strings.ContainsAny(u.Host, "*;,%' ") || u.User != nil || u.Path != "" || u.RawQuery != "" || u.ForceQuery || strings.Contains(text, "#") {
		return "", ErrOrigin
	}
	port := u.Port()
	switch scheme := u.Scheme; {
	case scheme != "http" && scheme != "https":
		return "", ErrOrigin
	case port == "" && scheme == "http":
		port = "80"
	case port == "":
		port = "443"
	}
	return u.Scheme + "://" + strings.ToLower(net.JoinHostPort(u.Hostname(), port)), nil
}

// HostName is the name in a Host header: without port, brackets and the last dot, in lower case.
func HostName(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
}
