package journey

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
)

// misfits lists what is wider than the screen, boxes whose parts have no room, and curl lines of one row at different heights.
// Only where a name may have any length is a curl line cut off.
const misfits = `(() => {
	const found = [], box = (e) => e.getBoundingClientRect();
	if (document.documentElement.scrollWidth > innerWidth) found.push("the page is " + document.documentElement.scrollWidth + " wide");
	for (const e of document.querySelectorAll(".card, .masthead, .toolbar, .composer, aside > div")) {
		if (e.scrollHeight > e.clientHeight) found.push(e.className + ": " + e.scrollHeight + " in " + e.clientHeight);
	}
	const head = [...document.querySelectorAll(".masthead .inner > *")].map(box).filter((b) => b.width > 0);
	for (let i = 1; i < head.length; i++) if (head[i].left < head[i - 1].right) found.push("masthead: parts overlap");
	const feet = new Map();
	for (const card of document.querySelectorAll(".card:has(.curl)")) {
		const curl = box(card.querySelector(".curl")), top = box(card).top;
		if (curl.height !== 44) found.push("a curl line is " + curl.height + " high");
		if (feet.has(top) && feet.get(top) !== curl.bottom) found.push("curl lines of one row end at " + feet.get(top) + " and " + curl.bottom);
		feet.set(top, curl.bottom);
	}
	for (const e of location.pathname === "/b/all" ? [] : document.querySelectorAll(".curl code")) {
		if (e.scrollWidth > e.clientWidth || e.scrollHeight > e.clientHeight) found.push("cut off: " + e.textContent);
	}
	return found.join("\n");
})()`

func TestAPageFitsAnyScreen(t *testing.T) {
	s := start(t)
	s.must("POST", "/order", "")
	s.must("POST", `/m/requests_with_a_long_name_and_labels%7Bhost=%22a-host-name-without-any-space-in-it.example%22%7D`, "=-1234567890.5")
	s.must("POST", "/m/temperature", "21.5")
	furnish(s)
	b := look(t, s)
	for _, path := range []string{"/", "/b/all", "/m/orders", "/m/temperature", "/rooms", "/r/build", "/r/kitchen"} {
		p := b.open(s.url+path, 1440, 844, "light")
		p.until("it is live", live)
		for _, width := range []int64{320, 360, 390, 430, 480, 500, 550, 600, 650, 700, 750, 807, 820, 1440} {
			p.do(chromedp.EmulateViewport(width, 844))
			p.until("it is as wide as that", fmt.Sprintf("innerWidth === %d", width))
			for _, lamp := range []string{"Live", "Connecting", "No contact for 119 min", "Offline since 21 Nov 15:04"} {
				wrong := eval[string](p, fmt.Sprintf(`document.querySelector("#lamp .says").firstChild.nodeValue = %q, %s`, lamp, misfits))
				if wrong != "" {
					t.Errorf("%s, %d wide, the lamp saying %q:\n%s", path, width, lamp, wrong)
				}
			}
		}
		p.close()
	}
}
