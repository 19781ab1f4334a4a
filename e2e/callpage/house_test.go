package callpage

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"stimmbote/e2e/browser"
	"stimmbote/e2e/eyes"
	"stimmbote/i18n"
	"stimmbote/media"
	"stimmbote/store"
	"stimmbote/web"
)

var (
	shots    = flag.String("shots", "", "a folder for pictures of the page, to look at")
	chromium *browser.Browser
	axe      string
)

func TestMain(m *testing.M) {
	flag.Parse()
	code := 1
	if err := start(); err != nil {
		fmt.Fprintln(os.Stderr, err)
	} else {
		code = m.Run()
		chromium.Close()
	}
	os.Exit(code)
}

func start() (err error) {
	repo, err := filepath.Abs("../..")
	if err != nil {
		return err
	}
	if axe, err = browser.Axe(context.Background(), repo); err != nil {
		return err
	}
	chromium, err = browser.Start(context.Background(), browser.Calm, "js-flags=--expose-gc", "enable-precise-memory-info=1")
	return err
}

// house is pages and media server of the program, with one call, without a chat.
type house struct {
	t       *testing.T
	media   *media.Server
	address string
	key     string
	room    string // of the media server
	pages   http.Handler
	secret  []byte
	calls   *store.Store
	stop    func()   // ends the media server
	scripts []string // that run before the page's own

	mu       sync.Mutex
	changing map[string]func(said map[string]any) // what the page is told to its questions, by their last word
	deaf     bool                                 // nobody gets through to the media server
	away     bool                                 // nor to anything else: something in front says so
	inVain   int                                  // how often somebody asked meanwhile
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, changing: make(map[string]func(map[string]any))}
	st := eyes.Must(store.Open(t.Context(), t.TempDir(), zerolog.Nop()))(t)
	t.Cleanup(func() { st.Close() })
	h.key = eyes.Must(media.NewLinkKey(rand.Reader))(t)
	call := store.Call{
		Room: "!r:x", Name: "gruene-strasse", Title: "Grüne <Straße>", Door: media.DoorHash(eyes.Must(media.Door(h.key))(t)), Key: []byte("sealed"),
	}
	h.room = call.MediaRoom()
	eyes.Must(0, st.PutCall(t.Context(), call))(t)
	h.calls, h.secret = st, []byte(rand.Text())
	h.serve()
	server := httptest.NewServer(http.HandlerFunc(h.answer))
	t.Cleanup(func() {
		h.stop()
		server.Close()
	})
	h.address = server.URL
	return h
}

// serve starts media server and pages.
func (h *house) serve() {
	h.t.Helper()
	server := eyes.Must(media.New(media.Config{UDP: "127.0.0.1:0"}, media.Options{Secret: h.secret}, zerolog.Nop()))(h.t)
	cfg := web.Config{ImprintURL: "https://example.org/imprint", PrivacyURL: "https://example.org/privacy"}
	pages := web.New(cfg, web.Options{Calls: h.calls, Media: server, Texts: eyes.Must(i18n.Load("de"))(h.t), Secret: h.secret}, zerolog.Nop()).Handler()
	ctx, stop := context.WithCancel(context.WithoutCancel(h.t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- server.Run(ctx) }()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.media, h.pages, h.away = server, pages, false
	h.stop = func() {
		stop()
		eyes.Must(0, <-ended)(h.t)
	}
}

// restart ends the server, does something, and starts another one, as an update of the program does.
func (h *house) restart(meanwhile func()) {
	h.t.Helper()
	h.mu.Lock()
	h.away = true
	h.mu.Unlock()
	h.stop()
	meanwhile()
	h.serve()
}

// strangers are the files of those who come without the page.
var strangers = map[string]string{"/livekit-client.mjs": "livekit-client.esm.mjs", "/worker.mjs": "livekit-client.e2ee.worker.mjs"}

func (h *house) answer(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	honest := h.pages
	change, deaf, away := h.changing[r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]], h.deaf, h.away
	if away {
		h.inVain++
	}
	h.mu.Unlock()
	switch {
	case away:
		http.Error(w, "nobody there", http.StatusBadGateway)
	case r.URL.Path == "/crowd":
		w.Header().Set("Content-Type", "text/html")
	case strangers[r.URL.Path] != "":
		w.Header().Set("Content-Type", "text/javascript")
		http.ServeFile(w, r, "../../web/ui/vendor/"+strangers[r.URL.Path])
	case deaf && strings.HasPrefix(r.URL.Path, "/rtc"):
		http.Error(w, "blocked", http.StatusForbidden)
	case change == nil || r.Method != http.MethodPost:
		honest.ServeHTTP(w, r)
	default:
		said := eyes.Told(r, honest)
		change(said)
		_ = json.NewEncoder(w).Encode(said)
	}
}

// changes has the page told something else from now on.
func (h *house) changes(question string, how func(said map[string]any)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.changing[question] = how
}

// link is the link of the card, in a language.
func (h *house) link(language string) string {
	return h.address + "/r/gruene-strasse?lang=" + language + "#" + h.key
}

// crowd lets people in who neither see nor hear, and show nothing, and returns the tab with their rooms.
func (h *house) crowd(names ...string) *browser.Tab {
	h.t.Helper()
	tab := eyes.Must(chromium.Open(h.address + "/crowd"))(h.t)
	h.t.Cleanup(tab.Close)
	var tokens []string
	for i, name := range names {
		badge := []media.Badge{media.Member, media.Guest, media.Chair}[i%3]
		tokens = append(tokens, eyes.Must(h.media.Token(h.room, media.Bearer{Badge: badge}.NewIdentity(), name, time.Minute))(h.t))
	}
	eyes.Must(browser.Evaluate[int](tab, fmt.Sprintf(`import("/livekit-client.mjs").then(async ({ Room }) => {
		globalThis.rooms = %s.map((token) => { const room = new Room(); room.token = token; return room; });
		for (const room of rooms) await room.connect(location.origin.replace("http", "ws"), room.token, { autoSubscribe: false });
		return rooms.length;
	})`, eyes.Must(json.Marshal(tokens))(h.t))))(h.t)
	return tab
}

// somebody is in front of the page.
type somebody struct {
	*browser.Tab
	t *testing.T
}

func (h *house) opens(link string, scripts ...string) *somebody {
	h.t.Helper()
	tab := eyes.Must(chromium.Open(link, append(scripts, h.scripts...)...))(h.t)
	h.t.Cleanup(tab.Close)
	return &somebody{Tab: tab, t: h.t}
}

// enters opens the link and goes in.
func (h *house) enters(language, name string, scripts ...string) *somebody {
	h.t.Helper()
	s := h.opens(h.link(language), scripts...)
	eyes.Must(0, s.Join(name))(h.t)
	s.seen("#call")
	return s
}

// sees waits until a text is on the page.
func (s *somebody) sees(text string) {
	s.t.Helper()
	eyes.Sees(s.t, s.Tab, text)
}

// seen waits until a part of the page can be seen.
func (s *somebody) seen(selector string) {
	s.t.Helper()
	s.until("document.querySelector("+eyes.Quoted(selector)+")?.checkVisibility()", selector)
}

// until waits until a condition holds.
func (s *somebody) until(condition, what string) {
	s.t.Helper()
	eyes.Holds(s.t, s.Tab, condition, what)
}

func (s *somebody) click(selector string) {
	s.t.Helper()
	s.seen(selector)
	eyes.Must(0, s.Click(selector))(s.t)
}
