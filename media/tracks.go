package media

//lint:file-ignore SA1019 the clients of today send and read these fields

import (
	"iter"
	"time"

	"github.com/livekit/protocol/livekit"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"
	"google.golang.org/protobuf/proto"

	"stimmbote/media/forward"
	"stimmbote/media/signal"
)

const (
	maxTracks   = 16 // that one person may announce
	maxFeatures = 16 // of a sound
)

// maxWants is how many tracks there may be in a room, and how many somebody may speak of at once.
const maxWants = maxPeople * maxTracks

func enabledCodecs() []*livekit.Codec {
	return []*livekit.Codec{{Mime: webrtc.MimeTypeOpus}, {Mime: webrtc.MimeTypeVP8}, {Mime: webrtc.MimeTypeH264}}
}

// handle does what a client asks for. Requests that it does not know, and hints that it does not need, are ignored.
func (r *room) handle(p *participant, conn *signal.Conn, m *livekit.SignalRequest) {
	if r.people[p.identity] != p || p.conn.Load() != conn {
		return // said before it was replaced or removed
	}
	now := time.Now()
	p.heard = now
	switch m := m.GetMessage().(type) {
	case *livekit.SignalRequest_Offer:
		p.pub.answerTo(m.Offer, p.pub.answer(m.Offer, p.codecs()))
	case *livekit.SignalRequest_Answer:
		p.sub.answerTo(m.Answer, p.sub.answered(m.Answer))
	case *livekit.SignalRequest_Trickle:
		if m.Trickle.GetTarget() == signal.Publisher {
			p.pub.answerTo(m.Trickle, p.pub.candidate(m.Trickle.GetCandidateInit()))
		} else {
			p.sub.answerTo(m.Trickle, p.sub.candidate(m.Trickle.GetCandidateInit()))
		}
	case *livekit.SignalRequest_AddTrack:
		r.addTrack(p, m.AddTrack)
	case *livekit.SignalRequest_Mute:
		r.muted(p, m.Mute.GetSid(), m.Mute.GetMuted())
	case *livekit.SignalRequest_Subscription:
		r.subscribe(p, m.Subscription)
	case *livekit.SignalRequest_TrackSetting:
		r.prefer(p, m.TrackSetting)
	case *livekit.SignalRequest_UpdateMetadata:
		r.describe(p, m.UpdateMetadata)
	case *livekit.SignalRequest_SubscriptionPermission:
		r.permit(p, m.SubscriptionPermission)
	case *livekit.SignalRequest_UpdateAudioTrack:
		r.update(p, m.UpdateAudioTrack.GetTrackSid(), func(t *livekit.TrackInfo) { t.AudioFeatures = features(m.UpdateAudioTrack.GetFeatures()) })
	case *livekit.SignalRequest_UpdateVideoTrack:
		r.update(p, m.UpdateVideoTrack.GetTrackSid(), func(t *livekit.TrackInfo) {
			t.Width, t.Height = m.UpdateVideoTrack.GetWidth(), m.UpdateVideoTrack.GetHeight()
		})
	case *livekit.SignalRequest_Ping:
		p.send(signal.Pong(now))
	case *livekit.SignalRequest_PingReq:
		p.send(signal.PongResponse(m.PingReq, now))
	case *livekit.SignalRequest_Leave:
		r.expel(p, livekit.DisconnectReason_CLIENT_INITIATED, livekit.LeaveRequest_DISCONNECT)
	}
}

// addTrack notes a track that a client is about to send.
func (r *room) addTrack(p *participant, req *livekit.AddTrackRequest) {
	for _, t := range p.tracks {
		if t.cid == req.GetCid() {
			p.send(signal.TrackPublished(t.cid, t.info))
			return
		}
	}
	switch {
	case req.GetType() == livekit.TrackType_DATA:
		p.send(signal.PublishRefused(req, livekit.RequestResponse_UNSUPPORTED_TYPE))
		return
	case !p.mayPublish(req.GetSource()):
		p.send(signal.PublishRefused(req, livekit.RequestResponse_NOT_ALLOWED))
		return
	case len(p.tracks) >= maxTracks, !fits(req.GetName(), "", nil), len(req.GetLayers()) > maxTracks, len(req.GetCid()) > maxName:
		p.send(signal.PublishRefused(req, livekit.RequestResponse_LIMIT_EXCEEDED))
		return
	}
	t := &publication{cid: req.GetCid(), layers: req.GetLayers(), codec: preferred(req), told: forward.Best, info: &livekit.TrackInfo{
		Sid:        newSID(trackPrefix(req)),
		Type:       req.GetType(),
		Name:       req.GetName(),
		Muted:      req.GetMuted(),
		Width:      req.GetWidth(),
		Height:     req.GetHeight(),
		Source:     req.GetSource(),
		Encryption: req.GetEncryption(),
		Stream:     req.GetStream(),
		DisableRed: req.GetDisableRed(),
		Layers:     req.GetLayers(),

		AudioFeatures: features(req.GetAudioFeatures()), Simulcast: len(req.GetLayers()) > 1,
	}}
	p.tracks = append(p.tracks, t)
	p.log.Trace().Str("track", t.info.GetSid()).Stringer("source", t.info.GetSource()).Bool("muted", t.info.GetMuted()).Msg("Track announced")
	p.send(signal.TrackPublished(t.cid, t.info))
}

func trackPrefix(req *livekit.AddTrackRequest) string {
	switch {
	case req.GetSource() == livekit.TrackSource_SCREEN_SHARE:
		return "TR_VS"
	case req.GetType() == livekit.TrackType_VIDEO:
		return "TR_VC"
	default:
		return "TR_AM"
	}
}

// arrived notes that packets of a layer come. With a track's first layer it is published, and everybody gets it.
func (r *room) arrived(p *participant, remote *webrtc.TrackRemote, rx *webrtc.RTPReceiver) {
	if r.people[p.identity] != p {
		return
	}
	kind := livekit.TrackType_AUDIO
	if remote.Kind() == webrtc.RTPCodecTypeVideo {
		kind = livekit.TrackType_VIDEO
	}
	t := p.match(remote.ID(), kind)
	if t == nil {
		p.log.Debug().Stringer("kind", remote.Kind()).Msg("Track without announcement ignored")
		return
	}
	first := t.track == nil
	if first {
		r.publish(p, t, remote, rx)
	}
	t.alive++
	p.log.Trace().Str("track", t.info.GetSid()).Str("layer", remote.RID()).Uint32("ssrc", uint32(remote.SSRC())).Msg("Layer comes")
	p.pub.post(p.pub.receive(t.track, remote, rx, func() { r.post(func() { r.layerEnded(p, t) }) }))
	if !first {
		return
	}
	if t.hushed { // while the client did not know the track yet
		p.send(signal.Mute(t.info.GetSid(), true))
	}
	r.announce(p)
	r.offer(p, t)
}

// offer gives everybody a track.
func (r *room) offer(from *participant, t *publication) {
	for _, other := range r.people {
		r.give(other, from, t)
	}
}

// publish makes an announced track one that is sent.
func (r *room) publish(p *participant, t *publication, remote *webrtc.TrackRemote, rx *webrtc.RTPReceiver) {
	t.sdpID = remote.ID()
	codec, red := forward.Redundant(remote.Codec(), rx.GetParameters().Codecs)
	t.track = forward.NewTrack(forward.Options{
		ID: t.info.Sid, Kind: remote.Kind(), Codec: codec.RTPCodecCapability, RED: red,
		AskKeyFrame: p.pub.askKeyFrame, Counters: &r.server.counters, Tap: r.server.opt.Tap,
		Level: levelExtension(rx), Stage: r.stageOf(t),
	})
	t.silence(t.silent)
	t.info.MimeType = codec.MimeType
	if tr := rx.RTPTransceiver(); tr != nil {
		t.info.Mid = tr.Mid()
	}
	t.info.Codecs = []*livekit.SimulcastCodecInfo{{
		MimeType: t.info.MimeType, Mid: t.info.Mid, Cid: t.cid, Layers: t.layers,
	}}
}

// levelExtension is the number under which the client sends how loud a sound is.
func levelExtension(rx *webrtc.RTPReceiver) uint8 {
	for _, x := range rx.GetParameters().HeaderExtensions {
		if x.URI == sdp.AudioLevelURI && x.ID > 0 && x.ID < 256 {
			return uint8(x.ID)
		}
	}
	return 0
}

// mayGet says whether somebody is to receive a track: it is sent, by one of whom they have been told, since clients drop
// for good what is of nobody that they know; and they may and want to.
func (p *participant) mayGet(from *participant, t *publication) bool {
	return p.wantsTrack(from, t) && from.allowed.allows(p, t.info.Sid) && from.asked.allows(p, t.info.Sid)
}

func (p *participant) wantsTrack(from *participant, t *publication) bool {
	wanted, said := p.wants[t.info.Sid]
	return p != from && from.active && !from.hidden() && t.track != nil &&
		p.video.GetCanSubscribe() && (wanted || !said && p.auto)
}

// give lets somebody receive another's track, if they may and want it.
func (r *room) give(to, from *participant, t *publication) {
	switch {
	case to.mayGet(from, t):
	case to.wantsTrack(from, t):
		to.owe(t.info.Sid, signal.Permitted(from.sid, t.info.Sid, false))
		return
	default:
		return
	}
	to.sub.change(t.info.Sid, to.sub.add(t.track, from.source(t)))
	if want, said := to.prefers[t.info.Sid]; said {
		to.sub.change(preferring+t.info.Sid, to.sub.prefer(t.info.Sid, want))
	}
	if !t.seen {
		t.seen = true
		from.send(signal.Subscribed(t.info.Sid))
	}
}

// withdraw takes a track from everybody for good: one that comes again has another id.
func (r *room) withdraw(t *publication) {
	if t.track == nil {
		return
	}
	r.stage.Leave(t.track)
	r.takeBack(t)
	for _, p := range r.people {
		delete(p.wants, t.info.Sid)
		delete(p.prefers, t.info.Sid)
	}
}

// published finds tracks that are being sent, by their ids, and who sends them. Others are over, or nobody has been told of
// them.
func (r *room) published(sids []string) iter.Seq2[*participant, *publication] {
	asked := make(map[string]bool)
	for _, sid := range sids[:min(len(sids), maxWants)] {
		asked[sid] = true
	}
	return func(yield func(*participant, *publication) bool) {
		for _, p := range r.people {
			for _, t := range p.tracks {
				if t.track != nil && asked[t.info.GetSid()] && !yield(p, t) {
					return
				}
			}
		}
	}
}

// takeBack has nobody receive a track any more.
func (r *room) takeBack(t *publication) {
	for _, p := range r.people {
		p.sub.change(t.info.Sid, p.sub.remove(t.info.Sid))
	}
}

// layerEnded notes that a layer of a track has ended: with the last one the track is unpublished.
func (r *room) layerEnded(p *participant, t *publication) {
	p.log.Trace().Str("track", t.info.GetSid()).Int("left", t.alive-1).Msg("Layer ended")
	if t.alive--; t.alive > 0 || r.people[p.identity] != p {
		return
	}
	for i, have := range p.tracks {
		if have == t {
			p.tracks = append(p.tracks[:i:i], p.tracks[i+1:]...)
			break
		}
	}
	r.announce(p)
	r.withdraw(t)
	p.send(signal.Unpublished(t.info.Sid))
}

// muted notes what a client says of a track of its own. One that is on again is no longer silenced.
func (r *room) muted(p *participant, sid string, muted bool) {
	for _, t := range p.tracks {
		if t.info.Sid == sid && !muted {
			t.silence(false)
		}
	}
	r.mute(p, sid, muted)
}

// silence has nothing of a track forwarded any more, or all again.
func (t *publication) silence(on bool) {
	if t.silent = on; t.track != nil {
		t.track.Silence(on)
	}
}

func (r *room) mute(p *participant, sid string, muted bool) {
	for _, t := range p.tracks {
		if t.info.Sid != sid {
			continue
		}
		if t.hushed = false; t.info.Muted != muted {
			t.info.Muted = muted
			r.news(p)
		}
	}
}

// update changes what is told of a track.
func (r *room) update(p *participant, sid string, change func(*livekit.TrackInfo)) {
	for _, t := range p.tracks {
		if t.info.Sid != sid {
			continue
		}
		before := proto.CloneOf(t.info)
		change(t.info)
		if !proto.Equal(before, t.info) {
			r.news(p)
		}
	}
}

// features are those of a sound that are told: there are few.
func features(list []livekit.AudioTrackFeature) []livekit.AudioTrackFeature {
	return list[:min(len(list), maxFeatures)]
}

// subscribe follows what a client wants to receive and what not.
func (r *room) subscribe(p *participant, want *livekit.UpdateSubscription) {
	sids := want.GetTrackSids()
	for _, of := range want.GetParticipantTracks() {
		sids = append(sids, of.GetTrackSids()...)
	}
	for from, t := range r.published(sids) {
		sid := t.info.GetSid()
		if p.wants[sid] = want.GetSubscribe(); want.GetSubscribe() {
			r.give(p, from, t)
		} else {
			p.sub.change(sid, p.sub.remove(sid))
		}
	}
}

// state is what clients are told of somebody.
func (p *participant) state() livekit.ParticipantInfo_State {
	if p.active {
		return livekit.ParticipantInfo_ACTIVE
	}
	return livekit.ParticipantInfo_JOINED
}
