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

// visit stands at the door of our page, goes in when it is asked, and reports how long that took.
func visit(in io.Reader, out io.Writer) error {
	return inBrowser(in, out, func(b *browser.Browser, o guest.Options) (*browser.Tab, error) {
		tab, err := b.Open(o.URL)
		if err != nil {
			return nil, err
		}
		return tab, tab.Write("#name", o.Token)
	}, func(tab *browser.Tab, o guest.Options) (string, error) {
		deed := firstSound
		if !o.Receives { // nobody else is in yet
			deed = goIn
		}
		took, err := browser.Evaluate[float64](tab, deed)
		if err != nil {
			return "", err
		}
		answer, err := json.Marshal(guest.Report{Took: int(took)})
		return string(answer), err
	})
}

// On a narrow, slow line somebody who clicks Join hears the others soon.
func TestJoinOverANarrowLine(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	sc, err := scene.New(scene.Of(self, pagesRole), 1, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer sc.Close()
	stands := func(name, address string, line lab.Line, change ...func(*guest.Options)) *scene.Person {
		t.Helper()
		m := machine(t, sc, "", address)
		m.Up(line)
		m.Down(line)
		p, err := sc.EnterAs(visitorRole, m, name, append(change, func(o *guest.Options) {
			o.URL, o.Token = sc.Server.URL+"/r/lab#"+pageKey, name
		})...)
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, sc.Log())
		}
		return p
	}
	anna := stands("Anna", "198.51.100.2", lab.Line{}, func(o *guest.Options) { o.Receives = false })
	if _, err := anna.Report(); err != nil {
		t.Fatalf("%v\n%s", err, sc.Log())
	}
	var took []int
	for n := range *joins {
		p := stands(fmt.Sprint("Bernd ", n), fmt.Sprintf("203.0.113.%d", n+2), lab.Line{Rate: 1_600_000, Delay: 75 * time.Millisecond})
		r, err := p.Report()
		if err != nil {
			t.Fatalf("%v\n%s", err, sc.Log())
		}
		took = append(took, r.Took)
		p.Leave()
	}
	slices.Sort(took)
	t.Logf("1.6 Mbit/s and 75 ms on either way: from the click on Join to sound %d ms (median of %d, %d to %d)", took[len(took)/2], len(took), took[0], took[len(took)-1])
}
