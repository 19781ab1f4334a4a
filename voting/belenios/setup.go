package belenios

import (
	"fmt"
	"io"
	"math/big"
	"slices"
	"strings"
	"unicode/utf8"
)

// Parameters describe an election with one question, of which exactly one answer is chosen.
type Parameters struct {
	UUID        string
	Group       string
	Name        string
	Description string
	Question    string
	Answers     []string
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

// NewSetup writes an election whose only trustee holds the key. The public credentials are sorted, so that their order
// says nothing about voters.
func NewSetup(rand io.Reader, p Parameters, k *Key, publicCredentials []string) (Setup, error) {
	if err := p.check(); err != nil {
		return Setup{}, err
	}
	if k.g.name() != p.Group {
		return Setup{}, fmt.Errorf("%w: it belongs to group %s", ErrKey, k.g.name())
	}
	trustees, public, err := k.trustees(rand)
	if err != nil {
		return Setup{}, err
	}
	credentials := slices.Sorted(slices.Values(publicCredentials))
	if _, err := openCredentials(k.g, encode(credentials)); err != nil {
		return Setup{}, err
	}
	return Setup{
		Election: encode(wireElection{
			Version: 1, Description: p.Description, Name: p.Name, Group: p.Group, PublicKey: public.String(),
			Questions: []wireQuestion{{Answers: p.Answers, Min: 1, Max: 1, Question: p.Question}}, UUID: p.UUID,
			Administrator: p.Administrator, CredentialAuthority: p.CredentialAuthority,
		}),
		Trustees:    trustees,
		Credentials: encode(credentials),
	}, nil
}

func (p Parameters) check() error {
	if err := checkUUID(p.UUID); err != nil {
		return err
	}
	if len(p.Answers) < 1 {
		return fmt.Errorf("%w: no answers", ErrShape)
	}
	all := append([]string{p.Name, p.Description, p.Question, p.Administrator, p.CredentialAuthority}, p.Answers...)
	for _, s := range all {
		if !utf8.ValidString(s) {
			return fmt.Errorf("text %.40q: %w", s, ErrNotCanonical)
		}
	}
	return nil
}

// openCredentials reads the public credentials (specification, 4.8) and checks that they are distinct members of the
// group.
func openCredentials(g group, raw []byte) (map[string]element, error) {
	var listed []string
	if err := decode(raw, &listed); err != nil {
		return nil, err
	}
	if len(listed) == 0 {
		return nil, fmt.Errorf("%w: no credentials", ErrShape)
	}
	weighted := false
	seen := make(map[string]bool, len(listed))
	numbers := make([]string, len(listed))
	for i, s := range listed {
		number, weight, has := strings.Cut(s, ",")
		if has {
			if _, err := parseNatural(weight, maxWeight); err != nil || weight == "0" {
				return nil, fmt.Errorf("%w: weight %.20q", ErrShape, weight)
			}
			weighted = true
		}
		if seen[number] {
			return nil, fmt.Errorf("credential %.20s…: %w", number, ErrDuplicateCredential)
		}
		seen[number], numbers[i] = true, number
	}
	members, err := parallel(len(numbers), func(i int) (element, error) {
		x, err := g.parse(numbers[i])
		if err != nil {
			return nil, fmt.Errorf("credential %d: %w", i+1, err)
		}
		if same(x, g.identity()) {
			return nil, fmt.Errorf("credential %d: %w", i+1, ErrIdentity)
		}
		return x, nil
	})
	if err != nil {
		return nil, err
	}
	if weighted {
		return nil, fmt.Errorf("%w: weighted votes", ErrUnsupported)
	}
	credentials := make(map[string]element, len(members))
	for i, x := range members {
		credentials[numbers[i]] = x
	}
	return credentials, nil
}

// maxWeight bounds how long a weight may be before it is looked at.
var maxWeight = new(big.Int).Lsh(big.NewInt(1), 256)
