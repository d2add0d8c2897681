package fresh

// State is how far a value may be trusted.
type State uint8

// The states, from good to bad.
const (
	Fresh   State = iota // as new as was promised, or nothing was promised
	Late                 // older than promised: drawn in grey
	Overdue              // older than twice that, or promised and never written: drawn in red
	Cut                  // nothing was heard of the server for Silence: nothing newer is known, whatever the age says
)

// Silence is how long, in ms, a screen may hear nothing of the server before it says so.
const Silence = 10_000

// Of is the state of a value written at a time (0: never), on a screen that last heard of
// the server at heard, with a promise of one value every so often (0: none). All are ms, the
// times since 1970 by the server's clock. The server itself has heard of itself just now.
// A clock that went back leaves times in the future: they are no newer than now.
func Of(now, written, heard, every int64) State {
	switch age := now - min(written, now); {
	case now-heard >= Silence:
		return Cut
	case every <= 0:
		return Fresh
	case written == 0 || age > 2*every:
		return Overdue
	case age > every:
		return Late
	}
	return Fresh
}
