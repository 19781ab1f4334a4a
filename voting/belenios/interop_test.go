package belenios

import (
	"bytes"
	"crypto/rand"
	"slices"
	"strings"
	"testing"
)

func TestOurElectionInTheirTool(t *testing.T) {
	b, p := newTool(t), newPoll(t)
	ballots := p.ballots(t)
	tally := must(p.election.Tally(rand.Reader, ballots, p.key))(t)
	for name, archive := range map[string][]byte{
		"whole":                  p.archive(t, ballots, tally),
		"without a result":       p.archive(t, ballots, nil),
		"with a replaced ballot": p.around(t, append(ballots, p.seal(t, 0, 2))...).archive(),
	} {
		if err := b.accepts(p.election.UUID(), archive); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	// The tool would notice: it does refuse.
	forged := p.around(t, append(ballots[1:], p.craft(t, 0, 2, -1, 0))...).archive()
	if b.old && b.accepts(p.election.UUID(), forged) == nil {
		t.Error("the tool accepts a choice that encrypts 2")
	}
}

func TestTheirElectionInOurs(t *testing.T) {
	b := newTool(t)
	e, secrets := b.election(1)
	var ballots [][]byte
	for voter, answer := range []int{0, 1, 0, 2, 0} {
		var ballot []byte
		if voter%2 == 0 {
			ballot = b.ballot(secrets[voter], answer, 3)
		} else {
			ballot = must(e.seal(rand.Reader, b.secret(e, secrets[voter]), answer))(t)
		}
		if _, err := e.CheckBallot(ballot); err != nil {
			t.Errorf("ballot %d: %v", voter, err)
		}
		ballots = append(ballots, ballot)
		b.addEvent("Ballot", string(ballot))
	}
	if _, err := b.try("", "election", "verify"); err != nil {
		t.Error(err)
	}
	b.close(1)
	report, err := Verify(b.read(".bel"))
	if err != nil || report.Status != Complete || !slices.Equal(report.Sums, []int{3, 1, 1}) {
		t.Errorf("their archive: report %+v, error %v", report, err)
	}

	// Their election and key, our tally, share and archive.
	tally := must(e.Tally(rand.Reader, ballots, b.key()))(t)
	if !slices.Equal(tally.Sums, report.Sums) {
		t.Errorf("our tally is %v", tally.Sums)
	}
	var ours bytes.Buffer
	if err := e.WriteArchive(&ours, at, ballots, tally); err != nil {
		t.Fatal(err)
	}
	if err := b.accepts(e.UUID(), ours.Bytes()); err != nil {
		t.Error(err)
	}
}

func TestTheirBallotsAndTallyInOurElection(t *testing.T) {
	b := newTool(t)
	uuid := must(NewUUID(rand.Reader))(t)
	secrets, public := b.credentials(uuid, 6)
	key := must(NewKey(rand.Reader, Group2048))(t)
	for i, c := range public { // to the setup's author the tool names voters and weights as well
		public[i], _, _ = strings.Cut(c, ",")
	}
	setup := must(NewSetup(rand.Reader, Parameters{
		UUID: uuid, Group: Group2048, Name: "Motion", Question: "Motion?", Answers: []string{"Yes", "No"},
	}, key, public))(t)
	e := must(Open(setup))(t)
	begun := new(chain)
	begun.add("Setup", setup.Election, setup.Trustees, setup.Credentials, encode(wireSetup{
		Election: hexHash(setup.Election), Trustees: hexHash(setup.Trustees), Credentials: hexHash(setup.Credentials),
	}))
	b.write(uuid+".bel", written(begun))
	var ballots [][]byte
	for voter, answer := range []int{1, 1, 0, 1, 0} {
		ballot := b.ballot(secrets[voter], answer, 2)
		if _, err := e.CheckBallot(ballot); err != nil {
			t.Errorf("ballot %d: %v", voter, err)
		}
		ballots = append(ballots, ballot)
	}
	tally := must(e.Tally(rand.Reader, ballots, key))(t)
	if !slices.Equal(tally.Sums, []int{2, 3}) {
		t.Errorf("tally is %v", tally.Sums)
	}
	var ours, closed bytes.Buffer
	for archive, opened := range map[*bytes.Buffer]*Tally{&ours: tally, &closed: nil} {
		if err := e.WriteArchive(archive, at, ballots, opened); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.accepts(uuid, ours.Bytes()); err != nil {
		t.Error(err)
	}

	// Our closed archive, opened by the tool with our key.
	b.write(uuid+".bel", closed.Bytes())
	number := e.g.scalars().publish(must(key.exponent())(t)).String()
	b.write("1.privkey", encode(number))
	b.addEvent("EncryptedTally", b.run("election", "compute-encrypted-tally"))
	b.addEvent("PartialDecryption", b.run("election", "decrypt", "--privkey", "1.privkey", "--trustee-id", "1"))
	b.addEvent("Result", b.run("election", "compute-result"))
	report, err := Verify(b.read(".bel"))
	if err != nil || report.Status != Complete || !slices.Equal(report.Sums, tally.Sums) {
		t.Errorf("report %+v, error %v", report, err)
	}
}

func TestTheirElectionWithThreeTrustees(t *testing.T) {
	b := newTool(t)
	_, secrets := b.election(3)
	for voter, answer := range []int{0, 2, 0} {
		b.addEvent("Ballot", string(b.ballot(secrets[voter], answer, 3)))
	}
	b.close(3)
	raw := b.read(".bel")
	report, err := Verify(raw)
	if err != nil || report.Status != Complete || !slices.Equal(report.Sums, []int{2, 0, 1}) {
		t.Fatalf("report %+v, error %v", report, err)
	}
	links := linksOf(t, &chain{records: must(readRecords(raw))(t)})
	share := len(links) - 2
	owner := func(n int) link {
		l := link{kind: "PartialDecryption", data: slices.Clone(links[share].data)}
		l.data[1] = encode(wireOwned{Owner: n, Payload: hexHash(l.data[0])})
		return l
	}
	t.Run("a share missing", func(t *testing.T) {
		refused(t, rechain(slices.Delete(slices.Clone(links), share, share+1)), ErrOwner)
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
}
