package hub_test

import (
	"testing"

	"telltale/server/hub"
	"telltale/shared/metric"
	"telltale/shared/room"
	"telltale/shared/series"
	"telltale/shared/wire"
)

func TestWhoWatchesTakesASnapshotOfWhatIsKnownAnew(t *testing.T) {
	h := hub.New("before", 7, []metric.Metric{{ID: "a", Head: metric.Head{Time: 1, Seq: 7, Value: 7}}, {ID: "gone", Head: metric.Head{Time: 1, Seq: 6, Value: 6}}})
	out := hub.NewOutbox()
	v, err := h.Watch(out, hub.Watch{Patterns: []string{"*"}, Rate: 20})
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	_, at := v.Next()
	if at == nil || at.Seq != 7 || len(at.Values) != 2 {
		t.Fatalf("%+v", at)
	}
	back, err := h.Watch(hub.NewOutbox(), hub.Watch{Patterns: []string{"*"}, Rate: 20, Since: 7, Epoch: "before"})
	if err != nil {
		t.Fatal(err)
	}
	defer back.Close()
	v.Passed(at) // it waits for seq 8, which this epoch will not have for long

	h.Renew("after", 3, []metric.Metric{{ID: "a", Head: metric.Head{Time: 1, Seq: 3, Value: 3}}})
	for name, viewer := range map[string]*hub.Viewer{"who watched": v, "who came back from before": back} {
		_, at := viewer.Next()
		if at == nil || at.Epoch != "after" || at.Seq != 3 || at.Resume || len(at.Values) != 1 || at.Values["a"] != (series.Point{Time: 1, Value: 3}) {
			t.Errorf("%s: %+v", name, at)
		}
	}
	h.Publish([]metric.Sample{{Metric: "a", Value: 4, Seq: 4, Time: 2}})
	if heads := h.Heads("a", "gone"); heads[0].Value != 4 || heads[1].Seq != 0 {
		t.Errorf("%+v", heads)
	}
}

func TestMembersGoOnWithWhatIsSaidAfterAnotherEpochBegan(t *testing.T) {
	h := hub.New("before", 0, nil)
	out := hub.NewOutbox()
	m, err := h.Join(out, "r")
	if err != nil {
		t.Fatal(err)
	}
	m.Start(7)
	h.Say([]room.Message{{Room: "r", Seq: 8, Content: "lost"}})
	if e := m.Next(); e.Said == nil || e.Said.Seq != 8 {
		t.Fatalf("%+v", e)
	}
	h.Renew("after", 0, nil)
	if e := m.Next(); e.Said != nil || e.Missed != nil {
		t.Errorf("before anything is said: %+v", e)
	}
	h.Say([]room.Message{{Room: "r", Seq: 4, Content: "kept"}, {Room: "r", Seq: 5, Content: "next"}})
	for seq := uint64(4); seq <= 5; seq++ {
		if e := m.Next(); e.Said == nil || e.Said.Seq != seq {
			t.Errorf("seq %d: %+v", seq, e)
		}
	}
	if e := m.Next(); e.Said != nil || e.Missed != nil {
		t.Errorf("%+v", e)
	}
}

func TestWhoCameBeforeAnotherEpochBeganIsTold(t *testing.T) {
	h := hub.New("before", 0, nil)
	enter := func(user string) *hub.Outbox {
		out := hub.NewOutbox()
		if err := h.Enter(out, user); err != nil {
			t.Fatal(err)
		}
		m, err := h.Join(out, "r")
		if err != nil {
			t.Fatal(err)
		}
		m.Start(0)
		return out
	}
	ada := enter("ada")
	h.Say([]room.Message{{Room: "r", Seq: 1}, {Room: "r", Seq: 2}})
	enter("bob") // after what ada has not heard yet, and never will
	h.Renew("after", 0, nil)
	h.Reached(func(string) uint64 { return 0 })
	var heard []string
	for range 10 {
		m := ada.Due()
		if m == nil {
			break
		}
		if e := m.Next(); e.Presence != nil {
			heard = append(heard, string(e.Presence))
		}
	}
	if ada.Due() != nil {
		t.Error("she is never through with it")
	}
	if want := string(wire.Encode(wire.MemberJoined{RoomID: "r", UserID: "bob"})); len(heard) != 1 || heard[0] != want {
		t.Errorf("heard %q, want %s", heard, want)
	}
}
