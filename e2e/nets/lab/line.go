package lab

import (
	"container/heap"
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

// Line is what one direction of a line does to packets. The zero value does nothing.
type Line struct {
	Loss    float64       // share of packets that are lost
	Burst   float64       // how many are lost in a row, on average; 0: each by itself
	Delay   time.Duration // on the way
	Jitter  time.Duration // more of it, at most
	Reorder float64       // share of packets that skip the delay, and so overtake others
	Rate    int           // bit/s; 0: any
	Queue   time.Duration // that a packet may wait for its turn where there is a rate; 0: a quarter of a second
}

const queue = 250 * time.Millisecond

// pipe is one direction of a line.
type pipe struct {
	out  func([]byte)
	wake chan struct{}

	mu      sync.Mutex
	line    Line
	random  *rand.Rand
	losing  bool      // a burst is under way
	free    time.Time // when what has been taken before is through
	last    time.Time // when the last in order arrives
	waiting arrivals
	count   uint64
}

func newPipe(seed uint64, out func([]byte)) *pipe {
	return &pipe{out: out, wake: make(chan struct{}, 1), random: rand.New(rand.NewPCG(seed, seed))}
}

func (p *pipe) set(l Line) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.line = l
	p.free = time.Time{}
}

// put takes a packet, which it keeps.
func (p *pipe) put(b []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if p.lost() {
		return
	}
	at := now
	if p.line.Rate > 0 {
		if p.free.Before(now) {
			p.free = now
		}
		most := p.line.Queue
		if most == 0 {
			most = queue
		}
		if p.free.Sub(now) > most {
			return
		}
		p.free = p.free.Add(time.Duration(len(b)) * 8 * time.Second / time.Duration(p.line.Rate))
		at = p.free
	}
	if p.line.Reorder == 0 || p.random.Float64() >= p.line.Reorder {
		at = at.Add(p.line.Delay)
		if p.line.Jitter > 0 {
			at = at.Add(time.Duration(p.random.Int64N(int64(p.line.Jitter))))
		}
		if at.Before(p.last) {
			at = p.last
		}
		p.last = at
	}
	p.count++
	heap.Push(&p.waiting, arrival{at: at, turn: p.count, b: b})
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// lost says whether the next packet is. In bursts it is by Gilbert's model: good and bad times follow each other.
func (p *pipe) lost() bool {
	switch l := p.line; {
	case l.Loss == 0:
		return false
	case l.Burst <= 1:
		return p.random.Float64() < l.Loss
	case p.losing:
		p.losing = p.random.Float64() >= 1/l.Burst
	default:
		p.losing = p.random.Float64() < l.Loss/(1-l.Loss)/l.Burst
	}
	return p.losing
}

// run lets packets arrive until ctx ends.
func (p *pipe) run(ctx context.Context) {
	clock := time.NewTimer(time.Hour)
	defer clock.Stop()
	for {
		next := time.Hour
		for {
			p.mu.Lock()
			if len(p.waiting) == 0 {
				p.mu.Unlock()
				break
			}
			if next = time.Until(p.waiting[0].at); next > 0 {
				p.mu.Unlock()
				break
			}
			a := heap.Pop(&p.waiting).(arrival)
			p.mu.Unlock()
			p.out(a.b)
		}
		clock.Reset(next)
		select {
		case <-ctx.Done():
			return
		case <-p.wake:
		case <-clock.C:
		}
	}
}

type arrival struct {
	at   time.Time
	turn uint64
	b    []byte
}

// arrivals is a heap of packets, the next one first.
type arrivals []arrival

func (a arrivals) Len() int { return len(a) }

func (a arrivals) Less(i, j int) bool {
	if a[i].at.Equal(a[j].at) {
		return a[i].turn < a[j].turn
	}
	return a[i].at.Before(a[j].at)
}

func (a arrivals) Swap(i, j int) { a[i], a[j] = a[j], a[i] }

// Push is for the heap.
func (a *arrivals) Push(x any) { *a = append(*a, x.(arrival)) }

// Pop is for the heap.
func (a *arrivals) Pop() any {
	n := len(*a) - 1
	x := (*a)[n]
	*a = (*a)[:n]
	return x
}
