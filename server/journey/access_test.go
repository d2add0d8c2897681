package journey

import (
	"encoding/json"
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

// axe gives the accessibility checker as a script.
func axe(t *testing.T) string {
	t.Helper()
	script, err := os.ReadFile("../../.cache/node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Fatal("axe-core is not there: make tools fetches it")
	}
	return string(script)
}

func TestPagesAreAccessible(t *testing.T) {
	s := start(t)
	s.must("POST", "/order", "")
	s.must("POST", "/m/temperature", "21.5")
	b := look(t, s)
	script := axe(t)
	for _, path := range []string{"/", "/b/all", "/m/temperature"} {
		for _, theme := range []string{"light", "dark"} {
			for _, width := range []int64{1440, 390} {
				p := b.open(s.url+path, width, 844, theme)
				eval[bool](p, script+";true")
				found := eval[string](p, `axe.run(document, {resultTypes: ["violations"]}).then(result => JSON.stringify(result.violations))`)
				var violations []finding
				if err := json.Unmarshal([]byte(found), &violations); err != nil {
					t.Fatal(err)
				}
				for _, each := range violations {
					for _, node := range each.Nodes {
						t.Errorf("%s, %s, %d wide: %s (%s): %s\n%s\n%s", path, theme, width, each.ID, each.Impact, each.Help, node.HTML, strings.TrimSpace(node.Summary))
					}
				}
				p.close()
			}
		}
	}
}
