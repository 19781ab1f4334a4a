package meet

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/livekit/protocol/auth"
	"github.com/rs/zerolog"

	"stimmbote/e2e/browser"
	"stimmbote/media"
)

// strangerPage is somebody else's page: livekit-client as it is published, and nothing of ours.
//
//go:embed testdata/stranger.html
var strangerPage []byte

// openHouse is the media server alone, with the stranger's page before it.
type openHouse struct {
	media   *media.Server
	address string
}

const openKey, openSecret = "stranger", "a secret that only strangers and the server know"

func newOpenHouse(t *testing.T) *openHouse {
	t.Helper()
	s, err := media.New(media.Config{UDP: "127.0.0.1:0", TCP: "127.0.0.1:0", TURN: "127.0.0.1:0"}, media.Options{
		Secret: []byte("0123456789abcdef0123456789abcdef"), Keys: map[string]string{openKey: openSecret},
	}, zerolog.New(zerolog.NewTestWriter(t)).With().Timestamp().Logger())
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/rtc", s.Handler())
	mux.Handle("/rtc/", s.Handler())
	for path, file := range map[string]string{"/livekit-client.mjs": "livekit-client.esm.mjs", "/worker.mjs": "livekit-client.e2ee.worker.mjs"} {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/javascript")
			http.ServeFile(w, r, "../../web/ui/vendor/"+file)
		})
	}
	mux.HandleFunc("/{$}", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(strangerPage) })
	web := httptest.NewServer(mux)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("media server: %v", err)
		}
		web.Close()
	})
	return &openHouse{media: s, address: web.URL}
}

// guest opens the stranger's page and joins, after a click, as browsers want it before they let sound play. What is to be
// run in the page before comes last.
func (h *openHouse) guest(t *testing.T, b *browser.Browser, identity, options, key string, before ...string) *browser.Tab {
	t.Helper()
	may := true
	token, err := auth.NewAccessToken(openKey, openSecret).SetIdentity(identity).SetName(identity).SetVideoGrant(&auth.VideoGrant{
		RoomJoin: true, Room: t.Name(), CanUpdateOwnMetadata: &may,
	}).ToJWT()
	if err != nil {
		t.Fatal(err)
	}
	tab, err := b.Open(h.address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tab.Close)
	becomes(t, tab, "the page is there", "globalThis.ready === true")
	for _, script := range before {
		evaluate[bool](t, tab, script)
	}
	call := fmt.Sprintf(`document.getElementById("go").onclick = () => run(%q, %s, %q).then(() => { events.push("in") }, (e) => { events.push("failed " + e) }), true`, token, options, key)
	evaluate[bool](t, tab, call)
	if err := tab.Click("#go"); err != nil {
		t.Fatal(err)
	}
	becomes(t, tab, identity+" is in", `events.includes("in")`)
	return tab
}

// becomes waits until an expression is true in the page.
func becomes(t *testing.T, tab *browser.Tab, what, expression string) {
	t.Helper()
	end := time.Now().Add(40 * time.Second)
	for {
		if evaluate[bool](t, tab, "(async () => !!("+expression+"))()") {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("not so: %s; events %s, heard %s, seen %s; %s", what, list(t, tab, "events"), list(t, tab, "heard"),
				evaluate[string](t, tab, "(async () => globalThis.room1 ? JSON.stringify(await seen()) : '')()"), tab.Trouble())
		}
		time.Sleep(100 * time.Millisecond)
	}
}

func list(t *testing.T, tab *browser.Tab, name string) string {
	t.Helper()
	return evaluate[string](t, tab, "JSON.stringify(globalThis."+name+" ?? [])")
}

// meets waits until each decodes more of every other.
func meets(t *testing.T, tabs map[string]*browser.Tab) {
	t.Helper()
	more := map[string]string{}
	for me, tab := range tabs {
		var was map[string]struct {
			Frames int
			Energy float64
		}
		before := evaluate[string](t, tab, "(async () => JSON.stringify(await seen()))()")
		if err := json.Unmarshal([]byte(before), &was); err != nil {
			t.Fatal(err)
		}
		all := []string{"true"}
		for other := range tabs {
			if other != me {
				all = append(all, fmt.Sprintf("s[%q]?.frames > %d && s[%[1]q].energy > %[3]g", other, was[other].Frames+10, was[other].Energy+0.0005))
			}
		}
		more[me] = "await seen().then((s) => " + strings.Join(all, " && ") + ")"
	}
	for me, tab := range tabs {
		becomes(t, tab, me+" sees and hears more of all others", more[me])
	}
}

// littleCamera costs little, where pictures are not the subject.
const littleCamera = `videoCaptureDefaults: {resolution: {width: 320, height: 180, frameRate: 15}}`

// Pages of strangers, with the library as it is published, cannot tell the server from one of LiveKit's.
func TestStrangersCall(t *testing.T) {
	for _, c := range []struct {
		name, options, key string
		anna, bernd        func(*testing.T) *browser.Browser
		interrupted, alone bool
	}{
		{"one connection", `{singlePeerConnection: true, adaptiveStream: true, dynacast: true}`, "", chromium, chromium, true, false},
		{"two connections", `{singlePeerConnection: false, adaptiveStream: true, dynacast: true, ` + littleCamera + `}`, frameKey, chromium, chromium, true, false},
		{"Firefox, one connection", `{singlePeerConnection: true, ` + littleCamera + `}`, frameKey, firefox, firefox, false, true},
		{"Firefox, two connections", `{singlePeerConnection: false, ` + littleCamera + `}`, "", firefox, firefox, true, true},
		{"Firefox with Chromium, one connection", `{singlePeerConnection: true, ` + littleCamera + `}`, "", firefox, chromium, false, true},
		{"Chromium with Firefox, two connections", `{singlePeerConnection: false, ` + littleCamera + `}`, frameKey, chromium, firefox, false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.alone {
				inFront(t)
			} else {
				t.Parallel()
			}
			h := newOpenHouse(t)
			anna, bernd := h.guest(t, c.anna(t), "anna", c.options, c.key), h.guest(t, c.bernd(t), "bernd", c.options, c.key)
			meets(t, map[string]*browser.Tab{"anna": anna, "bernd": bernd})
			talks(t, anna, bernd)
			if c.interrupted {
				breaks(t, anna, bernd)
			}
		})
	}
}

const frameKey = "a key that the server does not know"

// talks sends what clients send beside sound and pictures.
func talks(t *testing.T, anna, bernd *browser.Tab) {
	t.Helper()
	const who = `room1.localParticipant`
	evaluate[bool](t, anna, `(async () => { await `+who+`.publishData(new TextEncoder().encode("hello"), {reliable: true}); return true })()`)
	becomes(t, bernd, "data", `heard.includes("data anna hello")`)
	evaluate[bool](t, anna, `(async () => { await `+who+`.publishData(new TextEncoder().encode("lossy"), {reliable: false, destinationIdentities: ["bernd"]}); return true })()`)
	becomes(t, bernd, "lossy data", `heard.includes("data anna lossy")`)
	evaluate[bool](t, bernd, `(async () => { await `+who+`.sendText("x".repeat(40000), {topic: "chat"}); return true })()`)
	becomes(t, anna, "a long text", `heard.includes("text bernd " + "x".repeat(40000))`)
	if got := evaluate[string](t, anna, `(async () => `+who+`.performRpc({destinationIdentity: "bernd", method: "double", payload: "21"}))()`); got != "42" {
		t.Errorf("the call answers %q", got)
	}
	evaluate[bool](t, anna, `(async () => { await `+who+`.setMetadata("new"); return true })()`)
	becomes(t, bernd, "metadata", `heard.includes("metadata anna new")`)
	evaluate[bool](t, anna, `(async () => { await `+who+`.setMicrophoneEnabled(false); return true })()`)
	becomes(t, bernd, "muted", `heard.includes("muted anna microphone")`)
	evaluate[bool](t, anna, `(async () => { await `+who+`.setMicrophoneEnabled(true); return true })()`)
}

// breaks lets the connections of one break, in the ways that the library can itself.
func breaks(t *testing.T, anna, bernd *browser.Tab) {
	t.Helper()
	if err := anna.Click("body"); err != nil { // Firefox gives a camera anew only to the window in front
		t.Fatal(err)
	}
	for i, scenario := range []string{"signal-reconnect", "resume-reconnect", "full-reconnect"} {
		evaluate[bool](t, anna, fmt.Sprintf(`room1.simulateScenario(%q).catch(() => {}), true`, scenario))
		becomes(t, anna, "back after "+scenario, fmt.Sprintf(`events.filter((e) => e.startsWith("Reconnected")).length >= %d`, i+1))
		meets(t, map[string]*browser.Tab{"anna": anna, "bernd": bernd})
	}
	if events := list(t, anna, "events"); strings.Contains(events, "Disconnected") {
		t.Errorf("anna was disconnected: %s", events)
	}
	anna.Close() // without a goodbye
	becomes(t, bernd, "anna is gone", `room1.remoteParticipants.size === 0`)
}
