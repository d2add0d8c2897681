package redis

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/redis/rueidis"

	"telltale/shared/access"
	"telltale/shared/room"
)

var (
	//go:embed lua/token.lua
	tokenBody string
	//go:embed lua/note.lua
	noteBody string

	changeToken = changing(tokenBody)
	noteEvent   = changing(noteBody)
)

var _ access.Store = (*Store)(nil)

// tokenRecord is a token as it is kept: with its hash, which access.Token does not show.
type tokenRecord struct {
	access.Token
	Hash []byte `json:"hash"`
}

// Add implements access.Store.
func (s *Store) Add(_ context.Context, t access.Token) error {
	if room.CheckUser(t.Name) != nil || len(t.Name) > access.MaxName {
		return fmt.Errorf("keep a token: %w", access.ErrName)
	}
	record, err := json.Marshal(tokenRecord{t, t.Hash[:]})
	if err == nil {
		_, err = s.token(t.Name, t.ID, strconv.FormatInt(t.Expires, 10), string(record))
	}
	if err != nil {
		return fmt.Errorf("keep a token: %w", err)
	}
	return nil
}

// Revoke implements access.Store.
func (s *Store) Revoke(_ context.Context, nameOrID string) (access.Token, error) {
	record, err := s.token(nameOrID)
	var t access.Token
	if err == nil {
		t, err = readToken(record)
	}
	if err != nil {
		return access.Token{}, fmt.Errorf("revoke a token: %w", err)
	}
	return t, nil
}

// token calls token.lua and answers the record of what was taken away.
func (s *Store) token(args ...string) (string, error) {
	e, err := s.commit(&s.tokens, changeToken, append([]string{strconv.Itoa(access.MaxTokens)}, args...)...)
	if err != nil {
		return "", err
	}
	answer, _, err := splitAnswer(e.payload)
	if err != nil {
		return "", s.unavailable(err)
	}
	switch code, record := answer[:min(1, len(answer))], answer[min(1, len(answer)):]; code {
	case "k":
		return record, nil
	case "t":
		return "", access.ErrTaken
	case "m":
		return "", access.ErrMany
	case "n":
		return "", access.ErrNoToken
	}
	return "", s.unavailable(errEvent)
}

func readToken(record string) (access.Token, error) {
	var kept tokenRecord
	if err := json.Unmarshal([]byte(record), &kept); err != nil {
		return access.Token{}, fmt.Errorf("read a token: %w", err)
	}
	copy(kept.Token.Hash[:], kept.Hash)
	return kept.Token, nil
}

// Tokens implements access.Store. It asks Redis: what another process has revoked is not
// to be valid here.
func (s *Store) Tokens(ctx context.Context) ([]access.Token, error) {
	client, err := s.reach()
	if err != nil {
		return nil, err
	}
	records, err := client.Do(ctx, client.B().Hvals().Key(s.prefix+"tokens").Build()).AsStrSlice()
	if err != nil {
		return nil, s.unavailable(fmt.Errorf("read the tokens: %w", err))
	}
	all := make([]access.Token, len(records))
	for i, record := range records {
		r := reading{b: record}
		r.short()
		if all[i], err = readToken(r.b); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(all, func(a, b access.Token) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

// Version implements access.Store.
func (s *Store) Version(ctx context.Context) (uint64, error) {
	client, err := s.reach()
	if err != nil {
		return 0, err
	}
	n, err := client.Do(ctx, client.B().Hget().Key(s.prefix+"meta").Field("tokens").Build()).AsUint64()
	if rueidis.IsRedisNil(err) {
		return 0, nil
	}
	if err != nil {
		return 0, s.unavailable(fmt.Errorf("read the version of the tokens: %w", err))
	}
	return n, nil
}

// reach is the connection; an error that wraps ledger.ErrUnavailable where there is none.
func (s *Store) reach() (rueidis.Client, error) {
	client := s.redis()
	if client == nil {
		return nil, s.unavailable(errNotYet)
	}
	return client, s.Writable()
}

// noteSlack is how many events more than the bound may be kept: they go together.
const noteSlack = 100

// Note implements access.Store. Where ctx ends during the call its error wraps ledger.ErrFate.
func (s *Store) Note(ctx context.Context, e access.Event) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.ctx, cancel)()
	text, err := json.Marshal(e)
	if err == nil {
		_, err = s.commitWithin(ctx, &s.tokens, noteEvent, strconv.Itoa(s.options.MaxEvents), strconv.Itoa(noteSlack), string(text))
	}
	if err != nil {
		return fmt.Errorf("note an event: %w", err)
	}
	return nil
}

// Events implements access.Store.
func (s *Store) Events(ctx context.Context, before uint64, limit int) ([]access.Event, error) {
	client, err := s.reach()
	if err != nil {
		return nil, err
	}
	from := "+"
	switch {
	case limit <= 0 || before == 1:
		return nil, nil
	case before > 1:
		from = strconv.FormatUint(before-1, 10)
	}
	entries, err := client.Do(ctx, client.B().Xrevrange().Key(s.prefix+"audit").End(from).Start("-").Count(int64(limit)).Build()).AsXRange()
	if err != nil {
		return nil, s.unavailable(fmt.Errorf("read the audit: %w", err))
	}
	all := make([]access.Event, len(entries))
	for i, entry := range entries {
		seq, _, _ := strings.Cut(entry.ID, "-")
		if err := json.Unmarshal([]byte(entry.FieldValues["e"]), &all[i]); err != nil {
			return nil, fmt.Errorf("read an event: %w", err)
		}
		if all[i].Seq, err = strconv.ParseUint(seq, 10, 64); err != nil {
			return nil, fmt.Errorf("read an event: %w", err)
		}
	}
	return all, nil
}
