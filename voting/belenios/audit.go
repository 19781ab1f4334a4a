package belenios

import (
	"bytes"
	"errors"
	"slices"
)

// Audit is Verify in two steps, for those who open the sum themselves: first an archive that ends where its ballots
// end, then, once the sum is opened, the whole of it. Every byte is verified, and no ballot twice. It does not change, and
// serves several goroutines at once.
type Audit struct {
	v      *verifier
	events *eventReader
	closed []byte
}

// errNotClosed is returned for an archive in which ballots can still come, or which goes on after their end.
var errNotClosed = errors.New("archive does not end where its ballots end")

// ErrOtherBallots is returned for an archive that does not begin with the ballots of an audit.
var ErrOtherBallots = errors.New("archive does not begin with the ballots that were audited")

// AuditBallots verifies an archive that ends with its ballots, as WriteArchive writes it without a tally.
func AuditBallots(closed []byte) (*Audit, error) {
	v := &verifier{report: &Report{Status: Incomplete}, source: bytes.NewReader(closed), size: int64(len(closed))}
	events, err := v.begin()
	if err != nil {
		return nil, err
	}
	if err := v.read(events); err != nil {
		return nil, err
	}
	if events.last.kind != "EndBallots" {
		return nil, errNotClosed
	}
	return &Audit{v: v, events: events, closed: closed}, nil
}

// Election is the election of the archive.
func (a *Audit) Election() *Election { return a.v.e }

// Sum is the encrypted sum of the ballots that count, each of which was found right.
func (a *Audit) Sum() *Sum { return a.v.sum }

// Report is what was found so far.
func (a *Audit) Report() *Report { return a.v.report }

// Finish writes the archive with a tally of the sum at its end, and verifies what was not verified before. The bytes
// begin with those that end with the ballots.
func (a *Audit) Finish(t *Tally) ([]byte, *Report, error) {
	if t.sum != a.v.sum {
		return nil, nil, errOtherSum
	}
	rest := &chain{parent: a.events.last.hash, height: a.events.n}
	rest.addTally(t)
	archive := slices.Clip(a.closed)
	for _, r := range rest.records {
		archive = append(archive, tarRecord(r.name, r.body, a.events.records.stamp)...)
	}
	report, err := a.Continue(archive)
	if err != nil {
		return nil, nil, err
	}
	return archive, report, nil
}

// Continue verifies what comes behind the ballots in an archive that begins with them, byte for byte: else the error is
// ErrOtherBallots. The report is that of the whole, as from Verify.
func (a *Audit) Continue(archive []byte) (*Report, error) {
	if !bytes.HasPrefix(archive, a.closed) {
		return nil, ErrOtherBallots
	}
	v, events, records, report := *a.v, *a.events, *a.events.records, *a.v.report
	v.source, v.size = bytes.NewReader(archive), int64(len(archive))
	records.r, records.size = v.source, v.size
	report.Checks = slices.Clip(report.Checks)
	v.report, events.records = &report, &records
	if err := v.read(&events); err != nil {
		return nil, err
	}
	v.conclude(&events)
	return &report, nil
}

// Of says whether an archive that ends with its ballots is the one that was audited.
func (a *Audit) Of(closed []byte) bool { return bytes.Equal(a.closed, closed) }
