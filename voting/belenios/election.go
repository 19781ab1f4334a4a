package belenios

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
)

// Election is a checked setup. It never changes and may be used by many goroutines.
type Election struct {
	setup     Setup
	g         group
	uuid      string
	hash      string // φ: hash of the election's bytes in base64, 4.10
	key       element
	bases     func() bases
	trustees  []trustee
	voters    map[string]voter
	weight    int64 // of all voters
	questions []Question
	authority string
}

// Open reads a setup and checks everything about it: shape, group, that every trustee knows the secret of their key,
// that the election's key is the product of theirs, and that the credentials are distinct members of the group.
func Open(s Setup) (*Election, error) {
	e, err := openElection(s.Election)
	if err != nil {
		return nil, fmt.Errorf("election: %w", err)
	}
	e.setup = s
	if e.trustees, err = openTrustees(e.g, s.Trustees); err != nil {
		return nil, fmt.Errorf("trustees: %w", err)
	}
	subkeys := make([]element, len(e.trustees))
	for i, t := range e.trustees {
		subkeys[i] = t.product
	}
	if !e.g.same(product(e.g, subkeys...), e.key) {
		return nil, ErrElectionKey
	}
	if e.voters, e.weight, err = openCredentials(e.g, s.Credentials); err != nil {
		return nil, fmt.Errorf("credentials: %w", err)
	}
	e.bases = sync.OnceValue(func() bases { return bases{g: e.g.table(e.g.generator()), y: e.g.tableFor(e.key, len(e.voters))} })
	return e, nil
}

// openElection reads the election structure, 4.10.
func openElection(raw []byte) (*Election, error) {
	if err := compact(raw); err != nil {
		return nil, err
	}
	fields, err := object(raw, "version", "description", "name", "group", "public_key", "questions", "uuid",
		"?administrator", "?credential_authority", "?language")
	if err != nil {
		return nil, err
	}
	if version, err := small(fields["version"]); err != nil || version < 1 {
		return nil, fmt.Errorf("%w: version", ErrShape)
	} else if version > 1 {
		return nil, fmt.Errorf("%w: version %d of the protocol", ErrUnsupported, version)
	}
	got := make(map[string]string)
	for _, name := range []string{
		"description", "name", "group", "public_key", "uuid", "administrator", "credential_authority", "language",
	} {
		if fields[name] == nil {
			continue
		}
		if got[name], err = text(fields[name]); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	if err := checkUUID(got["uuid"]); err != nil {
		return nil, err
	}
	e := &Election{uuid: got["uuid"], hash: compactHash(raw), authority: got["credential_authority"]}
	// What is malformed counts for more than what is not supported, and the group is named first.
	asked, limit := openQuestions(fields["questions"])
	if limit != nil && !errors.Is(limit, ErrUnsupported) {
		return nil, limit
	}
	if e.g, err = groupNamed(got["group"]); err != nil {
		return nil, err
	}
	if limit != nil {
		return nil, limit
	}
	e.questions = asked
	if e.key, err = openKey(e.g, fields["public_key"]); err != nil {
		return nil, fmt.Errorf("public key: %w", err)
	}
	return e, nil
}

func openKey(g group, raw json.RawMessage) (element, error) {
	var number string
	if err := decode(raw, &number); err != nil {
		return nil, err
	}
	key, err := parse(g, number)
	if err != nil {
		return nil, err
	}
	if g.same(key, g.identity()) {
		return nil, ErrIdentity
	}
	return key, nil
}

// UUID is the election's name.
func (e *Election) UUID() string { return e.uuid }

// Group is the name of the election's group.
func (e *Election) Group() string { return e.g.name() }

// Questions are what is asked.
func (e *Election) Questions() []Question {
	questions := make([]Question, len(e.questions))
	for i, q := range e.questions {
		questions[i] = q.clone()
	}
	return questions
}

// CredentialAuthority is whatever the election says of who made the credentials: for polls, the hash of the roll.
func (e *Election) CredentialAuthority() string { return e.authority }

// Entitled is the number of credentials.
func (e *Election) Entitled() int { return len(e.voters) }

// Fingerprint names the election for people: the hash of its bytes in base64url.
func (e *Election) Fingerprint() string {
	h := sha256.Sum256(e.setup.Election)
	return base64.RawURLEncoding.EncodeToString(h[:])
}

// Credentials are the public credentials of those who may vote, sorted as the setup has them.
func (e *Election) Credentials() []string {
	var listed []string
	if err := decode(e.setup.Credentials, &listed); err != nil {
		return nil // Open has read them
	}
	return listed
}
