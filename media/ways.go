package media

import (
	"sync/atomic"

	"github.com/pion/webrtc/v4"

	"stimmbote/media/relay"
)

// Ways counts joins by how sound and pictures got through. None are those where nothing did, though the person waited.
type Ways struct{ UDP, TCP, TURN, None uint64 }

// All is how many joins there were.
func (w Ways) All() uint64 { return w.UDP + w.TCP + w.TURN + w.None }

// ways are counters of joins.
type ways struct{ udp, tcp, turn, none atomic.Uint64 }

// Ways says by which ways people have joined since the start.
func (s *Server) Ways() Ways {
	return Ways{UDP: s.ways.udp.Load(), TCP: s.ways.tcp.Load(), TURN: s.ways.turn.Load(), None: s.ways.none.Load()}
}

// note counts a join by the way that its peer connection has found.
func (w *ways) note(pc *webrtc.PeerConnection) {
	pair, err := pc.SCTP().Transport().ICETransport().GetSelectedCandidatePair()
	switch {
	case err != nil || pair == nil: // lost again already
	case pair.Local.Address == relay.Address.String():
		w.turn.Add(1)
	case pair.Local.Protocol == webrtc.ICEProtocolTCP:
		w.tcp.Add(1)
	default:
		w.udp.Add(1)
	}
}
