package media

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/livekit/protocol/auth"
)

// issuer is the key id in the tokens that are made here, unless somebody else has it.
const issuer = "stimmbote"

// refreshFor is how long a token lives that somebody in a call gets for the next reconnection.
const refreshFor = 10 * time.Minute

// endedFor is how long it is known that a room was closed: longer than a token lives that somebody got in it.
const endedFor = 15 * time.Minute

// Reasons to let nobody in. All of them are answered with 401.
var (
	errNoToken   = errors.New("no token")
	errBadToken  = errors.New("token is not valid")
	errNoGrant   = errors.New("token does not allow to join a room")
	errOtherRoom = errors.New("token is for another room")
	errOver      = errors.New("token is from before the room was closed")
)

// Token lets one person into one room until it expires. They may not send data: in the program's own calls the server
// alone does, and what it says is believed.
func (s *Server) Token(room, identity, name string, ttl time.Duration) (string, error) {
	if room == "" || identity == "" || ttl <= 0 {
		return "", fmt.Errorf("making token: %w", errNoGrant)
	}
	video := &auth.VideoGrant{RoomJoin: true, Room: room}
	video.SetCanPublishData(false)
	t, err := auth.NewAccessToken(s.issuer, s.keys[s.issuer]).
		SetIdentity(identity).
		SetName(name).
		SetValidFor(ttl).
		SetVideoGrant(video).
		ToJWT()
	if err != nil {
		return "", fmt.Errorf("signing token: %w", err)
	}
	return t, nil
}

// admit checks the token of a request.
func (s *Server) admit(r *http.Request) (grant, error) {
	raw := r.URL.Query().Get("access_token")
	if bearer, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok && raw == "" {
		raw = bearer
	}
	if raw == "" {
		return grant{}, errNoToken
	}
	token, err := auth.ParseAPIToken(raw)
	if err != nil {
		return grant{}, errBadToken
	}
	secret, ok := s.keys[token.APIKey()]
	if !ok {
		return grant{}, errBadToken
	}
	claims, grants, err := token.Verify([]byte(secret))
	if err != nil || time.Now().After(claims.ExpiresAt.Time) {
		return grant{}, errBadToken
	}
	if grants.Video == nil || !grants.Video.RoomJoin || grants.Video.Room == "" || grants.Identity == "" {
		return grant{}, errNoGrant
	}
	if room := r.URL.Query().Get("room"); room != "" && room != grants.Video.Room {
		return grant{}, errOtherRoom
	}
	var issued time.Time
	if claims.IssuedAt != nil {
		issued = claims.IssuedAt.Time
	}
	if s.isOver(grants.Video.Room, issued) {
		return grant{}, errOver
	}
	g := grant{
		room: grants.Video.Room, identity: grants.Identity, name: grants.Name, metadata: grants.Metadata,
		attributes: grants.Attributes, kind: grants.GetParticipantKind(), video: grants.Video,
		key: token.APIKey(), expires: claims.ExpiresAt.Time,
	}
	if !fits(g.name, g.metadata, g.attributes) || len(g.room) > maxName || len(g.identity) > maxName {
		return grant{}, errBadToken
	}
	return g, nil
}
