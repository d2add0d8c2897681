package bench

import (
	"errors"
	"net/url"
	"time"
)

// Plan is what a run does.
type Plan struct {
	Server   *url.URL      // http or https
	Admin    *url.URL      // of its second port; nil where it is not to be asked
	Token    string        // shown with every request; "" for none
	Viewers  int           // connections, each of which watches all metrics
	Rate     int           // changes a second, over all metrics
	Metrics  int           // of which the changes are, in turns
	Rooms    int           // each viewer is a member of one, and each is told a message a second
	Duration time.Duration // of changes and messages; the coming of viewers and the end take their time
}

// Bounds of a plan.
const (
	MaxViewers  = 200_000
	MaxRate     = 1_000_000
	MaxMetrics  = 10_000
	MaxRooms    = 1000
	MaxDuration = 24 * time.Hour
)

// Check says which part of a plan cannot be meant.
func (p Plan) Check() error {
	switch {
	case p.Viewers < 1 || p.Viewers > MaxViewers:
		return errors.New("--viewers is from 1 to 200000")
	case p.Rate < 0 || p.Rate > MaxRate:
		return errors.New("--rate is from 0 to 1000000 changes a second")
	case p.Metrics < 1 || p.Metrics > MaxMetrics:
		return errors.New("--metrics is from 1 to 10000")
	case p.Rooms < 0 || p.Rooms > MaxRooms:
		return errors.New("--rooms is from 0 to 1000")
	case p.Duration < time.Second || p.Duration > MaxDuration:
		return errors.New("--duration is from 1s to 24h")
	case p.Rate == 0 && p.Rooms == 0:
		return errors.New("--rate and --rooms are both 0: there is nothing to deliver")
	}
	return nil
}
