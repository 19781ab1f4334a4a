package belenios

import (
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"unicode/utf8"
)

// Parameters describe an election.
type Parameters struct {
	UUID        string
	Group       string
	Name        string
	Description string
	Questions   []Question
	// Administrator and CredentialAuthority are left out when empty.
	Administrator       string
	CredentialAuthority string
}

// Setup is what is fixed when an election opens: three texts, byte for byte as in the archive.
type Setup struct {
	Election    []byte
	Trustees    []byte
	Credentials []byte
}

// wireElection is the election structure (specification, 4.10).
type wireElection struct {
	Version             int            `json:"version"`
	Description         string         `json:"description"`
	Name                string         `json:"name"`
	Group               string         `json:"group"`
	PublicKey           string         `json:"public_key"`
	Questions           []wireQuestion `json:"questions"`
	UUID                string         `json:"uuid"`
	Administrator       string         `json:"administrator,omitempty"`
	CredentialAuthority string         `json:"credential_authority,omitempty"`
}

type wireSetup struct {
	Election    string `json:"election"`
	Trustees    string `json:"trustees"`
	Credentials string `json:"credentials"`
}

// NewSetup writes an election whose ballots are opened by these trustees: by all that are single, and by as many of
// each threshold group as it demands. The public credentials are sorted, so that their order says nothing about voters.
func NewSetup(p Parameters, trustees []Trustee, publicCredentials []string) (Setup, error) {
	g, err := p.check()
	if err != nil {
		return Setup{}, err
	}
	list := encode(trustees)
	opened, err := openTrustees(g, list)
	if err != nil {
		return Setup{}, err
	}
	key := g.identity()
	for _, t := range opened {
		key = g.mul(key, t.product)
	}
	if g.same(key, g.identity()) {
		return Setup{}, ErrIdentity
	}
	credentials := slices.Sorted(slices.Values(publicCredentials))
	if _, _, err := openCredentials(g, encode(credentials)); err != nil {
		return Setup{}, err
	}
	questions := make([]wireQuestion, len(p.Questions))
	for i, q := range p.Questions {
		questions[i] = q.wire()
	}
	return Setup{
		Election: encode(wireElection{
			Version: 1, Description: p.Description, Name: p.Name, Group: p.Group, PublicKey: key.String(),
			Questions: questions, UUID: p.UUID,
			Administrator: p.Administrator, CredentialAuthority: p.CredentialAuthority,
		}),
		Trustees:    list,
		Credentials: encode(credentials),
	}, nil
}

func (p Parameters) check() (group, error) {
	g, err := groupNamed(p.Group)
	if err != nil {
		return nil, err
	}
	if err := checkUUID(p.UUID); err != nil {
		return nil, err
	}
	all := []string{p.Name, p.Description, p.Administrator, p.CredentialAuthority}
	for _, q := range p.Questions {
		all = append(append(all, q.Text), q.Answers...)
		if q.Min < 0 || q.Max < 1 || q.Min > q.Max || q.Max > len(q.Answers) {
			return nil, fmt.Errorf("%w: %d to %d of %d answers", ErrShape, q.Min, q.Max, len(q.Answers))
		}
	}
	if len(p.Questions) == 0 {
		return nil, fmt.Errorf("%w: no question", ErrShape)
	}
	for _, s := range all {
		if !utf8.ValidString(s) {
			return nil, fmt.Errorf("text %.40q: %w", s, ErrNotCanonical)
		}
	}
	return g, nil
}

// voter is a public credential with what it stands for.
type voter struct {
	credential string
	key        element
	weight     int64
}

// maxWeight bounds the weight of all voters together, so that sums stay small numbers.
const maxWeight = 1 << 53

// openCredentials reads the public credentials (specification, 4.8), checks that they are distinct members of the group
// and adds up their weights.
func openCredentials(g group, raw []byte) (map[string]voter, int64, error) {
	var listed []string
	if err := decode(raw, &listed); err != nil {
		return nil, 0, err
	}
	if len(listed) == 0 {
		return nil, 0, fmt.Errorf("%w: no credentials", ErrShape)
	}
	seen := make(map[string]bool, len(listed))
	voters := make([]voter, len(listed))
	var limit error
	for i, s := range listed {
		v, err := openVoter(s)
		if errors.Is(err, ErrUnsupported) {
			limit = err
		} else if err != nil {
			return nil, 0, err
		}
		if seen[v.credential] {
			return nil, 0, fmt.Errorf("credential %.20s…: %w", v.credential, ErrDuplicateCredential)
		}
		seen[v.credential], voters[i] = true, v
	}
	keys, err := parallel(len(voters), func(i int) (element, error) {
		x, err := parse(g, voters[i].credential)
		if err != nil {
			return nil, fmt.Errorf("credential %d: %w", i+1, err)
		}
		if g.same(x, g.identity()) {
			return nil, fmt.Errorf("credential %d: %w", i+1, ErrIdentity)
		}
		return x, nil
	})
	if err != nil {
		return nil, 0, err
	}
	all, sum := make(map[string]voter, len(voters)), int64(0)
	for i, v := range voters {
		v.key = keys[i]
		all[v.credential] = v
		if sum += v.weight; sum > maxWeight {
			limit = errHeavy
		}
	}
	return all, sum, limit
}

var errHeavy = fmt.Errorf("%w: weights beyond 2^53", ErrUnsupported)

// openVoter splits a credential from its weight.
func openVoter(s string) (voter, error) {
	credential, weight, has := strings.Cut(s, ",")
	v := voter{credential: credential, weight: 1}
	if !has {
		return v, nil
	}
	n, err := parseNatural(weight, longWeight)
	if err != nil || n.Sign() == 0 {
		return voter{}, fmt.Errorf("%w: weight %.20q", ErrShape, weight)
	}
	if !n.IsInt64() || n.Int64() > maxWeight {
		return v, errHeavy
	}
	v.weight = n.Int64()
	return v, nil
}

// longWeight bounds how long a weight may be before it is looked at.
var longWeight = new(big.Int).Lsh(big.NewInt(1), 256)
