package media

import (
	"time"

	"github.com/pion/webrtc/v4"

	"stimmbote/media/signal"
)

// askAfter gathers changes before the client is asked for an offer: a person who comes brings several tracks.
const askAfter = 20 * time.Millisecond

// ask has the client offer anew, on a leg where only the client offers. Before its first offer there is nothing to ask
// for: that one is on its way.
func (s *subscriber) ask() error {
	if s.asked || s.pc.RemoteDescription() == nil {
		return nil
	}
	s.asked = true
	time.AfterFunc(askAfter, func() { s.post(s.require) })
	return nil
}

// require tells the client how many sections are lacking in its next offer; none means that it is to offer all the same.
func (s *subscriber) require() error {
	s.asked = false
	audios, videos := s.lacking()
	s.log.Trace().Uint32("audios", audios).Uint32("videos", videos).Msg("Offer asked for")
	s.send(signal.Sections(audios, videos))
	return nil
}

// lacking counts tracks that no section of the client's has taken up.
func (s *subscriber) lacking() (audios, videos uint32) {
	for _, t := range s.pc.GetTransceivers() {
		switch {
		case t.Sender() == nil || t.Mid() != "":
		case t.Kind() == webrtc.RTPCodecTypeAudio:
			audios++
		default:
			videos++
		}
	}
	return audios, videos
}

// settled asks for more sections if the client's offer had too few.
func (s *subscriber) settled() error {
	again := s.again
	s.again = false
	if audios, videos := s.lacking(); again || audios+videos > 0 {
		return s.ask()
	}
	return nil
}
