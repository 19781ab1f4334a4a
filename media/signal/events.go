package signal

//lint:file-ignore SA1019 the clients of today send and read these fields

import (
	"strings"

	"github.com/livekit/protocol/livekit"
)

// Sections asks for an offer with so many more sections to receive on.
func Sections(audios, videos uint32) *livekit.SignalResponse {
	return &livekit.SignalResponse{Message: &livekit.SignalResponse_MediaSectionsRequirement{
		MediaSectionsRequirement: &livekit.MediaSectionsRequirement{NumAudios: audios, NumVideos: videos},
	}}
}

// Speakers tells who has begun to speak, speaks louder or lower, or has stopped.
func Speakers(changes []*livekit.SpeakerInfo) *livekit.SignalResponse {
	return &livekit.SignalResponse{Message: &livekit.SignalResponse_SpeakersChanged{
		SpeakersChanged: &livekit.SpeakersChanged{Speakers: changes},
	}}
}

// Permitted tells whether the client may receive a track.
func Permitted(participant, track string, allowed bool) *livekit.SignalResponse {
	return &livekit.SignalResponse{Message: &livekit.SignalResponse_SubscriptionPermissionUpdate{
		SubscriptionPermissionUpdate: &livekit.SubscriptionPermissionUpdate{
			ParticipantSid: participant, TrackSid: track, Allowed: allowed,
		},
	}}
}

// Mute tells the client that a track of its own has been muted.
func Mute(track string, muted bool) *livekit.SignalResponse {
	return &livekit.SignalResponse{Message: &livekit.SignalResponse_Mute{
		Mute: &livekit.MuteTrackRequest{Sid: track, Muted: muted},
	}}
}

// Room tells what has changed about the room.
func Room(r *livekit.Room) *livekit.SignalResponse {
	return &livekit.SignalResponse{Message: &livekit.SignalResponse_RoomUpdate{RoomUpdate: &livekit.RoomUpdate{Room: r}}}
}

// Subscribed tells the client that somebody receives a track of its own for the first time.
func Subscribed(track string) *livekit.SignalResponse {
	return &livekit.SignalResponse{Message: &livekit.SignalResponse_TrackSubscribed{
		TrackSubscribed: &livekit.TrackSubscribed{TrackSid: track},
	}}
}

// Unpublished tells the client that a track of its own is no longer sent.
func Unpublished(track string) *livekit.SignalResponse {
	return &livekit.SignalResponse{Message: &livekit.SignalResponse_TrackUnpublished{
		TrackUnpublished: &livekit.TrackUnpublishedResponse{TrackSid: track},
	}}
}

// Quality tells how good the connections of people are.
func Quality(list []*livekit.ConnectionQualityInfo) *livekit.SignalResponse {
	return &livekit.SignalResponse{Message: &livekit.SignalResponse_ConnectionQuality{
		ConnectionQuality: &livekit.ConnectionQualityUpdate{Updates: list},
	}}
}

// Wanted tells the client up to which quality somebody wants a track of its own; below 0 nobody does.
func Wanted(track, mime string, best int) *livekit.SignalResponse {
	var list []*livekit.SubscribedQuality
	for q := livekit.VideoQuality_LOW; q <= livekit.VideoQuality_HIGH; q++ {
		list = append(list, &livekit.SubscribedQuality{Quality: q, Enabled: int(q) <= best})
	}
	return &livekit.SignalResponse{Message: &livekit.SignalResponse_SubscribedQualityUpdate{
		SubscribedQualityUpdate: &livekit.SubscribedQualityUpdate{
			TrackSid: track, SubscribedQualities: list,
			SubscribedCodecs: []*livekit.SubscribedCodec{{Codec: strings.TrimPrefix(strings.ToLower(mime), "video/"), Qualities: list}},
		},
	}}
}

// Unsupported tells that the client does not get a track because it lacks the codec.
func Unsupported(track string) *livekit.SignalResponse {
	return &livekit.SignalResponse{Message: &livekit.SignalResponse_SubscriptionResponse{
		SubscriptionResponse: &livekit.SubscriptionResponse{TrackSid: track, Err: livekit.SubscriptionError_SE_CODEC_UNSUPPORTED},
	}}
}

// StreamStates tells which tracks are paused because the client's line has no room for them, and which go on.
func StreamStates(list []*livekit.StreamStateInfo) *livekit.SignalResponse {
	return &livekit.SignalResponse{Message: &livekit.SignalResponse_StreamStateUpdate{
		StreamStateUpdate: &livekit.StreamStateUpdate{StreamStates: list},
	}}
}

// StreamState is whether a track of a participant is paused.
func StreamState(participant, track string, paused bool) *livekit.StreamStateInfo {
	state := livekit.StreamState_ACTIVE
	if paused {
		state = livekit.StreamState_PAUSED
	}
	return &livekit.StreamStateInfo{ParticipantSid: participant, TrackSid: track, State: state}
}
