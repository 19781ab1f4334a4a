package guest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/livekit/protocol/livekit"
	"github.com/pion/webrtc/v4"
)

const (
	soundName    = "sound"
	picturesName = "pictures"
	silent       = 15 * time.Second // after which a server that says nothing is gone
	pingEvery    = 5 * time.Second
	resumeEvery  = 300 * time.Millisecond
	resumeFor    = 12 * time.Second // then the guest comes anew
)

// Guest is somebody in a meeting. What is not below the lock belongs to Run.
type Guest struct {
	opt       Options
	token     string
	pub, sub  *webrtc.PeerConnection
	senders   map[string]*sender
	published int
	offers    uint32
	early     map[livekit.SignalTarget][]webrtc.ICECandidateInit
	sid       string
	during    context.Context    // a meeting
	stop      context.CancelFunc // it
	reckoning bool               // and tells the server

	states   chan state
	moved    chan struct{}
	ear      *ear
	eye      *eye
	reckoner *reckoner
	target   atomic.Int64

	mu     sync.Mutex
	line   *line
	report Report
	since  time.Time
}

// New makes a guest. It comes when it runs.
func New(o Options) *Guest {
	g := &Guest{opt: o, token: o.Token, states: make(chan state, 64), moved: make(chan struct{}, 1), ear: newEar(), eye: newEye(), since: time.Now()}
	g.target.Store(firstTarget)
	return g
}

// Moved tells the guest that it is in another network, as a telephone is told by itself.
func (g *Guest) Moved() {
	select {
	case g.moved <- struct{}{}:
	default:
	}
}

// Report says what has been noticed since the last time. The last second is for the next: something may still come.
func (g *Guest) Report() Report {
	g.mu.Lock()
	r, begin, end := g.report, g.since, time.Now().Add(-time.Second)
	g.since = end
	g.report.Resumed, g.report.Rejoined = 0, 0
	g.mu.Unlock()
	r.Length, r.Target = int(end.Sub(begin).Milliseconds()), int(g.target.Load())
	g.ear.report(&r, begin, end)
	g.eye.report(&r, begin, end)
	return r
}

// Run joins, says so by joined, and stays until ctx ends.
func (g *Guest) Run(ctx context.Context, joined func()) error {
	for times := 0; ; times++ {
		err := g.meeting(ctx, times, joined)
		g.part()
		if ctx.Err() != nil {
			return nil
		}
		if times == 0 && joined != nil && g.report.Took == 0 {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(resumeEvery):
		}
	}
}

// part ends everything of a meeting.
func (g *Guest) part() {
	if g.stop != nil {
		g.stop()
	}
	g.reckoning = false
	for _, pc := range []*webrtc.PeerConnection{g.pub, g.sub} {
		if pc != nil {
			_ = pc.Close()
		}
	}
	g.pub, g.sub = nil, nil
	g.attach(nil)
}

func (g *Guest) attach(l *line) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.line != nil {
		_ = g.line.ws.CloseNow()
	}
	g.line = l
}

// meeting is one from its join to its end; going on after a lost line is a part of it.
func (g *Guest) meeting(ctx context.Context, times int, joined func()) error {
	begin := time.Now()
	l, err := g.dial(ctx, "")
	if err != nil {
		return err
	}
	g.attach(l)
	first, ok := <-l.in
	if !ok || first.GetJoin() == nil {
		return errGone
	}
	if err := g.begin(ctx, first.GetJoin()); err != nil {
		return err
	}
	g.mu.Lock()
	if times > 0 {
		g.report.Rejoined++
	}
	g.mu.Unlock()
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	heard := time.Now()
	lost := false
	for {
		if lost {
			if l, err = g.resume(ctx); err != nil {
				return err
			}
			lost, heard = false, time.Now()
		}
		select {
		case <-ctx.Done():
			g.say(&livekit.SignalRequest{Message: &livekit.SignalRequest_Leave{Leave: &livekit.LeaveRequest{Reason: livekit.DisconnectReason_CLIENT_INITIATED}}})
			return nil
		case m, ok := <-l.in:
			if lost = !ok; lost {
				continue
			}
			heard = time.Now()
			if err := g.handle(m); err != nil {
				return err
			}
		case <-g.moved:
			lost = true
		case s := <-g.states:
			switch {
			case s.is == webrtc.PeerConnectionStateConnected:
				g.note(begin, joined)
			case s.pc == g.pub || s.pc == g.sub:
				lost = s.is == webrtc.PeerConnectionStateDisconnected || s.is == webrtc.PeerConnectionStateFailed
			}
		case now := <-ping.C:
			g.say(&livekit.SignalRequest{Message: &livekit.SignalRequest_Ping{Ping: now.UnixMilli()}})
			lost = now.Sub(heard) > silent
		}
	}
}

// note remembers how the guest came in, once everything is connected.
func (g *Guest) note(begin time.Time, joined func()) {
	for _, pc := range []*webrtc.PeerConnection{g.pub, g.sub} {
		if pc.ConnectionState() != webrtc.PeerConnectionStateConnected && (pc == g.sub || g.opt.Sends) {
			return
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.report.Way = way(g.sub)
	if g.report.Took == 0 {
		g.report.Took = max(1, int(time.Since(begin).Milliseconds()))
		joined()
	}
}

// begin makes the peer connections, and announces what the guest sends.
func (g *Guest) begin(ctx context.Context, join *livekit.JoinResponse) error {
	g.sid, g.published, g.offers = join.GetParticipant().GetSid(), 0, 0
	g.early, g.senders = map[livekit.SignalTarget][]webrtc.ICECandidateInit{}, map[string]*sender{}
	g.during, g.stop = context.WithCancel(ctx)
	g.reckoner = newReckoner()
	var err error
	if g.pub, err = g.peer(livekit.SignalTarget_PUBLISHER, join.GetIceServers()); err != nil {
		return fmt.Errorf("making a peer connection: %w", err)
	}
	if g.sub, err = g.peer(livekit.SignalTarget_SUBSCRIBER, join.GetIceServers()); err != nil {
		return fmt.Errorf("making a peer connection: %w", err)
	}
	if _, err := g.pub.CreateDataChannel("_reliable", nil); err != nil {
		return err
	}
	if !g.opt.Sends {
		return g.offer(nil)
	}
	tracks := map[string]webrtc.RTPCodecType{soundName: webrtc.RTPCodecTypeAudio, picturesName: webrtc.RTPCodecTypeVideo}
	if g.opt.Blind {
		delete(tracks, picturesName)
	}
	for name, kind := range tracks {
		s, err := newSender(g.pub, kind, name, &g.target)
		if err != nil {
			return fmt.Errorf("making %s: %w", name, err)
		}
		g.senders[name] = s
		add := &livekit.AddTrackRequest{Cid: name, Name: name, Type: livekit.TrackType_AUDIO, Source: livekit.TrackSource_MICROPHONE, DisableRed: true}
		if kind == webrtc.RTPCodecTypeVideo {
			add.Type, add.Source = livekit.TrackType_VIDEO, livekit.TrackSource_CAMERA
			add.Width, add.Height = layers[len(layers)-1].width, layers[len(layers)-1].height
			for i, l := range layers {
				add.Layers = append(add.Layers, &livekit.VideoLayer{Quality: livekit.VideoQuality(i), Width: l.width, Height: l.height, Bitrate: uint32(l.rate)})
			}
			go s.picture(g.during)
		} else {
			go s.sound(g.during)
		}
		g.say(&livekit.SignalRequest{Message: &livekit.SignalRequest_AddTrack{AddTrack: add}})
	}
	return nil
}

// resume goes on as the same participant by a new line.
func (g *Guest) resume(ctx context.Context) (*line, error) {
	g.attach(nil)
	for end := time.Now().Add(resumeFor); time.Now().Before(end) && ctx.Err() == nil; {
		l, err := g.dial(ctx, g.sid)
		if err != nil {
			select {
			case <-ctx.Done():
			case <-time.After(resumeEvery):
			}
			continue
		}
		g.attach(l)
		m, ok := <-l.in
		if !ok || m.GetReconnect() == nil {
			return nil, errAgain
		}
		g.mu.Lock()
		g.report.Resumed++
		g.mu.Unlock()
		if g.pub.SignalingState() != webrtc.SignalingStateStable {
			return nil, errors.New("lost while an offer was open")
		}
		return l, g.offer(&webrtc.OfferOptions{ICERestart: true})
	}
	return nil, errGone
}
