package media

import (
	"strings"
	"testing"

	"github.com/pion/webrtc/v4"
	"github.com/rs/zerolog"

	"stimmbote/media/forward"
)

// Clients are told the configured address, and none of the machine's own.
func TestPublicAddress(t *testing.T) {
	const public = "203.0.113.7"
	s, err := New(Config{UDP: "127.0.0.1:0", IP: public}, Options{Secret: []byte("0123456789abcdef0123456789abcdef")}, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	defer s.mux.Close()
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
	found := 0
	for line := range strings.Lines(pc.LocalDescription().SDP) {
		if !strings.HasPrefix(line, "a=candidate:") {
			continue
		}
		found++
		if !strings.Contains(line, " "+public+" ") {
			t.Errorf("told %q", line)
		}
	}
	if found == 0 {
		t.Error("no candidate at all")
	}
}
