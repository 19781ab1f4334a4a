package main

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"stimmbote/i18n"
	"stimmbote/voting"
	"stimmbote/voting/belenios"
)

// polling is a bot that takes ballots of one election.
type polling struct {
	*httptest.Server
	t        *testing.T
	setup    belenios.Setup
	election *belenios.Election
	uuid     string
	token    string
	state    string
	lies     func(answer map[string]any) // in what it says of the vote
	taken    []string
	down     int // answers that fail before one that does not
	refuses  string
}

func newPolling(t *testing.T, questions ...belenios.Question) *polling {
	t.Helper()
	p := &polling{t: t, state: "open"}
	var err error
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	p.uuid, err = belenios.NewUUID(rand.Reader)
	check(err)
	key, err := belenios.NewKey(rand.Reader, belenios.Ed25519)
	check(err)
	public, err := key.Public(rand.Reader)
	check(err)
	var credentials []string
	for range 3 {
		p.token, err = belenios.NewCredential(rand.Reader)
		check(err)
		credential, err := belenios.PublicCredential(belenios.Ed25519, p.uuid, p.token)
		check(err)
		credentials = append(credentials, credential)
	}
	p.setup, err = belenios.NewSetup(belenios.Parameters{UUID: p.uuid, Group: belenios.Ed25519, Name: "Vote", Questions: questions}, []belenios.Trustee{belenios.Single(public)}, credentials)
	check(err)
	p.election, err = belenios.Open(p.setup)
	check(err)
	p.Server = httptest.NewServer(http.HandlerFunc(p.answer))
	t.Cleanup(p.Close)
	return p
}

func (p *polling) answer(w http.ResponseWriter, r *http.Request) {
	if p.down > 0 {
		p.down--
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	switch r.URL.Path {
	case "/v/" + p.uuid + "/vote.json":
		told := map[string]any{
			"election": string(p.setup.Election), "trustees": string(p.setup.Trustees), "credentials": string(p.setup.Credentials),
			"state": p.state, "title": "Shall we?", "group": "Our group",
		}
		if p.lies != nil {
			p.lies(told)
		}
		json.NewEncoder(w).Encode(told)
	case "/v/" + p.uuid + "/ballot":
		ballot, _ := io.ReadAll(r.Body)
		if _, err := p.election.CheckBallot(ballot); err != nil || p.refuses != "" {
			w.WriteHeader(http.StatusConflict)
			json.NewEncoder(w).Encode(map[string]any{"error": p.refuses, "code": "voted"})
			return
		}
		p.taken = append(p.taken, string(ballot))
		json.NewEncoder(w).Encode(map[string]any{"tracker": belenios.Tracker(ballot), "replaced": len(p.taken) > 1})
	default:
		p.t.Errorf("asked for %s", r.URL)
	}
}

func (p *polling) link() string {
	return p.URL + "/v/" + p.uuid + "#" + p.token + "." + p.election.Fingerprint()
}

// ballots runs the command, with somebody who types.
func (p *polling) ballots(typed string, args ...string) (code int, out, errs string) {
	p.t.Helper()
	var stdout, stderr bytes.Buffer
	o, err := parseBallot(args, &stderr)
	if err != nil {
		return exitUsage, "", stderr.String()
	}
	texts, err := i18n.Load("en")
	if err != nil {
		p.t.Fatal(err)
	}
	d := newDialog(p.t.Context(), strings.NewReader(""), &stdout, texts)
	if typed != "" {
		d.listen(strings.NewReader(typed))
	}
	if o.file == "-" {
		d.out = &stderr
	}
	b := &balloting{ballotOptions: o, dialog: d, stdin: strings.NewReader(p.link() + "\n"), stdout: &stdout, stderr: &stderr, bot: caster{client: http.DefaultClient}}
	return b.run(), stdout.String(), stderr.String()
}

func motionQuestion() belenios.Question {
	return belenios.Question{Text: "Shall we?", Answers: []string{"Yes", "No", "Abstain"}, Min: 1, Max: 1}
}

func TestBallotCast(t *testing.T) {
	p := newPolling(t, motionQuestion())
	code, out, errs := p.ballots("", "--link", p.link(), "--choice", "2")
	if code != exitOK || len(p.taken) != 1 || !strings.Contains(out, "✅ Your vote is in the ballot box") ||
		!strings.Contains(out, "Code: "+belenios.Code(belenios.Tracker([]byte(p.taken[0])))) || errs != "" {
		t.Errorf("exit %d, %q %q, %d ballots", code, out, errs, len(p.taken))
	}
	p.down = 2
	if code, out, errs := p.ballots("", "--link", "-", "--choice", "1"); code != exitOK || len(p.taken) != 2 || !strings.Contains(out, "no longer counts") {
		t.Errorf("from standard input: exit %d, %q %q", code, out, errs)
	}
	elsewhere := "https://club.example/booth.html#" + p.token + "." + p.election.Fingerprint() + "." + p.URL + "/v/" + p.uuid
	if code, out, errs := p.ballots("", "--link", elsewhere, "--choice", "1"); code != exitOK || len(p.taken) != 3 {
		t.Errorf("over a page elsewhere: exit %d, %q %q", code, out, errs)
	}
}

func TestBallotAsks(t *testing.T) {
	p := newPolling(t, motionQuestion(), belenios.Question{Text: "Who?", Answers: []string{"Anna", "Bernd"}, Min: 0, Max: 2, Blank: true})
	code, out, errs := p.ballots("7\n1\nblank\nx\n2\n1,2\nok\n", "--link", p.link())
	if code != exitOK || len(p.taken) != 1 {
		t.Fatalf("exit %d, %q %q", code, out, errs)
	}
	for _, want := range []string{
		"Group: Our group\nBallot: Shall we?\n  1 = Yes\n", "cannot be answered like that", "You hand in an invalid ballot", "Once more from the start",
		"You choose: No\n", "Who?\n  1 = Anna\n", "From 0 to 2 numbers", "You choose: Anna, Bernd\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing in\n%s", want, out)
		}
	}
	if strings.Contains(out, "machines") {
		t.Errorf("it speaks of machines that have no part in it:\n%s", out)
	}
	p.lies = func(told map[string]any) { told["level"], told["language"] = "secret", "de" }
	if _, out, _ := p.ballots("1\n", "--link", p.link()); !strings.Contains(out, "say so there: "+voting.Said(p.election.Fingerprint(), "de")) {
		t.Errorf("it does not say what the machines call the vote:\n%s", out)
	}
	p.lies = nil
	if code, _, errs := p.ballots("1\n", "--link", p.link()); code != exitError || len(p.taken) != 1 || errs == "" {
		t.Errorf("whoever goes away in the middle: exit %d, %q", code, errs)
	}
}

// Whoever opens a ballot sees what is in it, also on another machine, and casts another one.
func TestBallotTest(t *testing.T) {
	t.Chdir(t.TempDir())
	p := newPolling(t, motionQuestion())
	code, out, errs := p.ballots("1\ntest\n2\nok\n", "--link", p.link())
	if code != exitOK || len(p.taken) != 1 || !strings.Contains(out, "→ Yes") || !strings.Contains(out, "is void now") {
		t.Fatalf("exit %d, %q %q", code, out, errs)
	}
	name := regexp.MustCompile(`test-[A-Z2-7-]+\.json`).FindString(out)
	envelope, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(envelope, []byte(belenios.Tracker([]byte(p.taken[0])))) || bytes.Contains(envelope, []byte(p.token)) {
		t.Error("the ballot that was cast can be opened, or the token is shown")
	}
	if code, out, errs := p.ballots("", "--test", name, "--election", p.election.Fingerprint()); code != exitOK || !strings.Contains(out, "→ Yes") {
		t.Errorf("exit %d, %q %q", code, out, errs)
	}
	if code, _, errs := p.ballots("", "--test", name, "--election", "another"); code != exitError || !strings.Contains(errs, "not the one") {
		t.Errorf("another election: exit %d, %q", code, errs)
	}
	lie := bytes.Replace(envelope, []byte(`[[1,0,0]]`), []byte(`[[0,1,0]]`), 1)
	if err := os.WriteFile("lie.json", lie, 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, errs := p.ballots("", "--test", "lie.json"); code != exitError || !strings.Contains(errs, "something else") {
		t.Errorf("a lie: exit %d, %q", code, errs)
	}
	if code, _, _ := p.ballots("", "--test", "nowhere.json"); code != exitError {
		t.Errorf("no file: exit %d", code)
	}
}

func TestBallotToAFile(t *testing.T) {
	p := newPolling(t, motionQuestion())
	path := filepath.Join(t.TempDir(), "ballot.json")
	code, out, errs := p.ballots("", "--link", p.link(), "--choice", "3", "--file", path)
	written, err := os.ReadFile(path)
	if code != exitOK || err != nil || len(p.taken) != 0 || !strings.Contains(out, "Paste it") {
		t.Fatalf("exit %d, %q %q, %v", code, out, errs, err)
	}
	if _, err := p.election.CheckBallot(written); err != nil {
		t.Error(err)
	}
	code, out, errs = p.ballots("", "--link", p.link(), "--choice", "3", "--file", "-")
	if _, err := p.election.CheckBallot([]byte(strings.TrimSpace(out))); code != exitOK || err != nil || !strings.Contains(errs, "Check words") {
		t.Errorf("exit %d, %q %q, %v", code, out, errs, err)
	}
}

// Each way out has its code, and nothing is sealed for an election that is not the link's.
func TestBallotRefused(t *testing.T) {
	p := newPolling(t, motionQuestion())
	other := newPolling(t, motionQuestion())
	typo := p.token[:len(p.token)-1] + map[bool]string{true: "2", false: "1"}[strings.HasSuffix(p.token, "1")]
	for name, c := range map[string]struct {
		args    []string
		prepare func()
		code    int
		said    string
	}{
		"nothing":            {nil, nil, exitUsage, "usage:"},
		"both":               {[]string{"--link", "x", "--test", "y"}, nil, exitUsage, "usage:"},
		"no terminal":        {[]string{"--link", p.link()}, nil, exitUsage, "usage:"},
		"a word too many":    {[]string{"--link", p.link(), "--choice", "1", "x"}, nil, exitUsage, "usage:"},
		"half a link":        {[]string{"--link", p.URL + "/v/" + p.uuid, "--choice", "1"}, nil, exitUsage, "not a complete link"},
		"a link cut short":   {[]string{"--link", p.link()[:len(p.link())-1], "--choice", "1"}, nil, exitUsage, "not a complete link"},
		"no such answer":     {[]string{"--link", p.link(), "--choice", "4"}, nil, exitUsage, "cannot be answered"},
		"too many answers":   {[]string{"--link", p.link(), "--choice", "1,2"}, nil, exitUsage, "cannot be answered"},
		"too many questions": {[]string{"--link", p.link(), "--choice", "1;2"}, nil, exitUsage, "cannot be answered"},
		"blank":              {[]string{"--link", p.link(), "--choice", "blank"}, nil, exitUsage, "cannot be answered"},
		"a slip":             {[]string{"--link", strings.Replace(p.link(), p.token, typo, 1), "--choice", "1"}, nil, exitError, "nobody who may vote"},
		"another election":   {[]string{"--link", p.link(), "--choice", "1"}, func() { p.lies = func(a map[string]any) { a["election"] = string(other.setup.Election) } }, exitError, "not the one of the link"},
		"another key": {
			[]string{"--link", p.link(), "--choice", "1"},
			func() { p.lies = func(a map[string]any) { a["trustees"] = string(other.setup.Trustees) } }, exitError, "not in order",
		},
		"over":        {[]string{"--link", p.link(), "--choice", "1"}, func() { p.state = "over" }, exitError, "is over"},
		"refused":     {[]string{"--link", p.link(), "--choice", "1"}, func() { p.refuses = "The first one counts." }, exitError, "The first one counts."},
		"out of work": {[]string{"--link", p.link(), "--choice", "1"}, func() { p.down = tries }, exitUnreachable, "cannot be reached"},
		"nobody":      {[]string{"--link", strings.Replace(p.link(), p.URL, "http://127.0.0.1:1", 1), "--choice", "1"}, nil, exitUnreachable, "cannot be reached"},
	} {
		p.lies, p.state, p.refuses, p.down = nil, "open", "", 0
		if c.prepare != nil {
			c.prepare()
		}
		code, out, errs := p.ballots("", c.args...)
		if code != c.code || !strings.Contains(errs, c.said) || len(p.taken) > 0 {
			t.Errorf("%s: exit %d, %q %q, want %d %q", name, code, out, errs, c.code, c.said)
		}
		if strings.Contains(out+errs, p.token) {
			t.Errorf("%s: shows the token: %q %q", name, out, errs)
		}
	}
}
