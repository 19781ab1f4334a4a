package forward

import (
	"testing"
	"time"

	"github.com/pion/webrtc/v4"
)

func TestIsKeyFrame(t *testing.T) {
	for name, c := range map[string]struct {
		mime string
		b    []byte
		want bool
	}{
		"vp8 key":                       {webrtc.MimeTypeVP8, []byte{0x10, 0x10, 0x02, 0x00}, true},
		"vp8 delta":                     {webrtc.MimeTypeVP8, []byte{0x10, 0x11, 0x02, 0x00}, false},
		"vp8 lower case":                {"video/vp8", []byte{0x10, 0x11}, false},
		"vp8 key goes on":               {webrtc.MimeTypeVP8, []byte{0x00, 0x10, 0x02}, false},
		"vp8 second partition":          {webrtc.MimeTypeVP8, []byte{0x11, 0x10}, false},
		"vp8 key, short picture id":     {webrtc.MimeTypeVP8, []byte{0x90, 0x80, 0x7f, 0x10}, true},
		"vp8 delta, short picture id":   {webrtc.MimeTypeVP8, []byte{0x90, 0x80, 0x7e, 0x11}, false},
		"vp8 key, long picture id":      {webrtc.MimeTypeVP8, []byte{0x90, 0x80, 0x81, 0xff, 0x10}, true},
		"vp8 key, all of the extension": {webrtc.MimeTypeVP8, []byte{0x90, 0xf0, 0x81, 0xff, 0x05, 0x21, 0x10}, true},
		"vp8 delta, all of it":          {webrtc.MimeTypeVP8, []byte{0x90, 0xf0, 0x81, 0xff, 0x05, 0x20, 0x11}, false},
		"vp8 empty":                     {webrtc.MimeTypeVP8, nil, false},
		"vp8 descriptor only":           {webrtc.MimeTypeVP8, []byte{0x10}, false},
		"vp8 cut after extension":       {webrtc.MimeTypeVP8, []byte{0x90}, false},
		"vp8 cut before picture id":     {webrtc.MimeTypeVP8, []byte{0x90, 0x80}, false},
		"vp8 cut in picture id":         {webrtc.MimeTypeVP8, []byte{0x90, 0x80, 0x81}, false},
		"vp8 cut before frame":          {webrtc.MimeTypeVP8, []byte{0x90, 0xf0, 0x81, 0xff, 0x05, 0x21}, false},
		"h264 sps":                      {webrtc.MimeTypeH264, []byte{0x67, 0x42}, true},
		"h264 idr":                      {webrtc.MimeTypeH264, []byte{0x65, 0x88}, true},
		"h264 slice":                    {webrtc.MimeTypeH264, []byte{0x61, 0x88}, false},
		"h264 aggregate with sps":       {webrtc.MimeTypeH264, []byte{0x78, 0, 2, 0x67, 0x42, 0, 1, 0x68}, true},
		"h264 aggregate, idr second":    {webrtc.MimeTypeH264, []byte{0x78, 0, 1, 0x06, 0, 1, 0x65}, true},
		"h264 aggregate without":        {webrtc.MimeTypeH264, []byte{0x78, 0, 1, 0x61, 0, 1, 0x61}, false},
		"h264 aggregate lies":           {webrtc.MimeTypeH264, []byte{0x78, 0xff, 0xff, 0x61}, false},
		"h264 aggregate empty unit":     {webrtc.MimeTypeH264, []byte{0x78, 0, 0, 0x61, 0}, false},
		"h264 first part of idr":        {webrtc.MimeTypeH264, []byte{0x7c, 0x85}, true},
		"h264 later part of idr":        {webrtc.MimeTypeH264, []byte{0x7c, 0x05}, false},
		"h264 cut part":                 {webrtc.MimeTypeH264, []byte{0x7c}, false},
		"h264 empty":                    {webrtc.MimeTypeH264, nil, false},
		"unknown":                       {"video/other", nil, true},
	} {
		if got := isKeyFrame(c.mime, c.b); got != c.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

func FuzzIsKeyFrame(f *testing.F) {
	f.Add([]byte{0x90, 0xf0, 0x81, 0xff, 0x05, 0x21, 0x10})
	f.Add([]byte{0x78, 0, 2, 0x67, 0x42, 0, 1, 0x68})
	f.Fuzz(func(t *testing.T, b []byte) {
		before := string(b)
		isKeyFrame(webrtc.MimeTypeVP8, b)
		isKeyFrame(webrtc.MimeTypeH264, b)
		if string(b) != before {
			t.Error("payload was changed")
		}
	})
}

func TestKeyRequests(t *testing.T) {
	const ms = time.Millisecond
	type step struct {
		at          time.Duration
		want, fresh bool // want: a request; otherwise a packet passes
		ask         bool
	}
	for name, steps := range map[string][]step{
		"the first at once":               {{0, true, false, true}},
		"nothing without a request":       {{0, false, false, false}},
		"later ones merge, none is lost":  {{0, true, false, true}, {10 * ms, true, false, false}, {20 * ms, true, false, false}, {499 * ms, false, false, false}, {500 * ms, false, false, true}, {501 * ms, false, false, false}},
		"a fresh receiver waits for less": {{0, true, false, true}, {99 * ms, true, true, false}, {100 * ms, false, false, true}},
		"a fresh one hastens the others":  {{0, true, false, true}, {50 * ms, true, false, false}, {110 * ms, true, true, true}, {600 * ms, false, false, false}},
		"others do not hold a fresh one":  {{0, true, false, true}, {50 * ms, true, true, false}, {60 * ms, true, false, false}, {100 * ms, false, false, true}},
	} {
		var k keyRequests
		begin := time.Unix(1000, 0)
		for i, s := range steps {
			got := false
			if s.want {
				got = k.want(begin.Add(s.at), s.fresh)
			} else {
				got = k.due(begin.Add(s.at))
			}
			if got != s.ask {
				t.Errorf("%s: step %d: got %v", name, i, got)
			}
		}
	}
}
