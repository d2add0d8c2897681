package main

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"sync"

	"telltale/app/ui"
	"telltale/server/api"
)

// onlookers are those whose page is being drawn right now. go-app tells a page that is drawn
// nothing of its request but the URL, so that has a name in it that is drawn by lot, under
// which what its caller may read is kept until the page is there.
type onlookers struct {
	all    source
	sights sync.Map // of api.Sight, by name
}

// pages has pages drawn with what their caller may read.
func (o *onlookers) pages(draw http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sight := api.SightOf(r)
		name := rand.Text()
		o.sights.Store(name, sight)
		defer o.sights.Delete(name)
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
	sight, is := o.sights.Load(at.User.Username())
	if !is {
		return nil
	}
	of.sight, _ = sight.(api.Sight)
	return of
}
