package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// How a client deals with time.
const (
	tryFor    = 30 * time.Second       // one request
	firstWait = 50 * time.Millisecond  // between two tries, at first
	mostWait  = time.Second            // and at last
	shortest  = 250 * time.Millisecond // after an answer that it cannot be now, or a stream
)

// client asks a server for a verb, and again for as long as that may help. Only tell may be called by
// several goroutines at once.
type client struct {
	server *url.URL
	token  string
	takes  string // what a telltale does that is asked for, for people
	most   int64  // bytes of an answer
	http   *http.Client
	last   error // why the last try failed; nil after one that did not

	mu   sync.Mutex
	says io.Writer // where it is told, once each, that contact is lost and that it is back; nil for nowhere
	away bool
}

// newClient is for a server that takes something.
func newClient(takes string) *client {
	return &client{takes: takes, most: 64 << 10,
		http: &http.Client{Transport: http.DefaultTransport.(*http.Transport).Clone(),
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// parse reads the command line of a verb with its options, and answers its words.
func (c *client) parse(set *flag.FlagSet, use string, read func(*flag.FlagSet, []string) ([]string, error), args []string, getenv func(string) string, help io.Writer) ([]string, error) {
	set.SetOutput(io.Discard)
	set.Usage = func() {}
	at := set.String("url", "http://localhost:8082", "the server")
	c.token = getenv("TELLTALE_TOKEN")
	if err := fromEnvironment(set, getenv); err != nil {
		return nil, err
	}
	words, err := read(set, args)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(help, use)
		set.SetOutput(help)
		set.PrintDefaults()
		return nil, err
	}
	if err == nil {
		if c.server, err = serverAddress(*at); err != nil {
			err = fmt.Errorf("--url: %w", err)
		}
	}
	if err != nil {
		return nil, wrongly(set, err)
	}
	return words, nil
}

// optionsFirst reads options that stand before the words, and answers these.
func optionsFirst(set *flag.FlagSet, args []string) ([]string, error) {
	err := set.Parse(args)
	return set.Args(), err
}

// wrongly says what is wrong with the command line of a verb.
func wrongly(set *flag.FlagSet, err error) error {
	return &sentence{text: err.Error() + "; " + set.Name() + " -h says more", code: 2}
}

// refusal is an answer that trying again does not change.
type refusal struct{ says string }

// Error is what the server says of it.
func (r *refusal) Error() string { return r.says }

// try sends a request until it is answered by more than that it could not be done now,
// or ctx ends. The key, if there is one, is its idempotency key.
func (c *client) try(ctx context.Context, method, at, key string, body []byte) (status int, answer []byte, err error) {
	if status, answer, err = c.persist(ctx, method, at, key, body); err == nil {
		c.found()
	}
	return status, answer, err
}

// persist is try for who reads in the answer whether it is one.
func (c *client) persist(ctx context.Context, method, at, key string, body []byte) (status int, answer []byte, err error) {
	for wait := firstWait; ; wait = min(2*wait, mostWait) {
		status, answer, err = c.send(ctx, method, at, key, body)
		switch {
		case err != nil:
		case !passing(status):
			return status, answer, nil
		default:
			wait = max(wait, shortest)
			err = c.refused(status, answer)
		}
		if ctx.Err() == nil {
			c.lose(err)
		}
		if err := pause(ctx, wait); err != nil {
			return 0, nil, err
		}
	}
}

// passing tells whether a status may be another one soon.
func passing(status int) bool {
	return status >= 500 || status == http.StatusRequestTimeout || status == http.StatusTooManyRequests
}

// pause waits between two tries, so that not all who wait come back at once.
func pause(ctx context.Context, wait time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(wait/2 + rand.N(wait/2)):
		return nil
	}
}

// request is one that shows the token.
func (c *client) request(ctx context.Context, method, at string, body []byte) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, method, at, bytes.NewReader(body))
	if err == nil && c.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	return request, err
}

func (c *client) send(ctx context.Context, method, at, key string, body []byte) (status int, answer []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, tryFor)
	defer cancel()
	request, err := c.request(ctx, method, at, body)
	if err != nil {
		return 0, nil, err
	}
	if key != "" {
		request.Header.Set("Idempotency-Key", key)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	answer, err = io.ReadAll(io.LimitReader(response.Body, c.most))
	return response.StatusCode, answer, err
}

// refused is what a server says that does not take what it got.
func (c *client) refused(status int, answer []byte) error {
	var problem struct {
		Detail string `json:"detail"`
	}
	switch {
	case json.Unmarshal(answer, &problem) == nil && problem.Detail != "":
		return &refusal{problem.Detail}
	case status >= 300 && status < 400:
		return &refusal{"it answers that it is elsewhere: give the address where it is with --url"}
	case status == http.StatusOK || status == http.StatusNotFound || status == http.StatusMethodNotAllowed:
		return &refusal{"what answers there is no telltale that " + c.takes}
	}
	return &refusal{fmt.Sprintf("it answers %d %s", status, http.StatusText(status))}
}

// why is an error, or the one that the last try ended with, for people.
func (c *client) why(err error) error {
	if c.last != nil {
		err = c.last
	}
	if _, refused := errors.AsType[*refusal](err); !refused {
		err = reason(err)
	}
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return errors.New("it has not answered in time")
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("it has ended the connection")
	}
	return err
}

// lose notes that a try has failed.
func (c *client) lose(err error) {
	if c.last = err; !c.away {
		c.away = true
		c.tell("%s: %v; it is tried again", c.server.Redacted(), c.why(err))
	}
}

// found notes that the server has answered.
func (c *client) found() {
	c.last = nil
	if c.away {
		c.away = false
		c.tell("%s answers again", c.server.Redacted())
	}
}

// tell says a sentence.
func (c *client) tell(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.says != nil {
		fmt.Fprintf(c.says, "telltale: %s\n", legible(fmt.Sprintf(format, args...)))
	}
}
