package fresh

import "strconv"

// Value is one value of a panel.
type Value struct {
	Name    string // as a person reads it
	Written int64  // as Of's
	Heard   int64
}

// Badge is what a panel says of its age.
type Badge struct {
	State State
	Words string // "" where nothing has to be said
}

// Panel judges the values of a panel by its promise (ms, 0 for none): the worst decides, and
// is named where there are several. What it says is the same on every screen and picture. With
// a promise it always tells the age, without one only of what is cut off.
func Panel(now, every int64, values []Value) Badge {
	if len(values) == 0 {
		return Badge{}
	}
	worst, state := values[0], Of(now, values[0].Written, values[0].Heard, every)
	for _, v := range values[1:] {
		s := Of(now, v.Written, v.Heard, every)
		if s > state || s == state && v.Written < worst.Written {
			worst, state = v, s
		}
	}
	if every <= 0 && state != Cut {
		return Badge{State: state}
	}
	words := Words(now, worst.Written, every, state)
	if len(values) > 1 && worst.Name != "" && words != "" && state != Fresh {
		words = worst.Name + ": " + words
	}
	return Badge{state, words}
}

// Words say a state: how late a value is, and otherwise how old.
func Words(now, written, every int64, state State) string {
	switch age := now - min(written, now); {
	case written == 0 && state == Cut:
		return ""
	case written == 0:
		return "never written"
	case state == Late, state == Overdue:
		return Lapse(age-every) + " late"
	default:
		return Lapse(age) + " ago"
	}
}

// Lapse is a length of time, in ms, as a person says it.
func Lapse(ms int64) string {
	n, unit := max(ms, 0)/1000, " s"
	switch {
	case n >= 2*86400:
		n, unit = n/86400, " days"
	case n >= 2*3600:
		n, unit = n/3600, " h"
	case n >= 120:
		n, unit = n/60, " min"
	}
	return strconv.FormatInt(n, 10) + unit
}

var names = [...]string{"fresh", "late", "overdue", "cut"}

// String is the state's name, as style sheets and pictures know it.
func (s State) String() string { return names[s] }
