package nets

import (
	"bufio"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"testing"

	"stimmbote/e2e/browser"
	"stimmbote/e2e/nets/guest"
	"stimmbote/e2e/nets/lab"
)

// role is set for this program when it is to be a browser on a machine.
const role = "STIMMBOTE_BROWSER"

// watching is a page of somebody else's, which says what it receives and by which way.
const watching = `<!doctype html><title>Lab</title><script type="module">
import { Room } from "/livekit-client.mjs";
const all = [];
globalThis.RTCPeerConnection = class extends RTCPeerConnection { constructor(c) { super(c); all.push(this); } };
globalThis.enter = async (url, token) => {
	const room = globalThis.room1 = new Room();
	await room.connect(url, token);
	await room.localParticipant.setMicrophoneEnabled(true);
	return true;
};
globalThis.sees = async () => {
	let sounds = 0, way = "";
	for (const pc of all) {
		const stats = await pc.getStats();
		for (const s of stats.values()) {
			if (s.type === "inbound-rtp" && s.kind === "audio") sounds += s.packetsReceived;
			if (s.type !== "transport" || !s.selectedCandidatePairId) continue;
			const local = stats.get(stats.get(s.selectedCandidatePairId).localCandidateId);
			way = local.candidateType === "relay" ? "turn by " + local.relayProtocol : local.protocol;
		}
	}
	return JSON.stringify({ sounds, way });
};
globalThis.ready = true;
</script>`

// asBrowser runs this program as a browser, if it has been started to be one, and then never returns.
func asBrowser() {
	if os.Getenv(role) == "" {
		return
	}
	if err := browse(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "browser:", err)
		fmt.Println("failed")
		os.Exit(1)
	}
	os.Exit(0)
}

// inBrowser runs a browser for somebody whose options come first, says that they are there once come has opened their page,
// and answers each line after that with what report says, until in ends.
func inBrowser(in io.Reader, out io.Writer, come func(*browser.Browser, guest.Options) (*browser.Tab, error), report func(*browser.Tab, guest.Options) (string, error)) error {
	lines := bufio.NewScanner(in)
	if !lines.Scan() {
		return io.ErrUnexpectedEOF
	}
	var o guest.Options
	if err := json.Unmarshal(lines.Bytes(), &o); err != nil {
		return err
	}
	trusted, err := fingerprint(os.Getenv("SSL_CERT_FILE"))
	if err != nil {
		return err
	}
	b, err := browser.Start(context.Background(), "ignore-certificate-errors-spki-list="+trusted)
	if err != nil {
		return err
	}
	defer b.Close()
	tab, err := come(b, o)
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "joined")
	for lines.Scan() {
		said, err := report(tab, o)
		if err != nil {
			return err
		}
		fmt.Fprintln(out, said)
	}
	return nil
}

// browse joins with a page of somebody else's, and reports what it receives.
func browse(in io.Reader, out io.Writer) error {
	pages := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, watching)
			return
		}
		w.Header().Set("Content-Type", "text/javascript")
		http.ServeFile(w, r, "../../web/ui/vendor/livekit-client.esm.mjs")
	}))
	defer pages.Close()
	return inBrowser(in, out, func(b *browser.Browser, o guest.Options) (*browser.Tab, error) {
		tab, err := b.Open(pages.URL)
		if err != nil {
			return nil, err
		}
		ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
		defer cancel()
		if err := browser.Until(ctx, func() (string, error) {
			ready, err := browser.Evaluate[bool](tab, "globalThis.ready === true")
			if !ready {
				return "the page is not there", err
			}
			return "", err
		}); err != nil {
			return nil, err
		}
		_, err = browser.Evaluate[bool](tab, fmt.Sprintf("enter(%q, %q)", o.URL, o.Token))
		return tab, err
	}, func(tab *browser.Tab, _ guest.Options) (string, error) {
		return browser.Evaluate[string](tab, "sees()")
	})
}

// fingerprint is what Chromium is told to trust in spite of nobody vouching for it.
func fingerprint(file string) (string, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	block, _ := pem.Decode(b)
	if block == nil {
		return "", errors.New("no certificate in " + file)
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(cert.RawSubjectPublicKeyInfo)
	return base64.StdEncoding.EncodeToString(sum[:]), nil
}

// A browser whose network lets nothing through but 443 meets others by the relay there, and one without UDP by what is left.
func TestBrowserBehindFirewalls(t *testing.T) {
	t.Parallel()
	sc, _ := house(t)
	for i, c := range []struct {
		name     string
		ways     []string // it may be either, whichever is found first
		firewall lab.Firewall
	}{{"bernd", []string{"turn by tls"}, lab.Only(sc.Server.Ports...)}, {"clara", []string{"tcp", "turn by tcp", "turn by tls"}, lab.NoUDP}} {
		m := machine(t, sc, fmt.Sprintf("203.0.113.%d", i+2), "192.168.1.2")
		m.Guard(c.firewall)
		p, err := sc.EnterAs(role, m, c.name)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		heard := -1
		notices(t, p, c.name+" hears more and more", func(r guest.Report) bool {
			more := heard >= 0 && r.Sounds > heard+50
			heard = r.Sounds
			return more && slices.Contains(c.ways, r.Way)
		})
		p.Leave()
	}
}
