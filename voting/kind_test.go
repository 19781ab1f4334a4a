package voting

import (
	"bytes"
	"crypto/rand"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"stimmbote/voting/belenios"
)

// asked is one question of each kind, what some people answer, and what has to come out.
var asked = []struct {
	name    string
	q       Question
	choices []Choice
	want    []Part
}{
	{
		"motion",
		Question{Kind: KindMotion, Text: "Shall we?", Options: []string{"Yes", "No", "Abstain"}},
		[]Choice{{Options: []int{Yes}}, {Options: []int{Abstain}}, {Options: []int{Yes}}},
		[]Part{{Votes: []int{2, 0, 1}}},
	},
	{
		"motion, invalid ballots", motionOf(),
		[]Choice{{Options: []int{No}}, {Invalid: true}, {Options: []int{Abstain}}},
		[]Part{{Invalid: 1, Votes: []int{0, 1, 1}}},
	},
	{
		"choice",
		Question{Kind: KindChoice, Text: "When?", Options: options(4), Abstain: true, Invalid: true},
		[]Choice{{Options: []int{2}}, {Options: []int{3}}, {Options: []int{2}}, {Invalid: true}},
		[]Part{{Invalid: 1, Votes: []int{0, 0, 2, 1}}},
	},
	{
		"several",
		Question{Kind: KindSeveral, Text: "Which?", Options: options(5), Most: 3, Invalid: true},
		[]Choice{{Options: []int{0, 4}}, {}, {Options: []int{4, 1, 2}}, {Invalid: true}},
		[]Part{{Invalid: 1, Votes: []int{1, 1, 1, 0, 2}}},
	},
	{
		"singly",
		Question{Kind: KindSingly, Text: "Board", Options: []string{"Anna", "Ben"}, Answers: []string{"Yes", "No", "Abstain"}, Invalid: true},
		[]Choice{{Options: []int{Yes, No}}, {Options: []int{Yes, Yes}}, {Options: []int{Abstain, No}}, {Invalid: true}},
		[]Part{{Invalid: 1, Votes: []int{2, 0, 1}}, {Invalid: 1, Votes: []int{1, 2, 0}}},
	},
}

// Each kind goes into an election and comes out of it as it was meant, in both groups; our own
// verifier and one that we did not write accept the archive.
func TestQuestionsThroughAnElection(t *testing.T) {
	judges := map[string][]string{belenios.Group2048: {"belenios-tool"}, belenios.Ed25519: newerTools(t)}
	for group, tools := range judges {
		for _, c := range asked {
			t.Run(group+" "+c.name, func(t *testing.T) {
				if err := c.q.Check(); err != nil {
					t.Fatal(err)
				}
				sums, archive := throughElection(t, group, c.q, c.choices)
				got, err := c.q.Count(len(c.choices), len(c.choices), sums)
				want := &Count{Entitled: len(c.choices), Cast: len(c.choices), Parts: c.want}
				if err != nil || !reflect.DeepEqual(got, want) {
					t.Errorf("got %+v, %v, want %+v", got, err, want)
				}
				if report, err := belenios.Verify(archive); err != nil || report.Status != belenios.Complete || !reflect.DeepEqual(report.Sums, sums) {
					t.Errorf("our verifier: %+v, %v", report, err)
				}
				for _, tool := range tools {
					t.Log(rechecked(t, tool, archive))
				}
			})
		}
	}
}

// newerTools are versions of belenios-tool that can do Ed25519, in the folder that BELENIOS_TOOLS names.
func newerTools(t *testing.T) []string {
	t.Helper()
	if os.Getenv("BELENIOS_TOOLS") == "" {
		return nil
	}
	return must(filepath.Glob(filepath.Join(os.Getenv("BELENIOS_TOOLS"), "belenios-tool-*")))(t)
}

// rechecked is what recheck.sh says, which has to be yes.
func rechecked(t *testing.T, tool string, archive []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "poll.bel")
	if err := os.WriteFile(path, archive, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "../recheck.sh", path)
	cmd.Env = append(os.Environ(), "BELENIOS_TOOL="+tool)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%s: %v\n%s", tool, err, out)
	}
	return string(bytes.TrimSpace(out))
}

// throughElection seals the choices, adds them up and opens the sums, as a poll does.
func throughElection(t *testing.T, group string, q Question, choices []Choice) (sums [][]int, archive []byte) {
	t.Helper()
	uuid := must(belenios.NewUUID(rand.Reader))(t)
	var tokens, credentials []string
	for range choices {
		token := must(belenios.NewCredential(rand.Reader))(t)
		tokens = append(tokens, token)
		credentials = append(credentials, must(belenios.PublicCredential(group, uuid, token))(t))
	}
	key := must(belenios.NewKey(rand.Reader, group))(t)
	public := must(key.Public(rand.Reader))(t)
	setup := must(belenios.NewSetup(belenios.Parameters{
		UUID: uuid, Group: group, Name: q.Text, Questions: q.Sealed(), Administrator: "Stimmbote",
	}, []belenios.Trustee{belenios.Single(public)}, credentials))(t)
	election := must(belenios.Open(setup))(t)
	var ballots [][]byte
	for i, choice := range choices {
		vote := must(q.Vote(choice))(t)
		ballots = append(ballots, must(election.Seal(rand.Reader, tokens[i], vote))(t))
	}
	var closed bytes.Buffer
	if err := election.WriteArchive(&closed, time.Unix(1_800_000_000, 0), ballots, nil); err != nil {
		t.Fatal(err)
	}
	audit := must(belenios.AuditBallots(closed.Bytes()))(t)
	share := must(audit.Election().Decrypt(rand.Reader, audit.Sum(), key))(t)
	tally := must(audit.Election().Combine(audit.Sum(), []belenios.Share{share}))(t)
	archive, _, err := audit.Finish(tally)
	if err != nil {
		t.Fatal(err)
	}
	return tally.Sums, archive
}

func must[T any](v T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func TestVoteRefuses(t *testing.T) {
	motion, several, singly := asked[0].q, asked[3].q, asked[4].q
	several.Least = 1
	for _, c := range []struct {
		name   string
		q      Question
		choice Choice
	}{
		{"nothing", motion, Choice{}},
		{"two of one", motion, Choice{Options: []int{Yes, No}}},
		{"no such answer", motion, Choice{Options: []int{3}}},
		{"negative answer", motion, Choice{Options: []int{-1}}},
		{"invalid where there is no such ballot", motion, Choice{Invalid: true}},
		{"invalid and an answer", motionOf(), Choice{Options: []int{Yes}, Invalid: true}},
		{"none of at least one", several, Choice{}},
		{"too many", several, Choice{Options: []int{0, 1, 2, 3}}},
		{"one twice", several, Choice{Options: []int{1, 1}}},
		{"one candidate left out", singly, Choice{Options: []int{Yes}}},
		{"a candidate too many", singly, Choice{Options: []int{Yes, No, Yes}}},
		{"no such answer to a candidate", singly, Choice{Options: []int{Yes, 3}}},
	} {
		if vote, err := c.q.Vote(c.choice); !errors.Is(err, ErrAnswer) || vote != nil {
			t.Errorf("%s: got %v, %v", c.name, vote, err)
		}
	}
}

func TestCheckRefusesQuestions(t *testing.T) {
	for _, c := range []struct {
		name string
		q    Question
	}{
		{"no kind", Question{Options: options(3)}},
		{"motion with two answers", Question{Kind: KindMotion, Options: options(2)}},
		{"choice of one", Question{Kind: KindChoice, Options: options(1)}},
		{"choice of one or to abstain", Question{Kind: KindChoice, Options: options(2), Abstain: true}},
		{"the same twice", Question{Kind: KindChoice, Options: []string{"a", "b", "a"}}},
		{"an empty option", Question{Kind: KindChoice, Options: []string{"a", " "}}},
		{"too many options", Question{Kind: KindChoice, Options: options(maxOptions + 1)}},
		{"several of nothing", Question{Kind: KindSeveral, Options: options(3)}},
		{"more than all", Question{Kind: KindSeveral, Options: options(3), Most: 4}},
		{"more at least than at most", Question{Kind: KindSeveral, Options: options(3), Least: 3, Most: 2}},
		{"less than nothing", Question{Kind: KindSeveral, Options: options(3), Least: -1, Most: 2}},
		{"no candidate", Question{Kind: KindSingly, Answers: options(3)}},
		{"no answers to a candidate", Question{Kind: KindSingly, Options: options(3)}},
		{"the same answer twice", Question{Kind: KindSingly, Options: options(3), Answers: []string{"a", "a", "b"}}},
	} {
		if err := c.q.Check(); !errors.Is(err, ErrQuestion) {
			t.Errorf("%s: got %v", c.name, err)
		}
		if _, err := Judge(c.q, Usual(), counted(9, 1, 0, 0, 0)); !errors.Is(err, ErrQuestion) {
			t.Errorf("%s: judged: %v", c.name, err)
		}
	}
}

func TestCountRefusesWhatCannotBe(t *testing.T) {
	motion, several, singly := asked[0].q, asked[3].q, asked[4].q
	for _, c := range []struct {
		name           string
		q              Question
		entitled, cast int
		sums           [][]int
		ok             bool
	}{
		{"fine", motion, 6, 5, [][]int{{3, 2, 0}}, true},
		{"more than entitled", motion, 4, 5, [][]int{{3, 2, 0}}, false},
		{"too few", motion, 6, 5, [][]int{{3, 1, 0}}, false},
		{"too many", motion, 6, 5, [][]int{{3, 2, 1}}, false},
		{"an answer too many", motion, 6, 5, [][]int{{3, 2, 0, 0}}, false},
		{"a question too many", motion, 6, 5, [][]int{{3, 2, 0}, {5, 0, 0}}, false},
		{"none", motion, 6, 5, nil, false},
		{"up to three each", several, 6, 5, [][]int{{1, 4, 4, 4, 0, 0}}, true},
		{"one more", several, 6, 5, [][]int{{1, 4, 4, 4, 1, 0}}, false},
		{"more for one than valid ballots", several, 6, 5, [][]int{{1, 5, 0, 0, 0, 0}}, false},
		{"nothing for anybody", several, 6, 5, [][]int{{0, 0, 0, 0, 0, 0}}, true},
		{"no invalid ones counted", several, 6, 5, [][]int{{4, 4, 4, 0, 0}}, false},
		{"one candidate", singly, 6, 5, [][]int{{0, 5, 0, 0}}, false},
		{"both", singly, 6, 5, [][]int{{0, 5, 0, 0}, {1, 2, 1, 1}}, true},
	} {
		got, err := c.q.Count(c.entitled, c.cast, c.sums)
		if (err == nil) != c.ok || (got != nil) != c.ok || err != nil && !errors.Is(err, ErrNumbers) {
			t.Errorf("%s: got %+v, %v", c.name, got, err)
		}
	}
}
