package web

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"stimmbote/media"
	"stimmbote/store"
	"stimmbote/voting"
)

// wrong are ballots of people without a token: of no credential on the list, and under somebody
// else's, with a signature that is not theirs.
func (o *office) wrong() []string {
	right := o.sealed("@anna:x", voting.Yes)
	mine, his := credentialIn(right), credentialIn(o.sealed("@bernd:x", voting.Yes))
	return []string{strings.Replace(right, mine, strings.Repeat("0", 63)+"1", 1), strings.Replace(right, mine, his, 1)}
}

func credentialIn(ballot string) string {
	_, rest, _ := strings.Cut(ballot, `"credential":"`)
	credential, _, _ := strings.Cut(rest, `"`)
	return credential
}

// Strangers who send ballots as fast as they can keep nobody from voting.
func TestFloodOfStrangers(t *testing.T) {
	o := newOffice(t, voting.Terms{})
	server := httptest.NewServer(o.Handler())
	t.Cleanup(server.Close)
	address := server.URL + "/v/" + string(o.poll.ID) + "/ballot"
	wrong := o.wrong()
	ballots := make(map[voting.Member]string)
	for _, m := range people() {
		ballots[m] = o.sealed(m, voting.Yes)
	}
	var stop atomic.Bool
	var refused atomic.Int64
	var flood sync.WaitGroup
	for i := range 8 {
		flood.Go(func() {
			for !stop.Load() {
				answer, err := http.Post(address, "text/plain", strings.NewReader(wrong[i%2]))
				if err != nil {
					t.Error(err)
					return
				}
				io.Copy(io.Discard, answer.Body)
				answer.Body.Close()
				if answer.StatusCode == http.StatusOK {
					t.Error("a ballot of a stranger is taken")
				}
				refused.Add(1)
			}
		})
	}
	for range 3 {
		for m, ballot := range ballots {
			answer, err := http.Post(address, "text/plain", strings.NewReader(ballot))
			if err != nil {
				t.Fatal(err)
			}
			answer.Body.Close()
			if answer.StatusCode != http.StatusOK {
				t.Errorf("%s: %d", m, answer.StatusCode)
			}
		}
	}
	stop.Store(true)
	flood.Wait()
	if cast, _, err := o.Turnout(t.Context(), o.poll.ID); err != nil || cast != len(ballots) || refused.Load() == 0 {
		t.Errorf("%d ballots, %v; %d of strangers", cast, err, refused.Load())
	}
}

// BenchmarkStrangers is how fast ballots of strangers are turned away, all of it but the network.
func BenchmarkStrangers(b *testing.B) {
	o := newOffice(b, voting.Terms{})
	for i, name := range []string{"unknown", "unsigned"} {
		ballot := o.wrong()[i]
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				r := httptest.NewRequestWithContext(b.Context(), "POST", "/v/"+string(o.poll.ID)+"/ballot", strings.NewReader(ballot))
				r.Header.Set("Content-Type", "text/plain")
				w := httptest.NewRecorder()
				o.Server.http.Handler.ServeHTTP(w, r)
				if w.Code == http.StatusOK {
					b.Fatal("it is taken")
				}
			}
		})
	}
}

// BenchmarkVoteInAFlood is how long a voter waits for the receipt while strangers send a thousand ballots a second, half
// of them of nobody on the list, half under a voter's credential with a wrong signature: over loopback, to a server with a
// real store, all within one process.
func BenchmarkVoteInAFlood(b *testing.B) {
	o := newOffice(b, voting.Terms{})
	roll := make([]voting.Member, 200) // nobody tries too often
	for i := range roll {
		roll[i] = voting.Member(fmt.Sprintf("@voter%d:x", i))
	}
	roll = append(roll, people()...)
	o.poll = o.openTo(roll, voting.Terms{})
	server := httptest.NewServer(o.Handler())
	b.Cleanup(server.Close)
	address, wrong := server.URL+"/v/"+string(o.poll.ID)+"/ballot", o.wrong()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	b.Cleanup(client.CloseIdleConnections)
	send := func(ballot string) int {
		answer, err := client.Post(address, "text/plain", strings.NewReader(ballot))
		if err != nil {
			b.Error(err)
			return 0
		}
		defer answer.Body.Close()
		io.Copy(io.Discard, answer.Body)
		return answer.StatusCode
	}
	for _, each := range []int{0, 1000} {
		b.Run(fmt.Sprintf("strangers=%d", each), func(b *testing.B) {
			var honest []string
			for i := range b.N {
				honest = append(honest, o.sealed(roll[i%len(roll)], voting.Yes))
			}
			var next, answered atomic.Int64
			var flood sync.WaitGroup
			over := make(chan struct{})
			began := time.Now()
			for range min(each, 64) {
				flood.Go(func() {
					for {
						n := next.Add(1)
						select {
						case <-over:
							return
						case <-time.After(time.Until(began.Add(time.Duration(n) * time.Second / time.Duration(each)))):
						}
						if status := send(wrong[n%2]); status == http.StatusOK {
							b.Error("a ballot of a stranger is taken")
						}
						answered.Add(1)
					}
				})
			}
			var took []time.Duration
			b.ResetTimer()
			for _, ballot := range honest {
				from := time.Now()
				if status := send(ballot); status != http.StatusOK {
					b.Errorf("an honest ballot is answered %d", status)
				}
				took = append(took, time.Since(from))
			}
			b.StopTimer()
			b.ReportMetric(float64(answered.Load())/time.Since(began).Seconds(), "strangers/s")
			close(over)
			flood.Wait()
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)-1].Microseconds())/1000, "worst-ms")
		})
	}
}

// Whoever asks at the door of a call as fast as they can, with the link or without, keeps no member out and fills no
// memory.
func TestFloodAtTheDoor(t *testing.T) {
	l := newLobby(t, store.EntryKnock)
	server := httptest.NewServer(l.Server.Handler())
	t.Cleanup(server.Close)
	door, err := media.Door(linkKey)
	if err != nil {
		t.Fatal(err)
	}
	send := func(body string) (int, string) {
		answer, err := http.Post(server.URL+"/r/x/join", "application/json", strings.NewReader(body))
		if err != nil {
			t.Error(err)
			return 0, ""
		}
		defer answer.Body.Close()
		said, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Error(err)
		}
		return answer.StatusCode, string(said)
	}
	var stop atomic.Bool
	var asked atomic.Int64
	var flood sync.WaitGroup
	for i := range 8 {
		body := `{"door":"` + door + `","name":"Franz"}`
		if i%2 == 0 {
			body = `{"door":"wrong","name":"Franz"}`
		}
		flood.Go(func() {
			for !stop.Load() {
				if status, said := send(body); status == http.StatusOK || strings.Contains(said, "token") {
					t.Errorf("let in: %d %s", status, said)
				}
				asked.Add(1)
			}
		})
	}
	for n := 0; n < 20 || asked.Load() < 1000; n++ {
		if status, said := send(`{"door":"` + door + `","badge":"anna's"}`); status != http.StatusOK || !strings.Contains(said, `"token"`) {
			t.Errorf("a member: %d %s", status, said)
		}
	}
	stop.Store(true)
	flood.Wait()
	if n := len(l.halls.undecided(l.call.MediaRoom())); n != mostWaiting {
		t.Errorf("%d wait at the door, want %d", n, mostWaiting)
	}
}

// Whoever asks at the door from one address as fast as they can takes no more than their share of the places there, through
// a proxy or without one, whatever they write of where they are.
func TestFloodFromOneAddress(t *testing.T) {
	door, err := media.Door(linkKey)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		cfg   Config
		peer  string
		named func(n int64) string // what the n-th request of the flood says of where it comes from
		// Where somebody else is, and what is said of them.
		other, from string
	}{
		"proxy": {
			Defaults(), "127.0.0.1:4711", func(n int64) string { return fmt.Sprintf("198.51.100.%d, 203.0.113.9", n%250) },
			"127.0.0.1:4711", "198.51.100.7",
		},
		"proxy by IPv6": {
			Defaults(), "[::1]:4711", func(n int64) string { return fmt.Sprintf("2001:db8:1:2::%x", n) }, "[::1]:4711", "2001:db8:1:3::4",
		},
		"public": {
			Config{Cert: "cert.pem", CertKey: "key.pem"},
			"203.0.113.9:4711", func(n int64) string { return fmt.Sprintf("198.51.100.%d", n%250) },
			"198.51.100.7:4711", "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLobby(t, store.EntryKnock)
			l.cfg = c.cfg
			handler := l.Server.Handler()
			join := func(peer, named string) int {
				r := httptest.NewRequestWithContext(t.Context(), "POST", "/r/x/join", strings.NewReader(`{"door":"`+door+`","name":"Franz"}`))
				r.RemoteAddr = peer
				r.Header.Set("Content-Type", "application/json")
				r.Header.Set("X-Forwarded-For", named)
				w := httptest.NewRecorder()
				handler.ServeHTTP(w, r)
				return w.Code
			}
			var asked atomic.Int64
			var flood sync.WaitGroup
			for range 8 {
				flood.Go(func() {
					for n := asked.Add(1); n <= 1000; n = asked.Add(1) {
						join(c.peer, c.named(n))
					}
				})
			}
			flood.Wait()
			if n := len(l.halls.undecided(l.call.MediaRoom())); n != mostOfOne {
				t.Errorf("%d wait at the door, want %d", n, mostOfOne)
			}
			if status := join(c.other, c.from); status != http.StatusAccepted {
				t.Errorf("somebody else: %d", status)
			}
		})
	}
}
