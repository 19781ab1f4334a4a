// Package parley is what the bot and the keyholders of a vote tell each other in the group: records
// beside words that people read.
//
// It guarantees that what it decodes names a kind that there is, is about one vote where it has to
// be, and has what its kind needs; that a record too long for a message is split into a short one
// and a file, which must name the same kind and vote. It checks no proof, no sender and no moment:
// that is for whoever hears it.
package parley

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"stimmbote/voting"
)

// version is the version of these records. Others are not understood.
const version = 1

// Kind says what a record tells.
type Kind string

// The kinds of records, in the order in which they are sent.
const (
	Who       Kind = "who"       // the bot asks which keyholders are in the group
	Here      Kind = "here"      // a keyholder says whose it is
	Asked     Kind = "asked"     // the bot asks the keyholders of a vote for their keys
	Key       Kind = "key"       // a keyholder's public key for this vote
	Election  Kind = "election"  // the election, with everybody's key in it
	Confirmed Kind = "confirmed" // a keyholder found it right
	Opened    Kind = "opened"    // the vote is open, and what people call it
	Alarm     Kind = "alarm"     // a keyholder found something wrong
	Closed    Kind = "closed"    // the ballots, and who voted
	Share     Kind = "share"     // a part of the decryption: of the bot, or of a keyholder
	Kept      Kind = "kept"      // a keyholder never gives its part, and says why
	Waits     Kind = "waits"     // a keyholder does not give its part yet, and says why
	GoesOn    Kind = "goes-on"   // it does not wait any more
	Extended  Kind = "extended"  // the bot moved the end
	Result    Kind = "result"    // the whole archive
	Void      Kind = "void"      // nothing comes of this vote
)

// Record is one of them.
type Record struct {
	Version int       `json:"v"`
	Kind    Kind      `json:"kind"`
	Poll    voting.ID `json:"poll,omitempty"`
	Split   bool      `json:"split,omitempty"` // the rest is in the file of the same message

	Owner       voting.Member `json:"owner,omitempty"`       // here: whose keyholder it is
	Booth       string        `json:"booth,omitempty"`       // here: where it serves the ballot page, if it does
	Public      string        `json:"public,omitempty"`      // asked, key: public key and proof of possession
	Question    *Question     `json:"question,omitempty"`    // asked
	Setup       *Setup        `json:"setup,omitempty"`       // election
	Fingerprint string        `json:"fingerprint,omitempty"` // election, confirmed, alarm
	Credentials string        `json:"credentials,omitempty"` // confirmed: hash of the list, which the fingerprint does not cover
	ClosedHash  string        `json:"closedHash,omitempty"`  // closed, share
	Number      int           `json:"number,omitempty"`      // opened, closed: what people call the vote
	Letter      string        `json:"letter,omitempty"`      // opened: … as long as it is open
	Voted       []string      `json:"voted,omitempty"`       // closed: sorted
	Archive     []byte        `json:"archive,omitempty"`     // closed, result
	Body        string        `json:"body,omitempty"`        // share
	Rule        string        `json:"rule,omitempty"`        // alarm, kept, waits
	Final       bool          `json:"final,omitempty"`       // alarm: nothing can clear it up
	Ends        time.Time     `json:"ends,omitzero"`         // extended
}

// Question is what the bot asks keys for: everything about a vote that is agreed on beforehand.
type Question struct {
	Group   string          `json:"group"` // of the mathematics
	Asker   voting.Member   `json:"asker"`
	Asked   voting.Question `json:"asked"`
	Rule    voting.Rule     `json:"rule"`
	Terms   voting.Terms    `json:"terms"`
	Least   int             `json:"least"` // ballots below which nothing is opened
	Roll    []string        `json:"roll"`
	Trustee string          `json:"trustee"`         // the bot's own public key, with its proof
	Pages   []string        `json:"pages,omitempty"` // where the ballot page of this vote is served
}

// Setup is an election, byte for byte, and when it is open.
type Setup struct {
	Election    string    `json:"election"`
	Trustees    string    `json:"trustees"`
	Credentials string    `json:"credentials"`
	Opened      time.Time `json:"opened"`
	Ends        time.Time `json:"ends"`
}

// Rules for which the bot has words of its own.
const (
	KeyLost = "key-lost" // a keyholder's key is gone
	Page    = "page"     // a ballot page is not the real one

	Early    = "early"    // a vote was closed before its time
	EndMoved = "extended" // its end was moved, and nobody with the right said so
	Late     = "late"     // it was closed long after its end
)

// WaitsForClose says whether what a rule waits for is that somebody with the right says [Close].
func WaitsForClose(rule string) bool { return rule == Early || rule == EndMoved || rule == Late }

// ErrRecord tells that something is no record, or has not what its kind needs.
var ErrRecord = errors.New("not a record of a vote with tellers")

// mostInline is how many bytes of a record stand in the message itself.
const mostInline = 6 << 10

// MostFile is how many bytes the file of a record may have.
const MostFile = 64 << 20

// Encode writes a record down: as it stands in a message, and the file that goes with it, nil if all
// of it has room there.
func Encode(r Record) (inline, file []byte, err error) {
	r.Version = version
	whole, err := marshal(r)
	if err != nil {
		return nil, nil, err
	}
	if len(whole) <= mostInline {
		return whole, nil, nil
	}
	inline, err = Head(r.Kind, r.Poll)
	return inline, whole, err
}

func marshal(r Record) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(r); err != nil {
		return nil, fmt.Errorf("writing a record: %w", err)
	}
	return bytes.TrimSpace(b.Bytes()), nil
}

// Decode reads what stands in a message. Where it is split, the rest is to be had with [Join].
func Decode(inline []byte) (Record, error) {
	var r Record
	if err := json.Unmarshal(inline, &r); err != nil {
		return Record{}, fmt.Errorf("%w: %w", ErrRecord, err)
	}
	if r.Version != version {
		return Record{}, fmt.Errorf("%w: version %d", ErrRecord, r.Version)
	}
	if r.Split {
		return r, nil
	}
	return r, r.check()
}

// Join reads the file of a record that was split.
func Join(r Record, file []byte) (Record, error) {
	if r.Kind == Result { // which is the file that everybody can recount
		r.Split, r.Archive = false, file
		return r, r.check()
	}
	whole, err := Decode(file)
	if err != nil {
		return Record{}, err
	}
	if whole.Split || whole.Kind != r.Kind || whole.Poll != r.Poll {
		return Record{}, fmt.Errorf("%w: message and file do not belong together", ErrRecord)
	}
	return whole, nil
}

// check says whether a record has what its kind needs.
func (r Record) check() error {
	complete := false
	switch r.Kind {
	case Who:
		return nil
	case Here:
		complete = r.Owner != ""
	case Asked:
		complete = r.Question != nil
	case Key:
		complete = r.Public != ""
	case Election:
		complete = r.Setup != nil
	case Confirmed:
		complete = r.Fingerprint != ""
	case Alarm, Kept, Waits:
		complete = r.Rule != ""
	case Closed:
		complete = r.ClosedHash != "" && len(r.Archive) > 0
	case Share:
		complete = r.Body != "" && r.ClosedHash != ""
	case Result:
		complete = len(r.Archive) > 0
	case Extended:
		complete = !r.Ends.IsZero()
	case Opened, Void, GoesOn:
		complete = true
	}
	if !complete || r.Poll == "" && r.Kind != Here {
		return fmt.Errorf("%w: %q", ErrRecord, r.Kind)
	}
	return nil
}

// Head is what stands in a message whose file is the rest of the record.
func Head(kind Kind, poll voting.ID) ([]byte, error) {
	return marshal(Record{Version: version, Kind: kind, Poll: poll, Split: true})
}
