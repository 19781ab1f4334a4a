package voting

import (
	"errors"
	"fmt"
	"math/bits"
	"strconv"
	"strings"
)

// Base says of which votes a majority is.
type Base string

// The bases. Which one holds where nothing is said is in [Rule.Basis].
const (
	BaseYesNo Base = "yes-no" // the votes for and against, or for anybody: neither abstentions nor invalid ballots
	BaseCast  Base = "cast"   // all ballots, abstentions and invalid ones too
	BaseAll   Base = "all"    // all who may vote
	// All who were present at the opening, and whoever votes: nobody can be for something and not there.
	BasePresent Base = "present"
)

// Majority says how many votes of the base it takes: one of the constants, or a fraction such as "2/3".
type Majority string

// The majorities that have a name. A fraction is reached by at least that much.
const (
	MajorityRelative  Majority = "relative"  // more than any other; of a motion: more yes than no
	MajoritySimple    Majority = "simple"    // more than half, of the yes and no votes if no base is named
	MajorityAbsolute  Majority = "absolute"  // more than half, of all ballots if no base is named
	MajorityUnanimous Majority = "unanimous" // every vote of the base, and at least one
)

// ErrRule tells that a rule is none, or does not fit the question.
var ErrRule = errors.New("no such rule")

// maxDen bounds the fractions that anybody means.
const maxDen = 1000

// ParseMajority reads a majority: a name, a fraction above one half, or such a percentage.
func ParseMajority(text string) (Majority, error) {
	switch m := Majority(strings.ToLower(text)); m {
	case MajorityRelative, MajoritySimple, MajorityAbsolute, MajorityUnanimous:
		return m, nil
	}
	num, den, err := parseShare(text)
	if err != nil {
		return "", fmt.Errorf("majority %q: %w", text, err)
	}
	if 2*num <= den {
		return "", fmt.Errorf("majority %q is not above one half: %w", text, ErrRule)
	}
	if num == den {
		return MajorityUnanimous, nil
	}
	return Majority(strconv.Itoa(num) + "/" + strconv.Itoa(den)), nil
}

// needed is the least number of votes of the base that is the majority; at least one. The
// relative majority has no such number: it is a comparison.
func (m Majority) needed(base int) (int, error) {
	switch m {
	case MajorityRelative:
		return 1, nil
	case MajoritySimple, MajorityAbsolute:
		return base/2 + 1, nil
	case MajorityUnanimous:
		return max(base, 1), nil
	}
	if parsed, err := ParseMajority(string(m)); err != nil || parsed != m {
		return 0, fmt.Errorf("majority %q: %w", string(m), ErrRule)
	}
	num, den, err := parseShare(string(m))
	if err != nil {
		return 0, err
	}
	return max(share(base, num, den), 1), nil
}

// Quorum is how many of those who may vote have to hand in a ballot: Num of Den parts of them,
// or Num ballots if Den is 0. The zero value asks for nothing.
type Quorum struct {
	Num int `json:"num,omitempty"`
	Den int `json:"den,omitempty"`
}

// ParseQuorum reads a quorum: a fraction, a percentage or a number of ballots.
func ParseQuorum(text string) (Quorum, error) {
	if n, err := strconv.Atoi(text); err == nil && n > 0 {
		return Quorum{Num: n}, nil
	}
	num, den, err := parseShare(text)
	if err != nil {
		return Quorum{}, fmt.Errorf("quorum %q: %w", text, err)
	}
	return Quorum{Num: num, Den: den}, nil
}

// Needed is the least number of ballots that reaches the quorum.
func (q Quorum) Needed(entitled int) int {
	if q.Den == 0 {
		return q.Num
	}
	return share(entitled, q.Num, q.Den)
}

func (q Quorum) check() error {
	if q.Num < 0 || q.Den < 0 || q.Den > maxDen || q.Den > 0 && q.Num > q.Den {
		return fmt.Errorf("quorum %d/%d: %w", q.Num, q.Den, ErrRule)
	}
	return nil
}

// Rule is how a vote is judged. It is announced before the first ballot.
type Rule struct {
	Majority Majority `json:"majority"`
	Base     Base     `json:"base,omitempty"`
	Quorum   Quorum   `json:"quorum,omitzero"`
	Seats    int      `json:"seats,omitempty"`  // how many are elected; for ballots on each candidate 0 is all who have the majority
	RunOff   bool     `json:"runOff,omitempty"` // this is the run-off already: after it comes the lot
}

// Usual is the rule where nothing is said: more yes than no. Neither abstentions nor invalid
// ballots count, and a tie rejects.
func Usual() Rule { return Rule{Majority: MajoritySimple, Base: BaseYesNo} }

// Basis is the base that holds, named or not.
func (r Rule) Basis() Base {
	switch {
	case r.Base != "":
		return r.Base
	case r.Majority == MajorityAbsolute:
		return BaseCast
	default:
		return BaseYesNo
	}
}

// Check says whether a vote on q can be judged by r.
func (r Rule) Check(q Question) error {
	if _, err := r.Majority.needed(0); err != nil {
		return err
	}
	switch r.Basis() {
	case BaseYesNo, BaseCast, BaseAll, BasePresent:
	default:
		return fmt.Errorf("base %q: %w", string(r.Base), ErrRule)
	}
	if err := r.Quorum.check(); err != nil {
		return err
	}
	least, most := 1, q.choices()
	switch q.Kind {
	case KindMotion:
		least, most = 0, 0
	case KindSingly:
		least = 0
	}
	if r.Seats < least || r.Seats > most {
		return fmt.Errorf("%d seats for %d candidates: %w", r.Seats, q.choices(), ErrRule)
	}
	return nil
}

// share is the least whole number that is at least num/den of n.
func share(n, num, den int) int {
	hi, lo := bits.Mul64(uint64(n), uint64(num))
	lo, carry := bits.Add64(lo, uint64(den-1), 0)
	whole, _ := bits.Div64(hi+carry, lo, uint64(den))
	return int(whole)
}

// parseShare reads "2/3" or "60%", in lowest terms, above 0 and at most 1.
func parseShare(text string) (num, den int, err error) {
	before, after, fraction := strings.Cut(text, "/")
	if percent, ok := strings.CutSuffix(text, "%"); ok && !fraction {
		before, after = strings.TrimSpace(percent), "100"
	}
	num, err1 := strconv.Atoi(before)
	den, err2 := strconv.Atoi(after)
	if err := errors.Join(err1, err2); err != nil || num < 1 || num > den || den > maxDen {
		return 0, 0, ErrRule
	}
	a, b := num, den
	for b != 0 {
		a, b = b, a%b
	}
	return num / a, den / a, nil
}
