package booth

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"stimmbote/e2e/browser"
	"stimmbote/e2e/eyes"
	"stimmbote/voting/belenios"
)

var update = flag.Bool("update", false, "write the golden files anew")

const vectorsFile = "../../web/ui/belenios/testdata/vectors.json"

// vectors are what Go says, for whoever else does the same mathematics.
type vectors struct {
	Elections []vector  `json:"elections"`
	Refusals  []refusal `json:"refusals"`
}

// vector is an election with what follows from it.
type vector struct {
	Election    string       `json:"election"`
	Trustees    string       `json:"trustees"`
	Fingerprint string       `json:"fingerprint"`
	Credentials []credential `json:"credentials"`
	Ballots     []ballot     `json:"ballots"`
}

type credential struct {
	Secret string `json:"secret"`
	Public string `json:"public"`
}

// ballot is what comes out if the random numbers are those of the seed: 32 bytes at a time are SHA-256 of the seed, a
// bar and a count.
type ballot struct {
	Credential string  `json:"credential"`
	Choices    []any   `json:"choices"` // the answers to each question, from 0, or "blank"
	Vote       [][]int `json:"vote"`
	Seed       string  `json:"seed"`
	Ballot     string  `json:"ballot"`
	Tracker    string  `json:"tracker"`
}

// refusal is an election, with its trustees where those are wrong, and the reason why it is refused.
type refusal struct {
	What     string `json:"what"`
	Election string `json:"election"`
	Trustees string `json:"trustees,omitempty"`
	Reason   string `json:"reason"`
}

// stream gives the random numbers of a seed.
type stream struct {
	seed  string
	count int
	rest  []byte
}

func (s *stream) Read(p []byte) (int, error) {
	for len(s.rest) < len(p) {
		h := sha256.Sum256(fmt.Appendf(nil, "%s|%d", s.seed, s.count))
		s.rest = append(s.rest, h[:]...)
		s.count++
	}
	n := copy(p, s.rest)
	s.rest = s.rest[n:]
	return n, nil
}

// everything is asked at once: each kind of question that there is.
func everything() []belenios.Question {
	return []belenios.Question{
		{Text: `Adopt "12" <b>?</b>`, Answers: []string{"Yes", "No & never", "Abstain\u2028"}, Min: 1, Max: 1},
		{Text: "Whom?", Answers: []string{"Aylin", "Björn", "Çelik 🗳️", "Dörte"}, Max: 2},
		{Text: "Whom, at least one?", Answers: []string{"A", "B", "C"}, Min: 1, Max: 3, Blank: true},
	}
}

// setUp makes an election whose secrets all come from a seed.
func setUp(t testing.TB, group, seed string, questions ...belenios.Question) (belenios.Setup, []credential, []*belenios.Key) {
	t.Helper()
	random := &stream{seed: seed}
	var keys []*belenios.Key
	var trustees []belenios.Trustee
	for range 2 {
		key := eyes.Must(belenios.NewKey(random, group))(t)
		keys, trustees = append(keys, key), append(trustees, belenios.Single(eyes.Must(key.Public(random))(t)))
	}
	uuid := eyes.Must(belenios.NewUUID(random))(t)
	var voters []credential
	var public []string
	for range 4 {
		secret := eyes.Must(belenios.NewCredential(random))(t)
		voters = append(voters, credential{secret, eyes.Must(belenios.PublicCredential(group, uuid, secret))(t)})
		public = append(public, voters[len(voters)-1].Public)
	}
	setup := eyes.Must(belenios.NewSetup(belenios.Parameters{
		UUID: uuid, Group: group, Name: "Motion 12", Description: "Ä", Questions: questions,
		Administrator: "Stimmbote", CredentialAuthority: "roll",
	}, trustees, public))(t)
	return setup, voters, keys
}

// choices are ways to fill in everything.
var choices = [][]any{
	{[]int{0}, []int{1, 3}, []int{0, 1, 2}},
	{[]int{2}, []int{}, "blank"},
}

// votes are choices as the numbers that are sealed.
func votes(t *testing.T, questions []belenios.Question, chosen []any) [][]int {
	t.Helper()
	var all [][]int
	for i, q := range questions {
		if answers, ok := chosen[i].([]int); ok {
			all = append(all, eyes.Must(q.Choose(answers...))(t))
		} else {
			all = append(all, eyes.Must(q.BlankVote())(t))
		}
	}
	return all
}

func makeVectors(t *testing.T) vectors {
	t.Helper()
	var v vectors
	for _, group := range []string{belenios.Ed25519, belenios.Group2048} {
		setup, voters, _ := setUp(t, group, "vectors "+group, everything()...)
		e := eyes.Must(belenios.Open(setup))(t)
		one := vector{
			Election: string(setup.Election), Trustees: string(setup.Trustees), Fingerprint: e.Fingerprint(), Credentials: voters,
		}
		for i, chosen := range choices {
			b := ballot{Credential: voters[i].Secret, Choices: chosen, Vote: votes(t, everything(), chosen), Seed: fmt.Sprint("ballot ", i)}
			raw := eyes.Must(e.Seal(&stream{seed: b.Seed}, b.Credential, b.Vote))(t)
			b.Ballot, b.Tracker = string(raw), belenios.Tracker(raw)
			one.Ballots = append(one.Ballots, b)
		}
		v.Elections = append(v.Elections, one)
		v.Refusals = append(v.Refusals, refusals(t, setup)...)
	}
	return v
}

// reasons are what the pages call what Go refuses.
var reasons = []struct {
	name string
	err  error
}{
	{"unsupported", belenios.ErrUnsupported},
	{"canonical", belenios.ErrNotCanonical},
	{"reduced", belenios.ErrNotReduced},
	{"group", belenios.ErrNotInGroup},
	{"identity", belenios.ErrIdentity},
	{"possession", belenios.ErrPossession},
	{"key", belenios.ErrElectionKey},
	{"shape", belenios.ErrShape},
}

// refusals change one thing each in a sound setup.
func refusals(t *testing.T, sound belenios.Setup) []refusal {
	t.Helper()
	var e struct {
		Key   string `json:"public_key"`
		Group string `json:"group"`
	}
	if err := json.Unmarshal(sound.Election, &e); err != nil {
		t.Fatal(err)
	}
	was := string(sound.Election)
	change := func(old, new string) string {
		if !strings.Contains(was, old) {
			t.Fatalf("the election has no %q", old)
		}
		return strings.Replace(was, old, new, 1)
	}
	keys := map[string]string{ // in place of the key
		"no key": "", "key is a word": "key", "key with a space": " " + e.Key, "key with a plus": "+" + e.Key,
		"key with a leading zero": "0" + e.Key, "key is one": "1", "key is zero": "0", "key is minus one": "-1", "key is two": "2",
		"key beyond the modulus":     "9" + e.Key[1:] + "9",
		"key in capital letters":     strings.ToUpper(e.Key),
		"key is the neutral element": strings.Repeat("0", 63) + "1",
		"key of small order":         strings.Repeat("0", 64),
		"key with the sign of zero":  "8" + strings.Repeat("0", 62) + "1",
		"key not reduced":            "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffee",
		"key not on the curve":       strings.Repeat("0", 63) + "2",
		"key has one digit less":     e.Key[1:],
	}
	changed := map[string]string{
		"nothing": "", "no JSON": "{", "a list": "[]", "null": "null", "not compact": was[:1] + " " + was[1:], "space behind": was + "\n",
		"something behind":         was + "{}",
		"version 0":                change(`"version":1`, `"version":0`),
		"version 2":                change(`"version":1`, `"version":2`),
		"version 01":               change(`"version":1`, `"version":01`),
		"version is a text":        change(`"version":1`, `"version":"1"`),
		"fields moved":             change(`"version":1,"description":"Ä"`, `"description":"Ä","version":1`),
		"field missing":            change(`"description":"Ä",`, ``),
		"field added":              change(`"administrator"`, `"extra":1,"administrator"`),
		"field twice":              change(`"name":"Motion 12"`, `"name":"Motion 12","name":"Motion 13"`),
		"escaped name of a field":  change(`"name"`, `"\u006eame"`),
		"text is a number":         change(`"description":"Ä"`, `"description":1`),
		"text is null":             change(`"description":"Ä"`, `"description":null`),
		"short uuid":               change(`"uuid":"`, `"uuid":"abc","x":"`),
		"uuid with a zero":         change(`"uuid":"`, `"uuid":"0`),
		"other group":              change(`"group":"`+e.Group, `"group":"RFC-3526-2048`),
		"group in small letters":   change(`"group":"`+e.Group, `"group":"`+strings.ToLower(e.Group)),
		"no question":              change(was[strings.Index(was, `"questions":`):strings.Index(was, `,"uuid"`)], `"questions":[]`),
		"questions are an object":  change(was[strings.Index(was, `"questions":`):strings.Index(was, `,"uuid"`)], `"questions":{}`),
		"no answer":                change(`"answers":["Yes","No & never","Abstain\u2028"]`, `"answers":[]`),
		"answer is a number":       change(`"answers":["Yes",`, `"answers":[1,`),
		"more at least than most":  change(`"min":1,"max":1`, `"min":2,"max":1`),
		"more than there are":      change(`"min":1,"max":1`, `"min":1,"max":4`),
		"negative":                 change(`"min":0`, `"min":-1`),
		"half":                     change(`"min":0`, `"min":0.5`),
		"huge":                     change(`"max":1`, `"max":1073741824`),
		"blank is a number":        change(`"blank":true`, `"blank":1`),
		"ranked question":          change(`{"answers":["Yes"`, `{"type":"NonHomomorphic","value":{"answers":["Yes"],"question":"x"}},{"answers":["Yes"`),
		"optional field is a list": change(`"administrator":"Stimmbote"`, `"administrator":[]`),
	}
	for what, key := range keys {
		if key == e.Key {
			continue // digits have no capital form
		}
		changed[what] = change(`"public_key":"`+e.Key, `"public_key":"`+key)
	}
	var all []refusal
	for what, election := range changed {
		all = append(all, refusal{What: e.Group + ": " + what, Election: election})
	}
	trustees := string(sound.Trustees)
	first := trustees[:strings.Index(trustees, `],["Single"`)+1] + "]"
	for what, list := range map[string]string{
		"no trustee": "[]", "a trustee is missing": first, "trustees are no list": "{}",
		"a trustee twice":     strings.Replace(trustees, "[[", first[:len(first)-1]+",[", 1),
		"unknown kind":        strings.Replace(trustees, "Single", "Double", 1),
		"no proof":            strings.Replace(trustees, `"pok"`, `"pot"`, 1),
		"proof of another":    strings.Replace(trustees, `"response":"`, `"response":"1`, 1),
		"trustees' space":     strings.Replace(trustees, ",", ", ", 1),
		"trustee of no group": strings.Replace(trustees, `"public_key":"`, `"public_key":"1`, 1),
	} {
		all = append(all, refusal{What: e.Group + ": " + what, Election: was, Trustees: list})
	}
	for i, r := range all {
		s := sound
		s.Election = []byte(r.Election)
		if r.Trustees != "" {
			s.Trustees = []byte(r.Trustees)
		}
		_, err := belenios.Open(s)
		at := slices.IndexFunc(reasons, func(known struct {
			name string
			err  error
		},
		) bool {
			return errors.Is(err, known.err)
		})
		if at < 0 {
			t.Fatalf("%s: %v", r.What, err)
		}
		all[i].Reason = reasons[at].name
	}
	slices.SortFunc(all, func(a, b refusal) int { return strings.Compare(a.What, b.What) })
	return all
}

// TestVectorsAreWhatGoSays compares what is committed with what voting/belenios says today.
func TestVectorsAreWhatGoSays(t *testing.T) {
	t.Parallel()
	var made bytes.Buffer
	out := json.NewEncoder(&made)
	out.SetEscapeHTML(false)
	out.SetIndent("", " ")
	if err := out.Encode(makeVectors(t)); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(vectorsFile, made.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(eyes.Must(os.ReadFile(vectorsFile))(t), made.Bytes()) {
		t.Error("the committed vectors are not what voting/belenios says: look at what -update changes")
	}
}

// TestTheBrowserSaysTheSame goes through the committed vectors in each browser.
func TestTheBrowserSaysTheSame(t *testing.T) {
	t.Parallel()
	raw := eyes.Must(os.ReadFile(vectorsFile))(t)
	everywhere(t, func(t *testing.T, b *seat) {
		differences := eyes.Must(browser.Evaluate[[]string](bench(t, b), "("+compare+")("+string(raw)+")"))(t)
		for _, d := range differences {
			t.Error(d)
		}
	})
}

// compare says in a browser what is not as the vectors have it.
const compare = `async ({ elections, refusals }) => {
	const differences = [];
	const same = (what, got, want) => {
		[got, want] = [got, want].map((v) => JSON.stringify(v));
		if (got !== want) differences.push(what + ": " + got?.slice(0, 300) + ", want " + want?.slice(0, 300));
	};
	for (const v of elections) {
		const e = belenios.read(v.election);
		same("fingerprint", e.fingerprint, v.fingerprint);
		const { questions } = JSON.parse(v.election);
		same("questions", e.questions.map((q) => [q.text, q.answers, q.min, q.max, q.blank]),
			questions.map((q) => [q.question, q.answers, q.min, q.max, q.blank ?? false]));
		same("trustees", belenios.trust(v.election, v.trustees), "right");
		for (const { secret, public: wanted } of v.credentials) same("credential", belenios.voter(v.election, secret), wanted);
		for (const b of v.ballots) {
			const cast = await belenios.cast(v.election, b.credential, b.choices, b.seed);
			same("ballot", cast.ballot, b.ballot);
			same("tracker", cast.tracker, b.tracker);
			same("contents", cast.contents, b.vote);
		}
		const [{ secret }] = v.credentials;
		for (const wrong of ["", secret + "1", secret.slice(1), secret.replaceAll("-", ""), "0" + secret.slice(1), secret + "\n", " " + secret])
			same("credential " + JSON.stringify(wrong), belenios.voter(v.election, wrong), { refused: "credential" });
	}
	for (const { what, election, trustees, reason } of refusals)
		same(what, trustees ? belenios.trust(election, trustees) : belenios.read(election), { refused: reason });
	return differences;
}`
