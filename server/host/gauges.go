package host

import (
	"context"
	"errors"
	"time"

	"telltale/shared/metric"

	"github.com/shirou/gopsutil/v4/cpu"
	"github.com/shirou/gopsutil/v4/disk"
	"github.com/shirou/gopsutil/v4/load"
	"github.com/shirou/gopsutil/v4/mem"
	"github.com/shirou/gopsutil/v4/net"
)

// Gauges are the readings of this machine. dir is any folder on the disk to watch; that of the database tells its
// owner in time when it fills up.
func Gauges(dir string) []Gauge {
	return []Gauge{
		gauge("host.cpu", "CPU", "percent", readCPU),
		gauge("host.load", "Load", "", readLoad),
		gauge("host.memory", "Memory used", "bytes", func(ctx context.Context) (float64, error) {
			memory, err := mem.VirtualMemoryWithContext(ctx)
			if err != nil {
				return 0, err
			}
			return float64(memory.Used), nil
		}),
		gauge("host.memory.percent", "Memory", "percent", func(ctx context.Context) (float64, error) {
			memory, err := mem.VirtualMemoryWithContext(ctx)
			if err != nil {
				return 0, err
			}
			return memory.UsedPercent, nil
		}),
		gauge("host.disk", "Disk used", "bytes", func(ctx context.Context) (float64, error) {
			usage, err := disk.UsageWithContext(ctx, dir)
			if err != nil {
				return 0, err
			}
			return float64(usage.Used), nil
		}),
		gauge("host.disk.percent", "Disk", "percent", func(ctx context.Context) (float64, error) {
			usage, err := disk.UsageWithContext(ctx, dir)
			if err != nil {
				return 0, err
			}
			return usage.UsedPercent, nil
		}),
		gauge("host.net.in", "Network in", "bytes/s", rate(func(total net.IOCountersStat) uint64 { return total.BytesRecv })),
		gauge("host.net.out", "Network out", "bytes/s", rate(func(total net.IOCountersStat) uint64 { return total.BytesSent })),
	}
}

func gauge(id metric.ID, title, unit string, read func(context.Context) (float64, error)) Gauge {
	return Gauge{ID: id, Declaration: metric.Declaration{Kind: metric.Gauge, Title: title, Unit: unit}, Read: read}
}

var errNoReading = errors.New("the system gives no such reading")

// readCPU is the share of all cores since the last call, 0 to 100.
func readCPU(ctx context.Context) (float64, error) {
	shares, err := cpu.PercentWithContext(ctx, 0, false)
	if err != nil {
		return 0, err
	}
	if len(shares) == 0 {
		return 0, errNoReading
	}
	return shares[0], nil
}

// readLoad is the average number of processes that ran or waited over the last minute.
func readLoad(ctx context.Context) (float64, error) {
	average, err := load.AvgWithContext(ctx)
	if err != nil {
		return 0, err
	}
	return average.Load1, nil
}

// rate reads the growth a second of a total over all interfaces but loopback. One that has just come, or whose total
// began anew, counts from its next reading on.
func rate(total func(net.IOCountersStat) uint64) func(context.Context) (float64, error) {
	var (
		before map[string]uint64
		at     time.Time
	)
	return func(ctx context.Context) (float64, error) {
		interfaces, err := net.IOCountersWithContext(ctx, true)
		if err != nil {
			return 0, err
		}
		now, grown := make(map[string]uint64, len(interfaces)), uint64(0)
		for _, each := range interfaces {
			if each.Name == "lo" || each.Name == "lo0" {
				continue
			}
			now[each.Name] = total(each)
			if was, known := before[each.Name]; known && now[each.Name] >= was {
				grown += now[each.Name] - was
			}
		}
		elapsed := time.Since(at)
		before, at = now, time.Now()
		return float64(grown) / elapsed.Seconds(), nil
	}
}
