package live

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"telltale/shared/metric"
	"telltale/shared/series"
)

// That a metric was never written is known of what a page, an answer or the list of all would have told of.
func TestWhatNobodyToldOfDoesNotCountAsNeverWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		defer synctest.Wait()
		defer stop()
		s := &server{epoch: "e1", slow: true}
		at := func(pattern string) Look { return Look{Patterns: []string{pattern}, RangeMS: 300_000, Points: 300} }
		v := NewViewer(s, at("on.*"), func(Change) {})
		heard := func(when string, want map[string]bool) {
			t.Helper()
			synctest.Wait()
			v.See(func(_ *series.Set, _ int64, c Contact) {
				for id, want := range want {
					if w := v.Word(metric.ID(id)); w.Written != 0 || (w.Heard != 0) != want || want && w.Heard != c.Values {
						t.Errorf("%s: of %s is known %+v", when, id, w)
					}
				}
			})
		}
		heard("before anything", map[string]bool{"on.page": false, "elsewhere": false})
		v.Remember(nil, series.Snapshot{Seq: 1, Time: time.Now().UnixMilli()}, time.Second)
		heard("by the page", map[string]bool{"on.page": true, "on.*": true, "elsewhere": false})
		go v.Run(ctx)
		v.Look(ctx, at("elsewhere"))
		heard("before the answer", map[string]bool{"on.page": true, "elsewhere": false})
		s.do(s.answer)
		heard("by the answer", map[string]bool{"elsewhere": true, "third": false})
		signal(v.unknown)
		heard("by the list", map[string]bool{"elsewhere": true, "third": true})
	})
}
