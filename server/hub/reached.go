package hub

// Reached says how far each room reaches now, whatever was told of it before: newest
// answers the seq of its newest message. Members miss what they were not given; where a
// room reaches less far than before, as what was told was lost, they go on from there.
func (h *Hub) Reached(newest func(room string) uint64) {
	h.doors.Lock()
	crowds := make([]*crowd, 0, len(h.rooms))
	for _, c := range h.rooms {
		crowds = append(crowds, c)
	}
	h.doors.Unlock()
	for _, c := range crowds {
		for _, m := range c.reached(newest(c.name)) {
			m.out.due(m)
		}
	}
}

// reached is Reached for one room; it answers whom that concerns.
func (c *crowd) reached(newest uint64) []*Member {
	c.mu.Lock()
	defer c.mu.Unlock()
	if newest == c.newest {
		return nil
	}
	for _, m := range c.members.here {
		m.last, m.reach = min(m.last, newest), min(m.reach, newest)
	}
	for i := range c.present.ring {
		c.present.ring[i].at = min(c.present.ring[i].at, newest)
	}
	c.ring, c.bytes, c.newest = nil, 0, newest
	return c.members.all()
}
