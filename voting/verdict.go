package voting

import "fmt"

// The answers of a motion, by their place in a poll's answers.
const (
	Yes = iota
	No
	Abstain
	answersOfMotion
)

// verdict is the rule "adopted with more yes than no": abstentions do not count, a tie rejects.
func verdict(sums []int) (adopted bool, err error) {
	if len(sums) != answersOfMotion {
		return false, fmt.Errorf("a motion has %d answers, not %d", answersOfMotion, len(sums))
	}
	return sums[Yes] > sums[No], nil
}
