package web

import (
	"context"
	"runtime"
	"sync"
	"time"
)

const (
	patience  = 5 * time.Second // for a place where ballots are checked
	window    = time.Minute
	mostTries = 20 // ballots of one voter within a window: nobody changes their mind that often
)

// gate lets as many ballots be checked at once as there are processors, and each voter try some
// times. It keeps no address: behind a proxy all have the same, and nobody should be found by it.
type gate struct {
	places chan struct{}

	mu    sync.Mutex
	since time.Time
	tries map[string]int // by poll and credential, of ballots that were signed
}

func newGate() *gate {
	return &gate{places: make(chan struct{}, max(2, runtime.GOMAXPROCS(0))), tries: make(map[string]int)}
}

// enter waits for a place, as long as is reasonable.
func (g *gate) enter(ctx context.Context) (leave func(), ok bool) {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case g.places <- struct{}{}:
		return func() { <-g.places }, true
	case <-timer.C:
	case <-ctx.Done():
	}
	return nil, false
}

// may says whether a voter may try once more. What is counted is forgotten with its window: it
// would say who votes how often.
func (g *gate) may(voter string, now time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if now.Sub(g.since) >= window {
		g.since = now
		clear(g.tries)
	}
	g.tries[voter]++
	return g.tries[voter] <= mostTries
}
