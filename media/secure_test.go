package media

import (
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/pion/webrtc/v4"

	"stimmbote/media/front"
)

// overTLS is what opens connections to the relay by TLS without asking who vouches for the other side.
type overTLS struct{}

func (overTLS) Dial(network, address string) (net.Conn, error) {
	return tls.Dial(network, address, &tls.Config{InsecureSkipVerify: true})
}

// Whose network lets nothing through but TLS to the port of the pages meets the others through the relay there.
func TestThroughThePortOfThePages(t *testing.T) {
	t.Parallel()
	var port *front.Port
	w := startAt(t, Config{UDP: "127.0.0.1:0"}, func(o *Options) {
		vouched := httptest.NewTLSServer(nil) // has a certificate
		vouched.Close()
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		port = front.Listen(l, vouched.TLS)
		o.Secure = port.Relay()
	})
	pages := &http.Server{Handler: w.Handler()}
	ended := make(chan error)
	go func() { ended <- pages.Serve(port.Pages()) }()
	t.Cleanup(func() {
		_ = pages.Close()
		<-ended
	})
	anna := w.enter(t, "r", "anna")
	w.web.URL = "https://" + port.Pages().Addr().String()
	w.http = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	t.Cleanup(w.http.CloseIdleConnections)
	w.tune = func(e *webrtc.SettingEngine) { e.SetICEProxyDialer(overTLS{}) }
	bernd := w.enterRelayed(t, "r", "bernd", "tcp", true)
	if got := bernd.config.ICEServers; len(got) != 1 || !strings.HasPrefix(got[0].URLs[0], "turns:"+port.Pages().Addr().String()) {
		t.Errorf("was told of %v", got)
	}
	for _, c := range []*client{anna, bernd} {
		c.publish(audio, "mic", "mic", gcm)
		c.publish(video, "cam", "cam", gcm)
	}
	for c, from := range map[*client]*client{anna: bernd, bernd: anna} {
		c.gets(from, "mic", 20)
		c.gets(from, "cam", 20)
	}
	if got, want := w.Ways(), (Ways{UDP: 1, TURN: 1}); got != want {
		t.Errorf("counted %+v, want %+v", got, want)
	}
}
