package hub_test

import (
	"testing"
	"testing/synctest"
	"time"

	"telltale/server/hub"
	"telltale/shared/metric"
)

// alone is linked to others of which none is there.
type alone struct{}

func (alone) Here(string, string, int)                   {}
func (alone) Direct([]string, string, []byte) (int, int) { return 0, 0 }

func TestWhoComesFromAHubThatWasAheadIsShownNothingOlder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := hub.New("life", 4, []metric.Metric{{ID: "a", Head: metric.Head{Time: 1, Seq: 4, Value: 4}}})
		h.Link(alone{})
		out := hub.NewOutbox()
		v, err := h.Watch(out, hub.Watch{Patterns: []string{"*"}, Rate: 20, Since: 6, Epoch: "life"})
		if err != nil {
			t.Fatal(err)
		}
		defer v.Close()
		for range 5 {
			if frame, at := v.Next(); frame != nil || at != nil {
				t.Fatalf("it has seen what was as of 6, and is given %s, %+v", frame, at)
			}
			time.Sleep(time.Second)
		}
		h.Publish([]metric.Sample{{Metric: "a", Value: 5, Seq: 5, Time: 2}, {Metric: "b", Value: 1, Seq: 6, Time: 2}})
		h.Publish([]metric.Sample{{Metric: "a", Value: 7, Seq: 7, Time: 2}})
		for range 10 {
			if _, at := v.Next(); at != nil {
				if !at.Resume || at.Since != 6 || at.Seq != 7 {
					t.Errorf("%+v", at)
				}
				return
			}
			time.Sleep(time.Second)
		}
		t.Error("it waits still")
	})
}

func TestWhoComesToAHubThatKnowsNothingYetWaitsUntilItDoes(t *testing.T) {
	h := hub.New("", 0, nil)
	h.Link(alone{})
	v, err := h.Watch(hub.NewOutbox(), hub.Watch{Patterns: []string{"*"}, Rate: 20, Since: 6, Epoch: "life"})
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	if frame, at := v.Next(); frame != nil || at != nil {
		t.Errorf("it is given %s, %+v", frame, at)
	}
	h.Renew("life", 7, []metric.Metric{{ID: "a", Head: metric.Head{Time: 1, Seq: 7, Value: 7}}})
	if _, at := v.Next(); at == nil || at.Epoch != "life" || at.Seq != 7 || len(at.Values) != 1 {
		t.Errorf("%+v", at)
	}
}
