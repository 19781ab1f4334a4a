package booth

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"stimmbote/e2e/browser"
	"stimmbote/e2e/eyes"
	"stimmbote/i18n"
	"stimmbote/media"
	"stimmbote/store"
	"stimmbote/voting"
	"stimmbote/voting/belenios"
	"stimmbote/web"
)

// office is a bot without a chat: real polls in a real database, behind the real web server. Between them and the browser
// stands what a test does to requests and answers.
type office struct {
	*voting.Polls
	t       *testing.T
	address string

	mu    sync.Mutex
	fault func(w http.ResponseWriter, r *http.Request, honest http.Handler) // nil: none
	came  []string                                                          // ballots, as they came
}

// noCalls is a bot on which nobody meets.
type noCalls struct{}

func (noCalls) CallByName(context.Context, string) (*store.Call, error) { return nil, nil }

func (noCalls) Handler() http.Handler { return http.NotFoundHandler() }

func (noCalls) Token(string, string, string, time.Duration) (string, error) { return "", nil }
func (noCalls) Remove(context.Context, string, string) error                { return nil }

func (noCalls) Mute(context.Context, string, string, string) error { return nil }

func (noCalls) Send(context.Context, string, media.Message) error { return nil }

func (noCalls) Present(string) []media.Person { return nil }

func (noCalls) Full(context.Context, string) bool { return false }
func (o *office) CastSealed(ctx context.Context, id voting.ID, ballot []byte) (voting.Receipt, error) {
	e, err := o.Receive(ctx, id, ballot, time.Now())
	if err != nil {
		return voting.Receipt{}, err
	}
	return o.Cast(ctx, e)
}

func (o *office) Sheet(ctx context.Context, id voting.ID) (*voting.Sheet, error) {
	s, err := o.Polls.Sheet(ctx, id)
	if err == nil {
		s.Group, s.Language, s.Contact = "Grüne <Straße>", "de", "Herr Lenz, 06151 123"
	}
	return s, err
}

func openOffice(t *testing.T) *office {
	t.Helper()
	return openOfficeBy(t, httptest.NewServer)
}

// openOfficeBy has the office reached in another way.
func openOfficeBy(t *testing.T, serve func(http.Handler) *httptest.Server) *office {
	t.Helper()
	dir := t.TempDir()
	st := eyes.Must(store.Open(t.Context(), dir, zerolog.Nop()))(t)
	t.Cleanup(func() { st.Close() })
	vault := eyes.Must(store.OpenVault(filepath.Join(dir, "keys")))(t)
	o := &office{t: t, Polls: voting.New(st, vault, rand.Reader, voting.Defaults())}
	cfg := web.Defaults()
	cfg.ImprintURL, cfg.PrivacyURL = "https://example.org/imprint", "https://example.org/privacy"
	honest := web.New(cfg, web.Options{
		Calls: noCalls{}, Media: noCalls{}, Polls: o.Polls, Box: o, Texts: eyes.Must(i18n.Load("de"))(t),
	}, zerolog.Nop()).Handler()
	server := serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		o.mu.Lock()
		fault := o.fault
		if r.Method == http.MethodPost {
			sent := body(r)
			o.came = append(o.came, string(sent))
			r.Body = io.NopCloser(bytes.NewReader(sent))
		}
		o.mu.Unlock()
		if fault == nil {
			fault = func(w http.ResponseWriter, r *http.Request, honest http.Handler) { honest.ServeHTTP(w, r) }
		}
		fault(w, r, honest)
	}))
	t.Cleanup(server.Close)
	o.address = server.URL
	return o
}

// breaks has every request go through a fault from now on.
func (o *office) breaks(fault func(w http.ResponseWriter, r *http.Request, honest http.Handler)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.fault = fault
}

const (
	anna  = voting.Member("@anna:x")
	bernd = voting.Member("@bernd:x")
)

var roll = []voting.Member{anna, bernd, "@clara:x", "@deniz:x", "@eva:x"}

// asks opens a poll of five people.
func (o *office) asks(d voting.Draft) *voting.Poll {
	o.t.Helper()
	d.Place, d.Asker = "!group:x", anna
	d.Roll = roll
	if len(d.Answers) == 0 && d.Asked.Kind == "" {
		d.Answers = []string{"Ja", "Nein", "Enthaltung"}
	}
	drafted := eyes.Must(o.Draft(o.t.Context(), d))(o.t)
	setup := eyes.Must(o.Prepare(o.t.Context(), drafted.ID))(o.t)
	return eyes.Must(o.Start(o.t.Context(), setup, time.Now()))(o.t)
}

// link is what a member gets in the direct chat.
func (o *office) link(p *voting.Poll, m voting.Member) string {
	o.t.Helper()
	return o.address + "/v/" + string(p.ID) + "#" + eyes.Must(o.Token(o.t.Context(), p.ID, m))(o.t) + "." + p.Fingerprint
}

// ballots are those that came, whatever became of them.
func (o *office) ballots() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.came)
}

// inBox is how many ballots would count now.
func (o *office) inBox(p *voting.Poll) int {
	o.t.Helper()
	return eyes.Must(o.Polls.Sheet(o.t.Context(), p.ID))(o.t).Cast
}

// fills has everybody but some cast a ballot that was sealed in Go.
func (o *office) fills(p *voting.Poll, vote [][]int, but ...voting.Member) {
	o.t.Helper()
	papers := eyes.Must(o.Polls.Sheet(o.t.Context(), p.ID))(o.t).Papers
	e := eyes.Must(belenios.Open(papers))(o.t)
	for _, m := range roll {
		if slices.Contains(but, m) {
			continue
		}
		token := eyes.Must(o.Token(o.t.Context(), p.ID, m))(o.t)
		eyes.Must(o.CastSealed(o.t.Context(), p.ID, eyes.Must(e.Seal(rand.Reader, token, vote))(o.t)))(o.t)
	}
}

// counted closes a poll and opens its box.
func (o *office) counted(p *voting.Poll) *voting.Poll {
	o.t.Helper()
	eyes.Must(o.Close(o.t.Context(), p.ID, time.Now()))(o.t)
	closed, _, err := o.Tally(o.t.Context(), p.ID, time.Now())
	if err != nil {
		o.t.Fatal(err)
	}
	return closed
}

// visitor is somebody in front of a browser.
type visitor struct {
	*browser.Tab
	t *testing.T
}

// visit opens a link.
func visit(t *testing.T, b *seat, link string, scripts ...string) *visitor {
	t.Helper()
	return &visitor{Tab: b.open(t, link, scripts...), t: t}
}

// sees waits until a text is on the page.
func (v *visitor) sees(text string) {
	v.t.Helper()
	eyes.Sees(v.t, v.Tab, text)
}

// until waits until there is no reason any more to wait.
func (v *visitor) until(why func() string) {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.t.Context(), 20*time.Second)
	defer cancel()
	eyes.Must(0, browser.Until(ctx, func() (string, error) { return why(), nil }))(v.t)
}

// presses clicks the button, answer or line that reads so.
func (v *visitor) presses(text string) {
	v.t.Helper()
	v.sees(text)
	quoted := eyes.Quoted(text)
	found := eyes.Must(browser.Evaluate[bool](v.Tab, `(() => {
		for (const old of document.querySelectorAll("[data-press]")) delete old.dataset.press;
		const all = [...document.querySelectorAll("button, summary, label")];
		const hit = all.find((e) => e.checkVisibility() && e.innerText.trim().startsWith(`+quoted+`));
		if (hit) hit.dataset.press = "";
		hit?.scrollIntoView({ block: "center" }); // as people do, out from behind what sticks to the bottom
		return !!hit;
	})()`))(v.t)
	if !found {
		v.t.Fatalf("there is nothing to press that says %q", text)
	}
	if err := v.Click("[data-press]"); err != nil {
		v.t.Fatal(err)
	}
}

// part is the text of one part of the page.
func (v *visitor) part(selector string) string {
	v.t.Helper()
	return eyes.Must(browser.Evaluate[string](v.Tab, "document.querySelector("+string(eyes.Must(json.Marshal(selector))(v.t))+").innerText"))(v.t)
}

// body reads a request and keeps it readable.
func body(r *http.Request) []byte {
	b, _ := io.ReadAll(r.Body) // the page sends all of it, or the test notices
	return b
}
