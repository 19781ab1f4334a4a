package signal

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"testing"

	"github.com/livekit/protocol/livekit"
	"google.golang.org/protobuf/proto"
)

// A join request is read or refused, never both, and never longer unpacked than any message may be.
func FuzzReadJoinRequest(f *testing.F) {
	inner, _ := proto.Marshal(&livekit.JoinRequest{Metadata: "m", ParticipantSid: "PA_x", PublisherOffer: &livekit.SessionDescription{Sdp: "v=0"}})
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = z.Write(inner)
	_ = z.Close()
	for c, b := range map[livekit.WrappedJoinRequest_Compression][]byte{
		livekit.WrappedJoinRequest_NONE: inner, livekit.WrappedJoinRequest_GZIP: packed.Bytes(),
	} {
		outer, _ := proto.Marshal(&livekit.WrappedJoinRequest{Compression: c, JoinRequest: b})
		f.Add(base64.URLEncoding.EncodeToString(outer))
	}
	f.Add("%")
	f.Fuzz(func(t *testing.T, text string) {
		m, err := ReadJoinRequest(text)
		if (m == nil) == (err == nil) {
			t.Errorf("read %v, and %v", m, err)
		}
		if proto.Size(m) > maxMessage {
			t.Error("longer than any message")
		}
	})
}
