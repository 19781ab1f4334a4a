package belenios

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// Options are what VerifyFrom may be told besides the archive.
type Options struct {
	// Progress is called while the archive is read, if it is not nil: with how many bytes of how many were.
	Progress func(done, size int64)
}

// Verify checks a whole archive, with everything that the specification (3.5) asks of an auditor, and more where
// tools are lax: exact shapes, no ballot twice, no early end. The error names the first thing that is wrong;
// ErrUnsupported, ErrUnreadable and ErrRead stand for what cannot be judged. The report is never nil.
func Verify(archive []byte) (*Report, error) {
	return VerifyFrom(bytes.NewReader(archive), int64(len(archive)), Options{})
}

// VerifyFrom is Verify for archives of any size: it works on all cores, and what it holds at a time does not grow with
// the ballots but by a few hundred bytes for each voter.
func VerifyFrom(r io.ReaderAt, size int64, o Options) (*Report, error) {
	v := &verifier{report: &Report{Status: Incomplete}, source: r, size: size, progress: o.Progress}
	err := v.run()
	switch {
	case errors.Is(err, ErrUnsupported) || errors.Is(err, ErrUnreadable) || errors.Is(err, ErrRead):
		v.report.Status = Unsupported
	case err != nil:
		v.report.Status = Invalid
	}
	return v.report, err
}

type verifier struct {
	source   io.ReaderAt
	size     int64
	progress func(done, size int64)
	report   *Report
	e        *Election
	limit    error // why the election cannot be judged
	ballots  *ballots
	sum      *Sum
	shares   *combiner
	given    int // shares
}

func (v *verifier) run() error {
	events, err := v.begin()
	if err != nil {
		return err
	}
	if err := v.read(events); err != nil {
		return err
	}
	v.conclude(events)
	return nil
}

func (v *verifier) begin() (*eventReader, error) {
	records, err := newRecordReader(v.source, v.size)
	if err != nil {
		return nil, err
	}
	return &eventReader{records: records}, nil
}

// read judges the events that there are, and has every ballot checked when it returns.
func (v *verifier) read(events *eventReader) error {
	err := v.events(events)
	if v.ballots != nil && (v.sum == nil || errors.Is(err, errFailed)) { // a false ballot stands before whatever stopped the reading
		if earlier := v.count(); earlier != nil {
			return earlier
		}
	}
	if err != nil {
		return err
	}
	return v.limit
}

// conclude says what holds for the whole.
func (v *verifier) conclude(events *eventReader) {
	if v.given > 0 {
		v.pass("decryption", "%d of %d shares, each with its proofs", v.given, len(v.shares.owners))
	}
	if v.report.Sums != nil {
		v.report.Status = Complete
		v.pass("result", "what the tally decrypts to")
	}
	v.report.Checks = append([]Check{{"archive", fmt.Sprintf(
		"%d records in their exact form, each named after the hash of its contents; %d events, each continuing the one before",
		events.records.n, events.n)}}, v.report.Checks...)
}

// events reads the chain to its end. What is malformed counts for more than what cannot be judged: so it goes on, and
// judges no more.
func (v *verifier) events(events *eventReader) error {
	for {
		ev, err := events.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if v.progress != nil {
			v.progress(events.records.at, v.size)
		}
		if v.limit != nil {
			continue
		}
		if err := v.judge(ev); errors.Is(err, ErrUnsupported) {
			v.limit = err
		} else if err != nil {
			return fmt.Errorf("event %d (%s): %w", ev.height, ev.kind, err)
		}
	}
}

func (v *verifier) judge(ev event) error {
	switch ev.kind {
	case "Setup":
		return v.setup(ev.data)
	case "Ballot":
		return v.ballots.take(ev)
	case "EndBallots":
		if v.count() != nil {
			return errFailed
		}
		v.report.ClosedHash, v.sum.closed = ev.hash, ev.hash
		v.pass("close", "no ballot can follow")
		return nil
	case "EncryptedTally":
		return v.tally(ev.data)
	case "PartialDecryption":
		return v.decryption(ev.data)
	case "Result":
		return v.result(ev.data[0])
	}
	return ErrShuffle
}

func (v *verifier) pass(name, detail string, args ...any) {
	v.report.Checks = append(v.report.Checks, Check{Name: name, Detail: fmt.Sprintf(detail, args...)})
}

// openSetup checks what a Setup event comes with.
func openSetup(data [][]byte) (*Election, error) {
	var refs wireSetup
	if err := decode(data[3], &refs); err != nil {
		return nil, fmt.Errorf("setup: %w", err)
	}
	if refs != (wireSetup{Election: hexHash(data[0]), Trustees: hexHash(data[1]), Credentials: hexHash(data[2])}) {
		return nil, fmt.Errorf("setup: %w", ErrPayload)
	}
	return Open(Setup{Election: data[0], Trustees: data[1], Credentials: data[2]})
}

func (v *verifier) setup(data [][]byte) error {
	e, err := openSetup(data)
	if err != nil {
		return err
	}
	v.e = e
	r := v.report
	r.UUID, r.Group, r.Questions = e.UUID(), e.Group(), e.Questions()
	r.Fingerprint, r.RollHash, r.Entitled = e.Fingerprint(), e.CredentialAuthority(), e.Entitled()
	v.pass("election", "version 1, group %s, %s", r.Group, describe(r.Questions))
	v.pass("trustees", "%s, each proved to know their secret; the election key is their product", e.describeTrustees())
	v.pass("credentials", "%d, all different, all in the group", r.Entitled)
	v.ballots = v.newBallots()
	return nil
}

// count waits until every ballot is checked, and closes the sum.
func (v *verifier) count() error {
	if err := v.ballots.wait(); err != nil {
		return err
	}
	v.sum = v.ballots.adder.sum()
	v.report.Counted, v.report.Weight = v.sum.Counted, v.sum.Weight
	v.report.Trackers = v.ballots.trackers()
	v.pass("ballots", "%d, each signed with a listed credential and proved to be a vote that the questions allow; %d count",
		len(v.ballots.all), v.sum.Counted)
	return nil
}
