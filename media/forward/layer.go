package forward

import (
	"slices"
	"sync/atomic"
	"time"
)

// layerSilence is how long the forwarded layer may send nothing before another one takes its place.
const layerSilence = time.Second

// maxLayers is how many layers of a track are kept apart.
const maxLayers = 8

// Best is the quality of whoever wants the best layer that there is.
const Best = 2

// layer is one of the pictures of different size that a sender sends of a track.
type layer struct {
	ssrc     uint32
	quality  int
	last     atomic.Int64 // when a packet came, in nanoseconds
	keys     keyRequests
	ring     ring
	moment   atomic.Pointer[moment]
	arrivals arrivals
	rate     rate
}

func (l *layer) alive(now time.Time) bool {
	return l != nil && now.UnixNano()-l.last.Load() < int64(layerSilence)
}

// layer finds the layer with this SSRC, or begins it.
func (t *Track) layer(ssrc uint32, quality int) *layer {
	for _, l := range *t.layers.Load() {
		if l.ssrc == ssrc {
			return l
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	list := slices.Clone(*t.layers.Load())
	if len(list) >= maxLayers {
		slices.SortFunc(list, func(a, b *layer) int { return int(b.last.Load() - a.last.Load()) })
		list = list[:maxLayers-1]
	}
	l := &layer{ssrc: ssrc, quality: quality}
	list = append(list, l)
	t.layers.Store(&list)
	return l
}

// target is the layer that a receiver is to get who wants this quality at most: the best one below, else the smallest
// one above; of equals the present one. If none sends, it is the one that sent last.
func (t *Track) target(want int, present *layer, now time.Time) *layer {
	var best, latest *layer
	for _, l := range *t.layers.Load() {
		if latest == nil || l.last.Load() > latest.last.Load() {
			latest = l
		}
		if l.alive(now) && (best == nil || nearer(l, best, want, present)) {
			best = l
		}
	}
	if best == nil {
		return latest
	}
	return best
}

func nearer(a, b *layer, want int, present *layer) bool {
	switch {
	case a.quality == b.quality:
		return a == present
	case a.quality > want && b.quality > want:
		return a.quality < b.quality
	case a.quality > want:
		return false
	default:
		return b.quality > want || a.quality > b.quality
	}
}
