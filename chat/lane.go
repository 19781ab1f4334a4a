package chat

// Lane is the order in which deliveries of different weight leave, where a homeserver lets few
// leave at a time. The zero value is the one for an answer to somebody.
type Lane int

// The lanes. Receipts go first, what is taken back last.
const (
	Receipt       Lane = iota - 2
	Ballot             // ballots, and what tries out their way
	Clarification      // answers to people
	Status             // how far something is, as an edit: of one message at most one in 15 seconds
	Counted            // what each member is told after the count
	Redaction          // what is taken back
)
