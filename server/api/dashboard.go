package api

import (
	"encoding/json"
	"net/http"

	"telltale/server/hub"
	"telltale/shared/access"
	"telltale/shared/metric"
	"telltale/shared/wire"
)

// shopState is the whole state of the shop; every frame is complete.
type shopState struct {
	Orders    float64 `json:"orders"`
	Customers float64 `json:"customers"`
	Products  float64 `json:"products"`
}

// shop reads the state, and the seqs of its three heads.
func (a *API) shop() (shopState, [3]uint64) {
	h := a.Hub.Heads(orders, customers, products)
	return shopState{h[0].Value, h[1].Value, h[2].Value}, [3]uint64{h[0].Seq, h[1].Seq, h[2].Seq}
}

// getDashboard sends the state once, or as a WebSocket at once and after every
// change; changes within 50 ms may share a frame.
func (a *API) getDashboard(w http.ResponseWriter, r *http.Request) error {
	if !wantsSocket(r) {
		w.Header().Add("Vary", "Accept")
		if wantsHTML(r) {
			http.Redirect(w, r, "/", http.StatusSeeOther)
			return nil
		}
		if err := a.allowShop(r); err != nil {
			return err
		}
		state, _ := a.shop()
		return sendJSON(w, state)
	}
	if err := a.allowShop(r); err != nil {
		return err
	}
	s, err := a.open(w, r)
	if err != nil {
		return err
	}
	defer s.close()
	viewer, err := a.Hub.Watch(s.out, hub.Watch{Patterns: []string{string(orders), string(customers), string(products)}, Rate: 20})
	if err != nil {
		s.shut(wire.CloseTryLater, "too many watch already")
		return errGone
	}
	defer viewer.Close()
	if a.allowShop(r) != nil { // a share link's board is another one since it was opened
		s.shut(wire.CloseTryLater, "the board has changed")
		return errGone
	}
	s.run(a.shopFrames(viewer), ignore)
	return nil
}

// allowShop refuses who may not read all of the shop's counters.
func (a *API) allowShop(r *http.Request) error {
	for _, id := range [...]metric.ID{orders, customers, products} {
		if err := a.allow(r, access.Need{Right: access.Read, Class: access.Metrics, Name: string(id)}); err != nil {
			return err
		}
	}
	return nil
}

// shopFrames gives the state whenever it changed since it was last given.
func (a *API) shopFrames(viewer *hub.Viewer) func() outgoing {
	first, last := true, [3]uint64{}
	return func() outgoing {
		if !viewer.Skip() && !first {
			return outgoing{}
		}
		state, seqs := a.shop()
		if seqs == last && !first {
			return outgoing{}
		}
		first, last = false, seqs
		frame, _ := json.Marshal(state) // metrics are finite
		return outgoing{payload: frame}
	}
}
