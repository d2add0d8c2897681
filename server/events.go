package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// mostEvent is how long an event may be, in bytes.
const mostEvent = 1 << 20

var errLong error = &refusal{"it says more at once than a message has"}

// event is one of server-sent events (HTML standard, section 9.2).
type event struct {
	id         uint64 // that of the last one that had one
	kind, data string
}

// events reads events until their stream ends, why it answers, or take answers an error; heard is called for every line, and so
// for the comments by which a server says that it is there. Of an event that is not whole nothing is taken, as the standard has
// it: github.com/tmaxmax/go-sse, which reads them too, hands over the beginning of one when its stream ends, and the rest of the
// message would then never be asked for.
func events(from io.Reader, heard func(), take func(event) error) error {
	lines := bufio.NewScanner(from)
	lines.Buffer(nil, mostEvent)
	var e event
	var data []string
	size := 0
	for lines.Scan() {
		heard()
		name, value, _ := strings.Cut(lines.Text(), ":")
		value = strings.TrimPrefix(value, " ")
		if size += len(lines.Text()) + 1; size > mostEvent {
			return errLong
		}
		switch {
		case name == "data":
			data = append(data, value)
		case name == "event":
			e.kind = value
		case name == "id":
			id, err := strconv.ParseUint(value, 10, 63)
			if err != nil {
				return &refusal{fmt.Sprintf("it names a message %.40q", value)}
			}
			e.id = id
		case lines.Text() == "":
			if e.data = strings.Join(data, "\n"); data != nil {
				if err := take(e); err != nil {
					return err
				}
			}
			e, data, size = event{id: e.id}, nil, 0
		}
	}
	switch err := lines.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return errLong
	case err != nil:
		return err
	}
	return io.EOF
}
