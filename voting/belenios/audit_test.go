package belenios

import (
	"bytes"
	"crypto/rand"
	"errors"
	"reflect"
	"testing"
)

func TestAuditIsVerifyInTwoSteps(t *testing.T) {
	for _, group := range bothGroups {
		t.Run(group, func(t *testing.T) {
			p := pollIn(t, group, 1, motion())
			ballots := p.ballots(t)
			closed := p.archive(t, ballots, nil)
			a := must(AuditBallots(closed))(t)
			want := must(Verify(closed))(t)
			if r := a.Report(); r.ClosedHash != want.ClosedHash || r.Fingerprint != want.Fingerprint || r.Counted != 5 || r.Status != Incomplete {
				t.Errorf("after the first step: %+v", r)
			}
			tally := must(opened(p, a))(t)
			archive, report, err := a.Finish(tally)
			if err != nil {
				t.Fatal(err)
			}
			if want := must(Verify(archive))(t); !reflect.DeepEqual(report, want) || report.Status != Complete {
				t.Errorf("got %+v, want %+v", report, want)
			}
			for range 2 { // it does not change
				if again := must(a.Continue(archive))(t); !reflect.DeepEqual(again, report) {
					t.Errorf("got %+v, want %+v", again, report)
				}
			}
			if r := a.Report(); r.Status != Incomplete || r.Sums != nil {
				t.Errorf("the first step's report became %+v", r)
			}
			if !bytes.HasPrefix(archive, closed) || !bytes.Equal(closed, p.archive(t, ballots, nil)) {
				t.Error("the archive does not begin with what was closed")
			}
		})
	}
}

// opened is the sum of an audit, opened with the poll's key.
func opened(p *poll, a *Audit) (*Tally, error) {
	share, err := a.Election().Decrypt(rand.Reader, a.Sum(), p.keys[0])
	if err != nil {
		return nil, err
	}
	return a.Election().Combine(a.Sum(), []Share{share})
}

func TestAuditRefuses(t *testing.T) {
	p := newPoll(t)
	ballots := p.ballots(t)
	closed := p.archive(t, ballots, nil)
	tally := must(p.election.Tally(rand.Reader, ballots, p.keys[0]))(t)
	forged := p.craft(t, 0, []int{1, 1, 0})
	for _, c := range []struct {
		name    string
		archive []byte
		want    error
	}{
		{"nothing", nil, ErrUnreadable},
		{"half of it", closed[:len(closed)/1024*512], ErrTruncated},
		{"the whole of it", p.archive(t, ballots, tally), errNotClosed},
		{"a false ballot", p.archive(t, append([][]byte{forged}, ballots[1:]...), nil), ErrSumProof},
	} {
		if _, err := AuditBallots(c.archive); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
	}
	links := linksOf(t, must(p.election.closedChain(ballots))(t))
	if _, err := AuditBallots(rechain(links[:len(links)-1])); !errors.Is(err, errNotClosed) {
		t.Errorf("before the end of the ballots: %v", err)
	}
	a := must(AuditBallots(closed))(t)
	if _, err := a.Continue(p.archive(t, ballots[1:], must(p.election.Tally(rand.Reader, ballots[1:], p.keys[0]))(t))); !errors.Is(err, ErrOtherBallots) {
		t.Errorf("other ballots: %v", err)
	}
	if _, err := a.Continue(closed[:len(closed)/1024*512]); !errors.Is(err, ErrOtherBallots) {
		t.Errorf("half of it: %v", err)
	}
	if _, _, err := a.Finish(tally); !errors.Is(err, errOtherSum) {
		t.Errorf("the tally of another sum: %v", err)
	}
	lie := must(opened(p, a))(t)
	lie.Sums[0][0], lie.Sums[0][1] = lie.Sums[0][1], lie.Sums[0][0]
	if _, _, err := a.Finish(lie); !errors.Is(err, ErrResult) {
		t.Errorf("a false result: %v", err)
	}
}
