package chart

import (
	"math"
	"strings"
	"testing"
)

func TestValuesAreWrittenAsPeopleExpect(t *testing.T) {
	for _, row := range []struct {
		v    float64
		unit string
		want string
	}{
		{0, "", "0"}, {3, "", "3"}, {-3, "", "−3"}, {12345, "", "12,345"}, {999999, "", "999,999"}, {1234567, "", "1.235M"},
		{999999.7, "", "1M"}, {0.5, "", "0.5"}, {0.00042, "", "0.00042"}, {1e-9, "", "1e−09"}, {1e30, "", "1e+30"}, {-1234567, "", "−1.235M"},
		{21.5, "°C", "21.5 °C"}, {21.4567, "°C", "21.46 °C"}, {math.Copysign(0, -1), "°C", "0 °C"}, {1500, "orders", "1,500 orders"},
		{37.52, "percent", "37.5%"}, {100, "%", "100%"}, {0.123, "%", "0.123%"}, {40, "%", "40%"},
		{0, "bytes", "0 B"}, {1023, "bytes", "1,023 B"}, {1024, "bytes", "1 KiB"}, {1.5 * (1 << 30), "B", "1.5 GiB"}, {1048575.9, "bytes", "1 MiB"},
		{2048, "bytes/s", "2 KiB/s"},
		{0.25, "seconds", "250 ms"}, {250, "ms", "250 ms"}, {0, "s", "0 s"}, {1.25, "s", "1.25 s"}, {59.999, "s", "1 min"}, {83, "s", "1 min 23 s"},
		{7500, "s", "2 h 5 min"}, {86400 * 3.5, "s", "3 d 12 h"}, {-90, "s", "−1 min 30 s"}, {0.0000015, "s", "1.5 µs"}, {2, "h", "2 h"},
		{1500, "W", "1.5 kW"}, {0.002, "A", "2 mA"}, {1e6, "bit/s", "1 Mbit/s"},
		{math.NaN(), "s", "–"}, {math.Inf(1), "", "–"},
	} {
		got := strings.ReplaceAll(string(AppendValue(nil, row.v, row.unit)), "\u00a0", " ")
		if got != row.want {
			t.Errorf("%v in %q is written %q, wanted %q", row.v, row.unit, got, row.want)
		}
	}
}

func TestTicksAreNiceAndCoverTheValues(t *testing.T) {
	for _, lo := range []float64{-1e12, -99, -1, -0.01, 0, 0.37, 1, 21.3, 999, 1e6, 1e15} {
		for _, span := range []float64{0, 1e-7, 0.003, 0.5, 1, 3, 17, 100, 12345, 1e9, 1e14} {
			for count := 2; count <= 6; count++ {
				tk := niceTicks(lo, lo+span, 0, count)
				if tk.lo > lo+1e-9*tk.step || tk.hi < lo+span-1e-9*tk.step || tk.hi <= tk.lo {
					t.Errorf("%v+%v in %d: the axis is %v to %v", lo, span, count, tk.lo, tk.hi)
				}
				if n := tk.last - tk.first + 1; n < 1 || n > count+1 {
					t.Errorf("%v+%v: %d ticks, wanted at most %d", lo, span, n, count+1)
				}
				mantissa := tk.step / math.Pow(10, math.Floor(math.Log10(tk.step)+1e-9))
				if math.Abs(mantissa-1) > 1e-6 && math.Abs(mantissa-2) > 1e-6 && math.Abs(mantissa-5) > 1e-6 {
					t.Errorf("%v+%v in %d: a step of %v", lo, span, count, tk.step)
				}
			}
		}
	}
}

func TestTheDomainKeepsZeroWhereItIsCheap(t *testing.T) {
	for _, row := range []struct {
		lo, hi         float64
		zero           bool
		wantLo, wantHi float64
	}{
		{20, 23, false, 20, 23}, {20, 23, true, 0, 23}, {3, 10, false, 0, 10}, {-3, 10, false, -3, 10}, {-10, -3, false, -10, 0},
		{-23, -20, false, -23, -20}, {5, 5, false, 0, 5}, {-5, -5, false, -5, 0}, {0, 0, false, 0, 1}, {math.Inf(1), math.Inf(-1), false, 0, 1},
		{-math.MaxFloat64, math.MaxFloat64, false, -1e300, 1e300},
	} {
		if lo, hi := domain(row.lo, row.hi, row.zero); lo != row.wantLo || hi != row.wantHi {
			t.Errorf("%v to %v, zero %v: %v to %v, wanted %v to %v", row.lo, row.hi, row.zero, lo, hi, row.wantLo, row.wantHi)
		}
	}
}
