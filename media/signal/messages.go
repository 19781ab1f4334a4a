package signal

import (
	"time"

	"github.com/livekit/protocol/livekit"
)

// What every client is told about this server. Clients refuse a server without a version.
const (
	Protocol     = 16
	version      = "1.9.0"
	PingInterval = 5 * time.Second
	PingTimeout  = 15 * time.Second
)

// Targets of descriptions and candidates: the two peer connections of a client.
const (
	Publisher  = livekit.SignalTarget_PUBLISHER
	Subscriber = livekit.SignalTarget_SUBSCRIBER
)

func serverInfo() *livekit.ServerInfo {
	return &livekit.ServerInfo{Edition: livekit.ServerInfo_Standard, Version: version, Protocol: Protocol}
}

// Welcome is what a client learns at its join.
type Welcome struct {
	Room    *livekit.Room
	You     *livekit.ParticipantInfo
	Others  []*livekit.ParticipantInfo
	Trailer []byte // marks frames that a server makes; this one makes none
	Codecs  []*livekit.Codec
	Single  bool // one peer connection for both directions
	ICE     []*livekit.ICEServer
}

// Join is the first message.
func Join(w Welcome) *livekit.SignalResponse {
	return &livekit.SignalResponse{Message: &livekit.SignalResponse_Join{Join: &livekit.JoinResponse{
		Room:                 w.Room,
		IceServers:           w.ICE,
		Participant:          w.You,
		OtherParticipants:    w.Others,
		ServerVersion:        version,
		ServerInfo:           serverInfo(),
		SubscriberPrimary:    !w.Single,
		FastPublish:          true,
		PingInterval:         int32(PingInterval / time.Second),
		PingTimeout:          int32(PingTimeout / time.Second),
		SifTrailer:           w.Trailer,
		EnabledPublishCodecs: w.Codecs,
	}}}
}

// Reconnect is the first message to a client that resumes.
// The sequence is that of the newest reliable data that has come from it.
func Reconnect(sequence uint32, ice []*livekit.ICEServer) *livekit.SignalResponse {
	return &livekit.SignalResponse{Message: &livekit.SignalResponse_Reconnect{Reconnect: &livekit.ReconnectResponse{
		ServerInfo: serverInfo(), LastMessageSeq: sequence, IceServers: ice,
	}}}
}

// Offer describes what the client is to receive; mids maps its sections to tracks.
func Offer(sdp string, id uint32, mids map[string]string) *livekit.SignalResponse {
	return &livekit.SignalResponse{Message: &livekit.SignalResponse_Offer{
		Offer: &livekit.SessionDescription{Type: "offer", Sdp: sdp, Id: id, MidToTrackId: mids},
	}}
}

// Answer answers the client's offer with this id; mids maps the sections on which it receives to tracks.
func Answer(sdp string, id uint32, mids map[string]string) *livekit.SignalResponse {
	return &livekit.SignalResponse{Message: &livekit.SignalResponse_Answer{
		Answer: &livekit.SessionDescription{Type: "answer", Sdp: sdp, Id: id, MidToTrackId: mids},
	}}
}

// Trickle is a candidate of ours, in JSON.
func Trickle(target livekit.SignalTarget, candidate string) *livekit.SignalResponse {
	return &livekit.SignalResponse{Message: &livekit.SignalResponse_Trickle{
		Trickle: &livekit.TrickleRequest{CandidateInit: candidate, Target: target},
	}}
}

// Update tells what has changed about people.
func Update(people ...*livekit.ParticipantInfo) *livekit.SignalResponse {
	return &livekit.SignalResponse{Message: &livekit.SignalResponse_Update{
		Update: &livekit.ParticipantUpdate{Participants: people},
	}}
}

// TrackPublished answers a request to publish.
func TrackPublished(cid string, t *livekit.TrackInfo) *livekit.SignalResponse {
	return &livekit.SignalResponse{Message: &livekit.SignalResponse_TrackPublished{
		TrackPublished: &livekit.TrackPublishedResponse{Cid: cid, Track: t},
	}}
}

// Answered answers a request: granted, or why not.
func Answered(request uint32, reason livekit.RequestResponse_Reason) *livekit.SignalResponse {
	return &livekit.SignalResponse{Message: &livekit.SignalResponse_RequestResponse{
		RequestResponse: &livekit.RequestResponse{RequestId: request, Reason: reason},
	}}
}

// PublishRefused answers a request to publish that is not granted.
func PublishRefused(req *livekit.AddTrackRequest, reason livekit.RequestResponse_Reason) *livekit.SignalResponse {
	return &livekit.SignalResponse{Message: &livekit.SignalResponse_RequestResponse{
		RequestResponse: &livekit.RequestResponse{
			Reason: reason, Request: &livekit.RequestResponse_AddTrack{AddTrack: req},
		},
	}}
}

// RefreshToken gives the token for the next reconnection.
func RefreshToken(token string) *livekit.SignalResponse {
	return &livekit.SignalResponse{Message: &livekit.SignalResponse_RefreshToken{RefreshToken: token}}
}

// Pong answers the older kind of ping.
func Pong(now time.Time) *livekit.SignalResponse {
	return &livekit.SignalResponse{Message: &livekit.SignalResponse_Pong{Pong: now.UnixMilli()}}
}

// PongResponse answers the newer kind.
func PongResponse(ping *livekit.Ping, now time.Time) *livekit.SignalResponse {
	return &livekit.SignalResponse{Message: &livekit.SignalResponse_PongResp{
		PongResp: &livekit.Pong{LastPingTimestamp: ping.GetTimestamp(), Timestamp: now.UnixMilli()},
	}}
}

// Leave tells the client that it is out, why, and what to do about it.
func Leave(reason livekit.DisconnectReason, action livekit.LeaveRequest_Action) *livekit.SignalResponse {
	return &livekit.SignalResponse{Message: &livekit.SignalResponse_Leave{Leave: &livekit.LeaveRequest{
		Reason: reason, Action: action, CanReconnect: action == livekit.LeaveRequest_RECONNECT,
	}}}
}
