package media

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/livekit/protocol/livekit"

	"stimmbote/media/signal"
)

// errBadRequest is a request that does not say what it wants in a way that can be read.
var errBadRequest = errors.New("request cannot be read")

// joining is what a client says when it connects.
type joining struct {
	grant
	host     string // by which the client has reached the server
	single   bool   // one peer connection for both directions, on which only the client offers
	resume   bool   // goes on as the participant with this id
	sid      string // of it
	auto     bool   // wants every track without asking
	protocol int32
	tracks   []*livekit.AddTrackRequest
	offer    *livekit.SessionDescription
}

// Handler serves the client protocol: /rtc/v1 and the older /rtc, and with /validate behind each what a page learns
// about why it was refused.
func (s *Server) Handler() http.Handler {
	m := http.NewServeMux()
	for _, path := range []string{"/rtc", "/rtc/v1"} {
		m.HandleFunc("GET "+path, s.serveClient)
		m.HandleFunc("GET "+path+"/validate", s.validate)
	}
	return m
}

// allowOrigins lets pages of any origin read an answer: it holds nothing that the token does not.
func allowOrigins(w http.ResponseWriter) { w.Header().Set("Access-Control-Allow-Origin", "*") }

func (s *Server) validate(w http.ResponseWriter, r *http.Request) {
	if _, ok := s.receive(w, r); ok {
		_, _ = w.Write([]byte("success"))
	}
}

// receive reads what a client says, and answers it where it cannot connect as that.
func (s *Server) receive(w http.ResponseWriter, r *http.Request) (j joining, ok bool) {
	allowOrigins(w)
	j, err := s.read(r)
	if err == nil {
		err = s.refusal(r.Context(), j)
	}
	if err != nil {
		http.Error(w, err.Error(), status(err))
	}
	return j, err == nil
}

// refusal says why somebody cannot come in now, nil if they can. Whoever is in has a place, also to come anew to.
func (s *Server) refusal(ctx context.Context, j joining) error {
	s.mu.Lock()
	err := s.bars(j.room)
	s.mu.Unlock()
	if err != nil || j.resume {
		return err
	}
	err = s.within(ctx, j.room, func(r *room) error {
		if r.people[j.identity] == nil && r.full(time.Now()) {
			return errFull
		}
		return nil
	})
	if errors.Is(err, errFull) {
		return err
	}
	return nil // nor is there anybody where there is no room yet
}

// status is what a refusal is answered with: a client gives up at 401, and comes back after 503.
func status(err error) int {
	switch {
	case errors.Is(err, errBadRequest):
		return http.StatusBadRequest
	case errors.Is(err, errClosed), errors.Is(err, errFull), errors.Is(err, errTooManyRooms):
		return http.StatusServiceUnavailable
	default:
		return http.StatusUnauthorized
	}
}

// read checks the token and reads what else the client says.
func (s *Server) read(r *http.Request) (joining, error) {
	g, err := s.admit(r)
	if err != nil {
		return joining{}, err
	}
	j := joining{grant: g, host: r.Host}
	if q := r.URL.Query(); q.Has("join_request") {
		err = j.fromRequest(q.Get("join_request"))
	} else {
		j.single = len(r.URL.Path) >= len("/rtc/v1") && r.URL.Path[:len("/rtc/v1")] == "/rtc/v1"
		err = j.fromQuery(q)
	}
	return j, err
}

// fromRequest reads the newer way of joining, where all is in one message.
func (j *joining) fromRequest(text string) error {
	m, err := signal.ReadJoinRequest(text)
	if err != nil {
		return errBadRequest
	}
	j.single, j.resume, j.sid = true, m.GetReconnect(), m.GetParticipantSid()
	j.auto = m.GetConnectionSettings() == nil || m.GetConnectionSettings().GetAutoSubscribe()
	j.protocol = m.GetClientInfo().GetProtocol()
	j.tracks, j.offer = m.GetAddTrackRequests(), m.GetPublisherOffer()
	return j.describeSelf(m.GetMetadata(), m.GetParticipantAttributes())
}

// fromQuery reads the older way.
func (j *joining) fromQuery(q url.Values) error {
	j.resume, j.sid = q.Get("reconnect") == "1", q.Get("sid")
	j.auto = q.Get("auto_subscribe") != "0" && q.Get("auto_subscribe") != "false"
	if n, err := strconv.ParseInt(q.Get("protocol"), 10, 32); err == nil {
		j.protocol = int32(n)
	}
	var attributes map[string]string
	if text := q.Get("attributes"); text != "" {
		b, err := base64.URLEncoding.DecodeString(text)
		if err != nil || json.Unmarshal(b, &attributes) != nil {
			return errBadRequest
		}
	}
	return j.describeSelf("", attributes)
}

// describeSelf takes what somebody says of themselves, where their token allows it.
func (j *joining) describeSelf(metadata string, attributes map[string]string) error {
	if j.resume || !j.video.GetCanUpdateOwnMetadata() {
		return nil
	}
	if !j.describe("", metadata, attributes) {
		return errBadRequest
	}
	return nil
}

func (s *Server) serveClient(w http.ResponseWriter, r *http.Request) {
	j, ok := s.receive(w, r)
	if !ok {
		return
	}
	room, err := s.enter(j.room)
	if err != nil {
		http.Error(w, err.Error(), status(err))
		return
	}
	defer s.leave(room)
	conn, err := signal.Accept(w, r)
	if err != nil {
		return // the client has been told
	}
	s.serve(context.WithoutCancel(r.Context()), conn, room, j)
}

// serve attaches a connection to the participant that it belongs to, new or known, until it ends.
func (s *Server) serve(ctx context.Context, conn *signal.Conn, room *room, j joining) {
	p, err := room.attach(conn, j)
	if err != nil {
		s.log.Debug().Bool("resume", j.resume).Msg("Connection refused")
		reason := livekit.DisconnectReason_JOIN_FAILURE
		if errors.Is(err, errUnknown) {
			reason = livekit.DisconnectReason_STATE_MISMATCH
		}
		conn.Send(signal.Leave(reason, livekit.LeaveRequest_RECONNECT))
		conn.Close()
		_ = conn.Serve(ctx, func(*livekit.SignalRequest) {})
		return
	}
	err = conn.Serve(ctx, func(m *livekit.SignalRequest) { room.post(func() { room.handle(p, conn, m) }) })
	room.post(func() { room.detach(p, conn, signal.Left(err)) })
}
