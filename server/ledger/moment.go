package ledger

import (
	"context"

	"telltale/shared/metric"
	"telltale/shared/series"
)

// Moments reads metrics as they were. The contract goes on from that of Runs:
//
//  30. ValuesAt gives each metric's newest sample up to a time, never a later one. Of samples
//     that the store keeps in roll-ups alone, those that share a step with a later one than
//     that time may be left out, in the finest tier that reaches back so far.
//  31. Rows with Until holds no sample later than that; what shares a step of the tier with
//     a later one may be left out.
type Moments interface {
	// ValuesAt leaves out metrics that had no sample at a time, ms since 1970. It costs
	// about one read for each of ids that changed since.
	ValuesAt(ctx context.Context, ids []metric.ID, time int64) (map[metric.ID]series.Point, error)
}
