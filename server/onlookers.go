package main

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"sync"

	"telltale/app/ui"
	"telltale/server/api"
	"telltale/shared/access"
)

// onlookers are those whose page is being drawn right now. go-app tells a page that is drawn
// nothing of its request but the URL, so that has a name in it that is drawn by lot, under
// which what its caller may is kept until the page is there.
type onlookers struct {
	all   source
	looks sync.Map // of look, by name
}

// look is what the caller of one page may.
type look struct {
	sight api.Sight
	me    access.Me
}

// pages has pages drawn with what their caller may read.
func (o *onlookers) pages(draw http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := rand.Text()
		o.looks.Store(name, look{api.SightOf(r), api.MeOf(r)})
		defer o.looks.Delete(name)
		named := r.Clone(r.Context())
		named.URL.User = url.User(name)
		draw.ServeHTTP(w, named)
	})
}

// source is where the page with that URL finds what to show: nowhere, where nobody is known
// to look at it.
func (o *onlookers) source(at *url.URL) ui.Source {
	of := o.all
	if at.User == nil {
		return nil
	}
	found, _ := o.looks.Load(at.User.Username())
	look, is := found.(look)
	if !is {
		return nil
	}
	of.sight, of.me = look.sight, look.me
	return of
}
