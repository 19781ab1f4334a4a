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
	case why == youDoor:
		askedWhether(w, call, g.doubt)
	case why != "":
		s.refuse(w, statusOf[why], why)
	default:
		s.enter(r.Context(), w, call, g)
	}
}

// enter lets somebody in, or has them wait for what holds them.
func (s *Server) enter(ctx context.Context, w http.ResponseWriter, call *store.Call, g arrival) {
	switch why := s.holds(call, g.Bearer); {
	case why == lockedDoor:
		s.refuse(w, http.StatusLocked, "page.error.locked")
	case why != "":
		ticket, ok := s.halls.wait(call.MediaRoom(), g.Bearer)
		if !ok {
			s.refuse(w, http.StatusServiceUnavailable, "page.error.crowd")
			return
		}
		s.tell(ctx, *call)
		answer(w, http.StatusAccepted, g.with(map[string]any{"wait": why, "ticket": ticket, "title": call.Title, "name": g.Name}))
	default:
		s.admit(w, call, g)
	}
}

// arrival is somebody at the door.
type arrival struct {
	media.Bearer
	doubt *store.Doubt // they may be the member whose name they gave
	keep  string       // the badge that their browser is to keep
}

// with adds the badge that the browser is to keep to an answer.
func (a arrival) with(body map[string]any) map[string]any {
	if a.keep != "" {
		body["keep"] = a.keep
	}
	return body
}

// statusOf is how a refusal is answered.
var statusOf = map[string]int{
	"page.error.name":  http.StatusBadRequest,
	"page.error.taken": http.StatusConflict,
	"page.error.badge": http.StatusGone,
}

// greet finds out who somebody is: a member by their badge, whatever they type, or a guest, but under no member's name.
func (s *Server) greet(ctx context.Context, call *store.Call, req request) (g arrival, why string, err error) {
	if req.Badge != "" && s.opt.Group != nil {
		switch g.Bearer, err = s.opt.Group.Badge(ctx, *call, req.Badge); {
		case err != nil:
			return g, "", fmt.Errorf("reading a badge: %w", err)
		case g.Name == "":
			return g, "page.error.badge", nil
		}
		return g, "", nil
	}
	name := i18n.Name(req.Name, maxName)
	if name == "" {
		return g, "page.error.name", nil
	}
	if s.opt.Group != nil {
		switch g.doubt, err = s.opt.Group.Taken(ctx, *call, name); {
		case err != nil:
			return g, "", fmt.Errorf("comparing a name: %w", err)
		case g.doubt != nil && g.doubt.Ticket == "":
			return g, "page.error.taken", nil
		case g.doubt != nil:
			g.Name = name
			return g, youDoor, nil
		}
	}
	g.Bearer = media.Bearer{Name: s.another(call.MediaRoom(), name), Badge: media.Guest}
	return g, "", nil
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
	youDoor    = "you" // a member is asked whether it is them
)

// holds says what holds somebody at the door, empty if nothing does. Nothing holds those who moderate.
func (s *Server) holds(call *store.Call, g media.Bearer) string {
	switch {
	case g.Badge == media.Chair:
		return ""
	case call.Locked:
		return lockedDoor
	case call.Entry == store.EntryBoard && !s.boardIsIn(call.MediaRoom()):
		return boardDoor
	case call.Entry == store.EntryKnock && g.Badge == media.Guest:
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
func (s *Server) admit(w http.ResponseWriter, call *store.Call, g arrival) {
	room, identity := call.MediaRoom(), g.NewIdentity()
	token, err := s.opt.Media.Token(room, identity, g.Name, joinToken)
	if err != nil {
		s.broken(w, fmt.Errorf("making a join token: %w", err))
		return
	}
	answer(w, http.StatusOK, g.with(map[string]any{
		"token": token, "title": call.Title, "name": g.Name, "identity": identity, "pass": s.halls.pass(room, identity), "badge": g.Badge,
	}))
}

// await answers somebody who waits: they may come in, go on waiting, or were sent away.
func (s *Server) await(w http.ResponseWriter, r *http.Request) {
	call, req, ok := s.opened(w, r)
	if !ok {
		return
	}
	if ticket, is := strings.CutPrefix(req.Ticket, youTicket); is && s.opt.Group != nil {
		s.recognise(w, r, call, ticket)
		return
	}
	room := call.MediaRoom()
	at := s.halls.waits(room, req.Ticket)
	if at == nil || at.out {
		s.halls.leaves(room, req.Ticket)
		s.refuse(w, http.StatusGone, "page.error.away")
		return
	}
	g := arrival{Bearer: at.who}
	why := s.holds(call, g.Bearer)
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
		answer(w, http.StatusAccepted, map[string]any{"wait": why, "ticket": req.Ticket, "title": call.Title, "name": g.Name})
	}
}

// youTicket begins the tickets of those who may be a member.
const youTicket = youDoor + "."

// askedWhether answers that a member is being asked whether it is them.
func askedWhether(w http.ResponseWriter, call *store.Call, d *store.Doubt) {
	answer(w, http.StatusAccepted, map[string]any{
		"wait": youDoor, "ticket": youTicket + d.Ticket, "title": call.Title, "name": d.Name, "number": d.Number,
	})
}

// recognise lets somebody in as the member who said that it is them, or has them go on waiting for that.
func (s *Server) recognise(w http.ResponseWriter, r *http.Request, call *store.Call, ticket string) {
	d := s.opt.Group.Answered(ticket)
	switch {
	case d == nil:
		s.refuse(w, statusOf["page.error.taken"], "page.error.taken")
		return
	case d.Badge == "":
		askedWhether(w, call, d)
		return
	}
	g, why, err := s.greet(r.Context(), call, request{Badge: d.Badge})
	switch {
	case err != nil:
		s.broken(w, err)
	case why != "": // another link, or no member any more
		s.refuse(w, statusOf[why], why)
	default:
		g.keep = d.Badge
		s.enter(r.Context(), w, call, g)
	}
}

// broken answers that something went wrong here.
func (s *Server) broken(w http.ResponseWriter, err error) {
	s.log.Err(err).Msg("Answering the page of a call went wrong")
	s.refuse(w, http.StatusInternalServerError, "page.error.internal")
}
