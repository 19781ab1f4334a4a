package lab

import (
	"context"
	"encoding/binary"
	"testing"
	"testing/synctest"
	"time"
)

// through sends packets of 1000 bytes, one each millisecond, and says when each arrived, and in which order.
func through(t *testing.T, l Line, n int) (took map[int]time.Duration, order []int) {
	t.Helper()
	took = map[int]time.Duration{}
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		p := newPipe(1, func(b []byte) {
			i := int(binary.BigEndian.Uint32(b))
			took[i] = time.Since(begin) - time.Duration(i)*time.Millisecond
			order = append(order, i)
		})
		p.set(l)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { p.run(ctx); close(ended) }()
		for i := range n {
			b := make([]byte, 1000)
			binary.BigEndian.PutUint32(b, uint32(i))
			p.put(b)
			time.Sleep(time.Millisecond)
		}
		time.Sleep(time.Minute)
		stop()
		<-ended
	})
	return took, order
}

// A line does what it says, and nothing else.
func TestLine(t *testing.T) {
	const n = 20000
	runs := func(took map[int]time.Duration) (lost, rows int) {
		for i := range n {
			if _, ok := took[i]; !ok {
				lost++
				if _, before := took[i-1]; before {
					rows++
				}
			}
		}
		return lost, rows
	}
	between := func(what string, got, low, high float64) {
		t.Helper()
		if got < low || got > high {
			t.Errorf("%s is %v, not within %v and %v", what, got, low, high)
		}
	}
	took, _ := through(t, Line{}, n)
	lost, _ := runs(took)
	between("loss of a good line", float64(lost), 0, 0)

	took, _ = through(t, Line{Loss: 0.05}, n)
	lost, rows := runs(took)
	between("loss", float64(lost)/n, 0.045, 0.055)
	between("row", float64(lost)/float64(rows), 1, 1.1)

	took, _ = through(t, Line{Loss: 0.05, Burst: 5}, n)
	lost, rows = runs(took)
	between("loss in bursts", float64(lost)/n, 0.04, 0.06)
	between("row in bursts", float64(lost)/float64(rows), 4.5, 5.5)

	took, order := through(t, Line{Delay: 30 * time.Millisecond, Jitter: 20 * time.Millisecond}, 1000)
	for i, d := range took {
		between("delay", d.Seconds(), 0.03, 0.05)
		if order[i] != i {
			t.Fatalf("%d arrives at place %d", order[i], i)
		}
	}
	_, order = through(t, Line{Delay: 30 * time.Millisecond, Reorder: 0.1}, 1000)
	early := 0
	for place, i := range order {
		if i > place {
			early++
		}
	}
	between("packets that overtake", float64(early), 60, 140)

	took, _ = through(t, Line{Rate: 800_000}, 1000) // 100 packets a second, of 1000 that come
	between("packets through a narrow line", float64(len(took)), 120, 130)
	for _, d := range took {
		between("waiting", d.Seconds(), 0.01, 0.262)
	}
}
