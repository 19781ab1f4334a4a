package keyholder

import (
	"fmt"
	"time"

	"stimmbote/keyholder/policy"
	"stimmbote/store"
)

// Standing is how far a vote has come on this machine. Nothing of it is secret.
type Standing struct {
	Question string
	Over     bool
	Key      string    // where its key is; the words are "keyholder.status." and this
	Waits    string    // for what; the sentence is "keyholder.waits." and this
	At       time.Time // when that comes, if the time is known
}

// Where the key of a vote is.
const (
	keyHere    = "key"
	keyNone    = "key-none" // it was not made
	keyLost    = "key-lost"
	keyDeleted = "no-key"
)

// opener looks whether what was sealed can be opened. store.Vault has it.
type opener interface {
	Open(name, label string, sealed []byte) ([]byte, error)
}

// Stand says how far a vote has come, and looks where its key is.
func Stand(h *store.Held, keys opener) (Standing, error) {
	v, err := read(h)
	if err != nil {
		return Standing{}, err
	}
	s := Standing{Question: v.seen.Question.Asked.Text, Over: v.over(), Waits: v.Step}
	if s.Key, err = whereKey(v, keys); err != nil {
		return Standing{}, err
	}
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

// whereKey opens the key of a vote, because a file that is there may be another one.
func whereKey(v *vote, keys opener) (string, error) {
	switch {
	case v.Secret == nil && v.seen.Own == "":
		return keyNone, nil
	case v.Secret == nil:
		return keyDeleted, nil
	}
	plain, err := keys.Open(keyName(v.Poll), labelKey, v.Secret)
	clear(plain)
	if lost(err) {
		return keyLost, nil
	}
	if err != nil {
		return "", fmt.Errorf("looking at the key of poll %s: %w", v.Poll, err)
	}
	return keyHere, nil
}
