package keyholder

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"stimmbote/keyholder/policy"
	"stimmbote/store"
	"stimmbote/voting"
	"stimmbote/voting/parley"
)

// How far a vote has come.
const (
	stepHeard     = "heard"     // it was asked for, and its pages or what may heal are looked at
	stepAsked     = "asked"     // the key is made
	stepConfirmed = "confirmed" // the election was found right
	stepClosed    = "closed"    // the ballots were verified
	stepReleased  = "released"  // the part of the decryption is stored
	stepRefused   = "refused"   // a rule forbids what comes next
	stepDone      = "done"      // the result was verified
	stepVoid      = "void"      // nothing comes of it
)

// vote is one of those that the machine holds a key of.
type vote struct {
	store.Held
	seen seen
}

// seen is what was seen of a vote in the group.
type seen struct {
	Question    parley.Question   `json:"question"`
	AskedIn     string            `json:"askedIn,omitempty"` // the message in which keys were asked for: nothing was said of the vote before it
	Rooms       []string          `json:"rooms,omitempty"`   // that the group has moved out of since, the newest first
	Move        *move             `json:"move,omitempty"`    // into a room that the vote has not been taken along into
	Own         string            `json:"own"`               // public part of the own key
	Keys        map[string]string `json:"keys"`
	Booths      map[string]string `json:"booths,omitempty"` // where the other machines served the ballot page when keys were asked for, by account
	Forged      string            `json:"forged,omitempty"` // the host of a ballot page that was not the right one
	Setup       *parley.Setup     `json:"setup,omitempty"`  // posted, and not compared yet
	Fingerprint string            `json:"fingerprint,omitempty"`
	Credentials string            `json:"credentials,omitempty"` // hash of the list
	Ends        time.Time         `json:"ends,omitzero"`
	Found       map[string]string `json:"found,omitempty"`      // what other machines found right, by account
	Extended    []time.Time       `json:"extended,omitempty"`   // the ends that the bot moved the end to, in turn
	ExtendSaid  []string          `json:"extendSaid,omitempty"` // the messages in which somebody with the right said so
	MovedAt     time.Time         `json:"movedAt,omitzero"`     // when it was moved last, by the machine's clock
	ExtendAt    time.Time         `json:"extendAt,omitzero"`    // when the last of these was read
	CloseSaid   time.Time         `json:"closeSaid,omitzero"`
	CloseOn     time.Time         `json:"closeOn,omitzero"`  // by the homeserver's clock
	CloseBy     string            `json:"closeBy,omitempty"` // the message that did something last: it may come again
	ClosedHash  string            `json:"closedHash,omitempty"`
	Number      int               `json:"number,omitempty"` // what people call it
	Letter      string            `json:"letter,omitempty"` // … as long as it is open
	ClosedAt    time.Time         `json:"closedAt,omitzero"`
	ClosedOn    time.Time         `json:"closedOn,omitzero"` // by the homeserver's clock
	BotShare    string            `json:"botShare,omitempty"`
	ShareOf     string            `json:"shareOf,omitempty"`  // the closed hash of what that is a part of
	Since       time.Time         `json:"since,omitzero"`     // when an opening began to wait for what may heal
	Stops       []stop            `json:"stops,omitempty"`    // that nobody let go on
	Objected    []string          `json:"objected,omitempty"` // who objected, until somebody with the right said that it goes on
	Waits       waits             `json:"waits,omitzero"`     // what was said last that the part waits for
	Spoken      int               `json:"spoken,omitempty"`   // how often something was said that may be said again
}

// stop is why no part is given as long as its teller does not let it go on.
type stop struct {
	Owner voting.Member `json:"owner"`
	Rule  policy.Rule   `json:"rule"`            // halted, or that of an alarm
	Final bool          `json:"final,omitempty"` // of a machine that never gives its part
}

// over says whether nothing can happen to a vote any more.
func (v *vote) over() bool { return v.Step == stepDone || v.Step == stepVoid }

// past says whether nothing that anybody says can have an effect on a vote any more.
func (v *vote) past() bool { return v.over() || v.Step == stepRefused }

func (v *vote) agreed() policy.Agreed {
	return policy.Agreed{Poll: voting.ID(v.Poll), Question: v.seen.Question, Own: v.seen.Own, Keys: v.seen.Keys}
}

func (v *vote) watched() policy.Watched {
	return policy.Watched{
		Poll: voting.ID(v.Poll), Question: v.seen.Question, Fingerprint: v.seen.Fingerprint, Credentials: v.seen.Credentials, Ends: v.ends(),
		ClosedOn: v.seen.ClosedOn, Moved: v.moved(),
		CloseSaid: v.closeSaid(), ClosedAt: v.seen.ClosedAt, Objected: len(v.seen.Objected) > 0,
		Alarmed: len(v.stoppers(false)) > 0, Halted: len(v.stoppers(true)) > 0,
	}
}

// closeHolds is for how long a word that a vote be closed lets the bot close it: that takes a minute, and some more where
// the homeserver lets few messages go. Later it would be another wish than the one that was said, of somebody who meant
// another vote or thought better of it.
const closeHolds = 10 * time.Minute

// closeSaid is when somebody with the right said that a vote be closed, if it was closed by that word or has been since: by
// the homeserver's clock, or by the machine's own, which may have read either late.
func (v *vote) closeSaid() time.Time {
	if v.seen.ClosedAt.Sub(v.seen.CloseSaid) > closeHolds && v.seen.ClosedOn.Sub(v.seen.CloseOn) > closeHolds {
		return time.Time{}
	}
	return v.seen.CloseSaid
}

// moved says whether the end was moved more often than somebody with the right said so.
func (v *vote) moved() bool { return len(v.seen.Extended) > len(v.seen.ExtendSaid) }

// ends is when a vote ends: at the latest of all ends that people read.
func (v *vote) ends() time.Time {
	ends := v.seen.Ends
	for _, to := range v.seen.Extended {
		if to.After(ends) {
			ends = to
		}
	}
	return ends
}

// vote is what is known of a vote, nil if nothing is.
func (k *Keyholder) vote(ctx context.Context, id voting.ID) (*vote, error) {
	h, err := k.Store.Held(ctx, string(id))
	if err != nil || h == nil {
		return nil, err
	}
	return read(h)
}

func read(h *store.Held) (*vote, error) {
	v := &vote{Held: *h}
	if err := json.Unmarshal(h.View, &v.seen); err != nil {
		return nil, fmt.Errorf("reading what was seen of poll %s: %w", h.Poll, err)
	}
	return v, nil
}

// known are all votes that the machine has seen.
func (k *Keyholder) known(ctx context.Context) ([]*vote, error) {
	all, err := k.Store.HeldAll(ctx)
	if err != nil {
		return nil, err
	}
	known := make([]*vote, len(all))
	for i, h := range all {
		if known[i], err = read(h); err != nil {
			return nil, err
		}
	}
	return known, nil
}

// live are the votes that are not over.
func (k *Keyholder) live(ctx context.Context) ([]*vote, error) {
	known, err := k.known(ctx)
	return slices.DeleteFunc(known, (*vote).over), err
}

// put writes a vote down.
func (k *Keyholder) put(ctx context.Context, v *vote) error {
	var err error
	if v.View, err = json.Marshal(v.seen); err != nil {
		return fmt.Errorf("writing what was seen of poll %s: %w", v.Poll, err)
	}
	return k.Store.PutHeld(ctx, v.Held)
}

// keyPrefix begins the names of the key files of votes.
const keyPrefix = "teller-"

func keyName(poll string) string { return keyPrefix + poll }

// labelKey binds a sealed key to its use.
const labelKey = "key"

// end ends a vote: what is secret of it is deleted, after the commit its key file too.
func (k *Keyholder) end(ctx context.Context, v *vote, step string) error {
	v.Step, v.Secret, v.Ballots, v.seen.Setup = step, nil, nil, nil
	v.seen.Stops, v.seen.Objected, v.seen.Waits, v.seen.Move = nil, nil, waits{}, nil
	delete(k.audits, v.seen.ClosedHash)
	return k.put(ctx, v)
}

// sweep deletes the key files of votes that are over, and of those whose key was never said.
func (k *Keyholder) sweep(ctx context.Context) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	names, err := k.Vault.Names()
	if err != nil {
		return fmt.Errorf("looking for key files: %w", err)
	}
	for _, name := range names {
		poll, ok := strings.CutPrefix(name, keyPrefix)
		if !ok {
			continue
		}
		h, err := k.Store.Held(ctx, poll)
		if err != nil {
			return err
		}
		if h == nil || h.Secret == nil {
			if err := k.Vault.Remove(name); err != nil {
				return fmt.Errorf("poll %s: %w", poll, err)
			}
		}
	}
	return nil
}
