package media

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/livekit/protocol/livekit"
	"github.com/pion/webrtc/v4"
	"google.golang.org/protobuf/proto"

	"stimmbote/media/signal"
)

const (
	legQueue      = 256     // commands that wait for a peer connection
	legBytes      = 2 << 20 // of what the client has said and that waits: two messages as long as any may be
	maxCandidates = 64      // that come before the description which they belong to
	maxCandidate  = 4 << 10 // bytes of one
	beatEvery     = 250 * time.Millisecond
	reportBeats   = 4 // of them between two reports
)

// Reasons to end the participant whose peer connection it is.
var (
	errBehind    = errors.New("too many commands waiting") // it does not keep up with what is asked of it
	errTooMuch   = errors.New("too many bytes waiting")    // nor with what its client says
	errCandidate = errors.New("candidate is too long")
)

// leg is one peer connection of a participant and the goroutine that alone negotiates on it.
type leg struct {
	pc     *webrtc.PeerConnection
	target livekit.SignalTarget
	send   func(*livekit.SignalResponse)
	fail   func(error)  // ends the participant; may be called from anywhere
	guard  func(func()) // does something, and ends the room if that panics

	do      chan func() error
	unread  atomic.Int64 // bytes of what the client has said and that is not done yet
	quit    chan struct{}
	stop    sync.Once
	workers sync.WaitGroup // goroutines that end with the peer connection

	early []webrtc.ICECandidateInit // the client's, whose description has not come yet

	telling sync.Mutex
	holding bool                      // a description is being made
	held    []*livekit.SignalResponse // own candidates that must not come before it
	beat    func()                    // what is to be done again and again; may be nil
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
			l.tell(signal.Trickle(target, string(b)))
		}
	})
	return l
}

// tell sends a candidate, after the description that it belongs to: clients drop what they cannot place.
func (l *leg) tell(m *livekit.SignalResponse) {
	l.telling.Lock()
	defer l.telling.Unlock()
	if l.holding {
		l.held = append(l.held, m)
		return
	}
	l.send(m)
}

// hold keeps candidates back until release.
func (l *leg) hold() {
	l.telling.Lock()
	defer l.telling.Unlock()
	l.holding = true
}

func (l *leg) release() {
	l.telling.Lock()
	defer l.telling.Unlock()
	for _, m := range l.held {
		l.send(m)
	}
	l.holding, l.held = false, nil
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

// answerTo is post for what the client has asked for in a message, of which only so many bytes may wait.
func (l *leg) answerTo(m proto.Message, f func() error) {
	size := int64(proto.Size(m))
	if l.unread.Add(size) > legBytes {
		l.fail(errTooMuch)
		return
	}
	l.post(func() error {
		defer l.unread.Add(-size)
		return f()
	})
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
		if len(init) > maxCandidate {
			return errCandidate
		}
		var c webrtc.ICECandidateInit
		if err := json.Unmarshal([]byte(init), &c); err != nil {
			return fmt.Errorf("reading candidate: %w", err)
		}
		if l.places(c) {
			l.add(c)
			return nil
		}
		if len(l.early) == maxCandidates {
			l.early = l.early[1:]
		}
		l.early = append(l.early, c)
		return nil
	}
}

// places says whether the description that a candidate belongs to has come: with new ICE credentials there is a new one.
func (l *leg) places(c webrtc.ICECandidateInit) bool {
	d := l.pc.RemoteDescription()
	if d == nil {
		return false
	}
	_, ufrag, _ := strings.Cut(c.Candidate, " ufrag ")
	ufrag, _, _ = strings.Cut(ufrag, " ")
	if ufrag == "" && c.UsernameFragment != nil {
		ufrag = *c.UsernameFragment
	}
	return ufrag == "" || strings.Contains(d.SDP, "a=ice-ufrag:"+ufrag+"\r\n")
}

// add takes a candidate if it can: a browser may offer kinds that are of no use here.
func (l *leg) add(c webrtc.ICECandidateInit) {
	if !ofRTCP.MatchString(c.Candidate) {
		_ = l.pc.AddICECandidate(c)
	}
}

// ofRTCP are candidates of a port for RTCP alone. Firefox offers some until it has read that one port is for everything
// (RFC 5761 §5.1.3). Such a port answers when it is asked, and ICE would take it for the one that everything goes through.
var ofRTCP = regexp.MustCompile(`(?m)^(a=)?candidate:\S+ 2 .*(\r?\n|$)`)

// sessionOf is a client's description without those.
func sessionOf(kind webrtc.SDPType, d *livekit.SessionDescription) webrtc.SessionDescription {
	return webrtc.SessionDescription{Type: kind, SDP: ofRTCP.ReplaceAllString(d.GetSdp(), "")}
}

// described adds what came early. It is called once the client's description is set.
func (l *leg) described() {
	l.early = slices.DeleteFunc(l.early, func(c webrtc.ICECandidateInit) bool {
		if !l.places(c) {
			return false
		}
		l.add(c)
		return true
	})
}
