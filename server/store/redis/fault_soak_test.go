//go:build soak

package redis

import (
	"testing"

	"telltale/server/store/redistest"
)

// TestSoakRedis is 200 faults long.
func TestSoakRedis(t *testing.T) { killAndPause(t, 200, 100) }

// TestSoakRedisContract is all of the contract, in a Cluster of three.
func TestSoakRedisContract(t *testing.T) { contract(t, redistest.Cluster(t, 3, false).URL()) }
