package signal

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/livekit/protocol/livekit"
	"google.golang.org/protobuf/proto"
)

// ErrTooLong is a join request that is longer than any message may be.
var ErrTooLong = errors.New("join request is too long")

// ReadJoinRequest reads the join request of an address: URL-safe base64, the inner message packed or not. It unpacks
// no more than one message may be long.
func ReadJoinRequest(text string) (*livekit.JoinRequest, error) {
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(text, "="))
	if err != nil {
		return nil, fmt.Errorf("reading join request: %w", err)
	}
	var wrapped livekit.WrappedJoinRequest
	if err := proto.Unmarshal(raw, &wrapped); err != nil {
		return nil, fmt.Errorf("reading join request: %w", err)
	}
	inner := wrapped.GetJoinRequest()
	if wrapped.GetCompression() == livekit.WrappedJoinRequest_GZIP {
		if inner, err = unpack(inner); err != nil {
			return nil, fmt.Errorf("unpacking join request: %w", err)
		}
	}
	if len(inner) > maxMessage {
		return nil, ErrTooLong
	}
	join := &livekit.JoinRequest{}
	if err := proto.Unmarshal(inner, join); err != nil {
		return nil, fmt.Errorf("reading join request: %w", err)
	}
	return join, nil
}

func unpack(b []byte) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(z, maxMessage+1))
}
