package belenios

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"
)

// wireHeader is the first file of an archive. The timestamp is a text, whatever the specification says: tools refuse
// a number.
type wireHeader struct {
	Version   int    `json:"version"`
	Timestamp string `json:"timestamp"`
}

// wireEvent is an event of the archive's chain (specification, 4.4).
type wireEvent struct {
	Parent  string `json:"parent,omitempty"`
	Height  int    `json:"height"`
	Type    string `json:"type"`
	Payload string `json:"payload,omitempty"`
}

// chain collects an archive's records.
type chain struct {
	records []record
	parent  string
	height  int
}

// add appends what an event refers to, then the event; the last of the data is its payload.
func (c *chain) add(kind string, data ...[]byte) {
	event := wireEvent{Parent: c.parent, Height: c.height, Type: kind}
	for _, body := range data {
		event.Payload = hexHash(body)
		c.records = append(c.records, record{name: event.Payload + dataSuffix, body: body})
	}
	body := encode(event)
	c.parent, c.height = hexHash(body), c.height+1
	c.records = append(c.records, record{name: c.parent + eventSuffix, body: body})
}

// closedChain holds everything up to EndBallots: whoever knows the hash of that event knows every ballot. The ballots
// are sorted by tracker, so that nothing shows in which order they came.
func (e *Election) closedChain(ballots [][]byte) (*chain, error) {
	c := new(chain)
	c.add("Setup", e.setup.Election, e.setup.Trustees, e.setup.Credentials, encode(wireSetup{
		Election: hexHash(e.setup.Election), Trustees: hexHash(e.setup.Trustees), Credentials: hexHash(e.setup.Credentials),
	}))
	type tracked struct {
		tracker string
		raw     []byte
	}
	sorted := make([]tracked, len(ballots))
	for i, raw := range ballots {
		sorted[i] = tracked{tracker: Tracker(raw), raw: raw}
	}
	slices.SortFunc(sorted, func(a, b tracked) int { return cmp.Compare(a.tracker, b.tracker) })
	seen := make(map[string]bool, len(sorted))
	for _, b := range sorted {
		credential, err := e.credentialOf(b.raw)
		if err == nil && seen[credential] {
			err = ErrOneEach
		}
		if err != nil {
			return nil, fmt.Errorf("ballot %s: %w", b.tracker, err)
		}
		seen[credential] = true
		c.add("Ballot", b.raw)
	}
	c.add("EndBallots")
	return c, nil
}

// credentialOf reads whose a ballot of this election is, and nothing else of it.
func (e *Election) credentialOf(raw []byte) (string, error) {
	w := wireBallot{ElectionUUID: e.uuid, ElectionHash: e.hash}
	begin, _, _ := bytes.Cut(encode(w), []byte(`"","answers"`))
	rest, ok := bytes.CutPrefix(raw, append(begin, '"'))
	if !ok {
		return "", ErrOtherElection
	}
	credential, _, ok := bytes.Cut(rest, []byte(`","answers":[`))
	if !ok {
		return "", fmt.Errorf("%w: no credential", ErrShape)
	}
	if _, ok := e.voters[string(credential)]; !ok {
		return "", ErrUnknownCredential
	}
	return string(credential), nil
}

// ClosedHash fixes the ballots before anything is opened: the hash of the EndBallots event in hexadecimal. There is
// one ballot for each credential, in any order.
func (e *Election) ClosedHash(ballots [][]byte) (string, error) {
	c, err := e.closedChain(ballots)
	if err != nil {
		return "", err
	}
	return c.parent, nil
}

// errOtherBallots is returned for a tally of other ballots than those that are written.
var errOtherBallots = errors.New("tally is not of these ballots")

// WriteArchive writes the whole election as one archive, the same bytes whenever the arguments are the same. Without
// a tally it ends where the ballots end.
func (e *Election) WriteArchive(w io.Writer, at time.Time, ballots [][]byte, t *Tally) error {
	c, err := e.closedChain(ballots)
	if err != nil {
		return err
	}
	if t != nil {
		if t.sum.closed != c.parent {
			return errOtherBallots
		}
		c.addTally(t)
	}
	return c.write(w, at.Unix())
}

func (c *chain) addTally(t *Tally) {
	c.add("EncryptedTally", t.sum.raw, t.sum.sized())
	for _, share := range t.shares {
		c.add("PartialDecryption", share.Body, encode(wireOwned{Owner: share.Owner, Payload: hexHash(share.Body)}))
	}
	result := make([][]number, len(t.Sums))
	for q, sums := range t.Sums {
		for _, n := range sums {
			result[q] = append(result[q], number(n))
		}
	}
	c.add("Result", encode(wireSums{Result: result}))
}

func (c *chain) write(w io.Writer, stamp int64) error {
	b := bufio.NewWriter(w)
	head := encode(wireHeader{Version: 1, Timestamp: strconv.FormatInt(stamp, 10)})
	b.Write(tarRecord(headerName, head, stamp))
	for _, r := range c.records {
		b.Write(tarRecord(r.name, r.body, stamp))
	}
	if err := b.Flush(); err != nil {
		return fmt.Errorf("writing archive: %w", err)
	}
	return nil
}
