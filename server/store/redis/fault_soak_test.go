//go:build soak

package redis

import "testing"

// TestSoakRedis is 200 faults long.
func TestSoakRedis(t *testing.T) { killAndPause(t, 200, 100) }
