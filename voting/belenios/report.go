package belenios

// Status is what is known of an archive.
type Status int

const (
	// Complete: everything was checked, and there is a result.
	Complete Status = iota
	// Invalid: something in it is false.
	Invalid
	// Unsupported: it cannot be read or checked here.
	Unsupported
	// Incomplete: everything was checked so far, and there is no result yet.
	Incomplete
)

// Check is one thing that was checked and found right.
type Check struct{ Name, Detail string }

// Report is what was found in an archive. Where something is wrong it goes as far as everything was right.
type Report struct {
	Status Status
	Checks []Check

	UUID, Group string
	Questions   []Question
	Fingerprint string // hash of the election, base64url
	RollHash    string // what the election names as its credential authority; empty if nothing
	ClosedHash  string // hash of the EndBallots event, hexadecimal; empty if ballots can still come
	Entitled    int
	Counted     int      // ballots that count: the last of each credential
	Weight      int64    // of the ballots that count
	Trackers    []string // of the ballots that count, in the archive's order
	Sums        [][]int  // votes of each question, if there is a result: blank ones first where there may be some
}
