package journey

import (
	"fmt"
	"image"
	"testing"

	"github.com/chromedp/chromedp"
)

// live is true once the page hears the server.
const live = `document.getElementById("lamp")?.dataset.state === "live"`

func TestAnOrderByCurlMovesThePixelsOfItsPanel(t *testing.T) {
	s := quiet(t)
	b := look(t, s)
	// Each with a counter of its own: a second change within one bar's stretch makes that no taller, but the scale.
	for _, c := range []struct{ theme, path, plot string }{
		{"light", "/sign-up", `[data-panel="customers"] .plot`}, {"dark", "/product", `[data-panel="products"] .plot`},
	} {
		p := b.open(s.url+"/", 1440, 900, c.theme)
		p.until("it is live", live)
		before := coloured(p.shoot(c.plot))
		s.must("POST", c.path, "")
		eventually(t, wait, c.theme+": a bar appears on the panel's chart", func() bool { return coloured(p.shoot(c.plot)) > before+20 })
		p.close()
	}
}

// coloured counts the pixels that are neither ink nor paper: what a series is drawn with.
func coloured(picture image.Image) (n int) {
	for y := picture.Bounds().Min.Y; y < picture.Bounds().Max.Y; y++ {
		for x := picture.Bounds().Min.X; x < picture.Bounds().Max.X; x++ {
			r, g, b, _ := picture.At(x, y).RGBA()
			if max(r, g, b)-min(r, g, b) > 0x5000 {
				n++
			}
		}
	}
	return n
}

func TestASecondBrowserSeesEveryChange(t *testing.T) {
	s := quiet(t)
	first := look(t, s)
	first.expect("status of 400") // the press that is refused
	one := first.open(s.url+"/", 1000, 800, "light")
	other := look(t, s).open(s.url+"/", 390, 844, "dark")
	for i := range 3 {
		one.until("it is live", live)
		one.do(chromedp.Click(`[data-panel="orders"] [data-press="plus"]`))
		other.until("a press in one browser is seen in the other", shows("orders", fmt.Sprint(2*i+1)))
		s.must("POST", "/order", "")
		for _, each := range []*tab{one, other} {
			each.until("an order by curl is seen in both", shows("orders", fmt.Sprint(2*i+2)))
		}
	}
	other.do(chromedp.Click(`[data-panel="orders"] [data-press="minus"]`))
	one.until("a removal is seen", shows("orders", "5"))
	one.do(chromedp.Click(`[data-panel="products"] [data-press="minus"]`))
	one.until("what is refused is said", `/no product remains to remove/i.test(document.body.innerText)`)
}

func TestAMetricNobodyDeclaredAppearsOnTheOpenBoard(t *testing.T) {
	s := quiet(t)
	p := look(t, s).open(s.url+"/b/all", 1000, 800, "light")
	p.until("it is live", live)
	s.must("POST", "/m/temperature", "21.5")
	p.until("its panel appears", shows("temperature", "21.5"))
	s.must("POST", `/m/http_requests%7Bcode=%22200%22,job=%22web%22%7D`, "+3")
	p.until("a metric with labels has a panel of its own", `document.querySelector('[data-metric=\'http_requests{code="200",job="web"}\']')`)
}
