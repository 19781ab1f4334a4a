package belenios

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strconv"
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
	sum     []ciphertext
	shares  [][]element // by owner
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
	r.UUID, r.Group, r.Question, r.Answers = e.UUID(), e.Group(), e.Question(), e.Answers()
	r.Fingerprint, r.RollHash, r.Entitled = e.Fingerprint(), e.CredentialAuthority(), e.Entitled()
	v.pass("election", "version 1, group %s, one question with exactly one of %d answers", r.Group, len(r.Answers))
	v.pass("trustees", "%d, each proved to know their secret; the election key is their product", len(e.trustees))
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
		last[b.credential.String()] = i
	}
	for i, b := range all {
		if last[b.credential.String()] == i {
			v.counted = append(v.counted, b)
			v.report.Trackers = append(v.report.Trackers, Tracker(events[i].data[0]))
		}
	}
	v.report.Counted = len(v.counted)
	v.pass("ballots", "%d, each signed with a listed credential and proved to choose exactly one answer; %d count",
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
	if sized.NumTallied != len(v.counted) || sized.TotalWeight != len(v.counted) {
		return ErrCount
	}
	v.sum = v.e.sum(v.counted)
	// The right tally has one form, so there is no need to read this one.
	if !bytes.Equal(data[0], encode([][]wireCiphertext{wires(v.sum)})) {
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
	v.shares = make([][]element, len(v.e.trustees))
	for _, ev := range events {
		var owned wireOwned
		if err := decode(ev.data[1], &owned); err != nil {
			return fmt.Errorf("share: %w", err)
		}
		if owned.Payload != hexHash(ev.data[0]) {
			return fmt.Errorf("share: %w", ErrPayload)
		}
		i := owned.Owner - 1
		if i < 0 || i >= len(v.shares) || v.shares[i] != nil {
			return fmt.Errorf("share of trustee %d: %w", owned.Owner, ErrOwner)
		}
		var err error
		if v.shares[i], err = v.share(ev.data[0], v.e.trustees[i]); err != nil {
			return fmt.Errorf("share of trustee %d: %w", owned.Owner, err)
		}
	}
	v.pass("decryption", "%d of %d shares, each with its proofs", len(events), len(v.e.trustees))
	return nil
}

func (v *verifier) share(raw []byte, public element) ([]element, error) {
	var w wireShare
	if err := decode(raw, &w); err != nil {
		return nil, err
	}
	n := len(v.sum)
	if len(w.Factors) != 1 || len(w.Proofs) != 1 || len(w.Factors[0]) != n {
		return nil, ErrShape
	}
	proofs, err := parseProofs(v.e.g, w.Proofs[0], n)
	if err != nil {
		return nil, err
	}
	factors := make([]element, n)
	for i, number := range w.Factors[0] {
		if factors[i], err = v.e.g.parse(number); err != nil {
			return nil, fmt.Errorf("factor %d: %w", i+1, err)
		}
		if !checkShare(v.e.g, public, v.sum[i].alpha, factors[i], proofs[i], v.e.decryption(public)) {
			return nil, fmt.Errorf("factor %d: %w", i+1, ErrShare)
		}
	}
	return factors, nil
}

// result checks that there is a share of every trustee, and that the tally decrypts to the result, 4.21. The range is
// checked as well: a number beyond it, off by a multiple of q, would decrypt just so.
func (v *verifier) result(events []event) error {
	if len(events) == 0 {
		return nil
	}
	for _, s := range v.shares {
		if s == nil {
			return fmt.Errorf("result: %w", ErrOwner)
		}
	}
	numbers, err := readResult(events[0].data[0])
	if err != nil {
		return fmt.Errorf("result: %w", err)
	}
	if len(numbers) != len(v.sum) {
		return fmt.Errorf("result: %w", ErrShape)
	}
	sums := make([]int, len(numbers))
	for i, power := range v.e.powers(v.sum, v.shares) {
		if numbers[i].Sign() < 0 || numbers[i].Cmp(big.NewInt(int64(len(v.counted)))) > 0 {
			return fmt.Errorf("answer %d: %w", i+1, ErrResultRange)
		}
		if !v.e.holds(power, numbers[i]) {
			return fmt.Errorf("answer %d: %w", i+1, ErrResult)
		}
		sums[i] = int(numbers[i].Int64())
	}
	v.report.Sums = sums
	v.report.Status = Complete
	v.pass("result", "what the tally decrypts to")
	return nil
}

// longestResult is longer than any number below the order of a group.
const longestResult = 1000

// readResult reads the result of one question. Numbers beyond 30 bits are written as texts.
func readResult(raw []byte) ([]*big.Int, error) {
	var w struct {
		Result [][]json.RawMessage `json:"result"`
	}
	if err := decode(raw, &w); err != nil {
		return nil, err
	}
	if len(w.Result) != 1 {
		return nil, ErrShape
	}
	numbers := make([]*big.Int, len(w.Result[0]))
	for i, item := range w.Result[0] {
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
		numbers[i] = n
	}
	return numbers, nil
}
