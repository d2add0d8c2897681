package ui

// Begin begins the start of the app: the browser has its turn first.
func Begin() { breathe() }

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

// OnInit is that of Card.
func (f *Foot) OnInit() { breathe() }

// OnInit is that of Card: what follows puts the page in its place.
func (k *Keys) OnInit() { breathe() }

func breathe() {
	if browser != nil {
		browser.Breathe()
	}
}
