package redis

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/redis/rueidis"
)

// How long things may take.
const (
	patience  = 5 * time.Second        // Options.Patience
	blockFor  = 200 * time.Millisecond // the follower waits for an event, and Close for the follower
	lookEvery = time.Second            // where nothing happens, it is made sure that the log is still the same
	retryWait = 200 * time.Millisecond
)

// ErrURL is wrapped by the errors of Dial.
var ErrURL = errors.New("not the address of a Redis")

// Dial reads an address: redis://[user:password@]host:port[/db], rediss:// for TLS; several
// of them, comma-separated, for a Cluster; and with ?master_set=NAME those of Sentinels.
func Dial(url string) (rueidis.ClientOption, error) {
	var all rueidis.ClientOption
	for i, one := range strings.Split(url, ",") {
		o, err := rueidis.ParseURL(strings.TrimSpace(one))
		if err != nil || len(o.InitAddress) == 0 {
			return all, fmt.Errorf("%w: it is redis://host:6379, rediss://host:6379, or several of them, comma-separated", ErrURL)
		}
		if i == 0 {
			all = o
			continue
		}
		if (o.TLSConfig == nil) != (all.TLSConfig == nil) {
			return all, fmt.Errorf("%w: it is redis:// of all of the list, or rediss:// of all", ErrURL)
		}
		all.InitAddress = append(all.InitAddress, o.InitAddress...)
		if o.Sentinel.MasterSet != "" {
			all.Sentinel = o.Sentinel
		}
	}
	if all.TLSConfig != nil {
		all.TLSConfig.ServerName = "" // each server is to prove its own name, not that of the first of the list
	}
	// What is sent again, this package decides: a script that was sent twice would count twice.
	all.DisableRetry, all.DisableCache = true, true
	all.Dialer = net.Dialer{Timeout: patience, KeepAlive: time.Second}
	all.ConnWriteTimeout = patience
	all.ClientName = "telltale"
	if all.Sentinel.MasterSet != "" {
		all.Sentinel.TopologyRefreshInterval = 5 * time.Second
		all.Sentinel.TLSConfig, all.Sentinel.Dialer, all.Sentinel.ClientName = all.TLSConfig, all.Dialer, all.ClientName
	}
	return all, nil
}
