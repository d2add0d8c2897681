package journey

import (
	"net/http"
	"strings"
	"testing"

	"telltale/server/store/redistest"
)

// TestByTLSItIsTheSame is two processes and each kind of Redis there is, whose certificates an
// authority signed that nobody has heard of but who is told.
func TestByTLSItIsTheSame(t *testing.T) {
	authority := redistest.NewAuthority(t)
	single := authority.Start(t)
	for kind, url := range map[string]string{
		"one":         single.URL(),
		"sentinel":    redistest.Sentinel(t, single).URL() + "?master_set=board",
		"cluster":     authority.Cluster(t, 3, false).URL(),
		"not trusted": single.URL(),
	} {
		t.Run(kind, func(t *testing.T) {
			if kind != "not trusted" {
				t.Setenv("SSL_CERT_FILE", authority.File)
			}
			args := []string{"--redis", url, "--redis-prefix", strings.ReplaceAll(kind, " ", "-")}
			one, other := quiet(t, args...), quiet(t, args...)
			if kind == "not trusted" {
				if status, answer := one.call("POST", "/order", ""); status != http.StatusServiceUnavailable {
					t.Errorf("without the authority an order is told %d %s", status, answer)
				}
				eventually(t, wait, "the log says why", func() bool { return strings.Contains(one.log.String(), "certificate") })
				return
			}
			for i, s := range []*server{one, other, one, other} {
				eventually(t, wait, "it is known what was ordered", func() bool {
					status, value := s.call("GET", "/m/orders", "", "Accept", "text/plain")
					return status == http.StatusOK && strings.TrimSpace(value) == []string{"0", "1", "2", "3"}[i]
				})
				s.must("POST", "/order", "")
			}
			one.must("POST", "/r/hall", "said")
			eventually(t, wait, "the other has heard it", func() bool {
				status, lines := other.call("GET", "/api/v1/rooms/hall/messages", "")
				return status == http.StatusOK && strings.Contains(lines, "said")
			})
		})
	}
}
