package belenios

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
)

// TestTheFirstIsNamed: of several things that are wrong the first is reported, however the work was shared out.
func TestTheFirstIsNamed(t *testing.T) {
	p := newPoll(t)
	l := p.around(t, p.ballots(t)...)
	first, second := p.craft(t, 1, []int{0, 0, 0}), p.craft(t, 2, []int{2, -1, 0})
	l.ballots[1], l.ballots[3] = first, second
	archive := l.archive()
	cut := archive[:len(archive)-1]
	for range 20 {
		for _, raw := range [][]byte{archive, cut} {
			_, err := Verify(raw)
			if !errors.Is(err, ErrSumProof) || !strings.Contains(err.Error(), Tracker(first)) {
				t.Fatalf("error is %v", err)
			}
		}
	}
	l.ballots[0], l.ballots[1] = l.ballots[2], l.ballots[2]
	if _, err := Verify(l.archive()); !errors.Is(err, ErrRepeated) {
		t.Errorf("error is %v", err)
	}
}

// TestDamageBehindWhatIsNotSupported: what is malformed counts for more than what cannot be judged.
func TestDamageBehindWhatIsNotSupported(t *testing.T) {
	_, l := closedPoll(t)
	changed(`"version":1`, `"version":2`)(t, &l.setup)
	archive := l.archive()
	unsupported(t, archive, "version 2")
	refused(t, archive[:len(archive)-1], ErrTruncated)
	archive[len(archive)-1] = 1
	refused(t, archive, ErrRecord)
}

func TestVerifyFrom(t *testing.T) {
	_, l := closedPoll(t)
	archive := l.archive()
	size := int64(len(archive))
	var steps []int64
	report, err := VerifyFrom(bytes.NewReader(archive), size, Options{Progress: func(done, all int64) {
		if all != size {
			t.Errorf("size is %d, want %d", all, size)
		}
		steps = append(steps, done)
	}})
	if err != nil || report.Status != Complete {
		t.Errorf("report %+v, error %v", report, err)
	}
	if len(steps) != 10 || steps[9] != size {
		t.Errorf("progress is %v of %d", steps, size)
	}
	// A file that is shorter than it was said to be, or cannot be read.
	for name, r := range map[string]io.ReaderAt{"short": bytes.NewReader(archive[:size/2]), "broken": broken{}} {
		report, err := VerifyFrom(r, size, Options{})
		if !errors.Is(err, ErrRead) || report.Status != Unsupported {
			t.Errorf("%s: status %d, error %v", name, report.Status, err)
		}
	}
}

// TestHostileSizes: what is too large for anything is refused before it is read.
func TestHostileSizes(t *testing.T) {
	p := newPoll(t)
	long := append(p.seal(t, 0, 0), bytes.Repeat([]byte(" "), 1<<16)...)
	if _, err := p.election.CheckBallot(long); !errors.Is(err, ErrShape) {
		t.Errorf("a long ballot: %v", err)
	}
	l := p.around(t, p.ballots(t)...)
	l.ballots[2] = bytes.Repeat([]byte("x"), maxLater+1)
	unsupported(t, l.archive(), "a record of 16777217 bytes")

	w := wireThreshold{Threshold: 1, Certs: make([]wireSigned, maxTrustees+1)}
	if _, err := w.open(ed25519(), false); !errors.Is(err, ErrUnsupported) {
		t.Errorf("many trustees: %v", err)
	}
	if err := (Ceremony{Ed25519, maxTrustees + 1, 1}).CheckCertificates(nil); !errors.Is(err, ErrUnsupported) {
		t.Errorf("a ceremony of many: %v", err)
	}

	// A header that promises more than there is.
	archive := p.around(t, p.ballots(t)...).archive()
	huge := bytes.Replace(archive, []byte("\x0000000000"), []byte("\x0077777777"), 1)
	refused(t, huge, ErrTruncated)
}

type broken struct{}

func (broken) ReadAt([]byte, int64) (int, error) { return 0, errors.New("broken") }

// TestChangedWhileItIsRead: an archive that changes under the verifier is not judged by what it was before.
func TestChangedWhileItIsRead(t *testing.T) {
	p := newPoll(t)
	ballots := p.ballots(t)
	l := p.around(t, append(ballots, p.seal(t, 0, 1))...)
	archive := l.archive()
	from := int64(bytes.Index(archive, ballots[0]))
	_, err := VerifyFrom(&changing{Reader: bytes.NewReader(archive), at: from}, int64(len(archive)), Options{})
	if !errors.Is(err, ErrName) {
		t.Errorf("error is %v", err)
	}
}

// changing answers otherwise when it is asked about a place the second time.
type changing struct {
	*bytes.Reader
	at   int64
	seen bool
}

func (c *changing) ReadAt(b []byte, at int64) (int, error) {
	n, err := c.Reader.ReadAt(b, at)
	if at == c.at {
		if c.seen {
			b[0] ^= 1
		}
		c.seen = true
	}
	return n, err
}
