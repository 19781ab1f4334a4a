package web

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"stimmbote/media"
	"stimmbote/store"
)

// shownWaiter is somebody who waits, as those see them who may let them in.
type shownWaiter struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// shownVote is an open vote, as those in the call see it: guests not what it is about, and a ballot only whose it is. The ID
// tells one from another and is good for nothing else: its name would lead to its board.
type shownVote struct {
	ID     string `json:"id"`
	Title  string `json:"title,omitempty"`
	Until  int64  `json:"until,omitempty"` // seconds since 1970
	Ballot string `json:"ballot,omitempty"`
}

// state is what the pages of a call are told.
type state struct {
	// At is counted up before anything of this is looked up. Pages leave alone what is older than what they know: an answer
	// may come after the news of what has happened since.
	At     uint64      `json:"at"`
	Hands  []string    `json:"hands"`
	Locked bool        `json:"locked"`
	Entry  store.Entry `json:"entry"`
	Votes  []shownVote `json:"votes"`
	// Badges are what those are to the group now who came in as something else.
	Badges  map[string]media.Badge `json:"badges,omitempty"`
	Waiting []shownWaiter          `json:"waiting,omitempty"` // only those who moderate learn of them
}

// someone is one of those in a call, as they are now.
type someone struct {
	media.Person
	badge media.Badge
}

// present are those in a call, each as what they are to the group now: what they came in as may be over.
func (s *Server) present(ctx context.Context, c store.Call) []someone {
	people := s.opt.Media.Present(c.MediaRoom())
	s.halls.came(c.MediaRoom(), people)
	all := make([]someone, len(people))
	for i, p := range people {
		all[i] = someone{p, media.BadgeOf(p.Identity)}
	}
	if s.opt.Group == nil || len(people) == 0 {
		return all
	}
	standing := s.opt.Group.Standing(ctx, c, people)
	for i, p := range people {
		all[i].badge = cmp.Or(standing[p.Identity], media.Guest)
	}
	return all
}

// state is what somebody of a badge is told, looked up since at.
func (s *Server) state(at uint64, c store.Call, people []someone, badge media.Badge, votes []store.Vote) state {
	room := c.MediaRoom()
	now := state{At: at, Hands: s.halls.hands(room, people), Locked: c.Locked, Entry: c.Entry, Votes: []shownVote{}}
	for _, p := range people {
		if p.badge != media.BadgeOf(p.Identity) {
			if now.Badges == nil {
				now.Badges = make(map[string]media.Badge)
			}
			now.Badges[p.Identity] = p.badge
		}
	}
	for _, v := range votes {
		shown := shownVote{ID: s.halls.alias(v.ID)}
		if badge != media.Guest {
			shown.Title, shown.Ballot = v.Title, v.Ballot
			if !v.Until.IsZero() {
				shown.Until = v.Until.Unix()
			}
		}
		now.Votes = append(now.Votes, shown)
	}
	if badge == media.Chair {
		now.Waiting = s.halls.undecided(room)
	}
	return now
}

// votes are the open votes of a call's group, with the ballots of whoever has a badge.
func (s *Server) votes(ctx context.Context, c store.Call, badge string) ([]store.Vote, error) {
	if s.opt.Group == nil {
		return nil, nil
	}
	return s.opt.Group.Votes(ctx, c, badge)
}

// tell tells everybody in a call how things are around it, and the chat who waits.
func (s *Server) tell(ctx context.Context, c store.Call) {
	room, at := c.MediaRoom(), s.told.Add(1)
	// What the caller knows of the call may be older than what others were told with a lower number.
	switch now, err := s.called(ctx, c.Name); {
	case err != nil:
		s.log.Err(err).Msg("Looking up a call to tell it how things are went wrong")
	case now != nil && bytes.Equal(now.Door, c.Door): // else it has another link, or name, by now
		c = *now
	}
	votes, err := s.votes(ctx, c, "")
	if err != nil {
		s.log.Err(err).Msg("Telling a call of its votes went wrong")
	}
	people := s.present(ctx, c)
	in := make(map[media.Badge][]string)
	for _, p := range people {
		in[p.badge] = append(in[p.badge], p.Identity)
	}
	for badge, who := range in {
		body, _ := json.Marshal(s.state(at, c, people, badge, votes)) // a state always can
		if err := s.opt.Media.Send(ctx, room, media.Message{Topic: hallTopic, Body: body, To: who}); err != nil {
			s.log.Debug().Err(err).Msg("Telling a call how things are")
		}
	}
	s.tellChat(room)
}

func (s *Server) tellChat(room string) {
	if s.opt.Group == nil {
		return
	}
	var names []string
	for _, w := range s.halls.undecided(room) {
		names = append(names, w.Name)
	}
	s.opt.Group.Waiting(room, names)
}

// LetIn lets those of this name in who wait at the door of a room, all if there is no name.
func (s *Server) LetIn(room, name string) []string {
	names := s.halls.decide(room, true, func(w *waiter) bool { return name == "" || strings.EqualFold(w.who.Name, name) })
	if len(names) > 0 {
		s.tellChat(room)
	}
	slices.Sort(names)
	return names
}

// Refresh has those who are in learn of a change.
func (s *Server) Refresh(ctx context.Context, c store.Call) { s.tell(ctx, c) }

// watchDoors forgets those who went away from a door, until ctx ends.
func (s *Server) watchDoors(ctx context.Context) {
	tick := time.NewTicker(5 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		for _, room := range s.halls.sweep(s.opt.Media.Present) {
			s.tellChat(room)
		}
	}
}
