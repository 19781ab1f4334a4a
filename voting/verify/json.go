package verify

import (
	"bytes"
	"encoding/json"

	"stimmbote/voting/belenios"
)

// told is a finding with its checks in plain words, by language: a sentence for each, and after them why it went no further.
type told struct {
	*finding
	Plain map[string][]string `json:"plain"`
}

// Told is what the command says with --json of the bytes of an archive, and in plain words, for a page in a browser, which
// has no files. Of a broken archive it says what is broken.
func Told(archive []byte) []byte {
	report, err := belenios.VerifyFrom(bytes.NewReader(archive), int64(len(archive)), belenios.Options{})
	f := newFinding("", report, err)
	said := told{finding: f, Plain: make(map[string][]string)}
	for language, t := range plain {
		said.Plain[language] = f.sentences(t)
	}
	text, err := json.Marshal(said)
	if err != nil {
		return nil // a finding always can be written
	}
	return text
}
