package chart

import (
	"math"
	"strings"
	"testing"
	"time"

	"telltale/shared/scene"
	"telltale/shared/series"
)

// berlin is Europe's summer time as of 2025, without a time zone database.
func berlin(ms int64) int {
	begin := time.Date(2025, 3, 30, 1, 0, 0, 0, time.UTC).UnixMilli()
	end := time.Date(2025, 10, 26, 1, 0, 0, 0, time.UTC).UnixMilli()
	if ms >= begin && ms < end {
		return 7200
	}
	return 3600
}

func TestTimesBeyondTheCalendarHaveFewTicksToo(t *testing.T) {
	for _, span := range [][2]int64{{0, math.MaxInt64}, {math.MinInt64, math.MaxInt64}, {math.MaxInt64 - 1000, math.MaxInt64}, {math.MaxInt64, math.MinInt64}, {math.MinInt64, math.MinInt64}, {lastTime, lastTime}} {
		var c Chart
		var tape scene.Tape
		c.Draw(&tape, &Input{From: span[0], To: span[1], Zone: berlin}, 640, 200)
		if len(c.labels) > 100 {
			t.Errorf("%v: %d ticks", span, len(c.labels))
		}
	}
}

func TestTicksOfTimeLieOnRoundLocalTimes(t *testing.T) {
	at := func(s string) int64 {
		v, err := time.Parse("2006-01-02 15:04:05", s)
		if err != nil {
			t.Fatal(err)
		}
		return v.UnixMilli()
	}
	for _, row := range []struct {
		name, from, to string // UTC
		want           string
		wantUTC        string // of the ticks
	}{
		{"a minute", "2025-06-22 11:59:00", "2025-06-22 12:00:00", "13:59:00 13:59:10 13:59:20 13:59:30 13:59:40 13:59:50 14:00:00", ""},
		{"over midnight", "2025-06-22 20:30:00", "2025-06-22 23:30:00", "22:30 23:00 23:30 *23 Jun 00:30 01:00 01:30", ""},
		{"a day", "2025-06-21 12:00:00", "2025-06-22 12:00:00", "15:00 18:00 21:00 *22 Jun 03:00 06:00 09:00 12:00", ""},
		{"clocks go forward", "2025-03-29 22:00:00", "2025-03-30 04:00:00", "23:00 *30 Mar 01:00 03:00 04:00 05:00 06:00", "22:00 23:00 00:00 01:00 02:00 03:00 04:00"},
		{"clocks go back", "2025-10-25 22:00:00", "2025-10-26 04:00:00", "*26 Oct 01:00 02:00 03:00 04:00 05:00", "22:00 23:00 01:00 02:00 03:00 04:00"},
		{"a week", "2025-06-15 12:00:00", "2025-06-22 12:00:00", "16 Jun 17 Jun 18 Jun 19 Jun 20 Jun 21 Jun 22 Jun", ""},
		{"a month begins its weeks on Monday", "2025-05-23 12:00:00", "2025-06-22 12:00:00", "26 May 2 Jun 9 Jun 16 Jun", ""},
		{"a year", "2024-06-22 12:00:00", "2025-06-22 12:00:00", "Jul Oct *2025 Apr", ""},
		{"ten years", "2015-06-22 12:00:00", "2025-06-22 12:00:00", "2016 2018 2020 2022 2024", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			var c Chart
			var tape scene.Tape
			in := Input{From: at(row.from), To: at(row.to), Zone: berlin}
			c.Draw(&tape, &in, 640, 200)
			var labels, utc []string
			for _, l := range c.labels {
				text := string(c.text[l.start:l.end])
				if l.strong {
					text = "*" + text
				}
				labels = append(labels, text)
				ms, _ := c.Hit(l.at)
				utc = append(utc, time.UnixMilli(ms).UTC().Format("15:04"))
			}
			if got := strings.Join(labels, " "); got != row.want {
				t.Errorf("%s\nwanted %s", got, row.want)
			}
			if got := strings.Join(utc, " "); row.wantUTC != "" && got != row.wantUTC {
				t.Errorf("in UTC %s\n wanted %s", got, row.wantUTC)
			}
		})
	}
}

func TestAnyRangeHasTicksOfTimeOnACard(t *testing.T) {
	for _, span := range []int64{minute, 5 * minute, 15 * minute, hour, day, 7 * day, 30 * day} {
		for _, width := range []float64{334, 344, 1128} {
			for i := range int64(20) {
				var c Chart
				var tape scene.Tape
				to := int64(1_750_593_600_000) + i*span/7
				head := series.NewSeries(span/100, 200)
				head.Add(series.Bucket{Time: to, Last: -1013, Min: -1013.25, Max: -1013, Count: 1})
				c.Draw(&tape, &Input{From: to - span, To: to, Zone: berlin, Series: []Series{{Columns: head}}}, width, 136)
				if len(c.labels) < fewTicks {
					t.Fatalf("a range of %v has %d ticks on %v pixels", time.Duration(span)*time.Millisecond, len(c.labels), width)
				}
			}
		}
	}
}

func TestBarsBeginOnRoundLocalTimes(t *testing.T) {
	if got := barStep(40*minute, 10*minute); got != hour {
		t.Errorf("a bar of at least 40 minutes takes %d ms", got)
	}
	if got := barStep(1, 7777); got != 7777 {
		t.Errorf("a bar over steps of 7777 ms takes %d ms", got)
	}
	if got := barStep(400*day, day); got != 400*day {
		t.Errorf("a bar of at least 400 days takes %d ms", got)
	}
}
