package media

import (
	"fmt"
	"slices"
	"strings"

	"github.com/livekit/protocol/livekit"
	"github.com/pion/sdp/v3"
)

// codecs names by the client's names for tracks the codecs that it has said it would rather send them with than with the
// one that comes first.
func (p *participant) codecs() map[string]string {
	var m map[string]string
	for _, t := range p.tracks {
		if t.codec != "" {
			if m == nil {
				m = map[string]string{}
			}
			m[t.cid] = t.codec
		}
	}
	return m
}

// preferred is the codec that a client wants to send a track with, as session descriptions name it: sound with redundancy,
// unless it says that it cannot, as where frames are encrypted.
func preferred(req *livekit.AddTrackRequest) string {
	if req.GetType() == livekit.TrackType_AUDIO && !req.GetDisableRed() && req.GetEncryption() == livekit.Encryption_NONE {
		return "red"
	}
	if req.GetType() != livekit.TrackType_VIDEO || len(req.GetSimulcastCodecs()) == 0 {
		return ""
	}
	name := strings.ToLower(req.GetSimulcastCodecs()[0].GetCodec())
	return strings.TrimPrefix(name, "video/")
}

// amend makes of an answer what the client is told. Clients send with the codec that comes first: that is the one that
// they have announced for the track. And what is announced for both directions and only one has is taken out: a receiver's
// estimate of its line is of use to the server alone.
func amend(answer, offer string, codecs map[string]string) (string, error) {
	d := sdp.SessionDescription{}
	if err := d.UnmarshalString(answer); err != nil {
		return "", fmt.Errorf("reading own answer: %w", err)
	}
	names, err := tracksOf(offer, len(codecs) > 0)
	if err != nil {
		return "", err
	}
	for _, m := range d.MediaDescriptions {
		if _, ours := m.Attribute(sdp.AttrKeySendOnly); ours {
			continue
		}
		m.Attributes = slices.DeleteFunc(m.Attributes, ofEstimates)
		mid, _ := m.Attribute(sdp.AttrKeyMID)
		if codec := codecs[names[mid]]; codec != "" {
			first(m, codec)
		}
	}
	b, err := d.Marshal()
	if err != nil {
		return "", fmt.Errorf("writing own answer: %w", err)
	}
	return string(b), nil
}

func ofEstimates(a sdp.Attribute) bool {
	return a.Key == "rtcp-fb" && strings.HasSuffix(a.Value, " goog-remb")
}

// tracksOf finds which section of an offer carries which track.
func tracksOf(offer string, any bool) (map[string]string, error) {
	if !any {
		return nil, nil
	}
	d := sdp.SessionDescription{}
	if err := d.UnmarshalString(offer); err != nil {
		return nil, fmt.Errorf("reading offer: %w", err)
	}
	names := map[string]string{}
	for _, m := range d.MediaDescriptions {
		mid, _ := m.Attribute(sdp.AttrKeyMID)
		msid, _ := m.Attribute(sdp.AttrKeyMsid)
		if _, track, ok := strings.Cut(msid, " "); ok {
			names[mid] = track
		}
	}
	return names, nil
}

// first puts the numbers of a codec before the others.
func first(m *sdp.MediaDescription, codec string) {
	wanted := map[string]bool{}
	for _, a := range m.Attributes {
		if number, what, ok := strings.Cut(a.Value, " "); ok && a.Key == "rtpmap" {
			name, _, _ := strings.Cut(what, "/")
			wanted[number] = strings.EqualFold(name, codec)
		}
	}
	slices.SortStableFunc(m.MediaName.Formats, func(a, b string) int {
		switch {
		case wanted[a] == wanted[b]:
			return 0
		case wanted[a]:
			return -1
		default:
			return 1
		}
	})
}
