package capture

import (
	"errors"
	"fmt"
	"os"
)

// disk keeps bodies in slots of MaxBody bytes of a file that has no name, so that
// it is gone with the process. The zero value but for slots is ready.
type disk struct {
	dir   string
	slots int64 // that there may be
	file  *os.File
	named bool    // it could not be unlinked while it is open
	made  int64   // slots that there are
	spare []int64 // those of them that hold nothing
}

var errFull = errors.New("the spool is full")

// write keeps a body and answers its slot.
func (d *disk) write(body []byte) (slot int64, err error) {
	if d.file == nil {
		if d.file, err = os.CreateTemp(d.dir, "telltale-spool-"); err != nil {
			return 0, fmt.Errorf("make a spool file: %w", err)
		}
		d.named = os.Remove(d.file.Name()) != nil
	}
	if n := len(d.spare); n > 0 {
		slot, d.spare = d.spare[n-1], d.spare[:n-1]
	} else if d.made < d.slots {
		slot = d.made
		d.made++
	} else {
		return 0, errFull
	}
	if _, err = d.file.WriteAt(body, slot*MaxBody); err != nil {
		d.free(slot)
		return 0, fmt.Errorf("write to the spool file: %w", err)
	}
	return slot, nil
}

func (d *disk) read(slot int64, size int) ([]byte, error) {
	body := make([]byte, size)
	if _, err := d.file.ReadAt(body, slot*MaxBody); err != nil {
		return nil, fmt.Errorf("read the spool file: %w", err)
	}
	return body, nil
}

// free gives a slot back; where none is used any more the file gives its place on the disk back.
func (d *disk) free(slot int64) {
	d.spare = append(d.spare, slot)
	if int64(len(d.spare)) == d.made {
		d.made, d.spare = 0, nil
		_ = d.file.Truncate(0)
	}
}

func (d *disk) close() error {
	if d.file == nil {
		return nil
	}
	err := d.file.Close()
	if d.named {
		err = errors.Join(err, os.Remove(d.file.Name()))
	}
	d.file = nil
	return err
}
