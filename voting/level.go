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

// casting is how an answer becomes a sealed ballot.
type casting int

// custody is who holds the key that opens the sum.
type custody int

const (
	sealedByBot casting = iota + 1 // the answer is typed in the direct chat and sealed there
)

const (
	keyOfBot custody = iota + 1 // one key of this poll alone, held by the bot
)

// mechanism is how a poll works, as far as it decides about secrecy.
type mechanism struct {
	casting casting
	custody custody
}

// mechanism is the one that there is.
func (p *Poll) mechanism() mechanism {
	return mechanism{casting: sealedByBot, custody: keyOfBot}
}

// level is the most that m may promise.
func (m mechanism) level() Level {
	if m.casting == sealedByBot && m.custody == keyOfBot {
		return Confidential
	}
	return 0
}
