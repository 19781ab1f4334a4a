package main

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// What is counted. No label names a person, a room or a poll.
var (
	syncAge = prometheus.NewDesc("stimmbote_sync_age_seconds",
		"How long ago the homeserver last answered a sync.", nil, nil)
	events = prometheus.NewDesc("stimmbote_events_total",
		"Messages that arrived since the start.", nil, nil)
	unreadable = prometheus.NewDesc("stimmbote_undecryptable_total",
		"Messages whose key was not there when they arrived, since the start.", nil, nil)
	waited = prometheus.NewDesc("stimmbote_rate_limited_seconds_total",
		"How long the homeserver asked to wait (429), summed up since the start.", nil, nil)
	signed = prometheus.NewDesc("stimmbote_cross_signed",
		"1 if the bot's device is signed by its owner.", nil, nil)
	deliveries = prometheus.NewDesc("stimmbote_deliveries",
		"Messages of the bot that are remembered, by state.", []string{"state"}, nil)
	calls = prometheus.NewDesc("stimmbote_calls",
		"Calls with somebody in them.", nil, nil)
	participants = prometheus.NewDesc("stimmbote_call_participants",
		"People in all calls.", nil, nil)
	joins = prometheus.NewDesc("stimmbote_call_joins_total",
		"Joins since the start, by the way that sound and pictures took; none: nothing got through.", []string{"way"}, nil)
)

// registry holds what /metrics answers: the bot's numbers, those of the process, those of Go.
func (o *ops) registry() *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(o, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return r
}

// Describe is for the registry.
func (*ops) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{syncAge, events, unreadable, waited, signed, deliveries, calls, participants, joins} {
		to <- d
	}
}

// Collect asks the parts of the program for their numbers, whenever somebody asks for them.
func (o *ops) Collect(to chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	counter := func(d *prometheus.Desc, v float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, v, labels...)
	}
	stats := o.talker.Stats()
	if !stats.LastSync.IsZero() {
		gauge(syncAge, time.Since(stats.LastSync).Seconds())
	}
	counter(events, float64(stats.Events))
	counter(unreadable, float64(stats.Unreadable))
	counter(waited, stats.Limited.Seconds())
	gauge(signed, map[bool]float64{true: 1}[stats.Signed])
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	byState, err := o.talker.Deliveries(ctx)
	if err != nil {
		to <- prometheus.NewInvalidMetric(deliveries, err)
	}
	for state, n := range byState {
		gauge(deliveries, float64(n), state)
	}
	n, people := o.calls.count()
	gauge(calls, float64(n))
	gauge(participants, float64(people))
	if o.calls.ways != nil {
		ways := o.calls.ways()
		counter(joins, float64(ways.UDP), "udp")
		counter(joins, float64(ways.TCP), "tcp")
		counter(joins, float64(ways.TURN), "turn")
		counter(joins, float64(ways.None), "none")
	}
}
