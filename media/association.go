package media

import (
	"context"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"
)

// association is what the channels for data of a peer connection go over. It begins beside media: pion by itself would
// begin media of later descriptions only once both sides have agreed on it, and where one of these packets is lost that
// takes a second or more, in which there is no picture.
type association struct {
	offered atomic.Pointer[webrtc.SCTPCapabilities] // nil until the client has said that it wants one
}

// note takes from the client's description whether it asks for data, and how large a message may be that it takes.
func (a *association) note(offer string) {
	d := sdp.SessionDescription{}
	if d.UnmarshalString(offer) != nil {
		return // nobody can answer it
	}
	for _, m := range d.MediaDescriptions {
		_, bundled := m.Attribute("bundle-only") // then a port of 0 is no refusal, RFC 9143 6
		if m.MediaName.Media != "application" || m.MediaName.Port.Value == 0 && !bundled {
			continue
		}
		var c webrtc.SCTPCapabilities
		size, _ := m.Attribute("max-message-size") // RFC 8841 6
		if n, err := strconv.ParseUint(size, 10, 32); err == nil {
			c.MaxMessageSize = uint32(n)
		}
		a.offered.Store(&c)
	}
}

// beside has the association begin as soon as the peer connection can carry it, in a goroutine that ends with that.
func (a *association) beside(pc *webrtc.PeerConnection, work func(func())) {
	pc.SCTP().Transport().OnStateChange(func(state webrtc.DTLSTransportState) {
		c := a.offered.Load()
		if state != webrtc.DTLSTransportStateConnected || c == nil {
			return
		}
		waited := make(chan struct{})
		ctx := begun{context.Background(), sync.OnceFunc(func() { close(waited) })}
		work(func() {
			defer ctx.tell()
			_ = pc.SCTP().StartContext(ctx, *c) // without it there is no data, and the client sees that
		})
		<-waited // until pion knows that it need not begin it itself
	})
}

// begun is a context that tells when somebody waits for its end for the first time: from then on the association is under way.
type begun struct {
	context.Context
	tell func()
}

// Done tells that it is waited for.
func (b begun) Done() <-chan struct{} {
	b.tell()
	return b.Context.Done()
}
