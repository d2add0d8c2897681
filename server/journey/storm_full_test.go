//go:build soak

package journey

import (
	"flag"
	"testing"
	"time"
)

var (
	stormClients = flag.Int("storm-clients", 50, "how many clients are on each of the three processes")
	stormFaults  = flag.Int("storm-faults", 200, "how often a process or their Redis is killed or paused")
)

// TestSoakStorm is TestNothingIsLostOrDoubledWhateverIsKilledOrPaused in full size.
func TestSoakStorm(t *testing.T) {
	(&storm{clients: *stormClients, faults: *stormFaults, pace: 250 * time.Millisecond, seed: *seed}).endure(t)
}
