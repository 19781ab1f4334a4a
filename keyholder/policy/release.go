package policy

import (
	"errors"
	"slices"
	"time"

	"stimmbote/voting"
	"stimmbote/voting/belenios"
	"stimmbote/voting/parley"
)

// Ballots are what the bot closed a vote with.
type Ballots struct {
	Hash    string // as the group was told
	Voted   []string
	Archive []byte
}

// Watched is what the machine has seen of a vote when it was closed.
type Watched struct {
	Poll        voting.ID
	Question    parley.Question
	Fingerprint string // which the machine confirmed
	Credentials string // the hash of the list that it confirmed
	Ends        time.Time
	CloseSaid   time.Time // when somebody with the right said that it be closed, as the machine read it itself; zero: nobody
	ClosedAt    time.Time // when the machine heard of the close, by its own clock
	ClosedOn    time.Time // when it was said, by the homeserver's clock: the machine may have been off
	Moved       bool      // the end was moved more often than somebody with the right said so
	Alarmed     bool      // a machine raised an alarm that its owner has not cleared up
	Halted      bool      // a teller halted it, and has not let it go on
	Objected    bool      // somebody on the roll, or who asked, objected, and nobody with the right said that it goes on
}

// Verify verifies ballots in full and holds them against what the machine has seen. The sum of the audit
// is the only one that the machine ever gives a part of. What it refuses does not heal.
func Verify(b Ballots, w Watched) (*belenios.Audit, error) {
	if w.Fingerprint == "" {
		return nil, OtherVote
	}
	audit, err := belenios.AuditBallots(b.Archive)
	if err != nil {
		return nil, Archive
	}
	r := audit.Report()
	switch {
	case r.UUID != string(w.Poll) || r.Fingerprint != w.Fingerprint || r.Group != w.Question.Group:
		return nil, OtherVote
	case r.RollHash != belenios.RollHash(w.Question.Roll):
		return nil, Roll
	case r.Entitled != len(w.Question.Roll) || Credentials(audit.Election().Credentials()) != w.Credentials:
		return nil, Unequal
	case r.ClosedHash != b.Hash:
		return nil, ClosedHash
	case !voters(b.Voted, w.Question.Roll, r.Counted):
		return nil, Voters
	case r.Counted < w.Question.Least:
		return nil, TooFew
	}
	return audit, nil
}

// Waits is what the machine waits for before it gives its part of ballots that it verified, nil if it
// waits for nothing but the time of [Opens].
func Waits(audit *belenios.Audit, w Watched) error {
	r := audit.Report()
	switch {
	case w.Alarmed:
		return Alarmed
	case w.Halted:
		return Halted
	case w.Objected:
		return Objected
	case w.ClosedAt.Before(w.Ends.Add(-ahead)) && w.CloseSaid.IsZero() && r.Counted < r.Entitled:
		return Early
	case w.Moved && w.CloseSaid.IsZero():
		return Extended
	case w.ClosedOn.Sub(w.Ends) > overdue && w.CloseSaid.IsZero():
		return Late
	}
	return nil
}

// voters says whether those who voted are on the roll, nobody twice, and as many as there are ballots.
func voters(voted, roll []string, counted int) bool {
	if len(voted) != counted || !slices.IsSorted(voted) || len(slices.Compact(slices.Clone(voted))) != len(voted) {
		return false
	}
	return !slices.ContainsFunc(voted, func(m string) bool { return !slices.Contains(roll, m) })
}

// Opens is from when on the machine may give its part: after the time for objections, which runs from
// when it heard of the close. If the bot's clock was ahead, it runs from the end by the machine's own.
func Opens(w Watched) time.Time {
	closed := w.ClosedAt
	if w.CloseSaid.IsZero() && closed.Before(w.Ends) && !closed.Before(w.Ends.Add(-ahead)) {
		closed = w.Ends
	}
	return closed.Add(w.Question.Terms.Objection)
}

// Release says whether the machine gives its part of the sum: the bot's must be there before, and
// right, so that nobody looks before the others.
func Release(audit *belenios.Audit, botShare string) error {
	if err := audit.Election().CheckShare(audit.Sum(), belenios.Share{Owner: 1, Body: []byte(botShare)}); err != nil {
		return BotShare
	}
	return nil
}

// Recount says whether an archive is complete, right, and goes on from the ballots that the machine gave its part of the
// sum of. Those are not verified again where they stand in it as they were audited.
func Recount(audit *belenios.Audit, archive []byte, hash string, w Watched) (*belenios.Report, error) {
	report, err := audit.Continue(archive)
	if errors.Is(err, belenios.ErrOtherBallots) {
		report, err = belenios.Verify(archive)
	}
	if err != nil || report.Status != belenios.Complete || report.ClosedHash != hash || report.Fingerprint != w.Fingerprint {
		return nil, ResultWrong
	}
	return report, nil
}
