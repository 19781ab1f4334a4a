package belenios

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"math/big"
	"os"
	"strings"
	"testing"
)

func TestCredentials(t *testing.T) {
	seen := make(map[string]bool)
	for range 200 {
		c := must(NewCredential(rand.Reader))(t)
		if !isCredential(c) || seen[c] {
			t.Fatalf("credential %q", c)
		}
		seen[c] = true
	}
	good := must(NewCredential(rand.Reader))(t)
	for _, bad := range []string{
		"", good[1:], good + "1", strings.ReplaceAll(good, "-", ""), "0" + good[1:], "l" + good[1:], " " + good[1:],
		good[:5] + "1-" + good[7:], good + "\n", "rgN-gtH-WCX-dS8-NWa", "rgN-gtH-WCX-dS8-NW", "rgNgtHWCXdS8NWm",
	} {
		if _, err := PublicCredential(Group2048, "abcdefghijkmno", bad); !errors.Is(err, ErrCredential) {
			t.Errorf("credential %q: %v", bad, err)
		}
	}
}

// TestDerivation follows the formula of the specification, 4.8, in other words.
func TestDerivation(t *testing.T) {
	const uuid, c = "abcdefghijkmno", "11111-222222-33333-444444"
	a, b := sha256.Sum256([]byte("derive_credential|"+uuid+"|0|"+c)), sha256.Sum256([]byte("derive_credential|"+uuid+"|1|"+c))
	x := new(big.Int).SetBytes(append(a[:], b[:]...))
	x.Mod(x, decimal(q2048))
	want := new(big.Int).Exp(decimal(g2048), x, decimal(p2048)).String()
	if got := must(PublicCredential(Group2048, uuid, c))(t); got != want {
		t.Errorf("public credential is %s, want %s", got, want)
	}
}

// TestOldCredentials derives those that belenios-tool 2.0 once made.
func TestOldCredentials(t *testing.T) {
	var secrets struct {
		Voters []struct{ Credential string }
	}
	if err := json.Unmarshal(must(os.ReadFile("testdata/ZFVjR4vdaD787z.secrets.json"))(t), &secrets); err != nil {
		t.Fatal(err)
	}
	listed := string(fixtureSetup(t, "ZFVjR4vdaD787z").Credentials)
	if len(secrets.Voters) != 7 {
		t.Errorf("%d credentials", len(secrets.Voters))
	}
	for _, v := range secrets.Voters {
		public, err := PublicCredential(Group2048, "ZFVjR4vdaD787z", v.Credential)
		if err != nil || !strings.Contains(listed, `"`+public+`"`) {
			t.Errorf("credential %s is not listed; error %v", v.Credential, err)
		}
	}
}

func TestNewUUID(t *testing.T) {
	if err := checkUUID(must(NewUUID(rand.Reader))(t)); err != nil {
		t.Error(err)
	}
	// Bytes beyond the last multiple of 58 would prefer the first characters.
	got := must(randomBase58(bytes.NewReader([]byte{0, 57, 58, 231, 232, 255, 1}), 5))(t)
	if got != "1z1z2" {
		t.Errorf("characters are %q", got)
	}
}

func TestAnchors(t *testing.T) {
	if got := RollHash([]string{"b", "a", "a"}); got != hexHash([]byte("a\na\nb\n")) {
		t.Errorf("roll hash is %s", got)
	}
	tracker := Tracker([]byte("ballot"))
	if len(tracker) != 43 {
		t.Errorf("tracker is %q", tracker)
	}
	// 80 bits of SHA-256("ballot") in base 32
	if got, want := Code(tracker), "EJZS-AAGN-2SZT-FAET"; got != want {
		t.Errorf("code is %s, want %s", got, want)
	}
	for _, bad := range []string{"", "x", tracker + "=", tracker[1:], "\n" + tracker[1:]} {
		if got := Code(bad); got != "" {
			t.Errorf("code of %q is %q", bad, got)
		}
	}
}

func TestRefusalsBeforeSealing(t *testing.T) {
	p := newPoll(t)
	for _, vote := range [][][]int{nil, {{1, 0}}, {{1, 0, 0}, {1}}, {{0, 0, 0}}, {{1, 1, 0}}, {{2, -1, 0}}, {{-1, 1, 1}}} {
		if _, err := p.election.Seal(rand.Reader, p.credentials[0], vote); !errors.Is(err, ErrAnswer) {
			t.Errorf("vote %v: %v", vote, err)
		}
	}
	yes := [][]int{{1, 0, 0}}
	if _, err := p.election.Seal(rand.Reader, must(NewCredential(rand.Reader))(t), yes); !errors.Is(err, ErrUnknownCredential) {
		t.Errorf("stranger: %v", err)
	}
	if _, err := p.election.Seal(rand.Reader, "x", yes); !errors.Is(err, ErrCredential) {
		t.Errorf("malformed credential: %v", err)
	}
	two := [][]byte{p.seal(t, 0, 0), p.seal(t, 0, 1)}
	if _, err := p.election.ClosedHash(two); !errors.Is(err, ErrOneEach) {
		t.Errorf("two ballots of one credential: %v", err)
	}
	if _, err := p.election.Tally(rand.Reader, two, p.keys...); !errors.Is(err, ErrOneEach) {
		t.Errorf("tally of two ballots of one credential: %v", err)
	}
	forged := [][]byte{p.craft(t, 0, []int{2, -1, 0})}
	if _, err := p.election.Tally(rand.Reader, forged, p.keys...); !errors.Is(err, ErrChoiceProof) {
		t.Errorf("tally of a forged ballot: %v", err)
	}
	other := must(NewKey(rand.Reader, Ed25519))(t)
	if _, err := p.election.Tally(rand.Reader, two[:1], other); !errors.Is(err, ErrKey) {
		t.Errorf("tally with another key: %v", err)
	}
	tally := must(p.election.Tally(rand.Reader, two[:1], p.keys...))(t)
	if err := p.election.WriteArchive(new(bytes.Buffer), at, two[1:], tally); !errors.Is(err, errOtherBallots) {
		t.Errorf("tally of other ballots: %v", err)
	}
}

// TestSetupRefusals: what cannot be written is refused before it is.
func TestSetupRefusals(t *testing.T) {
	key := must(NewKey(rand.Reader, Group2048))(t)
	public := must(PublicCredential(Group2048, "abcdefghijkmno", must(NewCredential(rand.Reader))(t)))(t)
	trustees := []Trustee{Single(must(key.Public(rand.Reader))(t))}
	good := Parameters{UUID: "abcdefghijkmno", Group: Group2048}
	ask := func(p *Parameters, q Question) { p.Questions = []Question{q} }
	ask(&good, Question{Text: "?", Answers: []string{"a", "b"}, Min: 1, Max: 1})
	changed := func(change func(*Parameters)) Parameters {
		p := good
		change(&p)
		return p
	}
	for name, c := range map[string]struct {
		p       Parameters
		public  []string
		refused error
	}{
		"good":                 {good, []string{public}, nil},
		"uuid":                 {changed(func(p *Parameters) { p.UUID = "x" }), []string{public}, ErrShape},
		"no questions":         {changed(func(p *Parameters) { p.Questions = nil }), []string{public}, ErrShape},
		"no answers":           {changed(func(p *Parameters) { ask(p, Question{Text: "?", Max: 1}) }), []string{public}, ErrShape},
		"none may be chosen":   {changed(func(p *Parameters) { ask(p, Question{Answers: []string{"a"}}) }), []string{public}, ErrShape},
		"min above max":        {changed(func(p *Parameters) { ask(p, Question{Answers: []string{"a", "b"}, Min: 2, Max: 1}) }), []string{public}, ErrShape},
		"max above answers":    {changed(func(p *Parameters) { ask(p, Question{Answers: []string{"a"}, Max: 2}) }), []string{public}, ErrShape},
		"no UTF-8":             {changed(func(p *Parameters) { ask(p, Question{Text: "\xff", Answers: []string{"a"}, Max: 1}) }), []string{public}, ErrNotCanonical},
		"no UTF-8 in answers":  {changed(func(p *Parameters) { ask(p, Question{Answers: []string{"\xff"}, Max: 1}) }), []string{public}, ErrNotCanonical},
		"other group":          {changed(func(p *Parameters) { p.Group = Ed25519 }), []string{public}, ErrNotCanonical},
		"unknown group":        {changed(func(p *Parameters) { p.Group = "x" }), []string{public}, ErrUnsupported},
		"no credentials":       {good, nil, ErrShape},
		"credential twice":     {good, []string{public, public}, ErrDuplicateCredential},
		"credential no member": {good, []string{"2"}, ErrNotInGroup},
	} {
		if _, err := NewSetup(c.p, trustees, c.public); !errors.Is(err, c.refused) || (err == nil) != (c.refused == nil) {
			t.Errorf("%s: %v, want %v", name, err, c.refused)
		}
	}
}
