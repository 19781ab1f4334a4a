package belenios

import (
	"bytes"
	"crypto/rand"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// everything is asked at once: each kind of question that there is.
func everything() []Question {
	return []Question{
		{Text: "Adopt?", Answers: []string{"Yes", "No"}, Blank: true, Min: 1, Max: 1},
		{Text: "Whom?", Answers: []string{"Aylin", "Björn", "Çelik", "Dörte"}, Max: 2},
		motion(),
		{Text: "Whom, at least one?", Answers: []string{"A", "B", "C"}, Min: 1, Max: 3, Blank: true},
	}
}

// votesOnEverything are five ways to fill it in, of which sumsOfEverything is the sum.
func votesOnEverything() [][][]int {
	return [][][]int{
		{{0, 1, 0}, {1, 0, 0, 1}, {1, 0, 0}, {0, 1, 0, 0}},
		{{1, 0, 0}, {0, 0, 0, 0}, {0, 1, 0}, {1, 0, 0, 0}},
		{{0, 0, 1}, {0, 1, 0, 0}, {0, 0, 1}, {0, 1, 1, 1}},
		{{0, 1, 0}, {0, 0, 1, 1}, {1, 0, 0}, {0, 0, 1, 1}},
		{{1, 0, 0}, {0, 0, 0, 1}, {1, 0, 0}, {1, 0, 0, 0}},
	}
}

func sumsOfEverything() [][]int { return [][]int{{2, 2, 1}, {1, 1, 1, 3}, {3, 1, 1}, {2, 2, 2, 2}} }

func sameSums(a, b [][]int) bool { return slices.EqualFunc(a, b, slices.Equal) }

// sealAll seals one vote of each of the first voters.
func (p *poll) sealAll(t testing.TB, votes [][][]int) [][]byte {
	t.Helper()
	var all [][]byte
	for voter, vote := range votes {
		all = append(all, must(p.election.Seal(rand.Reader, p.credentials[voter], vote))(t))
	}
	return all
}

// TestEverything is an election of our own with every kind of question and several trustees.
func TestEverything(t *testing.T) {
	for _, group := range bothGroups {
		t.Run(group, func(t *testing.T) {
			p := pollIn(t, group, 3, everything()...)
			ballots := p.sealAll(t, votesOnEverything())
			tally := must(p.election.Tally(rand.Reader, ballots, p.keys...))(t)
			report, err := Verify(p.archive(t, ballots, tally))
			if err != nil || report.Status != Complete || !sameSums(report.Sums, sumsOfEverything()) {
				t.Errorf("report %+v, error %v", report, err)
			}
		})
	}
}

func TestOurElectionsInTheirTool(t *testing.T) {
	withTools(t, func(t *testing.T, b *tool) {
		p := pollIn(t, b.group, 2, everything()...)
		ballots := p.sealAll(t, votesOnEverything())
		tally := must(p.election.Tally(rand.Reader, ballots, p.keys...))(t)
		again := must(p.election.Seal(rand.Reader, p.credentials[0], votesOnEverything()[1]))(t)
		for name, archive := range map[string][]byte{
			"whole":                  p.archive(t, ballots, tally),
			"without a result":       p.archive(t, ballots, nil),
			"with a replaced ballot": p.around(t, append(ballots, again)...).archive(),
		} {
			if err := b.accepts(p.election.UUID(), archive); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		// The tool would notice: it does refuse.
		vote := votesOnEverything()[0]
		vote[1] = []int{2, -1, 0, 0}
		forged := p.around(t, append(ballots[1:], p.craft(t, 0, vote...))...).archive()
		if b.accepts(p.election.UUID(), forged) == nil {
			t.Error("the tool accepts a choice that encrypts 2")
		}
	})
}

// TestTheirElectionInOurs mixes voters and trustees: some use the tool, some do not.
func TestTheirElectionInOurs(t *testing.T) {
	withTools(t, func(t *testing.T, b *tool) {
		e, secrets := b.election(3, everything()...)
		var ballots [][]byte
		for voter, vote := range votesOnEverything() {
			var ballot []byte
			if voter%2 == 0 {
				ballot = b.ballot(secrets[voter], vote...)
			} else {
				ballot = must(e.Seal(rand.Reader, secrets[voter], vote))(t)
			}
			if _, err := e.CheckBallot(ballot); err != nil {
				t.Errorf("ballot %d: %v", voter, err)
			}
			ballots = append(ballots, ballot)
			b.addEvent("Ballot", string(ballot))
		}
		b.addEvent("EndBallots", "")
		closed := b.read(".bel")
		b.open(3)
		whole := b.read(".bel")
		report, err := Verify(whole)
		if err != nil || report.Status != Complete || !sameSums(report.Sums, sumsOfEverything()) {
			t.Errorf("their archive: report %+v, error %v", report, err)
		}
		if err := b.accepts(e.UUID(), whole); err != nil {
			t.Error(err)
		}

		// Their election and trustees, of whom one uses our program.
		sum := must(e.Sum(ballots))(t)
		b.write(e.UUID()+".bel", closed)
		b.addEvent("EncryptedTally", b.run("election", "compute-encrypted-tally"))
		shares := []Share{must(e.Decrypt(rand.Reader, sum, b.key(2)))(t)}
		for _, n := range []int{1, 3} {
			body := b.run("election", "decrypt", "--privkey", strconv.Itoa(n)+".privkey", "--trustee-id", strconv.Itoa(n))
			body, _, _ = strings.Cut(body, "\n") // the second line says whose it is
			shares = append(shares, Share{Owner: n, Body: []byte(body)})
		}
		tally := must(e.Combine(sum, shares))(t)
		if !sameSums(tally.Sums, report.Sums) {
			t.Errorf("our tally is %v", tally.Sums)
		}
		var ours bytes.Buffer
		if err := e.WriteArchive(&ours, at, ballots, tally); err != nil {
			t.Fatal(err)
		}
		if err := b.accepts(e.UUID(), ours.Bytes()); err != nil {
			t.Error(err)
		}
	})
}

// TestTheirBallotsAndTallyInOurElection lets the tool vote in an election of ours, be a trustee of it, and open it.
func TestTheirBallotsAndTallyInOurElection(t *testing.T) {
	withTools(t, func(t *testing.T, b *tool) {
		uuid := must(NewUUID(rand.Reader))(t)
		secrets, public := b.credentials(uuid, 6)
		for i, c := range public { // to the setup's author the tool names voters and weights as well
			public[i], _, _ = strings.Cut(c, ",")
		}
		key := must(NewKey(rand.Reader, b.group))(t)
		setup := must(NewSetup(Parameters{UUID: uuid, Group: b.group, Name: "Motion", Questions: []Question{motion()}},
			[]Trustee{Single(b.trustee(1)), Single(must(key.Public(rand.Reader))(t))}, public))(t)
		e := must(Open(setup))(t)
		begun := new(chain)
		begun.add("Setup", setup.Election, setup.Trustees, setup.Credentials, encode(wireSetup{
			Election: hexHash(setup.Election), Trustees: hexHash(setup.Trustees), Credentials: hexHash(setup.Credentials),
		}))
		b.write(uuid+".bel", written(begun))
		var ballots [][]byte
		for voter, answer := range []int{1, 1, 0, 1, 0} {
			ballot := b.ballot(secrets[voter], must(motion().Choose(answer))(t))
			if _, err := e.CheckBallot(ballot); err != nil {
				t.Errorf("ballot %d: %v", voter, err)
			}
			ballots = append(ballots, ballot)
		}
		tally := must(e.Tally(rand.Reader, ballots, key, b.key(1)))(t)
		if !slices.Equal(tally.Sums[0], []int{2, 3, 0}) {
			t.Errorf("tally is %v", tally.Sums)
		}
		var closed bytes.Buffer
		if err := e.WriteArchive(&closed, at, ballots, nil); err != nil {
			t.Fatal(err)
		}
		// Our closed archive, opened by the tool with both keys.
		b.write(uuid+".bel", closed.Bytes())
		b.write("2.privkey", encode(e.g.scalars().publish(must(key.exponent())(t)).String()))
		b.open(2)
		report, err := Verify(b.read(".bel"))
		if err != nil || report.Status != Complete || !sameSums(report.Sums, tally.Sums) {
			t.Errorf("report %+v, error %v", report, err)
		}
	})
}

// TestSharesOfSeveralTrustees forges who gave what.
func TestSharesOfSeveralTrustees(t *testing.T) {
	p := pollIn(t, Ed25519, 3, motion())
	ballots := p.ballots(t)
	links := linksOf(t, p.around(t, ballots...).chain())
	share := len(links) - 2
	owner := func(n int) link {
		l := link{kind: "PartialDecryption", data: slices.Clone(links[share].data)}
		l.data[1] = encode(wireOwned{Owner: n, Payload: hexHash(l.data[0])})
		return l
	}
	if report, err := Verify(rechain(links)); err != nil || report.Status != Complete {
		t.Fatalf("report %+v, error %v", report, err)
	}
	t.Run("a share missing", func(t *testing.T) {
		refused(t, rechain(slices.Delete(slices.Clone(links), share, share+1)), ErrMissingShares)
	})
	t.Run("a share twice", func(t *testing.T) {
		refused(t, rechain(slices.Insert(slices.Clone(links), share, links[share])), ErrOwner)
	})
	t.Run("a share for another's", func(t *testing.T) {
		refused(t, rechain(slices.Replace(slices.Clone(links), share-1, share, owner(2))), ErrShare)
	})
	t.Run("shares to come", func(t *testing.T) {
		if report, err := Verify(rechain(links[:share])); err != nil || report.Status != Incomplete {
			t.Errorf("status %d, error %v", report.Status, err)
		}
	})
	t.Run("in another order", func(t *testing.T) {
		all := slices.Clone(links)
		all[share], all[share-2] = all[share-2], all[share]
		if report, err := Verify(rechain(all)); err != nil || report.Status != Complete {
			t.Errorf("status %d, error %v", report.Status, err)
		}
	})
	t.Run("combined", func(t *testing.T) {
		sum := must(p.election.Sum(ballots))(t)
		var shares []Share
		for _, key := range p.keys {
			shares = append(shares, must(p.election.Decrypt(rand.Reader, sum, key))(t))
		}
		if _, err := p.election.Combine(sum, shares[:2]); err == nil {
			t.Error("two of three shares open a sum")
		}
		stolen := Share{Owner: 3, Body: shares[0].Body}
		if err := p.election.CheckShare(sum, stolen); err == nil {
			t.Error("another's share is accepted")
		}
		if _, err := p.election.Combine(sum, append(shares[:2:2], stolen)); err == nil {
			t.Error("a false share opens a sum")
		}
		if _, err := p.election.Decrypt(rand.Reader, sum, must(NewKey(rand.Reader, Ed25519))(t)); err == nil {
			t.Error("a stranger gives a share")
		}
	})
}
