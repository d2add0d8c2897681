//go:build soak

package journey

import (
	"flag"
	"testing"
)

var (
	soakRuns  = flag.Int("runs", 1000, "how many commands are run")
	soakKills = flag.Int("kills", 25, "how often their server is killed")
)

// TestSoakRuns is TestWhatAServerThatIsKilledSaysOfItsRunsIsRight in full size.
func TestSoakRuns(t *testing.T) {
	slaughter{runs: *soakRuns, kills: *soakKills, seed: *seed}.endure(t)
}
