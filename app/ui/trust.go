package ui

import (
	"telltale/shared/fresh"
	"telltale/shared/metric"
)

// badge is what the card says of how far its values may be trusted, at a time of the clock
// that values are told by. word tells when a metric's value was written and as of when that
// is known. A reading that nobody promised anything of says its age once it is old.
func (c *Card) badge(now int64, word func(m metric.Metric) (written, heard int64)) fresh.Badge {
	values := make([]fresh.Value, len(c.Shown))
	for i, m := range c.Shown {
		values[i].Name = c.Titles[i]
		values[i].Written, values[i].Heard = word(m)
	}
	if len(values) == 0 && c.Panel.Every > 0 { // promised, and it does not even exist
		written, heard := word(c.first())
		values = []fresh.Value{{Written: written, Heard: heard}}
	}
	said := fresh.Panel(now, int64(c.Panel.Every), values)
	if said.Words == "" && len(c.Shown) > 0 && c.Shown[0].Kind != metric.Counter && values[0].Written != 0 && now-values[0].Written >= oldAfter {
		said.Words = fresh.Words(now, values[0].Written, 0, fresh.Fresh)
	}
	return said
}

// says is its badge as of now; on the server, and where the app begins, as of when the page was made.
func (c *Card) says() fresh.Badge {
	if browser == nil {
		return c.firstBadge()
	}
	return browser.Trust(c)
}

// firstBadge is that of the page as the server made it, which has just been heard of.
func (c *Card) firstBadge() fresh.Badge {
	if c.Now == 0 {
		return fresh.Badge{}
	}
	return c.badge(c.Now, func(m metric.Metric) (written, heard int64) {
		written = m.Head.Time
		if at, told := c.Written[m.ID]; told {
			written = at
		}
		if m.Head.Seq == 0 || written > c.Now {
			written = 0
		}
		return written, c.Now - c.Stale
	})
}
