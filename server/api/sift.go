package api

import (
	"context"
	"net/http"
	"slices"

	"telltale/server/auth"
	"telltale/server/ledger"
	"telltale/shared/access"
	"telltale/shared/board"
	"telltale/shared/metric"
	"telltale/shared/run"
	"telltale/shared/wire"
)

// Sight tells what a caller may read. The nil Sight reads everything.
type Sight func(class access.Class, name string) bool

// Sees tells whether the caller may read what has that name.
func (s Sight) Sees(class access.Class, name string) bool { return s == nil || s(class, name) }

// sightOf is what the caller of a request may read.
func (a *API) sightOf(r *http.Request) Sight { return a.sight(r.Context(), callerOf(r)) }

// keySight is under which a page's request has what its caller may read.
type keySight struct{}

// SightOf is what the caller of a page may read: nothing, where the API has not let them in.
func SightOf(r *http.Request) Sight {
	if s, is := r.Context().Value(keySight{}).(Sight); is {
		return s
	}
	return func(access.Class, string) bool { return false }
}

// seeing tells pages what their caller may read.
func (a *API) seeing(pages http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		pages.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), keySight{}, a.sightOf(r))))
	})
}

// sight is what a caller may read, as of now.
func (a *API) sight(ctx context.Context, c auth.Caller) Sight {
	if c.May(access.Need{Right: access.Read, Class: access.Metrics}) {
		return nil // over all names, of whatever class
	}
	shown := a.shown(ctx, c)
	return func(class access.Class, name string) bool {
		return a.mayAsShown(ctx, c, access.Need{Right: access.Read, Class: class, Name: name}, shown)
	}
}

// sifted are those of a list that the sight has; the list itself stays as it is.
func sifted[T any](all []T, sight Sight, class access.Class, name func(T) string) []T {
	if sight == nil {
		return all
	}
	seen := make([]T, 0, len(all))
	for _, each := range all {
		if sight(class, name(each)) {
			seen = append(seen, each)
		}
	}
	return seen
}

// Metrics are those of a list that the caller may read.
func (s Sight) Metrics(all []metric.Metric) []metric.Metric {
	return sifted(all, s, access.Metrics, func(m metric.Metric) string { return string(m.ID) })
}

// Rooms are those of a list that the caller may read.
func (s Sight) Rooms(all []wire.RoomRow) []wire.RoomRow {
	return sifted(all, s, access.Rooms, func(r wire.RoomRow) string { return r.RoomID })
}

// Runs are those of a list that the caller may read.
func (s Sight) Runs(all []run.Run) []run.Run {
	return sifted(all, s, access.Commands, func(r run.Run) string { return r.Command })
}

// Boards are those of a list that the caller may read.
func (s Sight) Boards(all []wire.BoardRow) []wire.BoardRow {
	return sifted(all, s, access.Boards, func(b wire.BoardRow) string { return b.ID })
}

// asMade tells whether a board is one that is built in and that nobody has changed: it says
// nothing but what the metrics that a caller may read say.
func (a *API) asMade(ctx context.Context, id string) bool {
	if _, is := board.Builtin(id); !is {
		return false
	}
	of, err := a.boards.Board(ctx, id)
	return err == nil && of.Source == wire.Builtin
}

// within are the patterns of the metrics that a caller may watch, of each list one of which has
// to match; nil for all metrics.
func (a *API) within(ctx context.Context, c auth.Caller) [][]string {
	globs := c.Scopes.Globs(access.Read, access.Metrics)
	if slices.Contains(globs, "*") {
		return nil
	}
	shown := a.shown(ctx, c)
	if shown == nil {
		return [][]string{globs}
	}
	bound := c.Bound.Globs(access.Read, access.Metrics)
	if slices.Contains(bound, "*") {
		return [][]string{append(globs, shown.Patterns()...)}
	}
	// What its scopes give, or what the board shows within the bound.
	return [][]string{append(slices.Clone(globs), shown.Patterns()...), append(globs, bound...)}
}

// runFor is the run that a request names, where its caller has a right over its command. One
// that they may not even read is not there for them.
func (a *API) runFor(r *http.Request, right access.Right) (run.Run, error) {
	found, err := a.run(r)
	if err != nil {
		return found, err
	}
	return found, a.overRun(r, right, found.Command)
}

// overRun refuses who has not the right over a run of the command.
func (a *API) overRun(r *http.Request, right access.Right, command string) error {
	if err := a.allow(r, access.Need{Right: access.Read, Class: access.Commands, Name: command}); err != nil {
		return ledger.ErrNoRun
	}
	return a.allow(r, access.Need{Right: right, Class: access.Commands, Name: command})
}
