package belenios

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

// Verify checks a whole archive, with everything that the specification (3.5) asks of an auditor, and more where
// tools are lax: exact shapes, no ballot twice, no early end. The error names the first thing that is wrong;
// ErrUnsupported and ErrUnreadable stand for what cannot be judged. The report is never nil.
func Verify(archive []byte) (*Report, error) {
	v := &verifier{report: &Report{Status: Incomplete}, archive: archive}
	err := v.run()
	switch {
	case errors.Is(err, ErrUnsupported) || errors.Is(err, ErrUnreadable):
		v.report.Status = Unsupported
	case err != nil:
		v.report.Status = Invalid
	}
	return v.report, err
}

type verifier struct {
	archive []byte
	report  *Report
	e       *Election
	counted []*ballot
	sum     *Sum
	shares  *combiner
}

func (v *verifier) run() error {
	records, err := readRecords(v.archive)
	if err != nil {
		return err
	}
	v.pass("records", "%d records in their exact form, each named after the hash of its contents", len(records))
	events, err := readEvents(records)
	if err != nil {
		return err
	}
	v.pass("chain", "%d events, each continuing the one before and in a permitted order", len(events))
	byKind := make(map[string][]event)
	for _, e := range events {
		byKind[e.kind] = append(byKind[e.kind], e)
	}
	for _, step := range []struct {
		kind  string
		check func([]event) error
	}{
		{"Setup", v.setup},
		{"Ballot", v.ballots},
		{"EndBallots", v.end},
		{"Shuffle", v.shuffles},
		{"EndShuffles", v.shuffles},
		{"EncryptedTally", v.tally},
		{"PartialDecryption", v.decryption},
		{"Result", v.result},
	} {
		if err := step.check(byKind[step.kind]); err != nil {
			return err
		}
	}
	return nil
}

func (v *verifier) pass(name, detail string, args ...any) {
	v.report.Checks = append(v.report.Checks, Check{Name: name, Detail: fmt.Sprintf(detail, args...)})
}

func (v *verifier) setup(events []event) error {
	data := events[0].data
	var refs wireSetup
	if err := decode(data[3], &refs); err != nil {
		return fmt.Errorf("setup: %w", err)
	}
	if refs != (wireSetup{Election: hexHash(data[0]), Trustees: hexHash(data[1]), Credentials: hexHash(data[2])}) {
		return fmt.Errorf("setup: %w", ErrPayload)
	}
	e, err := Open(Setup{Election: data[0], Trustees: data[1], Credentials: data[2]})
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
	return nil
}

// ballots checks every ballot, counted or not: a ballot that a later one replaces could be another voter's.
func (v *verifier) ballots(events []event) error {
	seen := make(map[string]bool, len(events))
	for _, ev := range events {
		if t := Tracker(ev.data[0]); seen[t] {
			return fmt.Errorf("ballot %s: %w", t, ErrRepeated)
		} else {
			seen[t] = true
		}
	}
	all, err := parallel(len(events), func(i int) (*ballot, error) {
		b, err := v.e.checkBallot(events[i].data[0])
		if err != nil {
			return nil, fmt.Errorf("ballot %s: %w", Tracker(events[i].data[0]), err)
		}
		return b, nil
	})
	if err != nil {
		return err
	}
	last := make(map[string]int, len(all))
	for i, b := range all {
		last[b.voter.credential] = i
	}
	for i, b := range all {
		if last[b.voter.credential] == i {
			v.counted = append(v.counted, b)
			v.report.Trackers = append(v.report.Trackers, Tracker(events[i].data[0]))
		}
	}
	v.sum = v.e.sum(v.counted)
	v.report.Counted, v.report.Weight = v.sum.Counted, v.sum.Weight
	v.pass("ballots", "%d, each signed with a listed credential and proved to be a vote that the questions allow; %d count",
		len(all), len(v.counted))
	return nil
}

func (v *verifier) end(events []event) error {
	if len(events) == 1 {
		v.report.ClosedHash = events[0].hash
		v.pass("close", "no ballot can follow")
	}
	return nil
}

func (v *verifier) shuffles(events []event) error {
	if len(events) > 0 {
		return ErrShuffle
	}
	return nil
}

// tally recomputes the sum from the ballots that count, 4.18.
func (v *verifier) tally(events []event) error {
	if len(events) == 0 {
		return nil
	}
	data := events[0].data
	var sized wireSized
	if err := decode(data[1], &sized); err != nil {
		return fmt.Errorf("tally: %w", err)
	}
	if sized.EncryptedTally != hexHash(data[0]) {
		return fmt.Errorf("tally: %w", ErrPayload)
	}
	if sized.NumTallied != v.sum.Counted || int64(sized.TotalWeight) != v.sum.Weight {
		return ErrCount
	}
	// The right tally has one form, so there is no need to read this one.
	if !bytes.Equal(data[0], v.sum.raw) {
		return ErrTally
	}
	v.pass("tally", "the product of the %d ballots that count", len(v.counted))
	return nil
}

// decryption checks the share of each trustee, 4.20.
func (v *verifier) decryption(events []event) error {
	if len(events) == 0 {
		return nil
	}
	v.shares = v.e.newCombiner(v.sum)
	for _, ev := range events {
		var owned wireOwned
		if err := decode(ev.data[1], &owned); err != nil {
			return fmt.Errorf("share: %w", err)
		}
		if owned.Payload != hexHash(ev.data[0]) {
			return fmt.Errorf("share: %w", ErrPayload)
		}
		if err := v.shares.take(Share{Owner: owned.Owner, Body: ev.data[0]}); err != nil {
			return fmt.Errorf("share of trustee %d: %w", owned.Owner, err)
		}
	}
	v.pass("decryption", "%d of %d shares, each with its proofs", len(events), len(v.shares.owners))
	return nil
}

// result checks that there are as many shares as it takes, and that the tally decrypts to the result, 4.21. The range
// is checked as well: a number beyond it, off by a multiple of q, would decrypt just so.
func (v *verifier) result(events []event) error {
	if len(events) == 0 {
		return nil
	}
	powers, err := v.shares.powers()
	if err != nil {
		return fmt.Errorf("result: %w", err)
	}
	numbers, err := readResult(events[0].data[0])
	if err != nil {
		return fmt.Errorf("result: %w", err)
	}
	if len(numbers) != len(powers) {
		return fmt.Errorf("result: %w", ErrShape)
	}
	sums, most := make([][]int, len(numbers)), big.NewInt(v.sum.Weight)
	for q, all := range numbers {
		if len(all) != len(powers[q]) {
			return fmt.Errorf("result: %w", ErrShape)
		}
		for i, n := range all {
			if n.Sign() < 0 || n.Cmp(most) > 0 {
				return fmt.Errorf("question %d, answer %d: %w", q+1, i+1, ErrResultRange)
			}
			if g := v.e.g; !g.same(powers[q][i], g.table(g.generator()).exp(n)) {
				return fmt.Errorf("question %d, answer %d: %w", q+1, i+1, ErrResult)
			}
			sums[q] = append(sums[q], int(n.Int64()))
		}
	}
	v.report.Sums = sums
	v.report.Status = Complete
	v.pass("result", "what the tally decrypts to")
	return nil
}

// longestResult is longer than any number below the order of a group.
const longestResult = 1000

// readResult reads the result of each question. Numbers beyond 30 bits are written as texts.
func readResult(raw []byte) ([][]*big.Int, error) {
	var w struct {
		Result [][]json.RawMessage `json:"result"`
	}
	if err := decode(raw, &w); err != nil {
		return nil, err
	}
	numbers := make([][]*big.Int, len(w.Result))
	for q, items := range w.Result {
		for _, item := range items {
			n, err := readNumber(item)
			if err != nil {
				return nil, err
			}
			numbers[q] = append(numbers[q], n)
		}
	}
	return numbers, nil
}

func readNumber(item json.RawMessage) (*big.Int, error) {
	s := string(item)
	unquoted, err := text(item)
	if err == nil {
		s = unquoted
	}
	if len(s) > longestResult {
		return nil, ErrResultRange // converting it could take long
	}
	n, ok := new(big.Int).SetString(s, 10)
	if !ok || n.String() != s {
		return nil, fmt.Errorf("number %.20s: %w", strconv.Quote(s), ErrNotCanonical)
	}
	if isText := err == nil; isText != (n.BitLen() > 30) {
		return nil, fmt.Errorf("number %.20s: %w", strconv.Quote(s), ErrNotCanonical)
	}
	return n, nil
}

// describe says in a few words what is asked.
func describe(questions []Question) string {
	if len(questions) > 1 {
		return fmt.Sprintf("%d questions", len(questions))
	}
	q := questions[0]
	what := fmt.Sprintf("%d to %d of %d answers", q.Min, q.Max, len(q.Answers))
	if q.Min == q.Max {
		what = fmt.Sprintf("exactly %d of %d answers", q.Min, len(q.Answers))
	}
	if q.Blank {
		what += ", or blank"
	}
	return "one question with " + what
}

// describeTrustees says how many trustees there are, and how many of them it takes.
func (e *Election) describeTrustees() string {
	parts := make([]string, 0, len(e.trustees))
	singles := 0
	for _, t := range e.trustees {
		if !t.pedersen {
			singles++
			continue
		}
		part := fmt.Sprintf("%d of %d together", t.threshold, len(t.keys))
		if t.old {
			part += " (by a ceremony of before version 2.5.1, in which less is signed)"
		}
		parts = append(parts, part)
	}
	if singles > 0 {
		parts = append([]string{strconv.Itoa(singles)}, parts...)
	}
	return strings.Join(parts, " and ")
}
