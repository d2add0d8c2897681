package api

// Cut ends all WebSockets at once: pages come back by themselves, and join as they would
// after the server had been started on another database.
func (a *API) Cut() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for s := range a.sockets {
		s.cut()
	}
}
