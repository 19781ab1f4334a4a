package media

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/livekit/protocol/livekit"
	"github.com/pion/webrtc/v4"

	"stimmbote/media/forward"
	"stimmbote/media/signal"
)

// A candidate of the client's waits for the description that it belongs to, however many others come; and our own are said
// after theirs.
func TestCandidatesBelongToDescriptions(t *testing.T) {
	t.Parallel()
	w := start(t)
	var sent []*livekit.SignalResponse
	ours, _, err := w.connection(forward.Both, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer ours.GracefulClose()
	l := newLeg(ours, signal.Publisher, func(m *livekit.SignalResponse) { sent = append(sent, m) }, func(error) {}, func(f func()) { f() })

	l.hold()
	l.tell(signal.Trickle(signal.Publisher, "one"))
	if len(sent) > 0 {
		t.Error("told while a description is being made")
	}
	l.release()
	l.tell(signal.Trickle(signal.Publisher, "two"))
	if len(sent) != 2 || sent[0].GetTrickle().GetCandidateInit() != "one" {
		t.Errorf("told %v", sent)
	}

	theirs, err := webrtc.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	defer theirs.GracefulClose()
	if _, err := theirs.CreateDataChannel("x", nil); err != nil {
		t.Fatal(err)
	}
	offer := func(restart bool) (d webrtc.SessionDescription, ufrag string) {
		d, err := theirs.CreateOffer(&webrtc.OfferOptions{ICERestart: restart})
		if err != nil {
			t.Fatal(err)
		}
		_, ufrag, _ = strings.Cut(d.SDP, "a=ice-ufrag:")
		ufrag, _, _ = strings.Cut(ufrag, "\r")
		return d, ufrag
	}
	comes := func(ufrag string, waiting int) {
		t.Helper()
		b, err := json.Marshal(webrtc.ICECandidateInit{Candidate: "candidate:1 1 udp 2130706431 127.0.0.1 9 typ host ufrag " + ufrag})
		if err != nil {
			t.Fatal(err)
		}
		if err := l.candidate(string(b))(); err != nil || len(l.early) != waiting {
			t.Errorf("%d candidates wait, want %d: %v", len(l.early), waiting, err)
		}
	}
	describe := func(d webrtc.SessionDescription, waiting int) {
		t.Helper()
		if err := l.pc.SetRemoteDescription(d); err != nil {
			t.Fatal(err)
		}
		if l.described(); len(l.early) != waiting {
			t.Errorf("%d candidates wait, want %d", len(l.early), waiting)
		}
	}
	d, ufrag := offer(false)
	comes(ufrag, 1)
	describe(d, 0)
	comes(ufrag, 0)
	answer, err := l.pc.CreateAnswer(nil)
	for _, err := range []error{err, l.pc.SetLocalDescription(answer), theirs.SetLocalDescription(d), theirs.SetRemoteDescription(answer)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for i := range 2 * maxCandidates {
		comes(fmt.Sprint("nobody", i), min(i+1, maxCandidates))
	}
	d, ufrag = offer(true)
	comes(ufrag, maxCandidates)
	describe(d, maxCandidates-1)
}

// What a client says and that waits for a peer connection is bounded in bytes: more of it ends the participant.
func TestWhatWaitsIsBounded(t *testing.T) {
	t.Parallel()
	w := start(t)
	pc, _, err := w.connection(forward.Both, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer pc.GracefulClose()
	var fault error
	l := newLeg(pc, signal.Publisher, func(*livekit.SignalResponse) {}, func(err error) { fault = err }, func(f func()) { f() })
	offer := &livekit.SessionDescription{Type: "offer", Sdp: strings.Repeat("x", legBytes/4)}
	for range 20 { // what is done waits no more
		l.answerTo(offer, func() error { return nil })
		if err := (<-l.do)(); err != nil || fault != nil {
			t.Fatal(err, fault)
		}
	}
	for range 4 {
		if fault != nil {
			t.Fatalf("too much with %d that wait: %v", len(l.do), fault)
		}
		l.answerTo(offer, func() error { return nil })
	}
	if !errors.Is(fault, errTooMuch) || len(l.do) != 3 {
		t.Errorf("%d wait, and %v", len(l.do), fault)
	}
	if err := l.candidate(strings.Repeat(" ", maxCandidate) + "{}")(); !errors.Is(err, errCandidate) {
		t.Errorf("a candidate that is too long: %v", err)
	}
}
