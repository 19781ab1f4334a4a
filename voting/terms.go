package voting

import (
	"errors"
	"fmt"
	"time"
)

// MaxOpen is how long a poll is open at most. Where no deadline is said it is open that long,
// unless it is closed before.
const MaxOpen = 7 * 24 * time.Hour

// maxObjection is how long the time for objections is at most.
const maxObjection = 7 * 24 * time.Hour

// ErrTerms tells that the terms of a poll contradict themselves or name what there is not.
var ErrTerms = errors.New("no such terms")

// Terms are how a poll is held: who could learn what, how long, and what else is agreed on before
// the first ballot.
type Terms struct {
	Level      Level         `json:"level,omitzero"`
	NoRevote   bool          `json:"noRevote,omitempty"`   // the first ballot counts, no other is taken
	HideVoters bool          `json:"hideVoters,omitempty"` // who voted is not published
	Rehearsal  bool          `json:"rehearsal,omitempty"`  // not binding, not secret, not kept
	Picked     bool          `json:"picked,omitempty"`     // the roll was picked by hand
	InCall     bool          `json:"inCall,omitempty"`     // it was picked by who was in the group's call
	Lasts      time.Duration `json:"lasts,omitzero"`       // from the opening on; 0 if no such time was said
	Until      time.Time     `json:"until,omitzero"`       // in place of Lasts
	Objection  time.Duration `json:"objection,omitzero"`   // between the closed hash and the decryption
	OnlySealed bool          `json:"onlySealed,omitempty"` // ballots are sealed by their voters, none by the bot
	Booth      string        `json:"booth,omitempty"`      // the ballot page, if it is on another web space
	Tellers    Tellers       `json:"tellers,omitempty"`    // whose machines hold keys too
}

// level says how secret answers are that are given on such terms. Shared and secret are never said, they
// follow: from the tellers, and from ballots that are sealed by their voters alone, on a page that is
// elsewhere than with the bot. Whether it is elsewhere, whoever drafts looks at.
func (t Terms) level() Level {
	switch {
	case t.Tellers == "" || t.Level != Confidential:
		return t.Level
	case t.OnlySealed && t.Booth != "":
		return Secret
	}
	return Shared
}

// Secrecy says how secret answers are that are given on such terms.
func (t Terms) Secrecy() Level { return t.level() }

// Check refuses terms that cannot be held to.
func (t Terms) Check() error { return t.check() }

// EndsAt is when a poll on such terms ends that is opened then.
func (t Terms) EndsAt(opened time.Time) (time.Time, error) { return t.ends(opened) }

// check refuses terms that cannot be held to.
func (t Terms) check() error {
	switch {
	case t.Level != Confidential && t.Level != Open:
		return fmt.Errorf("level %d: %w", int(t.Level), ErrTerms)
	case t.OnlySealed && t.Level == Open:
		return ErrOnlySealed
	case t.Lasts < 0 || t.Objection < 0 || t.Lasts != 0 && !t.Until.IsZero():
		return fmt.Errorf("lasting %v, until %v, %v for objections: %w", t.Lasts, t.Until, t.Objection, ErrTerms)
	case t.Lasts > MaxOpen:
		return ErrTooLong.with("days", days(MaxOpen))
	case t.Objection > maxObjection:
		return ErrTooLong.with("days", days(maxObjection))
	case t.Tellers == "":
		return nil
	case t.Level == Open, t.Rehearsal, t.HideVoters:
		return ErrTellers
	}
	return t.Tellers.Check()
}

// ends is when a poll that is opened now ends.
func (t Terms) ends(opened time.Time) (time.Time, error) {
	last := opened.Add(MaxOpen)
	switch {
	case t.Lasts > 0:
		return opened.Add(t.Lasts), nil
	case t.Until.IsZero():
		return last, nil
	case !t.Until.After(opened):
		return time.Time{}, ErrOver
	case t.Until.After(last):
		return time.Time{}, ErrTooLong.with("days", days(MaxOpen))
	}
	return t.Until.UTC().Truncate(time.Second), nil
}

func days(d time.Duration) int { return int(d / (24 * time.Hour)) }
