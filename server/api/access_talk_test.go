package api

import (
	"context"
	"time"

	"telltale/server/auth"
	"telltale/shared/access"
)

// shelf is auth.Tokens in memory.
type shelf struct {
	tokens  []access.Token
	version uint64
}

func (s *shelf) Tokens(context.Context) ([]access.Token, error) { return s.tokens, nil }
func (s *shelf) Version(context.Context) (uint64, error)        { return s.version, nil }

func (s *shelf) add(name, scopes string) (secret string) {
	secret, id := auth.NewSecret()
	t := access.Token{ID: id, Name: name, User: name, Hash: auth.Hash(secret)}
	if err := t.Scopes.UnmarshalText([]byte(scopes)); err != nil {
		panic(err)
	}
	s.tokens = append(s.tokens, t)
	s.version++
	return secret
}

// share keeps a share link of a board, which shows what these scopes give at most.
func (s *shelf) share(board, bound string) (secret string) {
	secret = s.add("share of "+board, bound)
	s.tokens[len(s.tokens)-1].Board = board
	return secret
}

func (s *shelf) clear() {
	s.tokens = nil
	s.version++
}

// playAccess is what those hear who may not do everything, and who may no more.
func playAccess(s *stage) {
	kept := &shelf{}
	ann, bob := kept.add("ann", "room:r,write:orders"), kept.add("bob", "read:r,read:temp")
	ring, err := auth.NewKeyring(s.t.Context(), kept, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	s.api.Gate = &auth.Gate{Keyring: ring}
	s.headers, s.user = []string{"Authorization: Bearer " + ann}, "ann"
	s.play(`
		ann> {"type":"join","room_id":"r","user_id":"somebody else"}
		ann< {"type":"joined","room_id":"r","seq":0,"members":1}
		ann> {"type":"broadcast","id":"1","room_id":"r","content":"hi"}
		ann< {"type":"broadcast","id":"1","room_id":"r","content":"hi","sender":"ann","seq":1,"time":…}
		ann> {"type":"mutate","id":"2","metric":"orders","add":1}
		ann< {"type":"mutated","id":"2","metric":"orders","value":1,"seq":1,"time":…}
		ann> {"type":"mutate","id":"3","metric":"temp","set":1}
		ann< {"type":"error","id":"3","code":"forbidden","detail":"this needs the scope write:temp, which the token of ann does not have"}
		ann> {"type":"join","id":"4","room_id":"other"}
		ann< {"type":"error","id":"4","code":"forbidden","detail":"this needs the scope read:other, which …"}`)
	s.headers, s.user = []string{"Authorization: Bearer " + bob}, "bob"
	s.play(`
		bob> {"type":"join","room_id":"r","since":"all"}
		bob< {"type":"joined","room_id":"r","seq":1,"members":2}
		bob< {"type":"broadcast","room_id":"r","content":"hi","sender":"ann","seq":1,"time":…}
		ann< {"type":"member_joined","room_id":"r","user_id":"bob"}
		bob> {"type":"broadcast","id":"1","room_id":"r","content":"no"}
		bob< {"type":"error","id":"1","code":"forbidden","detail":"this needs the scope room:r, which …"}
		bob> {"type":"direct","id":"2","user_id":"ann","content":"no"}
		bob< {"type":"error","id":"2","code":"forbidden","detail":"this needs the scope room, which …"}
		bob> {"type":"presence","id":"3","room_id":"other"}
		bob< {"type":"error","id":"3","code":"forbidden","detail":"this needs the scope read:other, which …"}`)

	// Who has shown nothing where anybody may look reads, under no name.
	s.api.Gate.PublicRead, s.headers, s.user = true, nil, ""
	s.play(`
		guest> {"type":"join","room_id":"r","user_id":"ann"}
		guest< {"type":"joined","room_id":"r","seq":1,"members":2}
		guest> {"type":"broadcast","id":"1","room_id":"r","content":"no"}
		guest< {"type":"error","id":"1","code":"unauthorized","detail":"this needs a token: …"}
		guest> {"type":"mutate","id":"2","metric":"orders","add":1}
		guest< {"type":"error","id":"2","code":"unauthorized","detail":"this needs a token: …"}`)

	kept.clear()
	revoked := time.Now()
	if err := ring.Reload(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	for _, name := range []string{"ann", "bob"} {
		k := s.who[name]
		k.hears("closed 3000")
		_ = k.Close()
		delete(s.who, name)
	}
	if took := time.Since(revoked); took > time.Second {
		s.t.Errorf("sockets were closed %v after their tokens were revoked", took)
	}
}
