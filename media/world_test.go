package media

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/livekit/protocol/auth"
	"github.com/pion/webrtc/v4"
	"github.com/rs/zerolog"
)

const patience = time.Minute

// until waits for a condition, which returns why it is not met, or nothing.
func until(t *testing.T, unmet func() string) {
	t.Helper()
	end := time.Now().Add(patience)
	for {
		why := unmet()
		if why == "" {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("after %v still: %s", patience, why)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// world is a running server with its web port.
type world struct {
	*Server
	web      *httptest.Server
	http     *http.Client // of clients; nil is the usual one
	stop     func()
	tune     func(*webrtc.SettingEngine) // of clients that enter from now on; may be nil
	level    *atomic.Int32               // of their voices; may be nil
	timeless bool                        // they do not report when packets arrive
	changes  atomic.Pointer[[]Person]
}

// logs is where a server writes in a test, until it ends: a connection calls what is told of it in goroutines that nobody
// waits for.
type logs struct {
	mu sync.Mutex
	to io.Writer // nil when it has ended
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.to == nil {
		return len(p), nil
	}
	return l.to.Write(p)
}

func (l *logs) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.to = nil
}

func start(t *testing.T, change ...func(*Options)) *world {
	t.Helper()
	return startAt(t, Config{UDP: "127.0.0.1:0"}, change...)
}

// startAt is start on other ports.
func startAt(t *testing.T, at Config, change ...func(*Options)) *world {
	t.Helper()
	w := &world{}
	opt := Options{Secret: []byte("0123456789abcdef0123456789abcdef"), Changed: func(_ string, p []Person) { w.changes.Store(&p) }}
	for _, f := range change {
		f(&opt)
	}
	log := &logs{to: zerolog.NewTestWriter(t)}
	s, err := New(at, opt, zerolog.New(log))
	if err != nil {
		t.Fatal(err)
	}
	w.Server = s
	w.web = httptest.NewServer(s.Handler())
	ctx, cancel := context.WithCancel(context.Background())
	var run sync.WaitGroup
	run.Go(func() {
		if err := s.Run(ctx); err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	var once sync.Once
	w.stop = func() { once.Do(func() { cancel(); run.Wait() }) }
	t.Cleanup(func() {
		w.stop()
		w.web.Close()
		http.DefaultClient.CloseIdleConnections()
		log.end()
	})
	return w
}

// token is a stranger's, who may do whatever a client may.
func (w *world) token(t *testing.T, room, identity string) string {
	t.Helper()
	token, err := auth.NewAccessToken(issuer, w.keys[issuer]).SetIdentity(identity).SetName(strings.ToUpper(identity[:1]) + identity[1:]).
		SetValidFor(time.Minute).SetVideoGrant(&auth.VideoGrant{RoomJoin: true, Room: room}).ToJWT()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func (w *world) dial(t *testing.T, query url.Values) (*websocket.Conn, *http.Response, error) {
	t.Helper()
	return w.dialAt(t, "/rtc", query)
}

func (w *world) dialAt(t *testing.T, path string, query url.Values) (*websocket.Conn, *http.Response, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	ws, resp, err := websocket.Dial(ctx, w.web.URL+path+"?"+query.Encode(), &websocket.DialOptions{HTTPClient: w.http})
	if err == nil {
		ws.SetReadLimit(1 << 20)
	}
	return ws, resp, err
}
