package media

import (
	"context"
	"regexp"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/pion/webrtc/v4"
)

// association is what the channels for data of a peer connection go over. It begins beside media: pion by itself would
// begin media of later descriptions only once both sides have agreed on it, and where one of these packets is lost that
// takes a second or more, in which there is no picture.
type association struct {
	offered atomic.Pointer[webrtc.SCTPCapabilities] // nil until the client has said that it wants one
}

var (
	dataSection = regexp.MustCompile(`(?m)^m=application `)
	messageSize = regexp.MustCompile(`(?m)^a=max-message-size:(\d+)`) // RFC 8841 6
)

// described notes whether the client's description asks for data, and how large a message may be that it takes.
func (a *association) described(sdp string) {
	if !dataSection.MatchString(sdp) {
		return
	}
	var c webrtc.SCTPCapabilities
	if m := messageSize.FindStringSubmatch(sdp); m != nil {
		n, _ := strconv.ParseUint(m[1], 10, 32) // what does not fit is as good as not said
		c.MaxMessageSize = uint32(n)
	}
	a.offered.Store(&c)
}

// beside has the association begin as soon as the peer connection can carry it, in a goroutine that ends with that.
func (a *association) beside(pc *webrtc.PeerConnection, work func(func())) {
	pc.SCTP().Transport().OnStateChange(func(state webrtc.DTLSTransportState) {
		c := a.offered.Load()
		if state != webrtc.DTLSTransportStateConnected || c == nil {
			return
		}
		ctx := begun{context.Background(), make(chan struct{}), new(sync.Once)}
		work(func() {
			defer ctx.note()
			_ = pc.SCTP().StartContext(ctx, *c) // without it there is no data, and the client sees that
		})
		<-ctx.waited // until pion knows that it need not begin it itself
	})
}

// begun is a context that tells when somebody waits for its end for the first time: from then on the association is under way.
type begun struct {
	context.Context
	waited chan struct{}
	once   *sync.Once
}

func (b begun) note() { b.once.Do(func() { close(b.waited) }) }

// Done notes that it is waited for.
func (b begun) Done() <-chan struct{} {
	b.note()
	return b.Context.Done()
}
