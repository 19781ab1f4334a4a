package voting

import "fmt"

// The answers of a motion, by their place in a poll's answers.
const (
	Yes = iota
	No
	Abstain
	answersOfMotion
)

// Outcome is a verdict in one word.
type Outcome string

// What can come out. A motion is adopted or rejected; options and candidates are elected, or
// there is something else to do.
const (
	Adopted  Outcome = "adopted"
	Rejected Outcome = "rejected"
	Elected  Outcome = "elected"   // every seat is filled
	RunOff   Outcome = "run-off"   // seats are left: a new vote between Verdict.Again
	Lot      Outcome = "lot"       // the run-off did not decide between Verdict.Again: where the group's rules say so, the lot does
	Vacant   Outcome = "vacant"    // seats are left, and there is nobody to choose again between
	NoQuorum Outcome = "no-quorum" // too few ballots: nothing is decided
)

// Verdict is what a rule makes of a count, with every number that it rests on. Options are
// counted from 0, in the question's order.
type Verdict struct {
	Outcome Outcome    `json:"outcome"`
	Rule    Rule       `json:"rule"`
	Base    Base       `json:"base"`             // that holds, where the rule names none too
	Quorum  int        `json:"quorum,omitempty"` // ballots that the quorum asks for
	Judged  []Judgment `json:"judged"`           // the motion, or each option or candidate
	Winners []int      `json:"winners"`          // elected, those with more votes first
	Again   []int      `json:"again,omitempty"`  // to choose again between
	Open    int        `json:"open,omitempty"`   // seats that are left
	Tie     bool       `json:"tie,omitempty"`    // as many votes for as against, or for two where one can win
}

// Judgment is what was found of one motion, option or candidate.
type Judgment struct {
	For     int  `json:"for"`
	Of      int  `json:"of"`     // votes of the base
	Needed  int  `json:"needed"` // of them at least; with the relative majority of a motion, one more than were against
	Reached bool `json:"reached"`
}

// Judge says what comes out of a count by a rule: in whole numbers, nothing is rounded and
// nothing is left to whoever reads it. Numbers that cannot be are refused with [ErrNumbers],
// rules that do not fit with [ErrRule].
func Judge(q Question, r Rule, c *Count) (*Verdict, error) {
	if err := q.Check(); err != nil {
		return nil, err
	}
	if err := r.Check(q); err != nil {
		return nil, err
	}
	if err := q.check(c); err != nil {
		return nil, err
	}
	if r.Basis() == BasePresent && c.Present < c.Cast {
		return nil, fmt.Errorf("%d ballots of %d who were present: %w", c.Cast, c.Present, ErrNumbers)
	}
	v := &Verdict{Rule: r, Base: r.Basis(), Quorum: r.Quorum.Needed(c.Entitled), Winners: []int{}}
	if err := v.judge(q, r, c); err != nil {
		return nil, err
	}
	switch {
	case c.Cast < v.Quorum:
		v.Outcome = NoQuorum
	case q.Kind == KindMotion:
		v.Outcome = v.ofMotion(c)
	default:
		v.Outcome = v.elect(q, r)
	}
	return v, nil
}

// judge holds each motion, option or candidate against the majority.
func (v *Verdict) judge(q Question, r Rule, c *Count) error {
	ballots := q.Kind == KindMotion || q.Kind == KindSingly // yes or no to each
	for _, part := range c.Parts {
		votes := part.Votes
		if ballots {
			votes = votes[:1]
		} else {
			votes = votes[:q.choices()]
		}
		of := v.of(q, c, part)
		for _, n := range votes {
			needed, err := r.Majority.needed(of)
			if err != nil {
				return err
			}
			if ballots && r.Majority == MajorityRelative {
				needed = part.Votes[No] + 1
			}
			v.Judged = append(v.Judged, Judgment{For: n, Of: of, Needed: needed, Reached: n >= needed})
		}
	}
	return nil
}

// of is how many votes the base has.
func (v *Verdict) of(q Question, c *Count, part Part) int {
	switch {
	case v.Base == BaseAll:
		return c.Entitled
	case v.Base == BaseCast:
		return c.Cast
	case v.Base == BasePresent:
		return c.Present
	case q.Kind == KindSeveral: // a valid ballot for nobody is a vote, and there is no other way to say no
		return c.Cast - part.Invalid
	case q.Kind == KindChoice && !q.Abstain:
		return c.Cast - part.Invalid
	default: // to abstain is the last answer
		return c.Cast - part.Invalid - part.Votes[len(part.Votes)-1]
	}
}

func (v *Verdict) ofMotion(c *Count) Outcome {
	v.Tie = c.Parts[0].Votes[Yes] == c.Parts[0].Votes[No]
	if v.Judged[0].Reached {
		return Adopted
	}
	return Rejected
}

// String is the verdict for logs.
func (v *Verdict) String() string {
	return fmt.Sprintf("%s, winners %v, again %v, %d open", v.Outcome, v.Winners, v.Again, v.Open)
}
