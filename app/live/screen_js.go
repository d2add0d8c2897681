package live

import (
	"context"
	"syscall/js"

	"telltale/shared/access"
	"telltale/shared/wire"
)

// Await waits for a promise; false where it fails or the context ends first. Not for
// callbacks of the browser: it would wait for itself.
func Await(ctx context.Context, promise js.Value) (js.Value, bool) { return await(ctx, promise) }

// Screens are the open screens, the oldest first.
func (Browser) Screens(ctx context.Context) (rows []wire.ScreenRow, err error) {
	err = read(ctx, "/api/v1/screens", &rows)
	return rows, err
}

// Me is what the viewer may.
func (Browser) Me(ctx context.Context) (me access.Me, err error) {
	err = read(ctx, "/api/v1/me", &me)
	return me, err
}

// Boards are all boards, by id.
func (Browser) Boards(ctx context.Context) (rows []wire.BoardRow, err error) {
	err = read(ctx, "/api/v1/boards", &rows)
	return rows, err
}
