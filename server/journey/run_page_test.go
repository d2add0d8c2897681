package journey

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestAPageKeepsUpWithWhateverIsSaid lets a command say more than a page can draw: the page is never busy for long, shows
// the newest line in the end and has every other.
func TestAPageKeepsUpWithWhateverIsSaid(t *testing.T) {
	const lines = 20_000
	s := quiet(t)
	p := look(t, s).open(s.url+"/r/flood", 1200, 900, "light")
	p.until("it is live", live)
	var uploaded, all time.Duration
	took := tasks(p, func() {
		began := time.Now()
		fill(s, "flood", lines)
		uploaded = time.Since(began)
		p.until("the last line is shown", fmt.Sprintf(`%s.at(-1)?.startsWith("line %d ")`, shown, lines))
		all = time.Since(began)
	})
	slices.Sort(took)
	var sum float64
	for _, each := range took {
		sum += each
	}
	t.Logf("%d lines: said in %v, shown after %v; %d tasks of %.0f ms together, the longest %.1f ms",
		lines, uploaded.Round(time.Millisecond), all.Round(time.Millisecond), len(took), sum, took[len(took)-1])
	if longest := took[len(took)-1]; longest > 50 {
		t.Errorf("a task took %.0f ms", longest)
	}
	p.do(chromedp.Focus(".scroll"), chromedp.KeyEvent(kb.Home))
	p.until("the first is there", settled+` && `+inSight+`.includes("line 1 ")`)
}
