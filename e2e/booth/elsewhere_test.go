package booth

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"stimmbote/e2e/eyes"
	"stimmbote/voting"
	"stimmbote/web"
)

// TestThePageOnAnotherWebSpace votes with the page as `booth export` writes it, on a server that is not the bot's and sends
// no headers. That server learns nothing but that somebody fetched the page.
func TestThePageOnAnotherWebSpace(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, b *seat) {
		o := openOfficeBy(t, httptest.NewTLSServer)
		var asked atomic.Int64
		space := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked.Add(1)
			if r.URL.String() != "/booth.html" {
				t.Errorf("the web space is asked for %s", r.URL)
			}
			_, _ = w.Write(web.Booth())
		}))
		t.Cleanup(space.Close)
		poll := o.asks(voting.Draft{Question: "Antrag 12"})
		token := eyes.Must(o.Token(t.Context(), poll.ID, anna))(t)
		v := visit(t, b, space.URL+"/booth.html#"+token+"."+poll.Fingerprint+"."+o.address+"/v/"+string(poll.ID), germanReader)
		v.sees("Diese Seite kommt von " + strings.TrimPrefix(space.URL, "https://"))
		v.presses("Nein")
		v.sees("Diese Seite kommt von " + strings.TrimPrefix(space.URL, "https://"))
		v.presses("Verbindlich abgeben")
		v.sees("Ihre Stimme ist in der Urne.")
		if n := o.inBox(poll); n != 1 || asked.Load() != 1 {
			t.Errorf("%d ballots are in the box, and the web space was asked %d times", n, asked.Load())
		}
	})
}
