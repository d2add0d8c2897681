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
	s, dir := serveCommands(t)
	touch(t, dir, "GO")
	ended, running := begin(s, "colours"), begin(s, "lines")
	for range 12 {
		s.must("POST", "/order", "")
	}
	s.must("POST", "/product", "")
	s.must("POST", "/m/temperature", "21.5")
	b := look(t, s)
	furnish(s)
	outfit(s)
	company := b.open(s.url+"/r/kitchen", 800, 600, "light")
	company.until("it is live", live)
	for _, path := range []string{"/", "/b/every", "/b/all", "/m/temperature", "/rooms", "/r/build", "/r/kitchen", "/r/empty", "/runs", "/runs/" + ended, "/runs/" + running, "/boards", "/screens", "/?tv=1"} {
		for _, size := range [][2]int64{{1920, 1080}, {1440, 900}, {820, 1180}, {390, 844}} {
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
