package media

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/livekit/protocol/livekit"
	"github.com/pion/webrtc/v4"

	"stimmbote/media/signal"
)

// Firefox offers ports for RTCP alone until it has read that there is one for everything, and nominates one if it is asked
// at it: then nothing comes through. They are asked nothing, whether a description names them or they come by themselves.
func TestPortForRTCPIsNotAsked(t *testing.T) {
	t.Parallel()
	w := start(t)
	var named, rtcpNamed, told, rtcpTold net.PacketConn
	for _, c := range []*net.PacketConn{&named, &rtcpNamed, &told, &rtcpTold} {
		*c = port(t)
	}
	w.connects(t, "bernd", func(bernd *client) {
		offer, err := bernd.pub.CreateOffer(nil)
		bernd.must(err)
		bernd.describe(bernd.pub, offer)
		with := strings.Replace(offer.SDP, "a=mid:0\r\n", "a=mid:0\r\na="+candidate(1, named)+"\r\na="+candidate(2, rtcpNamed)+"\r\n", 1)
		bernd.say(&livekit.SignalRequest{Message: &livekit.SignalRequest_Offer{Offer: &livekit.SessionDescription{Type: "offer", Sdp: with, Id: 1}}})
		for component, at := range map[int]net.PacketConn{1: told, 2: rtcpTold} {
			init, err := json.Marshal(webrtc.ICECandidateInit{Candidate: candidate(component, at)})
			bernd.must(err)
			bernd.say(&livekit.SignalRequest{Message: &livekit.SignalRequest_Trickle{
				Trickle: &livekit.TrickleRequest{CandidateInit: string(init), Target: signal.Publisher},
			}})
		}
		for range 2 { // each time all are asked
			for name, at := range map[string]net.PacketConn{"named in the offer": named, "told after it": told} {
				if err := asked(at, 10*time.Second); err != nil {
					t.Fatalf("the port %s is not asked: %v", name, err)
				}
			}
		}
		for name, at := range map[string]net.PacketConn{"named in the offer": rtcpNamed, "told after it": rtcpTold} {
			if err := asked(at, 100*time.Millisecond); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("the port for RTCP %s is asked: %v", name, err)
			}
		}
	})
}

// port is one of the test's own.
func port(t *testing.T) net.PacketConn {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// candidate is a port as a client tells it.
func candidate(component int, at net.PacketConn) string {
	return fmt.Sprintf("candidate:7 %d UDP 2122187006 127.0.0.1 %d typ host", component, at.LocalAddr().(*net.UDPAddr).Port)
}

// asked waits until something has come to a port.
func asked(at net.PacketConn, within time.Duration) error {
	if err := at.SetReadDeadline(time.Now().Add(within)); err != nil {
		return err
	}
	_, _, err := at.ReadFrom(make([]byte, 1500))
	return err
}
