package signal

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"errors"
	"testing"

	"github.com/livekit/protocol/livekit"
	"google.golang.org/protobuf/proto"
)

// A join request that would be 1 GB unpacked is refused after what one message may be.
func TestJoinRequestThatInflates(t *testing.T) {
	part := &bytes.Buffer{}
	z, err := gzip.NewWriterLevel(part, gzip.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = z.Write(make([]byte, 4<<20))
	_ = z.Close()
	raw, err := proto.Marshal(&livekit.WrappedJoinRequest{
		Compression: livekit.WrappedJoinRequest_GZIP, JoinRequest: bytes.Repeat(part.Bytes(), 256),
	})
	if err != nil {
		t.Fatal(err)
	}
	text := base64.URLEncoding.EncodeToString(raw)
	if _, err := ReadJoinRequest(text); !errors.Is(err, ErrTooLong) {
		t.Errorf("got %v", err)
	}
	r := testing.Benchmark(func(b *testing.B) {
		for range b.N {
			_, _ = ReadJoinRequest(text)
		}
	})
	if got := r.AllocedBytesPerOp(); got > 16<<20 {
		t.Errorf("%d bytes of memory for it", got)
	}
}
