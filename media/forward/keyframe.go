package forward

import (
	"sync"
	"time"

	"github.com/pion/webrtc/v4"
)

// isKeyFrame says whether a payload is the beginning of a key frame. It reads only what frame encryption leaves in
// clear, and takes codecs that it does not know as always decodable.
func isKeyFrame(mime string, payload []byte) bool {
	switch {
	case isCodec(mime, webrtc.MimeTypeVP8):
		return isKeyVP8(payload)
	case isCodec(mime, webrtc.MimeTypeH264):
		return isKeyH264(payload)
	default:
		return true
	}
}

// isKeyVP8 follows RFC 7741 §4.2 and §4.3.
func isKeyVP8(b []byte) bool {
	if len(b) < 1 || b[0]&0x10 == 0 || b[0]&0x07 != 0 { // not the beginning of the first partition
		return false
	}
	at := 1
	if b[0]&0x80 != 0 {
		if len(b) < 2 {
			return false
		}
		flags := b[1]
		at = 2
		if flags&0x80 != 0 { // picture id of one or two bytes
			if len(b) <= at {
				return false
			}
			at += 1 + int(b[at]>>7)
		}
		if flags&0x40 != 0 { // TL0PICIDX
			at++
		}
		if flags&0x30 != 0 { // TID, KEYIDX
			at++
		}
	}
	return len(b) > at && b[at]&0x01 == 0
}

// Types of H.264 units, RFC 6184 §5.2.
const (
	h264IDR  = 5
	h264SPS  = 7
	h264STAP = 24
	h264FU   = 28
)

// isKeyH264 takes a sequence parameter set or the first part of an IDR picture as the beginning.
func isKeyH264(b []byte) bool {
	if len(b) < 1 {
		return false
	}
	switch kind := b[0] & 0x1f; kind {
	case h264IDR, h264SPS:
		return true
	case h264STAP:
		for b = b[1:]; len(b) > 2; {
			size := int(b[0])<<8 | int(b[1])
			if inner := b[2] & 0x1f; inner == h264IDR || inner == h264SPS {
				return true
			}
			if len(b) < 2+size {
				return false
			}
			b = b[2+size:]
		}
		return false
	case h264FU:
		return len(b) > 1 && b[1]&0x80 != 0 && b[1]&0x1f == h264IDR
	default:
		return false
	}
}

// Requests for key frames come from every receiver and cost the sender bandwidth: at most one is passed on in each gap.
// Whoever has just begun waits for a shorter one.
const (
	keyGap      = 500 * time.Millisecond
	keyGapFresh = 100 * time.Millisecond
)

// keyRequests merges the receivers' requests. None is lost: one that comes too early is due at the end of the gap.
type keyRequests struct {
	mu      sync.Mutex
	last    time.Time
	pending bool
	gap     time.Duration
}

// want notes a request and says whether to pass it on now.
func (k *keyRequests) want(now time.Time, fresh bool) bool {
	gap := keyGap
	if fresh {
		gap = keyGapFresh
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.pending || gap < k.gap {
		k.gap = gap
	}
	k.pending = true
	return k.take(now)
}

// due says whether a request that was noted earlier is to be passed on now.
func (k *keyRequests) due(now time.Time) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.take(now)
}

func (k *keyRequests) take(now time.Time) bool {
	if !k.pending || now.Sub(k.last) < k.gap {
		return false
	}
	k.last, k.pending = now, false
	return true
}
