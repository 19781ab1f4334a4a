package web

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"stimmbote/i18n"
	"stimmbote/media"
	"stimmbote/store"
)

// guest is somebody at the door: under which name, and what they are to the group.
type guest struct {
	name  string
	badge media.Badge
}

// join gives whoever has the key a token for the call, good for a short while, under a new identity; or has them wait.
func (s *Server) join(w http.ResponseWriter, r *http.Request) {
	call, req, ok := s.opened(w, r)
	if !ok {
		return
	}
	g, why, err := s.greet(r.Context(), call, req)
	switch {
	case err != nil:
		s.broken(w, err)
		return
	case why != "":
		s.refuse(w, statusOf[why], why)
		return
	}
	switch why := s.holds(call, g); {
	case why == lockedDoor:
		s.refuse(w, http.StatusLocked, "page.error.locked")
	case why != "":
		ticket, ok := s.halls.wait(call.MediaRoom(), g.name, g.badge)
		if !ok {
			s.refuse(w, http.StatusServiceUnavailable, "page.error.crowd")
			return
		}
		s.tell(r.Context(), *call)
		answer(w, http.StatusAccepted, map[string]any{"wait": why, "ticket": ticket, "title": call.Title, "name": g.name})
	default:
		s.admit(w, call, g)
	}
}

// statusOf is how a refusal is answered.
var statusOf = map[string]int{
	"page.error.name":  http.StatusBadRequest,
	"page.error.taken": http.StatusConflict,
	"page.error.badge": http.StatusGone,
}

// greet finds out who somebody is: a member by their badge, whatever they type, or a guest, but under no member's name.
func (s *Server) greet(ctx context.Context, call *store.Call, req request) (g guest, why string, err error) {
	if req.Badge != "" && s.opt.Group != nil {
		name, moderates, err := s.opt.Group.Badge(ctx, *call, req.Badge)
		switch {
		case err != nil:
			return g, "", fmt.Errorf("reading a badge: %w", err)
		case name == "":
			return g, "page.error.badge", nil
		case moderates:
			return guest{name: name, badge: media.Chair}, "", nil
		}
		return guest{name: name, badge: media.Member}, "", nil
	}
	name := i18n.Name(req.Name, maxName)
	if name == "" {
		return g, "page.error.name", nil
	}
	if s.opt.Group != nil {
		switch taken, err := s.opt.Group.Taken(ctx, *call, name); {
		case err != nil:
			return g, "", fmt.Errorf("comparing a name: %w", err)
		case taken:
			return g, "page.error.taken", nil
		}
	}
	return guest{name: s.another(call.MediaRoom(), name), badge: media.Guest}, "", nil
}

// another is the name, with a number behind it if somebody of that name is in already.
func (s *Server) another(room, name string) string {
	people := s.opt.Media.Present(room)
	used := func(name string) bool {
		for _, p := range people {
			if strings.EqualFold(p.Name, name) {
				return true
			}
		}
		return false
	}
	numbered := name
	for n := 2; used(numbered); n++ {
		numbered = fmt.Sprintf("%s (%d)", name, n)
	}
	return numbered
}

// What holds somebody at the door.
const (
	lockedDoor = "locked"
	boardDoor  = "board"
	knockDoor  = "knock"
)

// holds says what holds somebody at the door, empty if nothing does. Nothing holds those who moderate.
func (s *Server) holds(call *store.Call, g guest) string {
	switch {
	case g.badge == media.Chair:
		return ""
	case call.Locked:
		return lockedDoor
	case call.Entry == store.EntryBoard && !s.boardIsIn(call.MediaRoom()):
		return boardDoor
	case call.Entry == store.EntryKnock && g.badge == media.Guest:
		return knockDoor
	}
	return ""
}

func (s *Server) boardIsIn(room string) bool {
	for _, p := range s.opt.Media.Present(room) {
		if media.BadgeOf(p.Identity) == media.Chair {
			return true
		}
	}
	return false
}

// admit answers with a token.
func (s *Server) admit(w http.ResponseWriter, call *store.Call, g guest) {
	room, identity := call.MediaRoom(), g.badge.NewIdentity()
	token, err := s.opt.Media.Token(room, identity, g.name, joinToken)
	if err != nil {
		s.broken(w, fmt.Errorf("making a join token: %w", err))
		return
	}
	answer(w, http.StatusOK, map[string]any{
		"token": token, "title": call.Title, "name": g.name, "identity": identity, "pass": s.halls.pass(room, identity), "badge": g.badge,
	})
}

// await answers somebody who waits: they may come in, go on waiting, or were sent away.
func (s *Server) await(w http.ResponseWriter, r *http.Request) {
	call, req, ok := s.opened(w, r)
	if !ok {
		return
	}
	room := call.MediaRoom()
	at := s.halls.waits(room, req.Ticket)
	if at == nil || at.out {
		s.halls.leaves(room, req.Ticket)
		s.refuse(w, http.StatusGone, "page.error.away")
		return
	}
	g := guest{name: at.name, badge: at.badge}
	why := s.holds(call, g)
	switch {
	case at.in, why == "":
		s.halls.leaves(room, req.Ticket)
		s.admit(w, call, g)
		s.tell(r.Context(), *call)
	case why == lockedDoor:
		s.halls.leaves(room, req.Ticket)
		s.refuse(w, http.StatusLocked, "page.error.locked")
		s.tell(r.Context(), *call)
	default:
		answer(w, http.StatusAccepted, map[string]any{"wait": why, "ticket": req.Ticket, "title": call.Title, "name": g.name})
	}
}

// broken answers that something went wrong here.
func (s *Server) broken(w http.ResponseWriter, err error) {
	s.log.Err(err).Msg("Answering the page of a call went wrong")
	s.refuse(w, http.StatusInternalServerError, "page.error.internal")
}
