package hub

import "slices"

// roster is who is in a room or watches a feed: each knows its place in it, and it can be
// gone through without the lock that guards it.
type roster[T interface {
	comparable
	seat() *int // its place in the roster
}] struct {
	here   []T
	shared bool // somebody goes through it without the lock: clone before a change
}

// all are to be gone through without the lock.
func (r *roster[T]) all() []T {
	r.shared = true
	return r.here
}

func (r *roster[T]) own() {
	if r.shared {
		r.here, r.shared = slices.Clone(r.here), false
	}
}

func (r *roster[T]) add(one T) {
	r.own()
	*one.seat() = len(r.here)
	r.here = append(r.here, one)
}

// remove takes out one who is in it.
func (r *roster[T]) remove(one T) {
	r.own()
	var nobody T
	place, end := *one.seat(), len(r.here)-1
	moved := r.here[end]
	r.here[place], *moved.seat() = moved, place
	r.here[end] = nobody
	r.here = r.here[:end]
}
