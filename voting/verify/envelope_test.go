package verify

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"stimmbote/voting/belenios"
)

// What was sealed is said of a test envelope, and of one that says something else, that it is broken.
func TestEnvelope(t *testing.T) {
	random := rand.Reader
	key, err := belenios.NewKey(random, belenios.Ed25519)
	must(t, err)
	public, err := key.Public(random)
	must(t, err)
	uuid, err := belenios.NewUUID(random)
	must(t, err)
	secret, err := belenios.NewCredential(random)
	must(t, err)
	voter, err := belenios.PublicCredential(belenios.Ed25519, uuid, secret)
	must(t, err)
	who := belenios.Question{Text: "Who?", Answers: []string{"Anna", "Bernd"}, Max: 2, Blank: true}
	setup, err := belenios.NewSetup(belenios.Parameters{
		UUID: uuid, Group: belenios.Ed25519, Name: "Motion 12", Administrator: "Stimmbote", CredentialAuthority: "roll",
		Questions: []belenios.Question{{Text: "Adopt?", Answers: []string{"Yes", "No"}, Min: 1, Max: 1}, who, who},
	}, []belenios.Trustee{belenios.Single(public)}, []string{voter})
	must(t, err)
	election, err := belenios.Open(setup)
	must(t, err)
	_, test, err := election.SealTest(random, secret, [][]int{{0, 1}, {1, 0, 0}, {0, 1, 1}})
	must(t, err)
	var said opening
	must(t, json.Unmarshal(Envelope(test.Envelope), &said))
	want := opening{Format: 1, Status: "holds", Election: election.Fingerprint(), Tracker: test.Tracker, Questions: []inside{
		{Text: "Adopt?", Chosen: []string{"No"}},
		{Text: "Who?", Chosen: []string{}, Invalid: true},
		{Text: "Who?", Chosen: []string{"Anna", "Bernd"}},
	}}
	if !reflect.DeepEqual(said, want) {
		t.Errorf("says %+v, want %+v", said, want)
	}
	for _, lie := range [][]byte{
		bytes.Replace(test.Envelope, []byte(`"vote":[[0,1]`), []byte(`"vote":[[1,0]`), 1), []byte("{}"), []byte("no envelope"), nil,
	} {
		if text := string(Envelope(lie)); !strings.HasPrefix(text, `{"format":1,"status":"broken","reason":"`) {
			t.Errorf("says %s of %.60s", text, lie)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
