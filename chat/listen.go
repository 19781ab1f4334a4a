package chat

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"
)

// listening is the request in which the bot waits for what the homeserver has to say. It can be given up for one
// that is answered at once, over another connection: over one that was cut without a sign nothing comes any more, and
// nothing else tells.
type listening struct {
	http.RoundTripper                 // for everything else
	own               *http.Transport // its connection is shared with nothing
	mu                sync.Mutex
	began             time.Time
	waits             bool // the homeserver keeps it until there is something to say
	givenUp           bool
	giveUp            context.CancelFunc
}

// RoundTrip passes a request on and remembers it if it is one of those.
func (s *listening) RoundTrip(r *http.Request) (*http.Response, error) {
	if !strings.HasSuffix(r.URL.Path, "/_matrix/client/v3/sync") {
		return s.RoundTripper.RoundTrip(r)
	}
	ctx, giveUp := context.WithCancel(r.Context()) // until the next one, since the answer is still to be read
	s.mu.Lock()
	if s.giveUp != nil {
		s.giveUp()
	}
	timeout := r.URL.Query().Get("timeout")
	s.began, s.waits, s.givenUp, s.giveUp = time.Now(), timeout != "" && timeout != "0", false, giveUp
	s.mu.Unlock()
	return s.own.RoundTrip(r.WithContext(ctx))
}

// since is when the request began that was answered last, or is under way.
func (s *listening) since() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.began
}

// askNow gives up a request that waits. The next one is answered at once, see [ackSyncer.OnFailedSync].
func (s *listening) askNow() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.waits && !s.givenUp {
		s.givenUp = true
		s.giveUp()
	}
}

// failed says whether the last request, which failed, did so by the bot's own hand. Nothing more is sent over the
// connection that it had.
func (s *listening) failed() (byHand bool) {
	s.own.CloseIdleConnections()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.givenUp
}
