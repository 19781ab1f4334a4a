package belenios

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/big"
	"strconv"
)

// tally recomputes the sum from the ballots that count, 4.18.
func (v *verifier) tally(data [][]byte) error {
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
	v.shares = v.e.newCombiner(v.sum)
	v.pass("tally", "the product of the %d ballots that count", v.sum.Counted)
	return nil
}

// decryption checks the share of a trustee, 4.20.
func (v *verifier) decryption(data [][]byte) error {
	var owned wireOwned
	if err := decode(data[1], &owned); err != nil {
		return fmt.Errorf("share: %w", err)
	}
	if owned.Payload != hexHash(data[0]) {
		return fmt.Errorf("share: %w", ErrPayload)
	}
	if err := v.shares.take(Share{Owner: owned.Owner, Body: data[0]}); err != nil {
		return fmt.Errorf("share of trustee %d: %w", owned.Owner, err)
	}
	v.given++
	return nil
}

// result checks that there are as many shares as it takes, and that the tally decrypts to the result, 4.21. The range
// is checked as well: a number beyond it, off by a multiple of q, would decrypt just so.
func (v *verifier) result(raw []byte) error {
	powers, err := v.shares.powers()
	if err != nil {
		return fmt.Errorf("result: %w", err)
	}
	numbers, err := readResult(raw)
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
