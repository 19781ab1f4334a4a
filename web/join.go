package web

import (
	"context"
	"fmt"
	"net/http"
	"slices"
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
	g, why := s.greet(r.Context(), call, req)
	switch {
	case why == youDoor:
		askedWhether(w, call, g.doubt)
	case why != "":
		s.refuse(w, statusOf[why], why)
	default:
		s.enter(w, r, call, g)
	}
}

// enter lets somebody in, or has them wait for what holds them.
func (s *Server) enter(w http.ResponseWriter, r *http.Request, call *store.Call, g arrival) {
	ctx := r.Context()
	switch why := s.holds(ctx, call, g.Bearer); {
	case why == lockedDoor:
		s.refuse(w, http.StatusLocked, "page.error.locked")
	case why != "":
		ticket, ok := s.halls.wait(call.MediaRoom(), g.Bearer, g.badge, s.from(r))
		if !ok {
			s.refuse(w, http.StatusServiceUnavailable, "page.error.crowd")
			return
		}
		s.tell(ctx, *call)
		answer(w, http.StatusAccepted, g.with(map[string]any{"wait": why, "ticket": ticket, "title": call.Title, "name": g.Name}))
	default:
		s.admit(ctx, w, call, g)
	}
}

// arrival is somebody at the door.
type arrival struct {
	media.Bearer
	doubt *store.Doubt // they may be the member whose name they gave
	note  string       // what their page is to say in the call
	badge string       // by which they are a member
	keep  string       // that badge, if their browser is to keep it
}

// with adds to an answer the badge that the browser is to keep, and what the page is to say.
func (a arrival) with(body map[string]any) map[string]any {
	if a.keep != "" {
		body["keep"] = a.keep
	}
	if a.note != "" {
		body["note"] = strings.TrimPrefix(a.note, "page.")
	}
	return body
}

// statusOf is how a refusal is answered.
var statusOf = map[string]int{
	"page.error.name":  http.StatusBadRequest,
	"page.error.taken": http.StatusConflict,
	"page.error.badge": http.StatusGone,
	"page.error.group": http.StatusServiceUnavailable,
}

// greet finds out who somebody is: a member by their badge, whatever they type, or a guest, but under no member's name.
// While nobody knows who is in the group, nobody passes for a member, and all can come in as guests.
func (s *Server) greet(ctx context.Context, call *store.Call, req request) (g arrival, why string) {
	var err error
	if req.Badge != "" && s.opt.Group != nil {
		switch g.Bearer, err = s.opt.Group.Badge(ctx, *call, req.Badge); {
		case err != nil:
			s.log.Warn().Err(err).Msg("Whether somebody is a member is not known, they may come in as a guest")
			return g, "page.error.group"
		case g.Name == "":
			return g, "page.error.badge"
		}
		g.badge = req.Badge
		return g, ""
	}
	name := i18n.Name(req.Name, maxName)
	if name == "" {
		return g, "page.error.name"
	}
	if s.opt.Group != nil {
		switch g.doubt, err = s.opt.Group.Taken(ctx, *call, name); {
		case err != nil:
			s.log.Warn().Err(err).Msg("Whether a name is a member's is not known, whoever has it comes in as a guest")
			g.doubt, g.note = nil, "page.guests"
		case g.doubt != nil && g.doubt.Ticket == "":
			return g, "page.error.taken"
		case g.doubt != nil:
			g.Name = name
			return g, youDoor
		}
	}
	g.Bearer = media.Bearer{Name: s.halls.claim(call.MediaRoom(), name, s.opt.Media.Present(call.MediaRoom())), Badge: media.Guest}
	return g, ""
}

// What holds somebody at the door.
const (
	lockedDoor = "locked"
	boardDoor  = "board"
	knockDoor  = "knock"
	youDoor    = "you" // a member is asked whether it is them
)

// holds says what holds somebody at the door, empty if nothing does. Nothing holds those who moderate.
func (s *Server) holds(ctx context.Context, call *store.Call, g media.Bearer) string {
	switch {
	case g.Badge == media.Chair:
		return ""
	case call.Locked:
		return lockedDoor
	case call.Entry == store.EntryBoard && !s.boardIsIn(ctx, call):
		return boardDoor
	case call.Entry == store.EntryKnock && g.Badge == media.Guest:
		return knockDoor
	}
	return ""
}

func (s *Server) boardIsIn(ctx context.Context, call *store.Call) bool {
	return slices.ContainsFunc(s.present(ctx, *call), func(p someone) bool { return p.badge == media.Chair })
}

// admit answers with a token, if there is a place.
func (s *Server) admit(ctx context.Context, w http.ResponseWriter, call *store.Call, g arrival) {
	room, identity := call.MediaRoom(), g.NewIdentity()
	if s.opt.Media.Full(ctx, room) {
		s.refuse(w, http.StatusServiceUnavailable, "page.error.full")
		return
	}
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
		s.halls.leaves(room, req.Ticket, false)
		s.refuse(w, http.StatusGone, "page.error.away")
		return
	}
	g := arrival{Bearer: at.who}
	if at.badge != "" { // they may have left the group while they waited
		var why string
		if g, why = s.greet(r.Context(), call, request{Badge: at.badge}); why != "" {
			s.halls.leaves(room, req.Ticket, false)
			s.refuse(w, statusOf[why], why)
			s.tell(r.Context(), *call)
			return
		}
		g.keep = at.badge
	}
	why := s.holds(r.Context(), call, g.Bearer)
	comesIn := at.in || why == ""
	if comesIn && s.opt.Media.Full(r.Context(), room) {
		comesIn, why = false, knockDoor // until there is a place
	}
	switch {
	case comesIn:
		if !s.halls.leaves(room, req.Ticket, true) {
			s.refuse(w, http.StatusGone, "page.error.away")
			return
		}
		s.admit(r.Context(), w, call, g)
		s.tell(r.Context(), *call)
	case why == lockedDoor:
		s.halls.leaves(room, req.Ticket, false)
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
	g, why := s.greet(r.Context(), call, request{Badge: d.Badge})
	switch {
	case why != "": // another link, or no member any more
		s.refuse(w, statusOf[why], why)
	default:
		g.keep = d.Badge
		s.enter(w, r, call, g)
	}
}

// broken answers that something went wrong here.
func (s *Server) broken(w http.ResponseWriter, err error) {
	s.log.Err(err).Msg("Answering the page of a call went wrong")
	s.refuse(w, http.StatusInternalServerError, "page.error.internal")
}
