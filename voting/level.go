package voting

// Level says who could learn an answer. It is never chosen or typed: it follows from a poll's
// mechanism.
type Level int

// Confidential means that nobody in the group sees an answer; whoever runs the bot could see and change it.
const Confidential Level = 1

// String is the name of the level, for looking up its sentence.
func (l Level) String() string {
	if l == Confidential {
		return "confidential"
	}
	return "unknown"
}
