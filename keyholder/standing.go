package keyholder

import (
	"time"

	"stimmbote/keyholder/policy"
	"stimmbote/store"
)

// Standing is how far a vote has come on this machine. Nothing of it is secret.
type Standing struct {
	Question string
	Over     bool
	Key      bool      // its key is here
	Waits    string    // for what; the sentence is "keyholder.waits." and this
	At       time.Time // when that comes, if the time is known
}

// Stand says how far a vote has come.
func Stand(h *store.Held) (Standing, error) {
	v, err := read(h)
	if err != nil {
		return Standing{}, err
	}
	s := Standing{Question: v.seen.Question.Asked.Text, Over: v.over(), Key: h.Secret != nil, Waits: v.Step}
	switch {
	case v.seen.Waits.Rule != "" && (v.Step == stepConfirmed || v.Step == stepClosed):
		s.Waits = "word"
	case v.Step == stepAsked && v.seen.Setup != nil:
		s.Waits = "keys"
	case v.Step == stepConfirmed:
		s.At = v.ends()
	case v.Step == stepClosed && v.seen.BotShare != "":
		s.Waits, s.At = "objections", policy.Opens(v.watched())
	}
	return s, nil
}
