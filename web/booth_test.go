package web

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"stimmbote/i18n"
	"stimmbote/store"
	"stimmbote/voting"
	"stimmbote/voting/belenios"
)

// office is a poll of five people and the pages about it. Nobody is told anything.
type office struct {
	*voting.Polls
	*Server
	t    testing.TB
	poll *voting.Poll
	now  time.Time
	left voting.Member // is not a member any more
	down error
}

var opened = time.Unix(1_800_000_000, 0).UTC()

func (o *office) Sheet(ctx context.Context, id voting.ID) (*voting.Sheet, error) {
	if o.down != nil {
		return nil, o.down
	}
	s, err := o.Polls.Sheet(ctx, id)
	if err == nil {
		s.Group, s.Language, s.Contact = "Grüne <Straße>", "de", "Herr Lenz"
	}
	return s, err
}

func (o *office) CastSealed(ctx context.Context, id voting.ID, ballot []byte) (voting.Receipt, error) {
	e, err := o.Receive(ctx, id, ballot, o.now)
	if err != nil {
		return voting.Receipt{}, err
	}
	if e.Member() == o.left {
		return voting.Receipt{}, &voting.Refusal{Key: "refusal.ballot.left"}
	}
	return o.Cast(ctx, e)
}

func people() []voting.Member {
	return []voting.Member{"@anna:x", "@bernd:x", "@clara:x", "@deniz:x", "@eva:x"}
}

func newOffice(t testing.TB, terms voting.Terms) *office {
	t.Helper()
	dir := t.TempDir()
	st, err := store.Open(t.Context(), dir, zerolog.Nop())
	must(t, err)
	t.Cleanup(func() { st.Close() })
	vault, err := store.OpenVault(filepath.Join(dir, "keys"))
	must(t, err)
	o := &office{t: t, Polls: voting.New(st, vault, rand.Reader, voting.Defaults()), now: opened.Add(time.Minute)}
	o.poll = o.open(terms)
	texts, err := i18n.Load("de")
	must(t, err)
	o.Server = New(Defaults(), Options{Calls: house{}, Media: &house{}, Polls: o.Polls, Box: o, Texts: texts}, zerolog.Nop())
	o.files["booth.html"] = func() static {
		return newStatic([]byte("<!doctype html><style>p{}</style><script type=module>1</script><script>2</script>"), "")
	}
	return o
}

func (o *office) open(terms voting.Terms) *voting.Poll {
	o.t.Helper()
	return o.openTo(people(), terms)
}

func (o *office) openTo(roll []voting.Member, terms voting.Terms) *voting.Poll {
	o.t.Helper()
	p, err := o.Draft(o.t.Context(), voting.Draft{
		Place: "!group:x", Asker: "@anna:x", Question: "Shall we?", Answers: []string{"Yes", "No", "Abstain"}, Roll: roll, Terms: terms,
	})
	must(o.t, err)
	s, err := o.Prepare(o.t.Context(), p.ID)
	must(o.t, err)
	p, err = o.Start(o.t.Context(), s, opened)
	must(o.t, err)
	return p
}

// sealed is what the page of somebody makes, from what it is told.
func (o *office) sealed(m voting.Member, answer int) string {
	o.t.Helper()
	_, body, _ := ask(o.t, o.Server, "GET", "/v/"+string(o.poll.ID)+"/vote.json", "", "")
	var told struct{ Election, Trustees, Credentials string }
	must(o.t, json.Unmarshal([]byte(body), &told))
	e, err := belenios.Open(belenios.Setup{Election: []byte(told.Election), Trustees: []byte(told.Trustees), Credentials: []byte(told.Credentials)})
	must(o.t, err)
	if e.Fingerprint() != o.poll.Fingerprint {
		o.t.Fatalf("the page makes out the fingerprint %s, want %s", e.Fingerprint(), o.poll.Fingerprint)
	}
	token, err := o.Token(o.t.Context(), o.poll.ID, m)
	must(o.t, err)
	vote, err := e.Questions()[0].Choose(answer)
	must(o.t, err)
	ballot, err := e.Seal(rand.Reader, token, [][]int{vote})
	must(o.t, err)
	return string(ballot)
}

// send sends a ballot and returns the status and what was answered.
func (o *office) send(ballot string) (int, map[string]any) {
	o.t.Helper()
	status, body, headers := ask(o.t, o.Server, "POST", "/v/"+string(o.poll.ID)+"/ballot", "text/plain", ballot)
	if headers.Get("Access-Control-Allow-Origin") != "*" {
		o.t.Errorf("other pages cannot read the answer: %v", headers)
	}
	var answer map[string]any
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		o.t.Errorf("%d %q: %v", status, body, err)
	}
	return status, answer
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestCastOverTheWeb(t *testing.T) {
	o := newOffice(t, voting.Terms{})
	ballot := o.sealed("@anna:x", voting.Yes)
	status, got := o.send(ballot)
	tracker := belenios.Tracker([]byte(ballot))
	words := fmt.Sprint(got["words"].(map[string]any)["de"])
	if status != http.StatusOK || got["tracker"] != tracker || got["code"] != belenios.Code(tracker) || got["replaced"] != false || got["again"] != false ||
		words != fmt.Sprint(voting.Words(tracker, "de")) {
		t.Errorf("%d %v, want tracker %s", status, got, tracker)
	}
	if status, got := o.send(ballot); status != http.StatusOK || got["tracker"] != tracker || got["again"] != true {
		t.Errorf("once more: %d %v", status, got)
	}
	if status, got := o.send(o.sealed("@anna:x", voting.No)); status != http.StatusOK || got["replaced"] != true {
		t.Errorf("another one: %d %v", status, got)
	}
	if status, got := o.send(ballot); status != http.StatusConflict || got["code"] != "superseded" {
		t.Errorf("the first one again: %d %v", status, got)
	}
	if cast, _, err := o.Turnout(t.Context(), o.poll.ID); err != nil || cast != 1 {
		t.Errorf("%d ballots, %v", cast, err)
	}
}

func TestBallotsRefused(t *testing.T) {
	o := newOffice(t, voting.Terms{NoRevote: true})
	right := o.sealed("@anna:x", voting.Yes)
	o.left = "@bernd:x"
	his := o.sealed("@bernd:x", voting.Yes)
	if status, _ := o.send(right); status != http.StatusOK {
		t.Fatalf("the right one: %d", status)
	}
	for name, c := range map[string]struct {
		ballot, code string
		status       int
	}{
		"nothing":   {"", "malformed", http.StatusBadRequest},
		"nonsense":  {"<script>", "malformed", http.StatusBadRequest},
		"cut short": {right[:len(right)/2], "malformed", http.StatusBadRequest},
		"too large": {right + strings.Repeat(" ", 1<<20), "too-large", http.StatusRequestEntityTooLarge},
		"other":     {strings.Replace(right, string(o.poll.ID), string(o.open(voting.Terms{}).ID), 1), "other-election", http.StatusBadRequest},
		"false":     {strings.Replace(right, `"response":"`, `"response":"1`, 1), "malformed", http.StatusBadRequest},
		"left":      {his, "left", http.StatusForbidden},
		"second":    {o.sealed("@anna:x", voting.No), "voted", http.StatusConflict},
	} {
		status, got := o.send(c.ballot)
		if code, sentence := got["code"], got["error"]; name == "false" && (code == "invalid" || code == "malformed") {
			continue // as the first digit falls, the number is reduced or not
		} else if status != c.status || code != c.code || sentence == "" {
			t.Errorf("%s: %d %v, want %d %s", name, status, got, c.status, c.code)
		}
	}
	path := "/v/" + string(o.poll.ID) + "/ballot"
	for _, c := range []struct {
		method, path, kind string
		status             int
	}{
		{"POST", path, "application/x-www-form-urlencoded", http.StatusUnsupportedMediaType},
		{"POST", path, "", http.StatusUnsupportedMediaType},
		{"POST", "/v/9JceC2rDy9oJ7dXPfJug61/ballot", "text/plain", http.StatusNotFound},
		{"POST", "/v/no.uuid/ballot", "text/plain", http.StatusNotFound},
		{"GET", path, "", http.StatusMethodNotAllowed},
		{"GET", "/v/9JceC2rDy9oJ7dXPfJug61/vote.json", "", http.StatusNotFound},
		{"GET", "/v/..%2f..%2fx/vote.json", "", http.StatusNotFound},
	} {
		if status, body, _ := ask(t, o.Server, c.method, c.path, c.kind, right); status != c.status {
			t.Errorf("%s %s: %d %s, want %d", c.method, c.path, status, body, c.status)
		}
	}
	o.now = o.poll.Ends
	if status, got := o.send(his); status != http.StatusGone || got["code"] != "closed" {
		t.Errorf("after the deadline: %d %v", status, got)
	}
	o.down = errors.New("disk on fire")
	if status, body, h := ask(t, o.Server, "GET", "/v/"+string(o.poll.ID)+"/vote.json", "", ""); status != http.StatusInternalServerError ||
		strings.Contains(body, "fire") || h.Get("Retry-After") == "" {
		t.Errorf("out of order: %d %s %v", status, body, h)
	}
	answered := httptest.NewRecorder() // as the page shows it
	o.decline(answered, httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, http.NoBody), voting.ErrUsed)
	if said := answered.Body.String(); answered.Code != http.StatusConflict || !strings.Contains(said, "schlagen Sie bitte sofort Alarm: !einspruch") {
		t.Errorf("used by somebody else: %d %s", answered.Code, said)
	}
}

// Whoever runs after the limit waits, and nobody else.
func TestTriesOfOneVoter(t *testing.T) {
	o := newOffice(t, voting.Terms{})
	ballot, hers := o.sealed("@anna:x", voting.Yes), o.sealed("@eva:x", voting.No)
	for range mostTries {
		if status, got := o.send(ballot); status != http.StatusOK {
			t.Fatalf("%d %v", status, got)
		}
	}
	if status, got := o.send(ballot); status != http.StatusTooManyRequests || got["code"] != "busy" {
		t.Errorf("once too often: %d %v", status, got)
	}
	if status, got := o.send(hers); status != http.StatusOK {
		t.Errorf("somebody else: %d %v", status, got)
	}
	g, now := newGate(), time.Now()
	for range mostTries {
		g.may("anna", now)
	}
	if g.may("anna", now) || !g.may("anna", now.Add(window)) {
		t.Error("the limit does not end with its time")
	}
}

// What is said of a poll is what the page needs, and names nobody on the roll.
func TestVoteNamesNobody(t *testing.T) {
	o := newOffice(t, voting.Terms{})
	o.send(o.sealed("@anna:x", voting.Yes))
	_, body, h := ask(t, o.Server, "GET", "/v/"+string(o.poll.ID)+"/vote.json", "", "")
	for _, m := range people() {
		token, err := o.Token(t.Context(), o.poll.ID, m)
		must(t, err)
		if strings.Contains(body, string(m)) || strings.Contains(body, token) {
			t.Errorf("%s stands in %s", m, body)
		}
	}
	var got map[string]any
	must(t, json.Unmarshal([]byte(body), &got))
	for key, want := range map[string]any{
		"format": 1., "id": string(o.poll.ID), "state": "open", "kind": "motion", "title": "Shall we?", "group": "Grüne <Straße>", "language": "de",
		"level": "confidential", "final": false, "cast": 1., "entitled": 5., "contact": "Herr Lenz", "ends": "2027-01-22T08:00:00Z",
	} {
		if got[key] != want {
			t.Errorf("%s is %v, want %v", key, got[key], want)
		}
	}
	if h.Get("Cache-Control") != "no-store" {
		t.Errorf("headers %v", h)
	}
	for name, paper := range map[string]string{"election.json": "election", "trustees.json": "trustees", "public_creds.json": "credentials"} {
		if status, text, _ := ask(t, o.Server, "GET", "/v/"+string(o.poll.ID)+"/"+name, "", ""); status != http.StatusOK || text != got[paper] {
			t.Errorf("%s: %d %s", name, status, text)
		}
	}
	open := o.open(voting.Terms{Level: voting.Open})
	if status, _, _ := ask(t, o.Server, "GET", "/v/"+string(open.ID)+"/vote.json", "", ""); status != http.StatusNotFound {
		t.Errorf("an open vote: %d", status)
	}
}

func TestBoothPage(t *testing.T) {
	o := newOffice(t, voting.Terms{})
	for _, name := range []string{string(o.poll.ID), "9JceC2rDy9oJ7dXPfJug61"} {
		status, body, h := ask(t, o.Server, "GET", "/v/"+name, "", "")
		policy := h.Get("Content-Security-Policy")
		if status != http.StatusOK || !strings.HasPrefix(body, "<!doctype html>") || !strings.HasPrefix(h.Get("Content-Type"), "text/html") ||
			h.Get("X-Robots-Tag") != "noindex" || h.Get("Referrer-Policy") != "no-referrer" || h.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d %v", name, status, h)
		}
		for _, want := range []string{
			"default-src 'none'", "frame-ancestors 'none'", "form-action 'none'",
			"script-src 'sha256-a4ayc/80/OGda4BO/1o/V0etpOqiLx1JwB5S3beHW0s=' 'sha256-1HNeOiZeFu7gP1lxi5tdAwGcB9i2xR+Q2jpmbuwTqzU=';",
		} {
			if !strings.Contains(policy, want) {
				t.Errorf("%q is missing in %s", want, policy)
			}
		}
		if strings.Contains(policy, "unsafe") {
			t.Errorf("policy %s", policy)
		}
	}
	if status, _, _ := ask(t, o.Server, "GET", "/v/no.uuid", "", ""); status != http.StatusNotFound {
		t.Errorf("what is no name: %d", status)
	}
}

// A page of another host may send ballots and read the answer; nothing else is open to it.
func TestOtherOrigins(t *testing.T) {
	o := newOffice(t, voting.Terms{})
	for _, c := range []struct {
		method, path string
		status       int
	}{
		{"OPTIONS", "/v/" + string(o.poll.ID) + "/ballot", http.StatusNoContent},
		{"POST", "/v/" + string(o.poll.ID) + "/ballot", http.StatusOK},
		{"POST", "/r/assembly/join", http.StatusForbidden},
	} {
		r := httptest.NewRequestWithContext(t.Context(), c.method, c.path, strings.NewReader(o.sealed("@anna:x", voting.Yes)))
		r.Header.Set("Origin", "https://elsewhere.example")
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		o.Handler().ServeHTTP(w, r)
		if w.Code != c.status {
			t.Errorf("%s %s: %d %s, want %d", c.method, c.path, w.Code, w.Body, c.status)
		}
	}
}

// The sentence is in the browser's language, else in the program's.
func TestSentencesInTheBrowsersLanguage(t *testing.T) {
	o := newOffice(t, voting.Terms{})
	for wish, want := range map[string]string{"": "Das ist kein", "fr, en-GB;q=0.8, de": "This is not", "de-AT": "Das ist kein", "fr": "Das ist kein"} {
		r := httptest.NewRequestWithContext(t.Context(), "POST", "/v/"+string(o.poll.ID)+"/ballot", strings.NewReader("x"))
		r.Header.Set("Content-Type", "text/plain")
		r.Header.Set("Accept-Language", wish)
		w := httptest.NewRecorder()
		o.Handler().ServeHTTP(w, r)
		if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%q: %d %s, want %q", wish, w.Code, w.Body, want)
		}
	}
}

// A ballot that stops in the middle is refused when its time is over, and nothing is lost: the whole
// one is taken afterwards.
func TestSlowBallot(t *testing.T) {
	o := newOffice(t, voting.Terms{})
	o.http.ReadTimeout = 2 * time.Second // a busy machine takes its time to write the first half
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	served := make(chan error, 1)
	go func() { served <- o.http.Serve(l) }()
	t.Cleanup(func() {
		o.http.Close()
		<-served
	})
	ballot := o.sealed("@anna:x", voting.Yes)
	conn, err := net.Dial("tcp", l.Addr().String())
	must(t, err)
	defer conn.Close()
	fmt.Fprintf(conn, "POST /v/%s/ballot HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s", o.poll.ID, len(ballot), ballot[:100])
	answer, err := io.ReadAll(conn)
	if err != nil || !bytes.HasPrefix(answer, []byte("HTTP/1.1 400 ")) || !bytes.Contains(answer, []byte(`"code":"malformed"`)) {
		t.Errorf("%q, %v", answer, err)
	}
	if status, got := o.send(ballot); status != http.StatusOK {
		t.Errorf("the whole one: %d %v", status, got)
	}
}
