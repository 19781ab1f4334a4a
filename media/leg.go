package media

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/livekit/protocol/livekit"
	"github.com/pion/webrtc/v4"

	"stimmbote/media/signal"
)

const (
	legQueue      = 256 // commands that wait for a peer connection
	maxCandidates = 64  // that come before the description which they belong to
	beatEvery     = time.Second
)

// errBehind is a peer connection that does not keep up with what is asked of it.
var errBehind = errors.New("too many commands waiting")

// leg is one peer connection of a participant and the goroutine that alone negotiates on it.
type leg struct {
	pc     *webrtc.PeerConnection
	target livekit.SignalTarget
	send   func(*livekit.SignalResponse)
	fail   func(error)  // ends the participant; may be called from anywhere
	guard  func(func()) // does something, and ends the room if that panics

	do      chan func() error
	quit    chan struct{}
	stop    sync.Once
	workers sync.WaitGroup // goroutines that end with the peer connection

	early []webrtc.ICECandidateInit
	beat  func() // what is to be done every second; may be nil
}

func newLeg(pc *webrtc.PeerConnection, target livekit.SignalTarget, send func(*livekit.SignalResponse), fail func(error), guard func(func())) *leg {
	l := &leg{
		pc: pc, target: target, send: send, fail: fail, guard: guard,
		do: make(chan func() error, legQueue), quit: make(chan struct{}),
	}
	pc.OnICECandidate(func(c *webrtc.ICECandidate) {
		if c == nil {
			return
		}
		if b, err := json.Marshal(c.ToJSON()); err == nil {
			send(signal.Trickle(target, string(b)))
		}
	})
	return l
}

// post gives the leg something to do. It never waits: a leg that is too far behind ends its participant.
func (l *leg) post(f func() error) {
	select {
	case l.do <- f:
	case <-l.quit:
	default:
		l.fail(errBehind)
	}
}

// run works until close is called, then closes the peer connection and waits for everything that depends on it.
func (l *leg) run() {
	clock := time.NewTicker(beatEvery)
	defer clock.Stop()
	for {
		select {
		case <-clock.C:
			if l.beat != nil {
				l.guard(l.beat)
			}
		case <-l.quit:
			_ = l.pc.GracefulClose()
			l.workers.Wait()
			return
		case f := <-l.do:
			l.guard(func() {
				if err := f(); err != nil {
					l.fail(err)
				}
			})
		}
	}
}

func (l *leg) close() { l.stop.Do(func() { close(l.quit) }) }

// work runs something that ends with the peer connection.
func (l *leg) work(f func()) { l.workers.Go(func() { l.guard(f) }) }

// candidate adds one of the client's candidates, which may come before its description.
func (l *leg) candidate(init string) func() error {
	return func() error {
		var c webrtc.ICECandidateInit
		if err := json.Unmarshal([]byte(init), &c); err != nil {
			return fmt.Errorf("reading candidate: %w", err)
		}
		if l.pc.RemoteDescription() == nil {
			if len(l.early) < maxCandidates {
				l.early = append(l.early, c)
			}
			return nil
		}
		l.add(c)
		return nil
	}
}

// add takes a candidate if it can: a browser may offer kinds that are of no use here.
func (l *leg) add(c webrtc.ICECandidateInit) { _ = l.pc.AddICECandidate(c) }

// described adds what came early. It is called once the client's description is set.
func (l *leg) described() {
	for _, c := range l.early {
		l.add(c)
	}
	l.early = nil
}
