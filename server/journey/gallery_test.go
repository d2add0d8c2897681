//go:build gallery

package journey

import (
	"flag"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

var gallery = flag.String("gallery", "../../bin/gallery", "folder for the screenshots")

// TestGallery takes a screenshot of every page in every size and theme.
func TestGallery(t *testing.T) {
	s := start(t)
	for range 12 {
		s.must("POST", "/order", "")
	}
	s.must("POST", "/product", "")
	s.must("POST", "/m/temperature", "21.5")
	b := look(t, s)
	furnish(s)
	company := b.open(s.url+"/r/kitchen", 800, 600, "light")
	company.until("it is live", live)
	for _, path := range []string{"/", "/b/all", "/m/temperature", "/rooms", "/r/build", "/r/kitchen", "/r/empty"} {
		for _, size := range [][2]int64{{1440, 900}, {820, 1180}, {390, 844}} {
			for _, theme := range []string{"light", "dark"} {
				p := b.open(s.url+path, size[0], size[1], theme)
				p.until("it is live", live)
				p.until("its lines are there", settled)
				name := strings.Trim(strings.ReplaceAll(path, "/", "-"), "-")
				if name == "" {
					name = "home"
				}
				p.save(filepath.Join(*gallery, fmt.Sprintf("%s-%dx%d-%s.png", name, size[0], size[1], theme)))
				p.close()
			}
		}
	}
}

// furnish says in a few rooms what one would find there.
func furnish(s *server) {
	for i := range 120 {
		s.must("POST", "/r/build", fmt.Sprintf("go: compiled telltale/server/part%03d in %d ms", i, 40+i*7%90))
	}
	for _, line := range []string{
		"\x1b[1;32mok\x1b[0m  \ttelltale/shared/room\t0.012s", "--- FAIL: TestWhatIsLong (0.02s)",
		"    long_test.go:17: " + strings.Repeat("a line that does not end and has to be wrapped somewhere, ", 8),
		"<script>alert('not HTML')</script> <b>text</b> &amp; \u202eesrever\u202c 😀", strings.Repeat("0123456789abcdef", 4000), "FAIL",
	} {
		s.must("POST", "/r/build", line)
	}
	talk := dialRoom(s, "kitchen", "Zoë")
	for _, line := range []string{"The oven is at 220 °C.", "Who takes the bread out?", "I do, in ten minutes.\nAnd the rolls?", "They can wait 🥐"} {
		talk.say(line)
	}
	talk.close()
	s.must("POST", "/r/kitchen", "oven: door open")
}
