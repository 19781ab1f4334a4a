package belenios

import (
	"bytes"
	"crypto/rand"
	"os"
	"slices"
	"testing"
	"time"
)

// poll is an election of our own with its secrets, for tests.
type poll struct {
	keys        []*Key
	setup       Setup
	election    *Election
	credentials []string
}

var roll = []string{"@anna:example.org", "@bernd:example.org", "@clara:example.org", "@deniz:example.org", "@eva:example.org", "@chair:example.org"}

var at = time.Unix(1795602580, 0)

var bothGroups = []string{Ed25519, Group2048}

// motion asks for exactly one of three answers.
func motion() Question {
	return Question{Text: "Shall we adopt motion 12? <&> \u2028 ä", Answers: []string{"Yes", "No", "Abstain"}, Min: 1, Max: 1}
}

// newPoll is a motion with one trustee in the group that is the default.
func newPoll(t testing.TB) *poll {
	t.Helper()
	return pollIn(t, Ed25519, 1, motion())
}

func pollIn(t testing.TB, group string, trustees int, questions ...Question) *poll {
	t.Helper()
	p := new(poll)
	var single []Trustee
	for range trustees {
		key := must(NewKey(rand.Reader, group))(t)
		p.keys = append(p.keys, key)
		single = append(single, Single(must(key.Public(rand.Reader))(t)))
	}
	return p.open(t, group, single, questions...)
}

// open sets the poll up with trustees whose keys it has.
func (p *poll) open(t testing.TB, group string, trustees []Trustee, questions ...Question) *poll {
	t.Helper()
	uuid := must(NewUUID(rand.Reader))(t)
	var public []string
	for range roll {
		c := must(NewCredential(rand.Reader))(t)
		p.credentials = append(p.credentials, c)
		public = append(public, must(PublicCredential(group, uuid, c))(t))
	}
	p.setup = must(NewSetup(Parameters{
		UUID: uuid, Group: group, Name: "Motion 12", Questions: questions,
		Administrator: "Stimmbote", CredentialAuthority: RollHash(roll),
	}, trustees, public))(t)
	p.election = must(Open(p.setup))(t)
	return p
}

// must fails the test on an error.
func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		if t == nil && err != nil {
			panic(err)
		}
		if err != nil {
			t.Helper()
			t.Fatal(err)
		}
		return v
	}
}

// seal makes the voter's ballot for one answer to each question.
func (p *poll) seal(t testing.TB, voter int, answers ...int) []byte {
	t.Helper()
	var vote [][]int
	for i, q := range p.election.Questions() {
		vote = append(vote, must(q.Choose(answers[i]))(t))
	}
	return must(p.election.Seal(rand.Reader, p.credentials[voter], vote))(t)
}

// ballots seals one ballot of each voter: yes, no, yes, abstain, yes; the last voter stays silent.
func (p *poll) ballots(t testing.TB) [][]byte {
	t.Helper()
	var all [][]byte
	for voter, answer := range []int{0, 1, 0, 2, 0} {
		all = append(all, p.seal(t, voter, answer))
	}
	return all
}

func (p *poll) archive(t testing.TB, ballots [][]byte, tally *Tally) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := p.election.WriteArchive(&b, at, ballots, tally); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestPollFromSetupToVerdict(t *testing.T) {
	for _, group := range bothGroups {
		t.Run(group, func(t *testing.T) {
			p := pollIn(t, group, 1, motion())
			ballots := p.ballots(t)
			for i, b := range ballots {
				got, err := p.election.CheckBallot(b)
				want := must(PublicCredential(group, p.election.UUID(), p.credentials[i]))(t)
				if err != nil || got != want {
					t.Fatalf("ballot %d: credential %.20s, error %v", i, got, err)
				}
			}
			tally := must(p.election.Tally(rand.Reader, ballots, p.keys...))(t)
			if !slices.Equal(tally.Sums[0], []int{3, 1, 1}) || tally.Counted != 5 || tally.Weight != 5 {
				t.Fatalf("tally is %v of %d", tally.Sums, tally.Counted)
			}
			report, err := Verify(p.archive(t, ballots, tally))
			if err != nil {
				t.Fatal(err)
			}
			closed := must(p.election.ClosedHash(ballots))(t)
			if report.Status != Complete || !slices.Equal(report.Sums[0], tally.Sums[0]) || report.Counted != 5 ||
				report.Entitled != 6 || report.ClosedHash != closed || report.RollHash != RollHash(roll) ||
				report.Fingerprint != p.election.Fingerprint() || report.Questions[0].Text != motion().Text {
				t.Errorf("report is %+v", report)
			}
			if !slices.IsSorted(report.Trackers) {
				t.Errorf("trackers are not sorted: %v", report.Trackers)
			}
		})
	}
}

func TestArchiveDoesNotShowTheOrderOfArrival(t *testing.T) {
	p := newPoll(t)
	ballots := p.ballots(t)
	tally := must(p.election.Tally(rand.Reader, ballots, p.keys...))(t)
	first, closed := p.archive(t, ballots, tally), must(p.election.ClosedHash(ballots))(t)
	slices.Reverse(ballots)
	if !bytes.Equal(first, p.archive(t, ballots, tally)) || closed != must(p.election.ClosedHash(ballots))(t) {
		t.Error("archive or closed hash depend on the order of the ballots")
	}
}

func TestFixtureOfTheOtherImplementation(t *testing.T) {
	raw := must(os.ReadFile("testdata/ZFVjR4vdaD787z.bel"))(t)
	report, err := Verify(raw)
	if err != nil {
		t.Fatal(err)
	}
	if report.Status != Complete || !slices.Equal(report.Sums[0], []int{4, 0, 1}) || report.Counted != 5 ||
		report.Entitled != 7 || report.Fingerprint != "dM_ibdXkuZEzBG0xT4pX__8Z0nB4MLAmDNdIq3w5SqM" ||
		report.ClosedHash != "6c0d05e0ff55e757615072160877bf9b3ad67ebf026c637e49238153368a7043" {
		t.Errorf("report is %+v", report)
	}
}
