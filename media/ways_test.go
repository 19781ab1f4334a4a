package media

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/livekit/protocol/livekit"
	"github.com/pion/webrtc/v4"
)

// onlyTCP is a client whose network lets no UDP through.
func onlyTCP(e *webrtc.SettingEngine) {
	e.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeTCP4})
}

// Who has no UDP sees, hears and talks by TCP, with one connection and with two, beside others who have it.
func TestWithoutUDP(t *testing.T) {
	t.Parallel()
	w := startAt(t, Config{UDP: "127.0.0.1:0", TCP: "127.0.0.1:0"})
	anna := w.enter(t, "r", "anna")
	w.tune = onlyTCP
	bernd, clara := w.enter(t, "r", "bernd"), w.enterSingle(t, "r", "clara", false)
	all := []*client{anna, bernd, clara}
	for _, c := range all {
		c.publish(audio, "mic", "mic", gcm)
		c.publish(video, "cam", "cam", gcm)
		c.opens()
	}
	for _, c := range all {
		for _, from := range all {
			if c != from {
				c.gets(from, "mic", 20)
				c.gets(from, "cam", 20)
			}
		}
	}
	pair, err := bernd.sub.SCTP().Transport().ICETransport().GetSelectedCandidatePair()
	if err != nil || pair.Local.Protocol != webrtc.ICEProtocolTCP {
		t.Errorf("bernd receives by %v, %v", pair, err)
	}
	if got := w.Ways(); got.UDP != 1 || got.TCP != 2 {
		t.Errorf("counted %+v", got)
	}
}

// On the TCP port nobody stays who says nothing, or nothing that makes sense; a meeting beside them goes on.
func TestStrangersOnTCP(t *testing.T) {
	t.Parallel()
	w := startAt(t, Config{UDP: "127.0.0.1:0", TCP: "127.0.0.1:0"})
	nextDoor(t, w)
	for name, say := range map[string]string{
		"silent":        "",
		"HTTP":          "GET / HTTP/1.1\r\n\r\n",
		"garbage":       "\x00\x04\xff\xff\xff\xff",
		"too long":      "\xff\xff" + string(make([]byte, 2000)),
		"not a binding": "\x00\x14\x00\x03\x00\x00\x21\x12\xa4\x42" + "0123456789ab",
	} {
		c, err := net.Dial("tcp", w.TCP().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if _, err := io.WriteString(c, say); err != nil {
			t.Fatal(err)
		}
		_ = c.SetReadDeadline(time.Now().Add(patience))
		if n, err := c.Read(make([]byte, 1)); err == nil || errors.Is(err, net.ErrClosed) || isTimeout(err) {
			t.Errorf("%s: still there: %d, %v", name, n, err)
		}
	}
}

func isTimeout(err error) bool {
	var e net.Error
	return errors.As(err, &e) && e.Timeout()
}

// enterRelayed joins through the relay alone, as the server has told to.
func (w *world) enterRelayed(t *testing.T, room, identity, transport string, single bool) *client {
	t.Helper()
	c := newClient(t)
	c.tune = func(e *webrtc.SettingEngine) {
		e.SetRelayAcceptanceMinWait(0)
		if w.tune != nil {
			w.tune(e)
		}
	}
	path, q := "/rtc", url.Values{"access_token": {w.token(t, room, identity)}}
	if single {
		path = "/rtc/v1"
	}
	c.comes = func() {
		for _, s := range c.join.GetIceServers() {
			for _, u := range s.GetUrls() {
				if strings.HasSuffix(u, "transport="+transport) {
					c.config.ICEServers = append(c.config.ICEServers, webrtc.ICEServer{URLs: []string{u}, Username: s.GetUsername(), Credential: s.GetCredential()})
				}
			}
		}
		c.config.ICETransportPolicy = webrtc.ICETransportPolicyRelay
		c.pub = c.peer(livekit.SignalTarget_PUBLISHER)
		if c.sub = c.pub; !single {
			c.sub = c.peer(livekit.SignalTarget_SUBSCRIBER)
			c.sub.OnDataChannel(c.hearData)
		}
		c.sub.OnTrack(c.receive)
		c.openData()
	}
	ws, _, err := w.dialAt(t, path, q)
	if err != nil {
		t.Fatal(err)
	}
	c.attach(ws)
	t.Cleanup(c.vanish)
	c.until("joined", func() bool { return c.pub != nil })
	if single {
		c.offer()
	}
	c.until("connected", func() bool { return c.sub.ConnectionState() == webrtc.PeerConnectionStateConnected })
	return c
}

// Who reaches others through a relay only meets them through the one that the server has, by UDP and by TCP, also where
// the machine has another address for others.
func TestThroughTheRelay(t *testing.T) {
	t.Parallel()
	for name, at := range map[string]Config{
		"on its own address": {UDP: "127.0.0.1:0", TURN: "127.0.0.1:0"},
		"on all addresses":   {UDP: ":0", TURN: "127.0.0.1:0"},
		"all three ways":     {UDP: "127.0.0.1:0", TCP: "127.0.0.1:0", TURN: "127.0.0.1:0"},
	} {
		t.Run(name, func(t *testing.T) {
			w := startAt(t, at)
			anna, bernd := w.enterRelayed(t, "r", "anna", "udp", false), w.enterRelayed(t, "r", "bernd", "tcp", true)
			for _, c := range []*client{anna, bernd} {
				c.publish(audio, "mic", "mic", gcm)
				c.publish(video, "cam", "cam", gcm)
			}
			for c, from := range map[*client]*client{anna: bernd, bernd: anna} {
				c.gets(from, "mic", 20)
				c.gets(from, "cam", 20)
			}
			if got, want := w.Ways(), (Ways{TURN: 2}); got != want {
				t.Errorf("counted %+v, want %+v", got, want)
			}
		})
	}
}

// The relay is announced under an address that the client can reach.
func TestWhereTheRelayIs(t *testing.T) {
	const udp, tcp = "?transport=udp", "?transport=tcp"
	for name, c := range map[string]struct {
		cfg        Config
		secure     bool
		host, want string // where P stands for the port
	}{
		"bound":                    {Config{TURN: "127.0.0.1:0"}, false, "example.org", "turn:127.0.0.1:P" + udp + " turn:127.0.0.1:P" + tcp},
		"public":                   {Config{TURN: "127.0.0.1:0", IP: "203.0.113.7"}, false, "example.org", "turn:203.0.113.7:P" + udp + " turn:203.0.113.7:P" + tcp},
		"by name":                  {Config{TURN: ":0"}, false, "example.org", "turn:example.org:P" + udp + " turn:example.org:P" + tcp},
		"name with port":           {Config{TURN: ":0"}, false, "example.org:443", "turn:example.org:P" + udp + " turn:example.org:P" + tcp},
		"IPv6":                     {Config{TURN: ":0"}, false, "[2001:db8::1]:443", "turn:[2001:db8::1]:P" + udp + " turn:[2001:db8::1]:P" + tcp},
		"IPv6, and public by IPv4": {Config{TURN: ":0", IP: "203.0.113.7"}, false, "[2001:db8::1]:443", "turn:[2001:db8::1]:P" + udp + " turn:[2001:db8::1]:P" + tcp},
		"IPv6, no port":            {Config{TURN: ":0"}, false, "[2001:db8::1]", "turn:[2001:db8::1]:P" + udp + " turn:[2001:db8::1]:P" + tcp},
		"TLS":                      {Config{}, true, "example.org", "turns:example.org:443" + tcp},
		"TLS and port":             {Config{IP: "203.0.113.7"}, true, "example.org:8443", "turns:example.org:8443" + tcp},
		"TLS and IPv6":             {Config{}, true, "[2001:db8::1]", "turns:[2001:db8::1]:443" + tcp},
		"all": {
			Config{TURN: "127.0.0.1:0", IP: "203.0.113.7"},
			true, "example.org",
			"turn:203.0.113.7:P" + udp + " turn:203.0.113.7:P" + tcp + " turns:example.org:443" + tcp,
		},
	} {
		var secure net.Listener
		if c.secure {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			secure = l
		}
		turn, err := newTURN(c.cfg, secure, nil)
		if err != nil {
			t.Fatal(err)
		}
		want := strings.ReplaceAll(c.want, ":P", fmt.Sprintf(":%d", turn.addr.Port()))
		list := turn.servers(c.host, "name", "secret")
		if len(list) != 1 || strings.Join(list[0].GetUrls(), " ") != want || list[0].GetUsername() != "name" || list[0].GetCredential() != "secret" {
			t.Errorf("%s: told %v, want %s", name, list, want)
		}
		if err := turn.close(); err != nil {
			t.Error(err)
		}
	}
}

// The address of relayed clients comes after all others: of candidates that are equally good the first is decided on at
// once, and others wait for the next look, 200 ms later.
func TestRelayComesLast(t *testing.T) {
	t.Parallel()
	w := startAt(t, Config{UDP: "127.0.0.1:0", TURN: "127.0.0.1:0"})
	list := w.Server.turn.muxes(true).GetListenAddresses()
	if len(list) != 2 || list[0].String() != w.Addr().String() || list[1].String() != w.Server.turn.Line().LocalAddr().String() {
		t.Errorf("addresses are %v", list)
	}
}
