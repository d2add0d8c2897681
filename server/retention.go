package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"telltale/shared/series"
)

const day = 24 * time.Hour

// retention says how long what is kept: "raw=24h,10s=7d,1m=90d". Roll-ups of an hour are kept for ever.
type retention struct{ raw, fine, coarse time.Duration } // fine: 10 s, coarse: 1 min

// String implements flag.Value.
func (r *retention) String() string {
	if *r == (retention{}) {
		return ""
	}
	return "raw=" + formatAge(r.raw) + ",10s=" + formatAge(r.fine) + ",1m=" + formatAge(r.coarse)
}

// Set implements flag.Value. Tiers that are not named keep their age; a coarser tier reaches at least as
// far back as a finer one, otherwise a range would have a hole.
func (r *retention) Set(text string) error {
	changed := *r
	for part := range strings.SplitSeq(text, ",") {
		tier, age, found := strings.Cut(strings.TrimSpace(part), "=")
		kept, err := parseAge(age)
		if !found || err != nil {
			return fmt.Errorf("%q is not of the form raw=24h,10s=7d,1m=90d", part)
		}
		switch tier {
		case "raw":
			changed.raw = kept
		case "10s":
			changed.fine = kept
		case "1m":
			changed.coarse = kept
		default:
			return fmt.Errorf("%q is no tier: they are raw, 10s and 1m", tier)
		}
	}
	if changed.raw < time.Hour || changed.fine < changed.raw || changed.coarse < changed.fine {
		return fmt.Errorf("raw samples stay an hour at least, and each coarser tier as long as the finer one")
	}
	*r = changed
	return nil
}

// parseAge reads a duration in days (7d) or as Go writes it (36h).
func parseAge(text string) (time.Duration, error) {
	if days, found := strings.CutSuffix(text, "d"); found {
		n, err := strconv.ParseUint(days, 10, 16)
		return time.Duration(n) * day, err
	}
	return time.ParseDuration(text)
}

func formatAge(age time.Duration) string {
	if age%day == 0 {
		return strconv.Itoa(int(age/day)) + "d"
	}
	return age.String()
}

// tiers are the roll-ups with these ages.
func (r retention) tiers() [len(series.Tiers)]series.Tier {
	tiers := series.Tiers
	tiers[0].Keep, tiers[1].Keep, tiers[2].Keep = r.raw.Milliseconds(), r.fine.Milliseconds(), r.coarse.Milliseconds()
	return tiers
}

// roomRetention says how much of a room is kept: "100000,30d", the newest messages and their age, whichever is less.
type roomRetention struct {
	messages int
	age      time.Duration
}

// String implements flag.Value.
func (r *roomRetention) String() string {
	if *r == (roomRetention{}) {
		return ""
	}
	return strconv.Itoa(r.messages) + "," + formatAge(r.age)
}

// Set implements flag.Value. A part that is not named keeps its bound.
func (r *roomRetention) Set(text string) error {
	changed := *r
	parts := strings.Split(text, ",")
	counts, ages := 0, 0
	for _, part := range parts {
		part = strings.TrimSpace(part)
		if count, err := strconv.Atoi(part); err == nil {
			changed.messages = count
			counts++
		} else if changed.age, err = parseAge(part); err == nil {
			ages++
		} else {
			return fmt.Errorf("%q is neither a number of messages nor an age such as 30d: both together are 100000,30d", part)
		}
	}
	switch {
	case counts > 1 || ages > 1:
		return fmt.Errorf("one number of messages and one age are enough")
	case changed.messages < 1 || changed.messages > mostMessages:
		return fmt.Errorf("a room keeps from 1 to %d messages", mostMessages)
	case changed.age < time.Minute:
		return fmt.Errorf("messages stay a minute at least")
	}
	*r = changed
	return nil
}

// mostMessages is as much of a room as anybody may want to keep.
const mostMessages = 1_000_000_000
