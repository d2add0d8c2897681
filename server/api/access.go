package api

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"telltale/server/auth"
	"telltale/shared/access"
	"telltale/shared/board"
	"telltale/shared/metric"
	"telltale/shared/run"
)

// rule says what a route asks of its caller. Where that depends on more than the path
// (lists, batches, sockets, pages of runs) the rule is what a caller needs at least, and
// the answer sifts or refuses by may.
type rule struct {
	open  bool                            // to everybody: the app's code, the way in
	some  access.Right                    // over whatever it is; "" where need says more
	need  func(*http.Request) access.Need // nil where there is none
	scope string                          // what that takes, as the description of the API has it; "" where it is open
}

// The rules that name nothing.
var (
	toAll      = rule{open: true}
	anything   = over(access.Read, access.None, "")    // lets a caller in who may look at anything
	someone    = some(anyRight)                        // may do anything at all
	everything = over(access.Read, access.Metrics, "") // lets a caller in who may look at all there is
	byAdmin    = over(access.Admin, access.None, "")
)

// anyRight is none of access's: whoever has one at all meets it.
const anyRight access.Right = "any"

// some is a rule that a right over anything meets.
func some(right access.Right) rule { return rule{some: right, scope: string(right)} }

// over is a rule about one thing, whose name is fixed.
func over(right access.Right, class access.Class, name string) rule {
	return rule{need: func(*http.Request) access.Need { return access.Need{Right: right, Class: class, Name: name} }, scope: scopeOf(right, name)}
}

// scopeOf is the scope of a right over what has a name, or over whatever it is where that is "".
func scopeOf(right access.Right, name string) string {
	if name == "" {
		return string(right)
	}
	return string(right) + ":" + name
}

// inPath is a rule about the thing that the path names: in {metric}, {room}, {board} or {command}.
func inPath(right access.Right, class access.Class) rule {
	key := pathNames[class]
	return rule{scope: scopeOf(right, "{"+key+"}"), need: func(r *http.Request) access.Need {
		name := r.PathValue(key)
		if id, err := metric.Parse(name); class == access.Metrics && err == nil {
			name = string(id)
		}
		return access.Need{Right: right, Class: class, Name: name}
	}}
}

var pathNames = [...]string{access.Metrics: "metric", access.Rooms: "room", access.Boards: "board", access.Commands: "command"}

// keyCaller is under which a request's context has its caller.
type keyCaller struct{}

// callerOf is who the request is from. Everything passes through around, which has asked.
func callerOf(r *http.Request) auth.Caller {
	c, _ := r.Context().Value(keyCaller{}).(auth.Caller)
	return c
}

// asking finds out who the request is from.
func (a *API) asking(r *http.Request) (*http.Request, error) {
	c := auth.Anyone
	if a.Gate != nil {
		var err error
		if c, err = a.Gate.Caller(r); err != nil {
			return r, err
		}
	}
	return r.WithContext(context.WithValue(r.Context(), keyCaller{}, c)), nil
}

// meets refuses a caller whom the rule does not let in.
func (a *API) meets(r *http.Request, rule rule) error {
	switch c := callerOf(r); {
	case rule.open:
		return nil
	case rule.need != nil:
		return a.allow(r, rule.need(r))
	case rule.some == anyRight && (len(c.Scopes) > 0 || c.Board != ""):
		return nil
	default:
		return has(c, rule.some)
	}
}

// has refuses a caller who has a right over nothing.
func has(c auth.Caller, right access.Right) error {
	if slices.ContainsFunc(c.Scopes, func(s access.Scope) bool { return s.Right == right || s.Right == access.Admin }) {
		return nil
	}
	return lacking(c, access.Need{Right: right})
}

// allow refuses a caller who may not do what is needed.
func (a *API) allow(r *http.Request, need access.Need) error {
	return a.permit(r.Context(), callerOf(r), need)
}

func (a *API) permit(ctx context.Context, c auth.Caller, need access.Need) error {
	if !a.may(ctx, c, need) {
		return lacking(c, need)
	}
	return nil
}

// may tells whether a caller may do what is needed. Who has opened a share link reads what its
// board shows.
func (a *API) may(ctx context.Context, c auth.Caller, need access.Need) bool {
	return a.mayAsShown(ctx, c, need, a.shown(ctx, c))
}

// shown is the board of the share link that the caller has opened; nil for none, and where it
// is no longer there.
func (a *API) shown(ctx context.Context, c auth.Caller) *board.Board {
	if c.Board == "" {
		return nil
	}
	of, err := a.boards.Board(ctx, c.Board)
	if err != nil {
		return nil
	}
	return &of.Board
}

func (a *API) mayAsShown(ctx context.Context, c auth.Caller, need access.Need, shown *board.Board) bool {
	if c.May(need) {
		return true
	}
	if need.Right != access.Read {
		return false
	}
	if need.Class == access.Boards && c.May(access.Need{Right: access.Read}) && a.asMade(ctx, need.Name) {
		return true
	}
	// A run's room is read by who may read the run.
	if id, is := strings.CutPrefix(need.Name, run.Prefix); is && need.Class == access.Rooms {
		of, _, err := a.Ledger.Run(ctx, id)
		if err == nil && a.mayAsShown(ctx, c, access.Need{Right: access.Read, Class: access.Commands, Name: of.Command}, shown) {
			return true
		}
	}
	return shown != nil && (need.Class == access.None || need.Class == access.Boards || c.Bound.May(need)) && shows(*shown, need)
}

// shows tells whether a board shows what somebody asks to read. Asking for a list is asking for
// what of it the board shows.
func shows(of board.Board, need access.Need) bool {
	switch need.Class {
	case access.None:
		return true
	case access.Boards:
		return need.Name == of.ID
	case access.Metrics:
		return need.Name != "" && slices.ContainsFunc(of.Patterns(), func(p string) bool { return metric.Match(p, metric.ID(need.Name)) })
	case access.Rooms:
		return slices.Contains(of.Rooms(), need.Name)
	case access.Commands:
		return need.Name != "" && slices.ContainsFunc(of.Panels, func(p board.Panel) bool { return p.Kind == board.Run && (p.Command == "" || p.Command == need.Name) })
	}
	return false
}

// challenge says how a caller shows who they are (RFC 6750, section 3).
const challenge = `Bearer realm="telltale"`

// lacking is the refusal of what a caller may not do: 401 to who has not said who they
// are, as saying so may help.
func lacking(c auth.Caller, need access.Need) error {
	if !c.Named() {
		return &problem{Status: http.StatusUnauthorized, challenge: challenge,
			Detail: "this needs a token: show one with the header Authorization: Bearer TOKEN, or sign in on the page at /sign-in"}
	}
	if c.User == "" && c.Board != "" {
		return refuse(http.StatusForbidden, "the link that you opened shows the board %s, and nothing else", c.Board)
	}
	if need.Right == anyRight {
		return refuse(http.StatusForbidden, "the token of %s may do nothing", c.User)
	}
	return refuse(http.StatusForbidden, "this needs the scope %s, which the token of %s does not have", scopeOf(need.Right, need.Name), c.User)
}
