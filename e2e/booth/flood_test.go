package booth

import (
	"crypto/rand"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"stimmbote/voting"
	"stimmbote/voting/belenios"

	"stimmbote/e2e/eyes"
)

// TestVotingDuringAFlood has somebody without a token send a thousand ballots a second, under credentials that they made
// up and under somebody else's, while a member votes on the page.
func TestVotingDuringAFlood(t *testing.T) {
	t.Parallel()
	o, b := openOffice(t), in(t, "Chromium")
	poll := o.asks(voting.Draft{Question: "Antrag 12"})
	e := eyes.Must(belenios.Open(eyes.Must(o.Polls.Sheet(t.Context(), poll.ID))(t).Papers))(t)
	sealed := func(m voting.Member) string {
		token := eyes.Must(o.Token(t.Context(), poll.ID, m))(t)
		return string(eyes.Must(e.Seal(rand.Reader, token, [][]int{{1, 0, 0}}))(t))
	}
	right, other := sealed(anna), sealed(bernd)
	wrong := []string{
		strings.Replace(right, credentialIn(right), strings.Repeat("0", 63)+"1", 1),
		strings.Replace(right, credentialIn(right), credentialIn(other), 1),
	}
	b.take() // nobody floods while others have it
	beat := time.NewTicker(time.Millisecond)
	defer beat.Stop()
	over := make(chan struct{})
	strangers := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 32}}
	defer strangers.CloseIdleConnections()
	answers := make([]map[int]int, 32) // how many of each status each of those who flood got
	var flood sync.WaitGroup
	for i := range answers {
		answers[i] = make(map[int]int)
		flood.Go(func() {
			for {
				select {
				case <-over:
					return
				case <-beat.C:
				}
				answer, err := strangers.Post(o.address+"/v/"+string(poll.ID)+"/ballot", "text/plain", strings.NewReader(wrong[i%2]))
				if err != nil {
					t.Error(err)
					return
				}
				_, _ = io.Copy(io.Discard, answer.Body)
				answer.Body.Close()
				answers[i][answer.StatusCode]++
			}
		})
	}
	from := time.Now()
	v := visit(t, b, o.link(poll, anna), germanReader)
	v.presses("Ja")
	v.presses("Verbindlich abgeben")
	v.sees("Ihre Stimme ist in der Urne.")
	close(over)
	flood.Wait()
	sum := make(map[int]int)
	for _, of := range answers {
		for status, n := range of {
			sum[status] += n
		}
	}
	t.Logf("in %s those who flood were answered %v", time.Since(from).Round(time.Millisecond), sum)
	if len(sum) == 0 || sum[http.StatusOK] > 0 {
		t.Errorf("ballots of strangers were answered %v", sum)
	}
	if n := o.inBox(poll); n != 1 {
		t.Errorf("%d ballots are in the box, want 1", n)
	}
}

// credentialIn is whose a ballot says that it is.
func credentialIn(ballot string) string {
	_, rest, _ := strings.Cut(ballot, `"credential":"`)
	credential, _, _ := strings.Cut(rest, `"`)
	return credential
}
