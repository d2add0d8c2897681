//go:build soak

package journey

import (
	"flag"
	"testing"
	"time"
)

var (
	soakClients  = flag.Int("clients", 200, "how many clients are in the room")
	soakMessages = flag.Int("messages", 100_000, "how many messages they say")
	soakRestarts = flag.Int("restarts", 20, "how often the server is killed and started again")
)

// TestSoakRooms is TestAMessageIsSaidOnceWhateverIsCutOrKilled in full size.
func TestSoakRooms(t *testing.T) {
	hardship{clients: *soakClients, messages: *soakMessages, kills: *soakRestarts, mean: 1 << 20, seed: *seed, limit: time.Hour}.endure(t)
}
