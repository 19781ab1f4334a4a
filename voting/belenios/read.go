package belenios

import (
	"errors"
	"io"
)

// Contents are what somebody who takes part needs of an archive: a trustee on a machine of their own, who adds the
// ballots up before giving a share.
type Contents struct {
	Election *Election
	// Ballots are the last of each credential, in the archive's order. Nothing of them was checked but whose they say
	// they are; Sum checks the rest.
	Ballots [][]byte
	// Credentials are whose ballots they are, in the same order.
	Credentials []string
	// ClosedHash is the hash of the EndBallots event; empty as long as ballots can come.
	ClosedHash string
}

// Read takes an archive apart. The setup and the chain of events are checked as Verify checks them; ballots are not, and
// what follows their end is left out. It holds all ballots at a time.
func Read(r io.ReaderAt, size int64) (*Contents, error) {
	records, err := newRecordReader(r, size)
	if err != nil {
		return nil, err
	}
	events := &eventReader{records: records}
	c := new(Contents)
	place := make(map[string]int)
	var all [][]byte
	var owners []string
	for {
		ev, err := events.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		switch ev.kind {
		case "Setup":
			if c.Election, err = openSetup(ev.data); err != nil {
				return nil, err
			}
		case "Ballot":
			credential, err := c.Election.credentialOf(ev.data[0])
			if err != nil {
				return nil, err
			}
			if i, again := place[credential]; again {
				all[i] = nil
			}
			place[credential] = len(all)
			all, owners = append(all, ev.data[0]), append(owners, credential)
		case "EndBallots":
			c.ClosedHash = ev.hash
		}
	}
	for i, raw := range all {
		if raw != nil {
			c.Ballots, c.Credentials = append(c.Ballots, raw), append(c.Credentials, owners[i])
		}
	}
	return c, nil
}
