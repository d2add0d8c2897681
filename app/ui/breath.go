package ui

// OnInit lets the browser breathe between cards while the page is made: their nodes are not
// on the page yet, so nothing half made is seen.
func (c *Card) OnInit() { breathe() }

// OnInit is that of Card.
func (c *RoomCard) OnInit() { breathe() }

// OnInit is that of Card.
func (c *RunCard) OnInit() { breathe() }

// OnInit is that of Card.
func (c *Invitation) OnInit() { breathe() }

// OnInit is that of Card.
func (l *Lamp) OnInit() { breathe() }

func breathe() {
	if browser != nil {
		browser.Breathe()
	}
}
