package redis

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"strconv"

	"github.com/redis/rueidis"

	"telltale/server/ledger"
)

//go:embed lua/begin.lua
var begin string

// changing is a script that changes something: it begins with lua/begin.lua.
func changing(body string) *rueidis.Lua { return rueidis.NewLuaScript(begin + body) }

//go:embed lua/settle.lua
var settleBody string

var settle = rueidis.NewLuaScript(settleBody)

// lane is a row of calls, one at a time. Redis notes the number of the last of each lane
// that was done, so that one whose answer was lost can be asked after.
type lane struct {
	name string

	turn   chan struct{} // has one while no call is under way; guards what follows
	number uint64
	lost   bool // the fate of the last call is not known yet
}

func newLane(name string) lane {
	l := lane{name: name, turn: make(chan struct{}, 1)}
	l.turn <- struct{}{}
	return l
}

// errEpoch says that the store is no longer the one that this process knows.
var errEpoch = errors.New("the store began another epoch")

// commit has a script change something, and answers its event once that is durable, as far
// as Redis was told to make it so, and this process's own memory has it; or the event
// that would have been, where the script changed nothing, which has no place.
//
// Its error wraps ledger.ErrUnavailable, and says that nothing happened; but where Redis
// was lost during the call and stays so, ledger.ErrFate too.
func (s *Store) commit(l *lane, script *rueidis.Lua, args ...string) (event, error) {
	return s.commitWithin(s.ctx, l, script, args...)
}

// commitWithin is commit that waits no longer than ctx, which ends with the store's too: where it
// ends during the call, its fate is for the lane's next call to find out.
func (s *Store) commitWithin(ctx context.Context, l *lane, script *rueidis.Lua, args ...string) (event, error) {
	select {
	case <-l.turn:
	case <-ctx.Done():
		return event{}, s.unavailable(context.Cause(ctx))
	}
	defer func() { l.turn <- struct{}{} }()
	if err := s.Writable(); err != nil {
		return event{}, err
	}
	if l.lost {
		ctx, cancel := context.WithTimeout(ctx, s.options.Patience)
		defer cancel()
		if _, err := s.settle(ctx, l); err != nil {
			return event{}, s.unavailable(err)
		}
	}
	for try := 1; ; try++ {
		e, again, err := s.once(ctx, l, script, args)
		if !again || try == tries {
			return e, err
		}
	}
}

// tries of a call which is known not to have happened, each over another connection where
// the one before is broken.
const tries = 4

// once calls the script. It answers again where the call was lost on its way.
func (s *Store) once(outer context.Context, l *lane, script *rueidis.Lua, args []string) (e event, again bool, err error) {
	ctx, cancel := context.WithTimeout(outer, s.options.Patience)
	defer cancel()
	id := newID()
	passed := s.expect(id)
	defer s.unexpect(id)
	l.number++
	now := "0"
	if s.options.Now != nil {
		now = strconv.FormatInt(s.now(), 10)
	}
	all := append([]string{l.name, strconv.FormatUint(l.number, 10), id, s.Epoch(), now}, args...)
	answer, err := s.run(ctx, script, all).AsStrSlice()
	if err != nil {
		if _, refused := rueidis.IsRedisErr(err); refused {
			return e, false, s.unavailable(err) // before it wrote anything
		}
		return s.after(outer, l, passed, err)
	}
	switch answer[0] {
	case "ok":
		if e, err = readEvent(answer[1]); err != nil {
			return e, false, s.unavailable(err)
		}
		// What is durable has happened: a follower that is late changes nothing in the answer.
		select {
		case e = <-passed:
		case <-ctx.Done():
		}
		return e, false, nil
	case "no":
		e, err = readEvent(answer[1])
		return e, false, err
	case "epoch":
		s.lose(errEpoch)
		return e, false, s.unavailable(errEpoch)
	}
	return e, false, s.unavailable(fmt.Errorf("a call was answered %q", answer[0]))
}

// after finds out what became of the call whose answer was lost.
func (s *Store) after(ctx context.Context, l *lane, passed chan event, cause error) (e event, again bool, err error) {
	l.lost = true
	ctx, cancel := context.WithTimeout(ctx, s.options.Patience)
	defer cancel()
	var done bool
	if err = ctx.Err(); err == nil {
		done, err = s.settle(ctx, l)
	}
	if err == nil && !done {
		return e, true, s.unavailable(cause)
	}
	if err == nil { // it is in the log
		select {
		case e = <-passed:
			return e, false, nil
		case <-ctx.Done():
		}
	}
	select { // the follower may have met it
	case e = <-passed:
		return e, false, nil
	default:
		return e, false, fmt.Errorf("%w: %w: %w", ledger.ErrUnavailable, ledger.ErrFate, cause)
	}
}

// settle asks until it is known whether the lane's last call was done; where it was not,
// it never will be.
func (s *Store) settle(ctx context.Context, l *lane) (done bool, err error) {
	for {
		var answer string
		answer, err = s.run(ctx, settle, []string{l.name, strconv.FormatUint(l.number, 10)}).ToString()
		if err == nil {
			l.lost = false
			return answer == "done", nil
		}
		s.lose(err)
		if !sleep(ctx, retryWait) {
			return false, err
		}
	}
}

// run runs a script once.
func (s *Store) run(ctx context.Context, script *rueidis.Lua, args []string) rueidis.RedisResult {
	client := s.redis()
	if client == nil {
		return rueidis.NewErrorResult(errNotYet)
	}
	return script.Exec(ctx, client, []string{s.prefix}, args)
}

// redis is the connection; nil where Redis was never reached.
func (s *Store) redis() rueidis.Client {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.client
}

func (s *Store) unavailable(err error) error {
	return fmt.Errorf("%w: %w", ledger.ErrUnavailable, err)
}

// expect has the follower hand over the event of a call.
func (s *Store) expect(id string) chan event {
	c := make(chan event, 1)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting[id] = c
	return c
}

func (s *Store) unexpect(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.waiting, id)
}
