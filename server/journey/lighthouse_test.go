package journey

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

var clock = flag.Bool("clock", false, "Lighthouse judges tasks by the clock, for which this machine must have nothing else to do")

// audit is what Lighthouse found.
type audit struct {
	Categories map[string]struct {
		Score     float64
		AuditRefs []struct{ ID string }
	}
	Audits map[string]struct {
		Score            *float64
		ScoreDisplayMode string
		Title            string
		DisplayValue     string
	}
}

// lighthouse loads a page in a Chromium with an empty profile that finds no host but this machine, and judges it by the time
// for which its tasks had the processor, or by the clock.
func lighthouse(t *testing.T, url string, args ...string) (found audit) {
	t.Helper()
	script, err := filepath.Abs("../../.cache/node_modules/lighthouse/cli/index.js")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(script); err != nil {
		t.Fatal("lighthouse is not there: make tools fetches it")
	}
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal("chromium is not installed: make test installs it")
	}
	chrome := []string{"--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--no-default-browser-check", "--disable-quic",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-default-apps", "--disable-extensions",
		"--disable-dev-shm-usage", "--user-data-dir=" + t.TempDir(), "--host-resolver-rules='MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost'"}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Minute)
	defer cancel()
	run := func(more ...string) []byte {
		command := exec.CommandContext(ctx, "node", slices.Concat([]string{script, url, "--output=json", "--output-path=stdout", "--quiet", "--no-enable-error-reporting",
			"--only-categories=performance,accessibility,best-practices"}, args, more)...)
		command.Env = append(os.Environ(), "CHROME_PATH="+chromium)
		var said strings.Builder
		command.Stderr = &said
		out, err := command.Output()
		if err != nil {
			t.Fatalf("lighthouse: %v\n%s", err, said.String())
		}
		return out
	}
	gathered := t.TempDir()
	run("--gather-mode="+gathered, "--chrome-flags="+strings.Join(chrome, " "))
	if !*clock {
		byProcessor(t, filepath.Join(gathered, "defaultPass.trace.json"))
	}
	out := run("--audit-mode=" + gathered)
	if err := json.Unmarshal(out, &found); err != nil {
		t.Fatalf("lighthouse: %v\n%.500s", err, out)
	}
	return found
}

// misses lists the audits of a category that were not passed.
func (a audit) misses(category string) (missed []string) {
	for _, ref := range a.Categories[category].AuditRefs {
		if each := a.Audits[ref.ID]; each.Score != nil && *each.Score < 1 && each.ScoreDisplayMode != "informative" {
			missed = append(missed, strings.TrimSpace(ref.ID+" "+each.DisplayValue))
		}
	}
	return missed
}

func (a audit) String() string {
	var text strings.Builder
	for _, each := range []string{"performance", "accessibility", "best-practices"} {
		fmt.Fprintf(&text, "%s %.0f, ", each, 100*a.Categories[each].Score)
	}
	for _, each := range []string{"first-contentful-paint", "largest-contentful-paint", "total-blocking-time", "speed-index", "interactive"} {
		fmt.Fprintf(&text, "%s %s, ", each, a.Audits[each].DisplayValue)
	}
	return strings.TrimSuffix(text.String(), ", ")
}

// TestLighthouse has Lighthouse judge the start page as it judges any: on a desk, and as a phone of the middle on a slow line.
// What else runs on this machine can only make it look slower, so the best of a few times counts: pictures come late even where
// tasks are measured by the processor. By the clock (-clock), on two idle cores, phones score 99 to 100
// and are blocked for 60 to 120 ms; on two that fifteen processes wanted, 81 to 96 and 210 to 750 ms.
func TestLighthouse(t *testing.T) {
	s := start(t)
	s.must("POST", "/order", "")
	for _, c := range []struct {
		name string
		args []string
		fast float64
	}{
		{"desk", []string{"--preset=desktop"}, 0.95},
		{"phone", nil, 0.95},
	} {
		best := audit{}
		for range 5 {
			found := lighthouse(t, s.url+"/", c.args...)
			t.Logf("%s: %v", c.name, found)
			if found.Categories["performance"].Score > best.Categories["performance"].Score {
				best = found
			}
			for _, each := range []string{"accessibility", "best-practices"} {
				if found.Categories[each].Score < 1 {
					t.Errorf("%s: %s misses %s", c.name, each, strings.Join(found.misses(each), "; "))
				}
			}
			if best.Categories["performance"].Score >= c.fast {
				break
			}
		}
		if best.Categories["performance"].Score < c.fast {
			t.Errorf("%s: performance misses %s", c.name, strings.Join(best.misses("performance"), "; "))
		}
	}
}
