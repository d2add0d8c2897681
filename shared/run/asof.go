package run

// AsOf are the runs as they stood at a time, ms since 1970: those that had begun, and those
// of them that had not ended yet going on.
func AsOf(runs []Run, at int64) []Run {
	var then []Run
	for _, r := range runs {
		if r.Started > at {
			continue
		}
		if !r.State.Final() || r.Started+r.Duration > at {
			r.State, r.Code, r.Signal, r.Duration = Running, nil, "", at-r.Started
		}
		then = append(then, r)
	}
	return then
}
