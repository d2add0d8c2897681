package dump

import (
	"context"

	"telltale/shared/access"
)

// Access is the source of tokens, sorted by name, and of the audit, the newest first: access.MaxEvents at most.
func Access(s access.Store) Source {
	return func(ctx context.Context, put Put) error {
		all, err := s.Tokens(ctx)
		if err != nil {
			return err
		}
		for _, t := range all {
			if err := put(Record{Token: OfToken(t)}); err != nil {
				return err
			}
		}
		for before, left := uint64(0), access.MaxEvents; before != 1 && left > 0; {
			page, err := s.Events(ctx, before, min(eventPage, left))
			if err != nil || len(page) == 0 {
				return err
			}
			for i := range page {
				if err := put(Record{Event: &page[i]}); err != nil {
					return err
				}
			}
			before, left = page[len(page)-1].Seq, left-len(page)
		}
		return nil
	}
}

// eventPage is how many events are read at a time.
const eventPage = 1000
