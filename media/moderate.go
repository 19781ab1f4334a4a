package media

//lint:file-ignore SA1019 the clients of today send and read these fields

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/livekit/protocol/livekit"

	"stimmbote/media/signal"
)

// Reasons why something cannot be done in a room.
var (
	ErrNoRoom   = errors.New("there is no such room")
	ErrNoPerson = errors.New("nobody of this name is in the room")
	ErrNoTrack  = errors.New("there is no such track")
)

// Permissions are what somebody may do in a room.
type Permissions struct {
	Publish, Subscribe, PublishData bool
	// Sources are the only ones that may be published, if there are any: camera, microphone, screen_share,
	// screen_share_audio.
	Sources []string
	// DescribeSelf is whether they may change their own name, metadata and attributes.
	DescribeSelf bool
	Hidden       bool
}

// Message is data for people in a room.
type Message struct {
	Topic string
	Body  []byte
	// To are identities; none means everybody.
	To []string
	// Lossy messages may be lost or overtake each other.
	Lossy bool
}

// OpenRoom opens a room and keeps it open for a time, also while nobody is in it. Others open when somebody comes.
func (s *Server) OpenRoom(_ context.Context, name string, keep time.Duration) error {
	r, err := s.enter(name)
	if err != nil {
		return err
	}
	s.running.Go(func() {
		defer s.leave(r)
		select {
		case <-time.After(keep):
		case <-r.quit:
		}
	})
	return nil
}

// People says who is in a room; nobody is in one that is not open.
func (s *Server) People(_ context.Context, room string) ([]Person, error) {
	return s.Present(room), nil
}

// Rooms names the rooms that are open.
func (s *Server) Rooms(context.Context) ([]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	names := make([]string, 0, len(s.rooms))
	for name := range s.rooms {
		names = append(names, name)
	}
	slices.Sort(names)
	return names, nil
}

// Full says whether a room takes nobody more who is not in it.
func (s *Server) Full(ctx context.Context, name string) bool {
	full := false
	err := s.within(ctx, name, func(r *room) error {
		full = r.full(time.Now())
		return nil
	})
	return err == nil && full
}

// Count says how many rooms are open, and how many people are in all of them.
func (s *Server) Count() (rooms, people int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.rooms {
		people += int(r.size.Load())
	}
	return len(s.rooms), people
}

// CloseRoom sends everybody out of a room, who may not come back by themselves: nor whoever is away for a moment and does
// not hear of it. A token of before opens nothing there any more.
func (s *Server) CloseRoom(ctx context.Context, name string) error {
	s.noteEnd(name, time.Now())
	return s.within(ctx, name, func(r *room) error {
		for _, p := range r.people {
			r.expel(p, livekit.DisconnectReason_ROOM_DELETED, livekit.LeaveRequest_DISCONNECT)
		}
		s.forget(r)
		r.end()
		return nil
	})
}

// noteEnd notes when a room was closed, and forgets rooms whose tokens of before have all expired.
func (s *Server) noteEnd(name string, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.DeleteFunc(s.ended, func(_ string, at time.Time) bool { return now.Sub(at) > endedFor })
	s.ended[name] = now.Truncate(time.Second) // tokens know whole seconds only, and who comes anew gets in
}

// isOver says whether a token is from before its room was closed.
func (s *Server) isOver(room string, issued time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, ended := s.ended[room]
	return ended && issued.Before(at)
}

// Remove sends somebody out of a room. A token that they have still lets them in: whoever gives tokens decides.
func (s *Server) Remove(ctx context.Context, name, identity string) error {
	return s.about(ctx, name, identity, func(r *room, p *participant) error {
		r.expel(p, livekit.DisconnectReason_PARTICIPANT_REMOVED, livekit.LeaveRequest_DISCONNECT)
		return nil
	})
}

// Mute silences a track of somebody, or all sound of theirs if no track is named: cameras and shared screens go on. Only
// they can switch it on again. Until their client says that it is, nothing of it is forwarded.
func (s *Server) Mute(ctx context.Context, name, identity, track string) error {
	return s.about(ctx, name, identity, func(r *room, p *participant) error {
		found := track == ""
		for _, t := range p.tracks {
			if track != "" && t.info.GetSid() != track || track == "" && t.info.GetType() != livekit.TrackType_AUDIO {
				continue
			}
			found = true
			t.silence(true)
			if !t.info.GetMuted() {
				p.send(signal.Mute(t.info.GetSid(), true))
				r.mute(p, t.info.GetSid(), true)
				t.hushed = true
			}
		}
		if !found {
			return ErrNoTrack
		}
		return nil
	})
}

// Permit changes what somebody may do from now on.
func (s *Server) Permit(ctx context.Context, name, identity string, may Permissions) error {
	return s.about(ctx, name, identity, func(r *room, p *participant) error {
		v := p.video.Clone()
		v.SetCanPublish(may.Publish)
		v.SetCanSubscribe(may.Subscribe)
		v.SetCanPublishData(may.PublishData)
		v.SetCanUpdateOwnMetadata(may.DescribeSelf)
		v.CanPublishSources, v.Hidden = slices.Clone(may.Sources), may.Hidden
		was := p.hidden()
		p.video = v
		r.enforce(p)
		if p.hidden() != was {
			r.veil(p)
		}
		r.changed(p)
		return nil
	})
}

// Send sends a message of the program's own to people in a room.
func (s *Server) Send(ctx context.Context, name string, m Message) error {
	if len(m.Body) > maxData/2 || len(m.To) > maxPeople {
		return fmt.Errorf("sending to a room: %d bytes to %d people are too many", len(m.Body), len(m.To))
	}
	return s.within(ctx, name, func(r *room) error {
		kind := livekit.DataPacket_RELIABLE
		if m.Lossy {
			kind = livekit.DataPacket_LOSSY
		}
		user := &livekit.UserPacket{Payload: m.Body}
		if m.Topic != "" {
			user.Topic = &m.Topic
		}
		r.spread(nil, kind, &livekit.DataPacket{
			Kind: kind, DestinationIdentities: m.To, Value: &livekit.DataPacket_User{User: user},
		})
		return nil
	})
}

// within has something done by a room's goroutine.
func (s *Server) within(ctx context.Context, name string, f func(*room) error) error {
	s.mu.Lock()
	r := s.rooms[name]
	s.mu.Unlock()
	if r == nil {
		return ErrNoRoom
	}
	return r.call(ctx, func() error { return f(r) })
}

// about is within, for one who has to be there.
func (s *Server) about(ctx context.Context, name, identity string, f func(*room, *participant) error) error {
	return s.within(ctx, name, func(r *room) error {
		p := r.people[identity]
		if p == nil {
			return ErrNoPerson
		}
		return f(r, p)
	})
}

// enforce takes from somebody what they may no longer have.
func (r *room) enforce(p *participant) {
	for _, t := range slices.Clone(p.tracks) {
		if p.mayPublish(t.info.GetSource()) {
			continue
		}
		r.withdraw(t)
		p.tracks = slices.DeleteFunc(p.tracks, func(have *publication) bool { return have == t })
		p.takes(t.info.GetSid(), r.now())
	}
	for _, other := range r.people {
		for _, t := range other.tracks {
			if p.video.GetCanSubscribe() {
				r.give(p, other, t)
			} else {
				p.sub.change(t.info.GetSid(), p.sub.remove(t.info.GetSid()))
			}
		}
	}
	p.refreshed = time.Time{}
}

// veil follows that somebody who is in is hidden from now on, or no longer. For others they go and come, with all that they
// send: clients drop what is of nobody that they know.
func (r *room) veil(p *participant) {
	switch {
	case !p.active:
	case p.hidden():
		for _, t := range p.tracks {
			r.takeBack(t)
		}
		r.departed(p.departing(livekit.DisconnectReason_UNKNOWN_REASON))
	default:
		r.announce(p)
		for _, t := range p.tracks {
			r.offer(p, t)
		}
	}
}
