package media

import (
	"errors"
	"fmt"
	"time"

	"github.com/livekit/protocol/livekit"
	"github.com/pion/webrtc/v4"
	"github.com/rs/zerolog"

	"stimmbote/media/allot"
	"stimmbote/media/forward"
	"stimmbote/media/signal"
)

// subscriber is the leg on which a participant receives: we offer, the client answers. One offer is in flight at a time.
// Where there is one leg for both directions the client offers, and is asked to.
type subscriber struct {
	*leg
	log      zerolog.Logger
	single   bool
	used     map[*webrtc.RTPTransceiver]bool // sections that have carried a track of ours
	opened   func(livekit.DataPacket_Kind, *webrtc.DataChannel)
	asked    bool // for an offer, or about to
	api      *webrtc.API
	incoming map[string]incoming // by track
	offers   uint32
	waiting  bool // for an answer
	again    bool // offer again after it
	restart  bool // with new ICE credentials
	lost     worst
	thin     thin
	due      due // changes of tracks
	beats    int
	ready    bool // connected
}

// incoming is a track on its way to the participant.
type incoming struct {
	track *forward.Track
	send  *forward.Sender
	rtp   *webrtc.RTPSender

	from    source
	want    int  // best quality that is of use to the client; below 0 for none
	large   bool // it shows it large
	starved bool // the line has no room for it
}

// run works until the leg is closed.
func (s *subscriber) run() {
	s.leg.run()
	for id, in := range s.incoming {
		s.drop(id, in)
	}
}

// drop ends what is sent of a track.
func (s *subscriber) drop(id string, in incoming) {
	in.track.Remove(in.send)
	delete(s.incoming, id)
	s.thin.gone = s.thin.gone.Plus(in.send.Flow())
	s.log.Trace().Str("track", id).Stringer("sent", in.send).Msg("Track no longer given")
}

// begin lets tracks flow: the client is connected.
func (s *subscriber) begin() error {
	s.ready = true
	now := time.Now()
	for _, in := range s.incoming {
		in.send.Begin(now)
	}
	return nil
}

// open makes the data channels and the first offer, even if there is nothing to receive: the client waits for it.
func (s *subscriber) open() error {
	if s.single {
		return nil // the client does
	}
	for _, c := range []struct {
		label string
		kind  livekit.DataPacket_Kind
		init  webrtc.DataChannelInit
	}{
		{reliable, livekit.DataPacket_RELIABLE, webrtc.DataChannelInit{Ordered: new(true)}},
		{lossy, livekit.DataPacket_LOSSY, webrtc.DataChannelInit{Ordered: new(false), MaxRetransmits: new(uint16(0))}},
	} {
		ch, err := s.pc.CreateDataChannel(c.label, &c.init)
		if err != nil {
			return fmt.Errorf("making data channel %s: %w", c.label, err)
		}
		s.opened(c.kind, ch)
	}
	return s.offer()
}

// add begins to send a track.
func (s *subscriber) add(t *forward.Track, from source) func() error {
	return func() error {
		if _, ok := s.incoming[t.ID]; ok {
			return nil
		}
		sender := t.Send(from.stream, s.thin.echo)
		if !s.ready {
			sender.Hold()
		}
		rtp, err := s.section(sender)
		if err != nil {
			t.Remove(sender)
			return fmt.Errorf("adding track: %w", err)
		}
		s.log.Trace().Str("track", t.ID).Bool("connected", s.ready).Msg("Track given")
		s.incoming[t.ID] = incoming{track: t, send: sender, rtp: rtp, from: from, want: forward.Best}
		s.work(func() { sender.Control(rtp) })
		return s.offer()
	}
}

// section finds a section of the description that an earlier track has left, or makes one.
func (s *subscriber) section(track *forward.Sender) (*webrtc.RTPSender, error) {
	for _, t := range s.pc.GetTransceivers() {
		if t.Kind() != track.Kind() || t.Sender() != nil || !s.free(t) {
			continue
		}
		rtp, err := s.api.NewRTPSender(track, s.pc.SCTP().Transport())
		if err != nil {
			return nil, err
		}
		s.used[t] = true
		return rtp, t.SetSender(rtp, track)
	}
	t, err := s.pc.AddTransceiverFromTrack(track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
	if err != nil {
		return nil, err
	}
	s.used[t] = true
	return t.Sender(), nil
}

// free says whether a section without a sender may carry a track of ours: one that an earlier track has left, or one
// that the client has made for us. Others are for the client's own tracks.
func (s *subscriber) free(t *webrtc.RTPTransceiver) bool {
	switch t.Direction() {
	case webrtc.RTPTransceiverDirectionInactive:
		return s.used[t]
	case webrtc.RTPTransceiverDirectionSendonly:
		return true
	default:
		return false
	}
}

// remove ends a track.
func (s *subscriber) remove(id string) func() error {
	return func() error {
		in, ok := s.incoming[id]
		if !ok {
			return nil
		}
		s.drop(id, in)
		if err := s.pc.RemoveTrack(in.rtp); err != nil {
			return fmt.Errorf("removing track: %w", err)
		}
		return s.offer()
	}
}

// spare takes away what the client lacks the codec for, if that is why a description could not be taken as a whole: the
// next one brings what came after it. It is told which tracks it will not get.
func (s *subscriber) spare(err error) error {
	if !errors.Is(err, webrtc.ErrUnsupportedCodec) {
		return err
	}
	for id, in := range s.incoming {
		if !in.send.Useless() {
			continue
		}
		s.drop(id, in)
		if err := s.pc.RemoveTrack(in.rtp); err != nil {
			return err
		}
		s.send(signal.Unsupported(id))
	}
	s.again = true
	return nil
}

// prefer follows how the client wants a track, without ending it.
func (s *subscriber) prefer(id string, want preference) func() error {
	return func() error {
		if in, ok := s.incoming[id]; ok {
			in.send.Prefer(want.quality)
			in.send.Pause(want.disabled)
			in.want, in.large = want.quality, want.quality == forward.Best && !want.disabled
			if want.disabled {
				in.want = allot.Paused
			}
			s.incoming[id] = in
		}
		return nil
	}
}

// resume offers with new ICE credentials: the client has come back on another line. An offer that it has not answered
// cannot be taken back: it gets that once more, in case it has missed it, and the new one after its answer.
func (s *subscriber) resume() error {
	if s.single {
		return nil // the client does
	}
	s.restart = true
	if pending := s.pc.PendingLocalDescription(); pending != nil {
		s.again = true
		s.send(signal.Offer(pending.SDP, s.offers, s.mids()))
		return nil
	}
	return s.offer()
}

func (s *subscriber) offer() error {
	if s.single {
		return s.ask()
	}
	if s.waiting {
		s.again = true
		return nil
	}
	s.hold()
	defer s.release()
	offer, err := s.pc.CreateOffer(&webrtc.OfferOptions{ICERestart: s.restart})
	if err != nil {
		return fmt.Errorf("making offer: %w", err)
	}
	if err := s.pc.SetLocalDescription(offer); err != nil {
		return fmt.Errorf("making offer: %w", err)
	}
	s.offers++
	s.waiting, s.again, s.restart = true, false, false
	mids := s.mids()
	s.log.Trace().Uint32("offer", s.offers).Int("tracks", len(mids)).Msg("Offered")
	s.send(signal.Offer(offer.SDP, s.offers, mids))
	return nil
}

// mids tells which section carries which track: browsers invent names of their own.
func (s *subscriber) mids() map[string]string {
	mids := map[string]string{}
	for _, t := range s.pc.GetTransceivers() {
		if sender := t.Sender(); sender != nil && sender.Track() != nil && t.Mid() != "" {
			mids[t.Mid()] = sender.Track().ID()
		}
	}
	return mids
}

// answered takes the client's answer. Some clients send no id; an older one belongs to an offer that has been replaced.
func (s *subscriber) answered(answer *livekit.SessionDescription) func() error {
	return func() error {
		if !s.waiting || answer.GetId() != 0 && answer.GetId() != s.offers {
			return nil
		}
		err := s.pc.SetRemoteDescription(sessionOf(webrtc.SDPTypeAnswer, answer))
		if err = s.spare(err); err != nil {
			return fmt.Errorf("taking answer: %w", err)
		}
		s.log.Trace().Uint32("offer", s.offers).Msg("Answer taken")
		s.described()
		s.waiting = false
		if s.again {
			return s.offer()
		}
		return nil
	}
}
