package media

import (
	"maps"
	"time"

	"github.com/livekit/protocol/auth"
	"github.com/livekit/protocol/livekit"
)

// grant is what a valid token allows: to be in one room, as one person, and what that person may do there.
type grant struct {
	room, identity, name string
	metadata             string
	attributes           map[string]string
	kind                 livekit.ParticipantInfo_Kind
	video                *auth.VideoGrant
	key                  string // whose secret signed the token
	expires              time.Time
}

// permission is what clients are told of what somebody may do.
func (g *grant) permission() *livekit.ParticipantPermission { return g.video.ToPermission() }

// hidden is somebody whom others do not learn of.
func (g *grant) hidden() bool { return g.video.Hidden }

// token signs what holds now, for the next reconnection.
func (s *Server) token(g *grant, now time.Time) (string, error) {
	return auth.NewAccessToken(g.key, s.keys[g.key]).
		SetIdentity(g.identity).
		SetName(g.name).
		SetMetadata(g.metadata).
		SetAttributes(maps.Clone(g.attributes)).
		SetKind(g.kind).
		SetValidFor(max(refreshFor, g.expires.Sub(now))).
		SetVideoGrant(g.video.Clone()).
		ToJWT()
}

const (
	maxMetadata   = 64 << 10 // bytes, and as many in attributes
	maxName       = 256
	maxAttributes = 256
)

// fits says whether what somebody says of themselves is short enough to be told to everybody.
func fits(name, metadata string, attributes map[string]string) bool {
	size := 0
	for k, v := range attributes {
		size += len(k) + len(v)
	}
	return len(name) <= maxName && len(metadata) <= maxMetadata && size <= maxMetadata && len(attributes) <= maxAttributes
}

// describe sets what somebody says of themselves; an attribute without a value is deleted.
func (g *grant) describe(name, metadata string, attributes map[string]string) bool {
	merged := maps.Clone(g.attributes)
	for k, v := range attributes {
		if merged == nil {
			merged = map[string]string{}
		}
		if merged[k] = v; v == "" {
			delete(merged, k)
		}
	}
	if !fits(name, metadata, merged) {
		return false
	}
	if name != "" {
		g.name = name
	}
	if metadata != "" {
		g.metadata = metadata
	}
	g.attributes = merged
	return true
}
