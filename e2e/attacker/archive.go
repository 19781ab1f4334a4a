package attacker

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"slices"

	"stimmbote/voting/belenios"
)

// Archive is what a group was given of a vote.
type Archive struct {
	*belenios.Report
	data    []byte
	ballots [][]byte
}

// Open reads and verifies the archive in a file.
func Open(file string) (*Archive, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	report, err := belenios.Verify(data)
	if err != nil {
		return nil, fmt.Errorf("verifying %s: %w", file, err)
	}
	contents, err := belenios.Read(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", file, err)
	}
	return &Archive{report, data, contents.Ballots}, nil
}

var codeOfReceipt = regexp.MustCompile(`(?i)code: (\S+)`)

// Tell tells the attacker about a vote what it may know: the result, and whose each ballot is, for which
// each voter's receipt stands in place of the ballot. The error says that the archive is not that of what was chosen.
func (p *Poll) Tell(a *Archive, truth []int) error {
	p.ID, p.Archive, p.Sums = a.UUID, a.data, a.Sums[0][:len(p.Options)]
	chosen := make([]int, len(p.Options))
	for i := range p.Voters {
		chosen[truth[i]]++
		code := codeOfReceipt.FindSubmatch(p.Voters[i].Ballot)
		at := slices.IndexFunc(a.ballots, func(b []byte) bool {
			return code != nil && belenios.Code(belenios.Tracker(b)) == string(code[1])
		})
		if at < 0 {
			return fmt.Errorf("no ballot has the code of the receipt %q", p.Voters[i].Ballot)
		}
		p.Voters[i].Ballot = a.ballots[at]
	}
	if len(a.ballots) != len(p.Voters) || !slices.Equal(chosen, p.Sums) {
		return fmt.Errorf("the result of %d ballots is %v, and %v was chosen by %d", len(a.ballots), p.Sums, chosen, len(p.Voters))
	}
	return nil
}
