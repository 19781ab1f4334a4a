package media

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/stun/v4"
	"github.com/pion/webrtc/v4"
	"github.com/rs/zerolog"

	"stimmbote/media/forward"
	"stimmbote/media/relay"
)

// candidates are what a client would be told, as "udp address".
func candidates(t *testing.T, s *Server) map[string]int {
	t.Helper()
	pc, _, err := s.connection(forward.Both, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer pc.GracefulClose()
	if _, err := pc.CreateDataChannel("x", nil); err != nil {
		t.Fatal(err)
	}
	gathered := webrtc.GatheringCompletePromise(pc)
	offer, err := pc.CreateOffer(nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := pc.SetLocalDescription(offer); err != nil {
		t.Fatal(err)
	}
	<-gathered
	found := map[string]int{}
	for line := range strings.Lines(pc.LocalDescription().SDP) {
		if f := strings.Fields(line); strings.HasPrefix(line, "a=candidate:") {
			found[f[2]+" "+f[4]]++
		}
	}
	return found
}

// Clients are told what the name of the machine leads to beside its own addresses, on every way in but the relay.
func TestFoundAddress(t *testing.T) {
	t.Parallel()
	s, err := New(Config{UDP: "127.0.0.1:0", TCP: "127.0.0.1:0", TURN: "127.0.0.1:0"}, Options{Secret: []byte("0123456789abcdef0123456789abcdef")}, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	defer s.shut()
	s.outside.keep([]netip.Addr{netip.MustParseAddr("203.0.113.7"), netip.MustParseAddr("2001:db8::7")})
	found := candidates(t, s)
	for _, want := range []string{"udp 127.0.0.1", "tcp 127.0.0.1", "udp 203.0.113.7", "tcp 203.0.113.7", "udp " + relay.Address.String()} {
		if found[want] == 0 {
			t.Errorf("no candidate %s among %v", want, found)
		}
		delete(found, want)
	}
	if len(found) > 0 {
		t.Errorf("told %v as well", found)
	}
}

// The name is looked up again and again, sooner where nobody has answered, and what was found stays until something else is.
func TestLooksAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var answer atomic.Pointer[[]netip.Addr]
		var asked atomic.Int64
		var log bytes.Buffer
		o := newOutside("bot.example.org", "", zerolog.New(&log))
		o.resolve = func(_ context.Context, network, name string) ([]netip.Addr, error) {
			asked.Add(1)
			if list := answer.Load(); list != nil && network == "ip" && name == "bot.example.org" {
				return *list, nil
			}
			return nil, errors.New("nobody knows")
		}
		o.own = func() ([]net.Addr, error) {
			return []net.Addr{&net.IPNet{IP: net.IPv4(192, 168, 1, 5), Mask: net.CIDRMask(24, 32)}, &net.IPNet{IP: net.ParseIP("2001:db8::5"), Mask: net.CIDRMask(64, 128)}}, nil
		}
		says := func(list ...string) {
			var all []netip.Addr
			for _, a := range list {
				all = append(all, netip.MustParseAddr(a))
			}
			answer.Store(&all)
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { o.run(ctx); close(ended) }()
		after := func(wait time.Duration, times int64, want string) {
			t.Helper()
			time.Sleep(wait)
			synctest.Wait()
			if got := fmt.Sprint(o.addresses()); got != want || asked.Load() != times {
				t.Errorf("after %d questions: %s, want %s after %d", asked.Load(), got, want, times)
			}
		}
		after(0, 1, "[]")
		says("203.0.113.7", "::ffff:203.0.113.7", "192.168.1.5", "2001:db8::5", "2001:db8::6", "127.0.0.1", "::1", "0.0.0.0", "169.254.1.1", "fe80::1", "224.0.0.1", "192.0.0.8")
		after(lookAgain, 2, "[203.0.113.7 2001:db8::6]")
		says("203.0.113.8")
		after(lookEvery-time.Second, 2, "[203.0.113.7 2001:db8::6]")
		after(time.Second, 3, "[203.0.113.8]")
		answer.Store(nil)
		after(lookEvery, 4, "[203.0.113.8]")
		says("192.168.1.5")
		after(lookAgain, 5, "[]")
		stop()
		<-ended
		if n, none := strings.Count(log.String(), "A router stands"), strings.Count(log.String(), "No router stands"); n != 2 || none != 1 || strings.Contains(log.String(), "203") {
			t.Errorf("the log says:\n%s", log.String())
		}
	})
}

// Nobody is asked where an address is configured, or nobody is named.
func TestAsksNobody(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		cfg  Config
		name string
	}{{Config{UDP: "127.0.0.1:0"}, ""}, {Config{UDP: "127.0.0.1:0", IP: "203.0.113.7", STUN: "127.0.0.1:1"}, "bot.example.org"}} {
		s, err := New(c.cfg, Options{Secret: []byte("0123456789abcdef0123456789abcdef"), Name: c.name}, zerolog.Nop())
		if err != nil {
			t.Fatal(err)
		}
		s.outside.run(t.Context()) // returns at once
		if err := s.shut(); err != nil {
			t.Error(err)
		}
	}
}

// stunServer answers the second packet of each client in some way.
func stunServer(t *testing.T, answer func(request *stun.Message) []byte) string {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	t.Cleanup(func() { _ = conn.Close(); <-ended })
	go func() {
		defer close(ended)
		b := make([]byte, 1500)
		for n := 0; ; n++ {
			size, from, err := conn.ReadFrom(b)
			if err != nil {
				return
			}
			m := &stun.Message{Raw: append([]byte{}, b[:size]...)}
			if m.Decode() == nil && n > 0 {
				_, _ = conn.WriteTo(answer(m), from)
			}
		}
	}()
	return conn.LocalAddr().String()
}

// A STUN server says the address, also when a packet gets lost, and another's answer is none.
func TestAskSTUN(t *testing.T) {
	t.Parallel()
	address := &stun.XORMappedAddress{IP: net.IPv4(203, 0, 113, 9), Port: 1000}
	for name, c := range map[string]struct {
		answer func(*stun.Message) []byte
		want   string
	}{
		"answer": {func(m *stun.Message) []byte { return stun.MustBuild(m, stun.BindingSuccess, address).Raw }, "203.0.113.9"},
		"another's": {func(*stun.Message) []byte {
			return stun.MustBuild(stun.TransactionID, stun.BindingSuccess, address).Raw
		}, "invalid IP"},
		"empty":   {func(m *stun.Message) []byte { return stun.MustBuild(m, stun.BindingSuccess).Raw }, "invalid IP"},
		"garbage": {func(*stun.Message) []byte { return []byte("\x01\x01\xff\xff") }, "invalid IP"},
	} {
		got, err := askSTUN(t.Context(), "udp4", stunServer(t, c.answer))
		if got.String() != c.want || (err == nil) != got.IsValid() {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	o := newOutside("", stunServer(t, func(m *stun.Message) []byte { return stun.MustBuild(m, stun.BindingSuccess, address).Raw }), zerolog.Nop())
	if !o.look(t.Context()) || fmt.Sprint(o.addresses()) != "[203.0.113.9]" {
		t.Errorf("found %v", o.addresses())
	}
}
