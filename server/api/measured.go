package api

import (
	"context"
	"maps"
	"slices"

	"github.com/prometheus/client_golang/prometheus"
)

// measured gives Prometheus the statistics, all of one scrape as of one moment.
type measured struct{ api *API }

// measure is one of the statistics as Prometheus knows it.
type measure struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
	read func(*statistics) float64
}

func gauge(name, help string, read func(*statistics) float64) measure {
	return measure{prometheus.NewDesc(name, help, nil, nil), prometheus.GaugeValue, read}
}

func counter(name, help string, read func(*statistics) float64) measure {
	return measure{prometheus.NewDesc(name, help, nil, nil), prometheus.CounterValue, read}
}

var measures = []measure{
	gauge("telltale_sockets", "WebSockets open.", func(s *statistics) float64 { return float64(s.sockets) }),
	gauge("telltale_streams", "HTTP streams of rooms open.", func(s *statistics) float64 { return float64(s.streams) }),
	counter("telltale_sockets_opened_total", "WebSockets opened.", func(s *statistics) float64 { return float64(s.opened[0]) }),
	counter("telltale_streams_opened_total", "HTTP streams of rooms opened.", func(s *statistics) float64 { return float64(s.opened[1]) }),
	counter("telltale_messages_sent_total", "Messages sent on sockets and streams.", func(s *statistics) float64 { return float64(s.sent) }),
	counter("telltale_messages_received_total", "Messages received on sockets and by HTTP.", func(s *statistics) float64 { return float64(s.received) }),
	gauge("telltale_outbox_messages", "Messages that wait in the outboxes of sockets.", func(s *statistics) float64 { return float64(s.queued) }),
	gauge("telltale_feeds", "Selections of metrics that somebody watches.", func(s *statistics) float64 { return float64(s.feeds) }),
	gauge("telltale_rooms", "Rooms in which something was said or somebody is.", func(s *statistics) float64 { return float64(len(s.rooms)) }),
	gauge("telltale_room_messages_waiting", "Messages that were said in rooms and not taken yet, over all readers.", func(s *statistics) float64 { return float64(s.waiting) }),
	gauge("telltale_room_readers_behind", "Readers of rooms that are behind what is held in memory.", func(s *statistics) float64 { return float64(s.behind) }),
	counter("telltale_room_readers_fallen_total", "Times that a live reader of a room fell behind what is held in memory.", func(s *statistics) float64 { return float64(s.fell) }),
	counter("telltale_room_messages_caught_up_total", "Messages read from the store for readers that came late or fell behind.", func(s *statistics) float64 { return float64(s.caughtUp) }),
	counter("telltale_room_messages_dropped_total", "Messages that slow readers were told they missed, under --slow-client=drop.", func(s *statistics) float64 { return float64(s.dropped) }),
	counter("telltale_room_messages_expired_total", "Messages that readers asked for and that are no longer kept.", func(s *statistics) float64 { return float64(s.expired) }),
}

// mostRooms is of how many rooms Prometheus is told.
const mostRooms = 100

// What is told of each of the busiest rooms, and of ended connections by why.
var (
	roomMembers     = prometheus.NewDesc("telltale_room_members", "Users in a room, of the busiest rooms.", []string{"room"}, nil)
	roomConnections = prometheus.NewDesc("telltale_room_connections", "Connections to a room, listeners without a name too, of the busiest rooms.", []string{"room"}, nil)
	roomMessages    = prometheus.NewDesc("telltale_room_messages_total", "Messages said in a room, of the busiest rooms.", []string{"room"}, nil)
	socketsClosed   = prometheus.NewDesc("telltale_sockets_closed_total", "WebSockets that ended, by why.", []string{"reason"}, nil)
	streamsClosed   = prometheus.NewDesc("telltale_streams_closed_total", "HTTP streams of rooms that ended, by why.", []string{"reason"}, nil)
)

// Describe implements prometheus.Collector.
func (m *measured) Describe(descs chan<- *prometheus.Desc) {
	for _, each := range measures {
		descs <- each.desc
	}
	for _, each := range []*prometheus.Desc{roomMembers, roomConnections, roomMessages, socketsClosed, streamsClosed} {
		descs <- each
	}
}

// Collect implements prometheus.Collector.
func (m *measured) Collect(into chan<- prometheus.Metric) {
	s := m.api.statistics(context.Background())
	for _, each := range measures {
		into <- prometheus.MustNewConstMetric(each.desc, each.kind, each.read(&s))
	}
	for i, desc := range []*prometheus.Desc{socketsClosed, streamsClosed} {
		for _, why := range slices.Sorted(maps.Keys(s.ended[i])) {
			into <- prometheus.MustNewConstMetric(desc, prometheus.CounterValue, float64(s.ended[i][why]), why)
		}
	}
	for _, room := range s.busiest(mostRooms) {
		into <- prometheus.MustNewConstMetric(roomMembers, prometheus.GaugeValue, float64(room.Members), room.Room)
		into <- prometheus.MustNewConstMetric(roomConnections, prometheus.GaugeValue, float64(room.Connections), room.Room)
		into <- prometheus.MustNewConstMetric(roomMessages, prometheus.CounterValue, float64(room.Messages), room.Room)
	}
}
