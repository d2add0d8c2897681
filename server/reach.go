package main

import (
	"errors"
	"strings"

	"telltale/server/auth"
)

// reach is by which names the server is called, and from whose pages.
type reach struct {
	hosts     []string // as auth.HostName gives them
	origins   []string // as auth.Origin gives them
	ancestors []string // as a Content-Security-Policy writes them
	proxies   int      // in front of it
}

var errHost = errors.New("a host is a name or an address without a port, as board.example.org")

func (r *reach) setHosts(text string) (err error) {
	r.hosts, err = between(text, func(name string) (string, error) {
		host := auth.HostName(name)
		if host == "" || strings.ContainsAny(host, " /*@?#\\[]") || strings.Contains(name, "]:") || strings.Count(name, ":") == 1 {
			return "", errHost
		}
		return host, nil
	})
	return err
}

func (r *reach) setOrigins(text string) (err error) {
	r.origins, err = between(text, auth.Origin)
	return err
}

func (r *reach) setAncestors(text string) (err error) {
	r.ancestors, err = between(text, func(name string) (string, error) {
		if name == "self" || name == "'self'" {
			return "'self'", nil
		}
		// An origin has nothing that ends a directive of the policy, or begins another.
		return auth.Origin(name)
	})
	return err
}

// framing are those who may frame a page, as a Content-Security-Policy writes them (CSP level 3, section 6.4.2).
func (r *reach) framing() string {
	if len(r.ancestors) == 0 {
		return "'none'"
	}
	return strings.Join(r.ancestors, " ")
}

// between reads what stands between commas.
func between(text string, read func(string) (string, error)) (all []string, err error) {
	for each := range strings.SplitSeq(text, ",") {
		if each = strings.TrimSpace(each); each == "" {
			continue
		}
		one, err := read(each)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}
