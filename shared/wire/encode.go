package wire

import (
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strconv"

	"telltale/shared/metric"
	"telltale/shared/series"
)

// AppendFrame writes f as a frame message: metrics sorted by ID, a bucket as
// [time,last,min,max,sum,count].
func AppendFrame(b []byte, f series.Frame) []byte {
	b = append(b, `{"type":"frame","from":`...)
	b = strconv.AppendUint(b, f.From, 10)
	b = append(b, `,"seq":`...)
	b = strconv.AppendUint(b, f.Seq, 10)
	b = append(b, `,"time":`...)
	b = strconv.AppendInt(b, f.Time, 10)
	b = append(b, `,"values":{`...)
	for i, id := range slices.Sorted(maps.Keys(f.Values)) {
		v := f.Values[id]
		b = appendKey(b, i, id)
		b = append(b, '[')
		b = strconv.AppendInt(b, v.Time, 10)
		for _, n := range [...]float64{v.Last, v.Min, v.Max, v.Sum} {
			b = appendNumber(append(b, ','), n)
		}
		b = strconv.AppendInt(append(b, ','), v.Count, 10)
		b = append(b, ']')
	}
	return append(b, "}}"...)
}

// AppendSnapshot writes s as the answer to the watch whose id is given: metrics
// sorted by ID, a value as [time,value], a row as
// [time,min,max,avg,last,sum,count]. "written" has only metrics whose value's time is not
// when it was written.
func AppendSnapshot(b []byte, s series.Snapshot, id string) []byte {
	return AppendSnapshotOf(b, s, AppendHistory(nil, s.History), id)
}

// AppendSnapshotOf is AppendSnapshot with the history that AppendHistory wrote, which may be
// that of many snapshots.
func AppendSnapshotOf(b []byte, s series.Snapshot, history []byte, id string) []byte {
	b = append(b, `{"type":"snapshot"`...)
	if id != "" {
		b = appendString(append(b, `,"id":`...), id)
	}
	b = appendString(append(b, `,"epoch":`...), s.Epoch)
	b = strconv.AppendUint(append(b, `,"seq":`...), s.Seq, 10)
	b = strconv.AppendBool(append(b, `,"resumed":`...), s.Resumed)
	if s.Time != 0 {
		b = strconv.AppendInt(append(b, `,"time":`...), s.Time, 10)
	}
	if s.Stale != 0 {
		b = strconv.AppendInt(append(b, `,"stale":`...), s.Stale, 10)
	}
	if len(s.Written) > 0 {
		b = append(b, `,"written":{`...)
		for i, id := range slices.Sorted(maps.Keys(s.Written)) {
			b = strconv.AppendInt(appendKey(b, i, id), s.Written[id], 10)
		}
		b = append(b, '}')
	}
	if s.Step != 0 {
		b = strconv.AppendInt(append(b, `,"step":`...), s.Step, 10)
	}
	b = append(b, `,"values":{`...)
	for i, id := range slices.Sorted(maps.Keys(s.Values)) {
		p := s.Values[id]
		b = appendKey(b, i, id)
		b = strconv.AppendInt(append(b, '['), p.Time, 10)
		b = append(appendNumber(append(b, ','), p.Value), ']')
	}
	b = append(b, `},"history":`...)
	return append(append(b, history...), '}')
}

// AppendHistory writes the history of a snapshot as a JSON object.
func AppendHistory(b []byte, history map[metric.ID][]series.Row) []byte {
	b = append(b, '{')
	for i, id := range slices.Sorted(maps.Keys(history)) {
		b = AppendRows(appendKey(b, i, id), history[id])
	}
	return append(b, '}')
}

// AppendRows writes rows of history as a JSON array of arrays.
func AppendRows(b []byte, rows []series.Row) []byte {
	b = append(b, '[')
	for i, r := range rows {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(append(b, '['), r.Time, 10)
		for _, n := range [...]float64{r.Min, r.Max, r.Avg, r.Last, r.Sum} {
			b = appendNumber(append(b, ','), n)
		}
		b = append(strconv.AppendInt(append(b, ','), r.Count, 10), ']')
	}
	return append(b, ']')
}

func appendKey(b []byte, i int, id metric.ID) []byte {
	if i > 0 {
		b = append(b, ',')
	}
	return append(appendString(b, string(id)), ':')
}

// appendString writes the usual metric's name as it is and leaves what needs
// escaping to encoding/json.
func appendString(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			quoted, _ := json.Marshal(s) // a string cannot fail
			return append(b, quoted...)
		}
	}
	return append(append(append(b, '"'), s...), '"')
}

// appendNumber writes the shortest decimal that reads back as n; null where n is
// not finite.
func appendNumber(b []byte, n float64) []byte {
	if math.IsNaN(n) || math.IsInf(n, 0) {
		return append(b, "null"...)
	}
	if a := math.Abs(n); a != 0 && (a < 1e-6 || a >= 1e21) {
		return strconv.AppendFloat(b, n, 'e', -1, 64)
	}
	return strconv.AppendFloat(b, n, 'f', -1, 64)
}
