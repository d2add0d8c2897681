package auth

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"telltale/shared/access"
)

// shelf is Tokens in memory.
type shelf struct {
	mu      sync.Mutex
	tokens  []access.Token
	version uint64
	err     error
}

func (s *shelf) Tokens(context.Context) ([]access.Token, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]access.Token(nil), s.tokens...), s.err
}

func (s *shelf) Version(context.Context) (uint64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.version, s.err
}

func (s *shelf) set(tokens ...access.Token) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens, s.version = tokens, s.version+1
}

func made(name, scopes string) (string, access.Token) {
	secret, id := NewSecret()
	parsed, err := access.ParseScopes(scopes)
	if err != nil {
		panic(err)
	}
	return secret, access.Token{ID: id, Name: name, User: name, Scopes: parsed, Hash: Hash(secret)}
}

func TestATokenIsKnownWhileItIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kept := &shelf{}
		k, err := NewKeyring(t.Context(), kept, nil)
		if err != nil || k.Closed() {
			t.Fatal("a keyring without tokens is closed: ", err)
		}
		ctx, stop := context.WithCancel(t.Context())
		var watching sync.WaitGroup
		watching.Go(func() { k.Watch(ctx, func(err error) { t.Error(err) }) })
		defer watching.Wait()
		defer stop()

		secret, token := made("ann", "read:*")
		other, second := made("bob", "read:*")
		kept.set(token, second)
		time.Sleep(time.Second)
		caller, err := k.Find(secret)
		if err != nil || caller.User != "ann" || !k.Closed() || !caller.May(access.Need{Right: access.Read}) {
			t.Fatalf("a second after it was made: %+v, %v", caller, err)
		}
		if _, err := k.Find(secret + "x"); !errors.Is(err, ErrUnknown) {
			t.Errorf("a longer token: %v", err)
		}
		ended := make(chan time.Time, 1)
		defer caller.Ended(func() { ended <- time.Now() })()
		bob, _ := k.Find(other)
		defer bob.Ended(func() { t.Error("another token than the one that was revoked has ended") })()

		revoked := time.Now()
		kept.set(second)
		if took := (<-ended).Sub(revoked); took > time.Second {
			t.Errorf("what lasted ended %v after the revocation", took)
		}
		if _, err := k.Find(secret); !errors.Is(err, ErrUnknown) {
			t.Errorf("once revoked: %v", err)
		}
		if _, err := k.Find(other); err != nil {
			t.Errorf("the other one: %v", err)
		}
	})
}

func TestATokenEndsAtItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		secret, token := made("ann", "read:*")
		token.Expires = time.Now().Add(time.Minute).UnixMilli()
		k, err := NewKeyring(t.Context(), &shelf{tokens: []access.Token{token}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		caller, err := k.Find(secret)
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan struct{})
		begun := time.Now()
		stop := caller.Ended(func() { close(ended) })
		<-ended
		stop()
		if took := time.Since(begun); took < 59*time.Second || took > time.Minute {
			t.Errorf("it ended after %v", took)
		}
		if _, err := k.Find(secret); !errors.Is(err, ErrUnknown) {
			t.Errorf("after its time: %v", err)
		}
		if !k.Closed() {
			t.Error("a token that has run out opens the server")
		}
	})
}

func TestAStoreThatCannotBeReadKeepsWhatWasKnown(t *testing.T) {
	secret, token := made("ann", "read:*")
	kept := &shelf{tokens: []access.Token{token}}
	k, err := NewKeyring(t.Context(), kept, nil)
	if err != nil {
		t.Fatal(err)
	}
	kept.set()
	kept.err = errors.New("broken")
	if err := k.Reload(t.Context()); err == nil {
		t.Error("a store that fails was read")
	}
	if _, err := k.Find(secret); err != nil || !k.Closed() {
		t.Errorf("%v; closed %v", err, k.Closed())
	}
}

func TestWhoARequestIsFrom(t *testing.T) {
	secret, token := made("ann", "write:orders")
	for _, c := range []struct {
		name           string
		closed, public bool
		shut           bool
		header, cookie string
		want           Caller
		unknown        bool
	}{
		{name: "an open server", want: Anyone},
		{name: "an open server and any token", header: "Bearer whatever", want: Anyone},
		{name: "nothing", closed: true},
		{name: "a server that is not open and has no token yet", shut: true},
		{name: "nothing where anyone may look", closed: true, public: true, want: Onlooker},
		{name: "a token", closed: true, header: "Bearer " + secret, want: Caller{ID: token.ID, User: "ann"}},
		{name: "a scheme in small letters", closed: true, header: "bearer " + secret, want: Caller{ID: token.ID, User: "ann"}},
		{name: "another scheme", closed: true, header: "Basic " + secret},
		{name: "a wrong token", closed: true, header: "Bearer tt_x", unknown: true},
		{name: "a wrong token where anyone may look", closed: true, public: true, header: "Bearer tt_x", unknown: true},
		{name: "no token after the scheme", closed: true, header: "Bearer"},
		{name: "a cookie", closed: true, cookie: secret, want: Caller{ID: token.ID, User: "ann"}},
		{name: "a cookie that has ended", closed: true, cookie: "tt_x"},
		{name: "a cookie that has ended where anyone may look", closed: true, public: true, cookie: "tt_x", want: Onlooker},
		{name: "a wrong header before a right cookie", closed: true, header: "Bearer tt_x", cookie: secret, unknown: true},
	} {
		kept := &shelf{}
		if c.closed {
			kept.tokens = []access.Token{token}
		}
		k, err := NewKeyring(t.Context(), kept, nil)
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		if c.header != "" {
			r.Header.Set("Authorization", c.header)
		}
		if c.cookie != "" {
			r.AddCookie(&http.Cookie{Name: Cookie, Value: c.cookie})
		}
		got, err := (&Gate{Keyring: k, PublicRead: c.public, Open: !c.shut}).Caller(r)
		if errors.Is(err, ErrUnknown) != c.unknown || got.ID != c.want.ID || got.User != c.want.User || c.want.ID == "" && got.Scopes.String() != c.want.Scopes.String() {
			t.Errorf("%s: %+v, %v", c.name, got, err)
		}
	}
}
