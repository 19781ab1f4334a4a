package voting

import "fmt"

// Level says who could learn an answer. It is a poll's mechanism, and every label follows from it.
type Level int

// The levels that there are. Where nothing is said it is Confidential: nobody's answer is open
// because a word was lost.
const (
	Confidential Level = iota // nobody in the group sees an answer; whoever runs the bot could see and change it
	Open                      // answers are published with names at the close
	Shared                    // as Confidential while somebody answers; afterwards nobody alone could see an answer
	Secret                    // nobody could see an answer but all who hold keys together, or whoever forges the page
)

// levels are the names of the levels.
var levels = map[Level]string{Confidential: "confidential", Open: "open", Shared: "shared", Secret: "secret"}

// String is the name of the level, for looking up its sentence.
func (l Level) String() string {
	if name, ok := levels[l]; ok {
		return name
	}
	return "unknown"
}

// MarshalText writes the name down.
func (l Level) MarshalText() ([]byte, error) {
	if _, ok := levels[l]; !ok {
		return nil, fmt.Errorf("level %d: %w", int(l), ErrTerms)
	}
	return []byte(l.String()), nil
}

// UnmarshalText reads the name of a level that can be said, and no other word: the others follow from
// how a poll is held.
func (l *Level) UnmarshalText(text []byte) error {
	for _, level := range []Level{Confidential, Open} {
		if levels[level] == string(text) {
			*l = level
			return nil
		}
	}
	return fmt.Errorf("level %q: %w", text, ErrTerms)
}
