// Package policy is when a teller's machine gives its key to a vote, and when its part of the
// decryption: each rule as a function of what the machine itself has seen in the group.
//
// It guarantees that nothing that the bot says is taken for true that can be computed anew or was
// said by somebody else: the election is built again from the question, the roll and the keys as
// their accounts published them, and compared byte for byte; the ballots are verified in full, and
// the sum that a part is given of is the one that comes out of that. Each refusal is a [Rule], whose
// sentence people read.
//
// It knows no chat, store, clock or network. What it cannot see stays undetected: a ballot that the
// bot dropped before the close is found by its voter, not here.
package policy

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"stimmbote/voting"
	"stimmbote/voting/belenios"
	"stimmbote/voting/parley"
)

// Rule is why something is refused. Its sentence is "keyholder.rule." and the rule.
type Rule string

// Error is for logs.
func (r Rule) Error() string { return "refused by the rule " + string(r) }

// The rules, in the order in which they are looked at.
const (
	NotMine     Rule = "not-mine"      // this machine's owner is no teller of the vote, or has another machine in it
	Terms       Rule = "terms"         // the terms contradict themselves
	Few         Rule = "few"           // fewer ballots would be opened than this machine allows
	Roll        Rule = "roll"          // the roll is not sorted, has somebody twice, or somebody who is not in the group
	KeyChanged  Rule = "key-changed"   // an account published two keys for one vote
	Question    Rule = "question"      // the election asks something else than was said
	Keys        Rule = "keys"          // a key in the election is not the one that its account published
	Unequal     Rule = "credentials"   // not as many credentials as lines of the roll
	Election    Rule = "election"      // the election is not the one that follows from all that
	Clock       Rule = "clock"         // opening and closing time are not those that were agreed on, or the clocks differ
	Differs     Rule = "differs"       // another machine found another election right
	Alarmed     Rule = "alarmed"       // a machine raised the alarm, and its owner has not cleared it up
	Halted      Rule = "halted"        // a teller halted it
	Objected    Rule = "objected"      // somebody objected, and nobody with the right said that it goes on
	Archive     Rule = "archive"       // the ballots do not stand up to verification
	OtherVote   Rule = "other-vote"    // they belong to another election than the one that was confirmed
	ClosedHash  Rule = "closed-hash"   // their hash is not the one that the group was told
	Voters      Rule = "voters"        // the list of those who voted does not fit
	TooFew      Rule = "too-few"       // there are fewer ballots than may be opened
	Early       Rule = parley.Early    // the vote was closed before its time
	Extended    Rule = parley.EndMoved // its end was moved, and nobody with the right said so
	Moved       Rule = "moved"         // the group moved, and not all tellers and machines of the vote are in the newer room
	MovedBy     Rule = "moved-by"      // somebody moved it who has no right to
	Late        Rule = parley.Late     // it was closed long after its end
	BotShare    Rule = "bot-share"     // the bot's part is wrong
	KeyLost     Rule = parley.KeyLost  // the machine's own key is gone
	Page        Rule = parley.Page     // a ballot page is not the one that this program has
	ResultWrong Rule = "result"        // the archive does not follow from what was released

	// The machine cannot be certain that it has not given its part already.
	HistoryLong   Rule = "history-long"   // more was said since it was asked than it looks through
	HistoryErased Rule = "history-erased" // something that it said was removed, and it does not know what
	HistoryGone   Rule = "history-gone"   // what was said since cannot be read
)

// Heals says whether what a rule refuses may be right later: by what is read then, or by time. Everything
// else contradicts what was seen, and stays refused.
func (r Rule) Heals() bool {
	switch r {
	case Alarmed, Halted, Objected, Early, Extended, Moved, MovedBy, Late, Roll, Clock:
		return true
	}
	return false
}

const (
	// late is how long ago a vote may have been opened when the machine compares it: messages take time.
	late = 5 * time.Minute
	// ahead is how far the bot's clock may be ahead of this machine's, at the opening and at the close.
	ahead = time.Minute
	// overdue is how long after its end a vote may be closed: a program that was down closes it late.
	overdue = 10 * time.Minute
)

// Group is what the machine knows of the group by itself.
type Group struct {
	Members []string // accounts in the room, itself and the bot among them
	Bot     string
	Self    string // this machine's account
	Owner   voting.Member
	Least   int // ballots below which it never gives its part
}

// Ask says whether the machine gives a key to a vote.
func Ask(q parley.Question, g Group, now time.Time) error {
	tellers := q.Terms.Tellers.All()
	mine := slices.IndexFunc(tellers, func(t voting.Teller) bool { return t.Account == g.Self || t.Owner == g.Owner })
	switch {
	case mine < 0 || tellers[mine] != (voting.Teller{Owner: g.Owner, Account: g.Self}):
		return NotMine
	case q.Group != belenios.Ed25519 && q.Group != belenios.Group2048:
		return Terms
	case q.Terms.Check() != nil || q.Terms.Level == voting.Open || q.Asked.Check() != nil || q.Rule.Check(q.Asked) != nil:
		return Terms
	case q.Least < g.Least || len(q.Roll) < q.Least:
		return Few
	case !roll(q, g):
		return Roll
	}
	if _, err := q.Terms.EndsAt(now); err != nil {
		return Clock
	}
	return nil
}

// roll says whether everybody on the roll is somebody in the group, and nobody twice.
func roll(q parley.Question, g Group) bool {
	if !slices.IsSorted(q.Roll) || len(slices.Compact(slices.Clone(q.Roll))) != len(q.Roll) {
		return false
	}
	for _, m := range q.Roll {
		if !slices.Contains(g.Members, m) || m == g.Bot || q.Terms.Tellers.Owner(m) != 0 || strings.ContainsAny(m, "\r\n") {
			return false
		}
	}
	return true
}

// Agreed is what the machine has seen of a vote when it compares the election.
type Agreed struct {
	Poll     voting.ID
	Question parley.Question
	Own      string            // its own public key, as it made it
	Keys     map[string]string // the public keys of the tellers' machines, by account, as these published them
}

// Compared is what was found right: the election, and the list of credentials, which its fingerprint
// does not cover.
type Compared struct{ Fingerprint, Credentials string }

// Credentials is the hash of a list of public credentials.
func Credentials(listed []string) string {
	hash := sha256.Sum256([]byte(strings.Join(listed, "\n")))
	return hex.EncodeToString(hash[:])
}

// Compare says whether an election is the one that follows from what the machine has seen.
func Compare(s parley.Setup, a Agreed, self string, now time.Time) (Compared, error) {
	posted := belenios.Setup{Election: []byte(s.Election), Trustees: []byte(s.Trustees), Credentials: []byte(s.Credentials)}
	election, err := belenios.Open(posted)
	if err != nil {
		return Compared{}, Election
	}
	q := a.Question
	trustees := []belenios.Trustee{belenios.Single([]byte(q.Trustee))}
	for _, t := range q.Terms.Tellers.All() {
		key := a.Keys[t.Account]
		if t.Account == self {
			key = a.Own
		}
		if key == "" {
			return Compared{}, Keys
		}
		trustees = append(trustees, belenios.Single([]byte(key)))
	}
	rollHash := belenios.RollHash(q.Roll)
	switch {
	case election.UUID() != string(a.Poll) || election.Group() != q.Group || !sameQuestions(election.Questions(), q.Asked.Sealed()):
		return Compared{}, Question
	case election.CredentialAuthority() != rollHash:
		return Compared{}, Roll
	case election.Entitled() != len(q.Roll) || slices.ContainsFunc(election.Credentials(), weighs):
		return Compared{}, Unequal
	}
	expected, err := belenios.NewSetup(voting.ParametersOf(a.Poll, q.Group, q.Asked, rollHash), trustees, election.Credentials())
	switch {
	case err != nil || string(expected.Trustees) != s.Trustees:
		return Compared{}, Keys
	case string(expected.Election) != s.Election || string(expected.Credentials) != s.Credentials:
		return Compared{}, Election
	}
	ends, err := q.Terms.EndsAt(s.Opened)
	if err != nil || !ends.Equal(s.Ends) || s.Opened.Sub(now) > ahead || now.Sub(s.Opened) > late {
		return Compared{}, Clock
	}
	return Compared{election.Fingerprint(), Credentials(election.Credentials())}, nil
}

// weighs says whether a credential counts more than once.
func weighs(credential string) bool { return strings.Contains(credential, ",") }

func sameQuestions(a, b []belenios.Question) bool {
	return slices.EqualFunc(a, b, func(x, y belenios.Question) bool {
		return x.Text == y.Text && x.Blank == y.Blank && x.Min == y.Min && x.Max == y.Max && slices.Equal(x.Answers, y.Answers)
	})
}
