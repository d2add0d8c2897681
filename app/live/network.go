package live

import (
	"context"
	"errors"
	"time"

	"telltale/shared/metric"
	"telltale/shared/room"
	"telltale/shared/wire"
)

// ErrNone says that what was asked for is not there.
var ErrNone = errors.New("there is none")

// Socket is an open connection of text messages. Read is called by one goroutine,
// Write by many; Close makes both fail.
type Socket interface {
	Read(ctx context.Context) ([]byte, error) // the next message; an error ends the socket
	Write(ctx context.Context, message []byte) error
	Close()
}

// aged is a Socket that may have been opened before Dial was called, and so long before: what it said first is as old.
type aged interface{ Age() time.Duration }

// Network reaches the server.
type Network interface {
	// Dial opens the socket at /ws.
	Dial(ctx context.Context) (Socket, error)
	// Ask makes a plain request that costs the server next to nothing; nil means that it answered.
	Ask(ctx context.Context) error
	// Metrics are all metrics there are, with what was declared of each.
	Metrics(ctx context.Context) ([]metric.Metric, error)
	// Rooms are all rooms there are, sorted by name.
	Rooms(ctx context.Context) ([]wire.RoomRow, error)
	// Messages are the newest of a room with seq < before, oldest first, at most limit; none
	// means that none of them is kept.
	Messages(ctx context.Context, name string, before uint64, limit int) ([]room.Message, error)
	// Until are the newest of a room that had been said at a time, ms since 1970, as Messages.
	Until(ctx context.Context, name string, time int64, limit int) ([]room.Message, error)
}
