package verify

import (
	"encoding/json"

	"stimmbote/voting/belenios"
)

// opening is what is said of a test envelope.
type opening struct {
	Format    int      `json:"format"`
	Status    string   `json:"status"` // "holds", or "broken" for a reason
	Reason    string   `json:"reason,omitempty"`
	Election  string   `json:"election_fingerprint,omitempty"`
	Tracker   string   `json:"tracker,omitempty"`
	Questions []inside `json:"questions,omitempty"`
}

// inside is what was chosen: some answers, or an invalid vote.
type inside struct {
	Text    string   `json:"question"`
	Chosen  []string `json:"chosen"`
	Invalid bool     `json:"invalid,omitempty"`
}

// Envelope seals once more what a test envelope says was sealed, and says as JSON what is in it: what
// `stimmbote ballot --test` does, for programs that have no files.
func Envelope(envelope []byte) []byte {
	said := opening{Format: 1, Status: "holds"}
	if r, err := belenios.Reveal(envelope); err != nil {
		said.Status, said.Reason = "broken", err.Error()
	} else {
		said.Election, said.Tracker = r.Fingerprint, r.Tracker
		for i, q := range r.Questions {
			said.Questions = append(said.Questions, insideOf(q, r.Vote[i]))
		}
	}
	text, err := json.Marshal(said)
	if err != nil {
		return nil // an opening always can be written
	}
	return text
}

func insideOf(q belenios.Question, vote []int) inside {
	found := inside{Text: q.Text, Chosen: []string{}}
	if q.Blank {
		found.Invalid, vote = vote[0] == 1, vote[1:]
	}
	for i, n := range vote {
		if n == 1 {
			found.Chosen = append(found.Chosen, q.Answers[i])
		}
	}
	return found
}
