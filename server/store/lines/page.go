package lines

import "telltale/shared/room"

// PageBytes is how much a Page takes at most, unless one message has more.
const PageBytes = 64 << 10

// Page gathers messages of a room from rows of them, in order of seq.
type Page struct {
	Room        string
	After, UpTo uint64 // it takes those with After < seq ≤ UpTo
	Limit       int    // at most so many
	Messages    []room.Message
	Full        bool // it takes no more

	bytes int
}

// Add takes from a row, which begins with a seq and was kept at a time, what belongs to
// the page. Its error is ErrCorrupt, also where it does not follow on the row before.
func (p *Page) Add(seq uint64, at int64, row []byte) error {
	if n := len(p.Messages); n > 0 && seq != p.Messages[n-1].Seq+1 {
		return ErrCorrupt
	}
	sender := ""
	return Each(row, func(l *Line) bool {
		if seq > p.After {
			if p.Full = seq > p.UpTo || len(p.Messages) == p.Limit || len(p.Messages) > 0 && p.bytes+l.Size() > PageBytes; p.Full {
				return false
			}
			if string(l.Sender) != sender {
				sender = string(l.Sender)
			}
			p.Messages = append(p.Messages, room.Message{Room: p.Room, Seq: seq, Time: at, Sender: sender, Stream: l.Stream,
				Content: string(l.Content), Raw: l.Raw(), Open: l.Open})
			p.bytes += l.Size()
		}
		seq++
		return true
	})
}
