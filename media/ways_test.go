package media

import (
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"
)

// onlyTCP is a client whose network lets no UDP through.
func onlyTCP(e *webrtc.SettingEngine) {
	e.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeTCP4})
}

// Who has no UDP sees, hears and talks by TCP, with one connection and with two, beside others who have it.
func TestWithoutUDP(t *testing.T) {
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
