//go:build gallery

package journey

import (
	"cmp"
	"flag"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

var (
	gallery  = flag.String("gallery", "../../bin/gallery", "folder for the screenshots")
	pictured = flag.String("pictured", "", "a pattern of those to take, by their file names")
)

// scene is a page, and what is done there before its picture is taken.
type scene struct {
	s          *server
	path, name string // the name is the path's where there is none
	sizes      [][2]int64
	act        func(*tab)
}

// TestGallery takes a screenshot of every page, of what opens on it and of what is empty, in every size and theme.
func TestGallery(t *testing.T) {
	s, dir := serveCommands(t)
	empty := quiet(t)
	touch(t, dir, "GO")
	ended, running := begin(s, "colours"), begin(s, "lines")
	for range 12 {
		s.must("POST", "/order", "")
	}
	s.must("POST", "/product", "")
	s.must("POST", "/m/temperature", "21.5")
	b := look(t, s, empty)
	b.expect("404")
	furnish(s)
	outfit(s)
	company := b.open(s.url+"/r/kitchen", 800, 600, "light")
	company.until("it is live", live)

	all := [][2]int64{{1920, 1080}, {1440, 900}, {820, 1180}, {390, 844}}
	hands := [][2]int64{{1440, 900}, {390, 844}}
	wall := [][2]int64{{1920, 1080}, {3840, 2160}, {390, 844}}
	past := "?at=" + time.Now().UTC().Add(-2*time.Minute).Format(time.RFC3339)
	var scenes []scene
	for _, path := range []string{"/", "/b/every", "/b/all", "/m/temperature", "/m/svc.api", "/rooms", "/r/build", "/r/kitchen", "/r/empty", "/runs", "/runs/" + ended, "/runs/" + running, "/boards", "/screens"} {
		scenes = append(scenes, scene{s: s, path: path, sizes: all})
	}
	for _, path := range []string{"/?tv=1", "/b/every?tv=1"} {
		scenes = append(scenes, scene{s: s, path: path, sizes: wall})
	}
	for _, path := range []string{"/", "/b/all", "/b/nobody", "/m/nothing", "/rooms", "/r/empty", "/runs", "/runs/none", "/boards", "/nowhere"} {
		scenes = append(scenes, scene{s: empty, path: path, name: "empty-" + cmp.Or(named(path), "home"), sizes: hands})
	}
	press := func(selectors ...string) func(*tab) {
		return func(p *tab) {
			for _, selector := range selectors {
				p.until(selector+" is there", fmt.Sprintf("document.querySelector(%q)", selector))
				p.do(chromedp.Click(selector))
			}
			p.until("it is there", `document.querySelector("dialog[open], .frame, .own-sheet")`)
		}
	}
	for name, act := range map[string]func(*tab){
		"edit": press("#edit"), "menu": press("#menu"), "keys": press("#menu", "#menu-keys"), "new": press("#menu", "#menu-new"),
		"read": press("#menu", "#menu-read"), "delete": press("#menu", "#menu-delete"), "share": press("#menu", "#menu-share"),
		"panel": press("#edit", `#frame-1 [data-do="pen"]`), "text": press("#edit", `#frame-6 [data-do="pen"]`), "add": press("#edit", "#add-panel"),
		"copy": nil, "past": nil, "window": press(".own > .icon"),
	} {
		one := scene{s: s, path: "/b/every", name: "every-" + name, sizes: hands, act: act}
		switch name {
		case "past":
			one.path += past
		case "copy":
			one.path, one.act = "/b/all", press("#edit")
		case "share":
			one.act = func(p *tab) { press("#menu")(p); p.do(chromedp.Click("#menu-share")) }
		}
		scenes = append(scenes, one)
	}
	scenes = append(scenes, scene{s: s, path: "/b/every", name: "every-rtl", sizes: hands, act: func(p *tab) {
		p.speak("ar-EG")
		p.visit(s.url + "/b/every")
		p.until("it is live", live)
	}})
	which := regexp.MustCompile(*pictured)
	for _, each := range scenes {
		for _, size := range each.sizes {
			for _, theme := range []string{"light", "dark"} {
				file := fmt.Sprintf("%s-%dx%d-%s.png", cmp.Or(each.name, named(each.path), "home"), size[0], size[1], theme)
				if !which.MatchString(file) {
					continue
				}
				p := b.open(each.s.url+each.path, size[0], size[1], theme)
				if each.path != "/nowhere" {
					p.until("it is live", live)
					p.until("its lines are there", settledInSight)
				}
				if each.act != nil {
					each.act(p)
				}
				p.save(filepath.Join(*gallery, file))
				p.close()
			}
		}
	}
	if which.MatchString("cut") {
		b.expect(gone...)
		for _, size := range hands {
			for _, theme := range []string{"light", "dark"} {
				p := b.open(s.url+"/b/every", size[0], size[1], theme)
				p.until("it is live", live)
				p.until("its lines are there", settledInSight)
				s.pause()
				p.until("the contact is lost", stale)
				p.save(filepath.Join(*gallery, fmt.Sprintf("cut-%dx%d-%s.png", size[0], size[1], theme)))
				s.resume()
				p.close()
			}
		}
	}
}

// settledInSight is settled for the logs that can be seen: the others wait until they are. A page of screens lists at least itself,
// and charts are the app's, not as the server drew them.
const settledInSight = drawn + ` && !(document.querySelector("#screens") && !document.querySelector(".screen-list li")) && ![...document.querySelectorAll(".log")].some((log) => log.getBoundingClientRect().top < innerHeight && log.querySelector(".unread"))`

// named is a path as part of a file's name.
func named(path string) string {
	return strings.Trim(regexp.MustCompile(`[/?=]+`).ReplaceAllString(path, "-"), "-")
}
