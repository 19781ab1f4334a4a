package media

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/livekit/protocol/livekit"
	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"
	"github.com/rs/zerolog"

	"stimmbote/media/forward"
	"stimmbote/media/signal"
)

// publisher is the leg on which a participant sends: the client offers, we answer.
type publisher struct {
	*leg
	log    zerolog.Logger
	shared *subscriber // the one that uses the same leg, or nil
	data   association
	remind func()      // tells again what the client is to send
	minds  atomic.Bool // it is about to
}

// remindAfter is how long after an answer, which makes browsers send all layers again, that is: they have taken it by then.
const remindAfter = 500 * time.Millisecond

// replied has the client reminded, after an answer, of the layers that nobody wants.
func (p *publisher) replied() {
	if p.remind != nil && p.minds.CompareAndSwap(false, true) {
		time.AfterFunc(remindAfter, func() {
			p.minds.Store(false)
			p.remind()
		})
	}
}

// maxSections is how many sections an offer may have: enough to receive a full room's tracks on.
const maxSections = 512

// errSections is an offer that would cost too much to read.
var errSections = errors.New("offer has too many sections")

// answer answers the client's offer, with its id. codecs are the ones that it wants for tracks, by its names for these.
func (p *publisher) answer(offer *livekit.SessionDescription, codecs map[string]string) func() error {
	return func() error {
		if strings.Count(offer.GetSdp(), "\nm=") > maxSections {
			return errSections
		}
		p.data.note(offer.GetSdp())
		if err := p.pc.SetRemoteDescription(sessionOf(webrtc.SDPTypeOffer, offer)); err != nil {
			return fmt.Errorf("taking offer: %w", err)
		}
		p.described()
		p.hold()
		defer p.release()
		answer, err := p.pc.CreateAnswer(nil)
		if err != nil {
			return fmt.Errorf("answering offer: %w", err)
		}
		err = p.pc.SetLocalDescription(answer)
		if p.shared != nil {
			err = p.shared.spare(err)
		}
		if err != nil {
			return fmt.Errorf("answering offer: %w", err)
		}
		told, err := amend(answer.SDP, offer.GetSdp(), codecs)
		if err != nil {
			return err
		}
		p.log.Trace().Uint32("offer", offer.GetId()).Int("sections", len(p.pc.GetTransceivers())).Msg("Offer answered")
		defer p.replied()
		if p.shared == nil {
			p.send(signal.Answer(told, offer.GetId(), nil))
			return nil
		}
		p.send(signal.Answer(told, offer.GetId(), p.shared.mids()))
		return p.shared.settled()
	}
}

// receive forwards a layer until it ends, and then calls ended.
func (p *publisher) receive(t *forward.Track, remote *webrtc.TrackRemote, r *webrtc.RTPReceiver, ended func()) func() error {
	return func() error {
		p.work(func() {
			t.Receive(remote, qualityOf(remote.RID()))
			ended()
		})
		p.work(func() { listen(t, r, remote.RID()) })
		return nil
	}
}

// listen notes what a client reports of a layer until it ends.
func listen(t *forward.Track, r *webrtc.RTPReceiver, rid string) {
	buf := make([]byte, 1500)
	for {
		var n int
		var err error
		if rid == "" {
			n, _, err = r.Read(buf)
		} else {
			n, _, err = r.ReadSimulcast(buf, rid)
		}
		if err != nil {
			return
		}
		t.Reported(buf[:n], time.Now())
	}
}

// askKeyFrame asks the client for a key frame of the layer with this SSRC.
func (p *publisher) askKeyFrame(ssrc uint32) {
	_ = p.pc.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: ssrc}})
}
