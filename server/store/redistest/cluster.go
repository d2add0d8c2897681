package redistest

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Ring is a Cluster whose masters part the slots evenly, each with a replica where Cluster was told so:
// then who is gone for a second is taken to have failed.
type Ring struct {
	Masters, Replicas []*Server
}

// Cluster starts one, by TLS where there is an authority.
func (a *Authority) Cluster(t testing.TB, masters int, replicas bool) *Ring {
	t.Helper()
	r, failed := &Ring{}, "60000" // ms: a busy machine is no failure
	if replicas {
		failed = "1000"
	}
	node := func() *Server {
		return a.Start(t, "--cluster-enabled", "yes", "--cluster-port", strconv.Itoa(freePort(t)), "--cluster-node-timeout", failed, "--cluster-replica-validity-factor", "0")
	}
	for i := range masters {
		s := node()
		r.Masters = append(r.Masters, s)
		s.told(fmt.Sprintf("CLUSTER ADDSLOTSRANGE %d %d", 16384*i/masters, 16384*(i+1)/masters-1))
		s.told(fmt.Sprintf("CLUSTER SET-CONFIG-EPOCH %d", i+1))
	}
	for range masters {
		if replicas {
			r.Replicas = append(r.Replicas, node())
		}
	}
	all := r.All()
	for _, s := range all[1:] {
		s.told(fmt.Sprintf("CLUSTER MEET 127.0.0.1 %d %d", all[0].port, all[0].bus()))
	}
	await(t, "all of a Cluster know one another", func() bool {
		for _, s := range all {
			if !strings.Contains(s.say("CLUSTER INFO"), fmt.Sprintf("cluster_known_nodes:%d\r", len(all))) {
				return false
			}
		}
		return true
	})
	for i, s := range r.Replicas {
		_, id, _ := strings.Cut(r.Masters[i].say("CLUSTER MYID"), "\r\n")
		s.told("CLUSTER REPLICATE " + strings.TrimSpace(id))
	}
	await(t, "a Cluster is up", func() bool {
		for _, s := range all {
			if !strings.Contains(s.say("CLUSTER INFO"), "cluster_state:ok\r") {
				return false
			}
		}
		for _, s := range r.Replicas {
			if !strings.Contains(s.say("INFO replication"), "master_link_status:up\r") {
				return false
			}
		}
		return true
	})
	return r
}

// Cluster starts one that speaks in the clear.
func Cluster(t testing.TB, masters int, replicas bool) *Ring {
	t.Helper()
	return (*Authority)(nil).Cluster(t, masters, replicas)
}

// All are its masters, then their replicas.
func (r *Ring) All() []*Server {
	return append(r.Masters[:len(r.Masters):len(r.Masters)], r.Replicas...)
}

// URL is its address, a list.
func (r *Ring) URL() string {
	var all []string
	for _, s := range r.All() {
		all = append(all, s.URL())
	}
	return strings.Join(all, ",")
}

// Of is the master that has a key: Masters counts as at the beginning.
func (r *Ring) Of(key string) *Server {
	slot, _ := strconv.Atoi(strings.Trim(r.Masters[0].say("CLUSTER KEYSLOT "+key), ":\r\n"))
	for i, s := range r.Masters {
		if slot < 16384*(i+1)/len(r.Masters) {
			return s
		}
	}
	return nil
}

// bus is the port by which nodes talk to one another.
func (s *Server) bus() int {
	for i, option := range s.options {
		if option == "--cluster-port" {
			port, _ := strconv.Atoi(s.options[i+1])
			return port
		}
	}
	return s.port + 10000
}

// told gives it a command that it must do.
func (s *Server) told(command string) {
	s.t.Helper()
	if answer := s.say(command); !strings.HasPrefix(answer, "+OK") {
		s.t.Fatalf("%s: %s", command, answer)
	}
}

func await(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); {
		if time.Now().After(deadline) {
			t.Fatalf("it never came that %s", what)
		}
		<-time.After(10 * time.Millisecond)
	}
}
