package nets

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"stimmbote/e2e/browser"
	"stimmbote/e2e/nets/guest"
	"stimmbote/e2e/nets/lab"
	"stimmbote/e2e/nets/scene"
	"stimmbote/i18n"
	"stimmbote/media"
	"stimmbote/store"
	"stimmbote/web"
)

// joins is how often somebody comes in over a narrow line.
var joins = flag.Int("joins", 1, "how often somebody comes in over a narrow line")

// pagesRole makes this program a server of pages and meetings, visitorRole a browser that opens its page.
const (
	pagesRole   = "pages"
	visitorRole = "STIMMBOTE_VISITOR"
	pageKey     = "AAAAAAAAAAAAAAAAAAAAAA"
)

// firstSound clicks Join and gives the milliseconds until the first sound of somebody else is decoded.
const firstSound = `new Promise((done) => {
	const from = performance.now();
	document.getElementById("join").click();
	const look = setInterval(async () => {
		for (const c of globalThis.recordedConnections) {
			for (const s of (await c.getStats()).values()) {
				if (s.type !== "inbound-rtp" || s.kind !== "audio" || !s.jitterBufferEmittedCount) continue;
				clearInterval(look);
				done(performance.now() - from);
			}
		}
	}, 20);
})`

// goIn clicks Join and gives the milliseconds until that has worked.
const goIn = `new Promise((done) => {
	const from = performance.now();
	document.getElementById("join").click();
	const look = setInterval(() => {
		if (document.getElementById("call").hidden) return;
		clearInterval(look);
		done(performance.now() - from);
	}, 20);
})`

// watch begins to note what the page shows and plays: four times a second which sounds were missing, and each picture with
// the layer that its size tells.
const watch = `(() => {
	const seen = globalThis.seen = { begun: performance.now(), sounds: 0, unheard: 0, silences: [], frames: [] };
	const before = {};
	const grown = (s, name) => {
		const key = s.id + name, was = before[key] ?? s[name];
		before[key] = s[name];
		return s[name] - was;
	};
	setInterval(async () => {
		for (const c of globalThis.recordedConnections) {
			for (const s of (await c.getStats()).values()) {
				if (s.type !== "inbound-rtp") continue;
				const at = Math.round(performance.now() - seen.begun);
				if (s.kind === "audio") {
					const missing = grown(s, "concealedSamples") / 48;
					seen.sounds += grown(s, "totalSamplesReceived") / 960;
					seen.unheard += missing / 20;
					if (missing >= 60) seen.silences.push({ At: at - Math.round(missing), Ms: Math.round(missing) });
				} else if (s.frameWidth) {
					for (let n = grown(s, "framesDecoded"); n > 0; n--) seen.frames.push({ At: at, Layer: s.frameWidth > 640 ? 2 : s.frameWidth > 320 ? 1 : 0 });
				}
			}
		}
	}, 250);
	return true;
})()`

// noted is what was noted since the last time.
const noted = `(() => {
	const seen = globalThis.seen, now = performance.now();
	const said = { length: Math.round(now - seen.begun), sounds: Math.round(seen.sounds), unheard: Math.round(seen.unheard), silences: seen.silences, frames: seen.frames };
	Object.assign(seen, { begun: now, sounds: 0, unheard: 0, silences: [], frames: [] });
	return JSON.stringify(said);
})()`

// asPages runs this program as pages and meetings with one call, or as somebody in front of them, if it has been started
// to be that, and then never returns.
func asPages() {
	var err error
	switch {
	case len(os.Args) == 3 && os.Args[1] == pagesRole:
		err = servePages(os.Args[2])
	case os.Getenv(visitorRole) != "":
		err = visit(os.Stdin, os.Stdout)
	default:
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		fmt.Println("failed")
		os.Exit(1)
	}
	os.Exit(0)
}

// servePages serves until it is told to stop.
func servePages(dir string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	st, err := store.Open(ctx, dir, zerolog.Nop())
	if err != nil {
		return err
	}
	defer st.Close()
	door, err := media.Door(pageKey)
	if err != nil {
		return err
	}
	if err := st.PutCall(ctx, store.Call{Room: "!lab", Name: "lab", Title: "Lab", Door: media.DoorHash(door), Key: []byte("sealed")}); err != nil {
		return err
	}
	texts, err := i18n.Load("en")
	if err != nil {
		return err
	}
	cert, err := tls.LoadX509KeyPair(filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem"))
	if err != nil {
		return err
	}
	port, err := net.Listen("tcp", ":443")
	if err != nil {
		return err
	}
	m, err := media.New(media.Config{UDP: ":7882"}, media.Options{Secret: []byte("0123456789abcdef0123456789abcdef")}, zerolog.Nop())
	if err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- m.Run(ctx) }()
	secure := tls.NewListener(port, &tls.Config{Certificates: []tls.Certificate{cert}, NextProtos: []string{"http/1.1"}})
	if err := web.New(web.Defaults(), web.Options{Calls: st, Media: m, Texts: texts, Listener: secure}, zerolog.Nop()).Run(ctx); err != nil {
		return err
	}
	return <-ended
}

// visit stands at the door of our page, goes in when it is asked, and reports how long that took; later, what was seen and
// heard since.
func visit(in io.Reader, out io.Writer) error {
	inside := false
	return inBrowser(in, out, func(b *browser.Browser, o guest.Options) (*browser.Tab, error) {
		tab, err := b.Open(o.URL)
		if err != nil {
			return nil, err
		}
		return tab, tab.Write("#name", o.Token)
	}, func(tab *browser.Tab, o guest.Options) (string, error) {
		if inside {
			return browser.Evaluate[string](tab, noted)
		}
		inside = true
		deed := firstSound
		if !o.Receives { // nobody else is in yet
			deed = goIn
		}
		took, err := browser.Evaluate[float64](tab, deed)
		if err != nil {
			return "", err
		}
		if _, err := browser.Evaluate[bool](tab, watch); err != nil {
			return "", err
		}
		answer, err := json.Marshal(guest.Report{Took: int(took)})
		return string(answer), err
	})
}

// lobby is a call of our page's, to which people come in browsers.
type lobby struct{ *scene.Scene }

func newLobby(t *testing.T) lobby {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	sc, err := scene.New(scene.Of(self, pagesRole), 1, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sc.Close)
	return lobby{sc}
}

// stands is somebody before the call, whose first report goes in.
func (l lobby) stands(t *testing.T, name, address string, line lab.Line, change ...func(*guest.Options)) (*scene.Person, *lab.Machine) {
	t.Helper()
	m := machine(t, l.Scene, "", address)
	m.Up(line)
	m.Down(line)
	p, err := l.EnterAs(visitorRole, m, name, append(change, func(o *guest.Options) {
		o.URL, o.Token = l.Server.URL+"/r/lab#"+pageKey, name
	})...)
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, l.Log())
	}
	return p, m
}

// says is the next report of somebody.
func (l lobby) says(t *testing.T, p *scene.Person) guest.Report {
	t.Helper()
	r, err := p.Report()
	if err != nil {
		t.Fatalf("%v\n%s", err, l.Log())
	}
	return r
}

func alone(o *guest.Options) { o.Receives = false }

// On a narrow, slow line somebody who clicks Join hears the others soon.
func TestJoinOverANarrowLine(t *testing.T) {
	l := newLobby(t)
	anna, _ := l.stands(t, "Anna", "198.51.100.2", lab.Line{}, alone)
	l.says(t, anna)
	var took []int
	for n := range *joins {
		p, _ := l.stands(t, fmt.Sprint("Bernd ", n), fmt.Sprintf("203.0.113.%d", n+2), lab.Line{Rate: 1_600_000, Delay: 75 * time.Millisecond})
		took = append(took, l.says(t, p).Took)
		p.Leave()
	}
	slices.Sort(took)
	t.Logf("1.6 Mbit/s and 75 ms on either way: from the click on Join to sound %d ms (median of %d, %d to %d)", took[len(took)/2], len(took), took[0], took[len(took)-1])
}

// What comes to a browser whose line becomes thin gets smaller, sound goes on, and the better picture returns with the line.
// It takes two browsers with pictures and a minute and a half: it is a part of the matrix.
func TestBrowserOnAThinLine(t *testing.T) {
	if !*all {
		return
	}
	l := newLobby(t)
	anna, _ := l.stands(t, "Anna", "198.51.100.2", lab.Line{}, alone)
	l.says(t, anna)
	wide := lab.Line{Rate: 2_000_000, Delay: 20 * time.Millisecond}
	bernd, m := l.stands(t, "Bernd", "203.0.113.2", wide)
	l.says(t, bernd)
	best := 0
	layer := func(r guest.Report) int { return r.Frames[len(r.Frames)-1].Layer }
	notices(t, bernd, "the picture comes well", func(r guest.Report) bool {
		if !well(r) {
			return false
		}
		best = layer(r)
		return best > 0
	})
	m.Down(lab.Line{Rate: 300_000, Delay: 20 * time.Millisecond})
	time.Sleep(5 * time.Second)
	l.says(t, bernd)
	time.Sleep(15 * time.Second)
	r := l.says(t, bernd)
	t.Logf("with 300 kbit/s: %d of %d sounds unheard, silences %v, %d pictures in %d ms", r.Unheard, r.Sounds, r.Silences, len(r.Frames), r.Length)
	if !well(r) || layer(r) >= best {
		t.Errorf("with 300 kbit/s neither a smaller picture nor whole sound: layers %v", r.Frames)
	}
	m.Down(wide)
	from := time.Now()
	notices(t, bernd, "the better picture is back", func(r guest.Report) bool { return well(r) && layer(r) == best })
	t.Logf("the better picture was back within %.0f s", time.Since(from).Seconds())
}
