package journey

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
)

// finding is one rule of axe-core that a page breaks.
type finding struct {
	ID     string
	Impact string
	Help   string
	Nodes  []struct {
		HTML    string
		Summary string `json:"failureSummary"`
	}
}

// accessible lets axe-core check the page as it is.
func accessible(p *tab, where string) {
	p.t.Helper()
	script, err := os.ReadFile("../../.cache/node_modules/axe-core/axe.min.js")
	if err != nil {
		p.t.Fatal("axe-core is not there: make tools fetches it")
	}
	eval[bool](p, string(script)+";true")
	found := eval[string](p, `axe.run(document, {resultTypes: ["violations"]}).then(({violations, passes}) => JSON.stringify({violations, passed: passes.length}))`)
	var result struct {
		Violations []finding
		Passed     int
	}
	if err := json.Unmarshal([]byte(found), &result); err != nil {
		p.t.Fatal(err)
	}
	if result.Passed < 10 {
		p.t.Errorf("%s: only %d rules applied to the page", where, result.Passed)
	}
	for _, each := range result.Violations {
		for _, node := range each.Nodes {
			p.t.Errorf("%s: %s (%s): %s\n%s\n%s", where, each.ID, each.Impact, each.Help, node.HTML, strings.TrimSpace(node.Summary))
		}
	}
}

func TestPagesAreAccessible(t *testing.T) {
	s := start(t)
	s.must("POST", "/order", "")
	s.must("POST", "/m/temperature", "21.5")
	furnish(s)
	b := look(t, s)
	b.expect("404") // of the board that nobody made
	for _, path := range []string{"/", "/b/all", "/m/temperature", "/m/nothing.there", "/rooms", "/r/build", "/r/kitchen", "/r/nothing.there", "/runs", "/boards", "/b/nobody", "/screens", "/audit", "/?tv=1"} {
		for _, theme := range []string{"light", "dark"} {
			for _, width := range []int64{1440, 390} {
				p := b.open(s.url+path, width, 844, theme)
				p.until("it is live", live+" && "+settled)
				accessible(p, fmt.Sprintf("%s, %s, %d wide", path, theme, width))
				p.close()
			}
		}
	}
}
