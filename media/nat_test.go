package media

import (
	"strings"
	"testing"

	"github.com/pion/webrtc/v4"
	"github.com/rs/zerolog"

	"stimmbote/media/forward"
	"stimmbote/media/relay"
)

// Clients are told the configured address and that of relayed ones, and none of the machine's own.
func TestPublicAddress(t *testing.T) {
	const public = "203.0.113.7"
	s, err := New(Config{UDP: "127.0.0.1:0", TCP: "127.0.0.1:0", TURN: "127.0.0.1:0", IP: public}, Options{Secret: []byte("0123456789abcdef0123456789abcdef")}, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	defer s.shut()
	pc, _, err := s.connection(forward.Both)
	if err != nil {
		t.Fatal(err)
	}
	defer pc.GracefulClose()
	if _, err := pc.CreateDataChannel("x", nil); err != nil {
		t.Fatal(err)
	}
	gathered := webrtc.GatheringCompletePromise(pc)
	offer, err := pc.CreateOffer(nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := pc.SetLocalDescription(offer); err != nil {
		t.Fatal(err)
	}
	<-gathered
	found := map[string]int{}
	for line := range strings.Lines(pc.LocalDescription().SDP) {
		if !strings.HasPrefix(line, "a=candidate:") {
			continue
		}
		switch f := strings.Fields(line); f[4] {
		case public, relay.Address.String():
			found[f[2]+" "+f[4]]++
		default:
			t.Errorf("told %q", line)
		}
	}
	for _, want := range []string{"udp " + public, "tcp " + public, "udp " + relay.Address.String()} {
		if found[want] == 0 {
			t.Errorf("no candidate %s among %v", want, found)
		}
	}
}
