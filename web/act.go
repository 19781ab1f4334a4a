package web

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"stimmbote/media"
	"stimmbote/store"
)

// act does what somebody in a call asks for: with their pass what is theirs, with the badge of one who moderates what
// concerns others. Both are looked at each time, so that nobody goes on with a right that was taken from them.
func (s *Server) act(w http.ResponseWriter, r *http.Request) {
	at := s.told.Add(1)
	call, req, ok := s.opened(w, r)
	if !ok {
		return
	}
	room := call.MediaRoom()
	if !s.halls.passes(room, req.Identity, req.Pass) || s.halls.isBarred(req.Identity) {
		s.refuse(w, http.StatusForbidden, "page.error.may")
		return
	}
	who := media.Bearer{Badge: media.Guest}
	if req.Badge != "" && s.opt.Group != nil {
		var err error
		if who, err = s.opt.Group.Badge(r.Context(), *call, req.Badge); err != nil {
			s.log.Warn().Err(err).Msg("Whether somebody is a member is not known, they may do what a guest may")
			who = media.Bearer{Badge: media.Guest}
		}
	}
	chair := who.Badge == media.Chair
	if own := req.Do == "state" || req.Do == "hand" || req.Do == "lower" && req.Who == ""; !own && !chair {
		s.refuse(w, http.StatusForbidden, "page.error.may")
		return
	}
	switch err := s.deed(r.Context(), call, req); {
	case errors.Is(err, errDeed):
		s.refuse(w, http.StatusBadRequest, "page.error.request")
		return
	case errors.Is(err, media.ErrNoPerson), errors.Is(err, media.ErrNoRoom), errors.Is(err, media.ErrNoTrack):
		// they have gone by themselves
	case err != nil:
		s.broken(w, err)
		return
	}
	if req.Do != "state" {
		s.tell(r.Context(), *call)
	}
	// A ballot goes to whoever came in by the badge that they show now.
	own, badge := "", media.Guest
	if who.Mark != "" && who.Mark == media.MarkOf(req.Identity) {
		own, badge = req.Badge, who.Badge
	}
	votes, err := s.votes(r.Context(), *call, own)
	if err != nil {
		s.broken(w, err)
		return
	}
	if chair {
		badge = media.Chair
	}
	answer(w, http.StatusOK, acted{state: s.state(at, *call, s.present(r.Context(), *call), badge, votes), Chair: chair})
}

// acted is the answer to a deed.
type acted struct {
	state
	Chair bool `json:"chair"`
}

// errDeed is something that cannot be asked for.
var errDeed = errors.New("there is no such deed")

// deed does one thing in a call.
func (s *Server) deed(ctx context.Context, call *store.Call, req request) error {
	room := call.MediaRoom()
	meant := func(w *waiter) bool { return w.id == req.Who }
	switch req.Do {
	case "state":
	case "hand":
		s.halls.raise(room, req.Identity, s.opt.Media.Present(room))
	case "lower":
		who := req.Who
		if who == "" {
			who = req.Identity
		}
		s.halls.lower(room, who)
	case "mute":
		return s.opt.Media.Mute(ctx, room, req.Who, "")
	case "mute-all":
		return s.muteAll(ctx, room, req.Identity)
	case "remove":
		s.halls.bar(req.Who)
		return s.opt.Media.Remove(ctx, room, req.Who)
	case "lock", "unlock":
		lock := req.Do == "lock"
		if err := s.opt.Group.Lock(ctx, *call, lock); err != nil {
			return err
		}
		call.Locked = lock
	case "admit":
		s.halls.decide(room, true, meant)
	case "admit-all":
		s.halls.decide(room, true, func(*waiter) bool { return true })
	case "reject":
		s.halls.decide(room, false, meant)
	default:
		return errDeed
	}
	return nil
}

// muteAll silences everybody but one.
func (s *Server) muteAll(ctx context.Context, room, but string) error {
	var problems []error
	for _, p := range s.opt.Media.Present(room) {
		if p.Identity == but {
			continue
		}
		if err := s.opt.Media.Mute(ctx, room, p.Identity, ""); err != nil && !errors.Is(err, media.ErrNoPerson) {
			problems = append(problems, err)
		}
	}
	return errors.Join(problems...)
}

// signalling stands before the media server: who was sent out does not come back with the token of before.
func (s *Server) signalling(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token := r.URL.Query().Get("access_token")
		if bearer, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok && token == "" {
			token = bearer
		}
		if s.halls.isBarred(subject(token)) {
			http.Error(w, "removed", http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// subject is whose token something says that it is. Whether that is so, the media server finds out.
func subject(token string) string {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return ""
	}
	body, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil {
		return ""
	}
	var claims struct {
		Subject string `json:"sub"`
	}
	if json.Unmarshal(body, &claims) != nil {
		return ""
	}
	return claims.Subject
}
