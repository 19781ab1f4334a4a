package meet

import (
	"context"
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
	"github.com/rs/zerolog"

	"stimmbote/e2e/browser"
	"stimmbote/i18n"
	"stimmbote/media"
	"stimmbote/store"
	"stimmbote/web"
)

// callHouse is pages, media server and database of the program, with one call, without a chat.
type callHouse struct {
	media   *media.Server
	address string // of the page, without the key
	key     string
	room    string // of the media server

	calls  *store.Store
	texts  *i18n.Texts
	secret []byte
	wrap   func(http.Handler) http.Handler
	pages  atomic.Pointer[http.Handler]
	stop   func() // ends the media server

	mu     sync.Mutex
	frames map[string][]byte // the key frame of each track that is being put together
	whole  chan []byte       // key frames as the server saw them
}

// newCallHouse opens the house. wrap may stand before its web server; it may be nil.
func newCallHouse(t *testing.T, wrap func(http.Handler) http.Handler) *callHouse {
	t.Helper()
	h := &callHouse{frames: make(map[string][]byte), whole: make(chan []byte, 1), wrap: wrap, secret: []byte(rand.Text())}
	st, err := store.Open(t.Context(), t.TempDir(), zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	h.calls = st
	if h.key, err = media.NewLinkKey(rand.Reader); err != nil {
		t.Fatal(err)
	}
	door, err := media.Door(h.key)
	if err != nil {
		t.Fatal(err)
	}
	call := store.Call{Room: "!r:x", Name: "assembly", Title: "Assembly", Door: media.DoorHash(door), Key: []byte("sealed")}
	h.room = call.MediaRoom()
	if err := st.PutCall(t.Context(), call); err != nil {
		t.Fatal(err)
	}
	if h.texts, err = i18n.Load("en"); err != nil {
		t.Fatal(err)
	}
	h.serve(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { (*h.pages.Load()).ServeHTTP(w, r) }))
	t.Cleanup(func() {
		h.stop()
		server.Close()
	})
	h.address = server.URL + "/r/assembly"
	return h
}

// restart ends the media server and starts another one, as an update of the program does.
func (h *callHouse) restart(t *testing.T) {
	t.Helper()
	h.stop()
	h.serve(t)
}

// serve starts a media server, and pages with it.
func (h *callHouse) serve(t *testing.T) {
	t.Helper()
	var err error
	h.media, err = media.New(media.Config{UDP: "127.0.0.1:0"}, media.Options{
		Secret: h.secret, Tap: h.tap, Changed: func(string, []media.Person) {},
	}, zerolog.New(zerolog.NewTestWriter(t)).With().Timestamp().Logger())
	if err != nil {
		t.Fatal(err)
	}
	pages := web.New(web.Config{}, web.Options{Calls: h.calls, Media: h.media, Texts: h.texts}, zerolog.Nop()).Handler()
	if h.wrap != nil {
		pages = h.wrap(pages)
	}
	h.pages.Store(&pages)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	running := h.media
	go func() { ended <- running.Run(ctx) }()
	h.stop = func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

// link is the right link.
func (h *callHouse) link() string { return h.address + "#" + h.key }

// tap puts key frames together from the packets that the server forwards.
func (h *callHouse) tap(track string, header *rtp.Header, payload []byte) {
	var vp8 codecs.VP8Packet
	part, err := vp8.Unmarshal(payload)
	if err != nil || len(part) == 0 {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	const interFrame = 1 // RFC 6386 9.1: the lowest bit of a frame
	if vp8.S == 1 && vp8.PID == 0 {
		delete(h.frames, track)
		if part[0]&interFrame == 0 {
			h.frames[track] = []byte{}
		}
	}
	frame, begun := h.frames[track]
	if !begun {
		return
	}
	h.frames[track] = append(frame, part...)
	if header.Marker {
		select {
		case <-h.whole: // an earlier one that nobody has looked at
		default:
		}
		h.whole <- h.frames[track]
		delete(h.frames, track)
	}
}

// enter opens a link in a tab of its own and joins.
func enter(t *testing.T, b *browser.Browser, link, name string, scripts ...string) *browser.Tab {
	t.Helper()
	tab, err := b.Open(link, scripts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tab.Close)
	if err := tab.Join(name); err != nil {
		t.Fatal(err)
	}
	return tab
}

// seesAndHears fails the test unless the tab decodes picture and sound of others.
func seesAndHears(t *testing.T, tab *browser.Tab) browser.Counters {
	t.Helper()
	c, err := tab.SeesAndHears(limit(t, 30*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	return c
}
