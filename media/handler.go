package media

import (
	"context"
	"errors"
	"net/http"

	"github.com/livekit/protocol/livekit"

	"stimmbote/media/signal"
)

// Handler serves the client protocol: /rtc, and /rtc/validate, where a page learns why it was refused.
func (s *Server) Handler() http.Handler {
	m := http.NewServeMux()
	m.HandleFunc("GET /rtc", s.serveClient)
	m.HandleFunc("GET /rtc/validate", s.validate)
	// A page cannot see the status of a failed connection. It asks here, and goes on to /rtc after this answer.
	m.HandleFunc("GET /rtc/v1/validate", func(w http.ResponseWriter, _ *http.Request) {
		allowOrigins(w)
		http.Error(w, "not served here", http.StatusNotFound)
	})
	return m
}

// allowOrigins lets pages of any origin read an answer: it holds nothing that the token does not.
func allowOrigins(w http.ResponseWriter) { w.Header().Set("Access-Control-Allow-Origin", "*") }

func (s *Server) validate(w http.ResponseWriter, r *http.Request) {
	allowOrigins(w)
	if _, err := s.admit(r); err != nil {
		http.Error(w, err.Error(), http.StatusUnauthorized)
		return
	}
	_, _ = w.Write([]byte("success"))
}

func (s *Server) serveClient(w http.ResponseWriter, r *http.Request) {
	allowOrigins(w)
	g, err := s.admit(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusUnauthorized)
		return
	}
	room, err := s.enter(g.room)
	if err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	defer s.leave(room)
	if room.full() {
		http.Error(w, "room is full", http.StatusServiceUnavailable)
		return
	}
	conn, err := signal.Accept(w, r)
	if err != nil {
		return // the client has been told
	}
	q := r.URL.Query()
	s.serve(context.WithoutCancel(r.Context()), conn, room, g, q.Get("reconnect") == "1", q.Get("sid"))
}

// serve attaches a connection to the participant that it belongs to, new or known, until it ends.
func (s *Server) serve(ctx context.Context, conn *signal.Conn, room *room, g grant, resume bool, sid string) {
	p, err := room.attach(conn, g, resume, sid)
	if err != nil {
		s.log.Debug().Bool("resume", resume).Msg("Connection refused")
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
