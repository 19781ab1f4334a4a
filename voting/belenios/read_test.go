package belenios

import (
	"bytes"
	"crypto/rand"
	"errors"
	"slices"
	"testing"
)

// TestTrusteesElsewhere: each trustee has the closed archive and a key, and nothing else; whoever keeps the ballot box
// has their shares.
func TestTrusteesElsewhere(t *testing.T) {
	p, _ := mixed(t, Ed25519, motion())
	ballots := p.ballots(t)
	closed := p.archive(t, ballots, nil)
	var shares []Share
	for _, place := range []int{0, 1, 3} {
		own := must(ParseKey(Ed25519, p.keys[place].Bytes()))(t)
		c := must(Read(bytes.NewReader(closed), int64(len(closed))))(t)
		if c.ClosedHash != must(p.election.ClosedHash(ballots))(t) || len(c.Ballots) != len(ballots) {
			t.Errorf("closed hash %s with %d ballots", c.ClosedHash, len(c.Ballots))
		}
		sum := must(c.Election.Sum(c.Ballots))(t)
		shares = append(shares, must(c.Election.Decrypt(rand.Reader, sum, own))(t))
	}
	sum := must(p.election.Sum(ballots))(t)
	for _, share := range shares {
		if err := p.election.CheckShare(sum, share); err != nil {
			t.Errorf("share of trustee %d: %v", share.Owner, err)
		}
	}
	tally := must(p.election.Combine(sum, shares))(t)
	if report, err := Verify(p.archive(t, ballots, tally)); err != nil || !sameSums(report.Sums, [][]int{{3, 1, 1}}) {
		t.Errorf("report %+v, error %v", report, err)
	}
}

// TestSumOfAnotherElection: ballots were checked for the election that they are of, and for no other.
func TestSumOfAnotherElection(t *testing.T) {
	p := newPoll(t)
	same := must(Open(p.setup))(t)
	one := must(p.election.Check(p.seal(t, 0, 0)))(t)
	if _, err := same.SumOf([]*Checked{one}); !errors.Is(err, ErrOtherElection) {
		t.Errorf("a ballot that was checked elsewhere: %v", err)
	}
	sum := must(p.election.SumOf([]*Checked{one}))(t)
	if sum.Counted != 1 || one.Credential() != p.public(t, 0).String() {
		t.Errorf("%d ballots, credential %s", sum.Counted, one.Credential())
	}
	share := must(p.election.Decrypt(rand.Reader, sum, p.keys[0]))(t)
	if _, err := same.Decrypt(rand.Reader, sum, p.keys[0]); !errors.Is(err, errOtherSum) {
		t.Errorf("another election's sum is decrypted: %v", err)
	}
	if _, err := same.Combine(sum, []Share{share}); !errors.Is(err, errOtherSum) {
		t.Errorf("another election's sum is combined: %v", err)
	}
	if err := same.CheckShare(sum, share); !errors.Is(err, errOtherSum) {
		t.Errorf("a share of another election's sum is checked: %v", err)
	}
}

func TestRead(t *testing.T) {
	p := newPoll(t)
	ballots := p.ballots(t)
	again := p.seal(t, 1, 2)
	l := p.around(t, append(copied(ballots), again)...)
	archive := l.archive()
	c := must(Read(bytes.NewReader(archive), int64(len(archive))))(t)
	want := [][]byte{ballots[0], ballots[2], ballots[3], ballots[4], again}
	for i, credential := range c.Credentials {
		if !bytes.Contains(c.Ballots[i], []byte(`"credential":"`+credential+`"`)) {
			t.Errorf("ballot %d is not of %s", i, credential)
		}
	}
	if len(c.Credentials) != len(want) || !slices.EqualFunc(c.Ballots, want, bytes.Equal) || c.ClosedHash == "" || c.Election.Fingerprint() != p.election.Fingerprint() {
		t.Errorf("%d ballots, closed hash %s", len(c.Ballots), c.ClosedHash)
	}
	open := rechain(linksOf(t, l.chain())[:3])
	if c := must(Read(bytes.NewReader(open), int64(len(open))))(t); c.ClosedHash != "" || len(c.Ballots) != 2 {
		t.Errorf("%d ballots, closed hash %s", len(c.Ballots), c.ClosedHash)
	}
	l.ballots[0] = p.stranger(t)
	for want, raw := range map[error][]byte{
		ErrUnreadable: []byte("x"), ErrTruncated: archive[:len(archive)-1], ErrUnknownCredential: l.archive(),
	} {
		if _, err := Read(bytes.NewReader(raw), int64(len(raw))); !errors.Is(err, want) {
			t.Errorf("%v, want %v", err, want)
		}
	}
}
