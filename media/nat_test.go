package media

import (
	"testing"

	"github.com/rs/zerolog"

	"stimmbote/media/relay"
)

// Clients are told the configured address and that of relayed ones, and none of the machine's own.
func TestPublicAddress(t *testing.T) {
	t.Parallel()
	const public = "203.0.113.7"
	s, err := New(Config{UDP: "127.0.0.1:0", TCP: "127.0.0.1:0", TURN: "127.0.0.1:0", IP: public}, Options{Secret: []byte("0123456789abcdef0123456789abcdef")}, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	defer s.shut()
	found := candidates(t, s)
	for _, want := range []string{"udp " + public, "tcp " + public, "udp " + relay.Address.String()} {
		if found[want] == 0 {
			t.Errorf("no candidate %s among %v", want, found)
		}
		delete(found, want)
	}
	if len(found) > 0 {
		t.Errorf("told %v as well", found)
	}
}
