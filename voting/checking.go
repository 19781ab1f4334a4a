package voting

import (
	"bytes"
	"context"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"stimmbote/voting/belenios"
	"stimmbote/voting/words"
)

// codeBytes is how much of a tracker a code says. The check words say the bits that follow.
const codeBytes = 10

// Words are the check words of a ballot in a language: the 33 bits of its tracker that follow those
// of its code. There are none of what is no tracker.
func Words(tracker, language string) []string {
	hash, err := base64.RawStdEncoding.DecodeString(tracker)
	if err != nil || len(hash) < codeBytes+8 {
		return nil
	}
	return words.Say(checkBits(hash), language)
}

// checkBits are the bits of a tracker that the check words say.
func checkBits(hash []byte) uint64 {
	return binary.BigEndian.Uint64(hash[codeBytes:]) >> (64 - words.Bits)
}

// Found is the ballot that somebody looked for.
type Found struct {
	Poll    *Poll  // nil if there is none
	Tracker string // of the ballot
	Code    string
	Several bool // the words are those of more than one ballot, which only the code tells apart
}

// Check looks for a ballot by its code or its three check words, in whichever language: among the
// ballots that would count now, of open polls and of those whose archive is kept. Nothing is
// remembered of who asked for what. A text that is neither is refused with [ErrNoCode].
func (p *Polls) Check(ctx context.Context, text string) (Found, error) {
	fits, err := readCheck(text)
	if err != nil {
		return Found{}, err
	}
	polls, err := p.ledger.OpenedPolls(ctx)
	if err != nil {
		return Found{}, fmt.Errorf("looking for ballots: %w", err)
	}
	var found Found
	for _, poll := range polls {
		if err := p.recall(ctx, poll); err != nil {
			return Found{}, err
		}
		trackers, err := p.trackers(ctx, poll)
		if err != nil {
			return Found{}, fmt.Errorf("looking for ballots of poll %s: %w", poll.ID, err)
		}
		for _, tracker := range trackers {
			if !fits(tracker) {
				continue
			}
			if found.Poll != nil {
				return Found{Several: true}, nil
			}
			found = Found{Poll: poll, Tracker: tracker, Code: belenios.Code(tracker)}
		}
	}
	if found.Poll == nil {
		return found, nil
	}
	found.Poll, err = p.withRoll(ctx, found.Poll)
	return found, err
}

// readCheck reads a code or check words, and says which trackers have them.
func readCheck(text string) (fits func(tracker string) bool, err error) {
	if numbers := words.Hear(text); numbers != nil {
		return func(tracker string) bool {
			hash, err := base64.RawStdEncoding.DecodeString(tracker)
			return err == nil && len(hash) >= codeBytes+8 && slices.Contains(numbers, checkBits(hash))
		}, nil
	}
	bare := strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' || r >= '2' && r <= '7' {
			return r
		}
		return -1
	}, strings.ToUpper(text))
	code, err := base32.StdEncoding.DecodeString(bare)
	if err != nil || len(code) != codeBytes {
		return nil, ErrNoCode
	}
	return func(tracker string) bool {
		hash, err := base64.RawStdEncoding.DecodeString(tracker)
		return err == nil && bytes.HasPrefix(hash, code)
	}, nil
}

// trackers are those of the ballots that count, or would count now. Those of a closed poll never
// change: they are read once and remembered.
func (p *Polls) trackers(ctx context.Context, poll *Poll) ([]string, error) {
	if !poll.sealed() {
		return nil, nil
	}
	if poll.State == StateOpen {
		ballots, err := p.box.Ballots(ctx, string(poll.ID))
		return trackersOf(ballots), err
	}
	p.mu.Lock()
	known, ok := p.closed[poll.ID]
	p.mu.Unlock()
	if ok {
		return known, nil
	}
	archive, err := p.kept(ctx, poll)
	if err != nil || archive == nil {
		return nil, err
	}
	contents, err := belenios.Read(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		return nil, err
	}
	trackers := trackersOf(contents.Ballots)
	if poll.State.Ended() { // what is closed in a transaction may not be committed
		p.mu.Lock()
		p.closed[poll.ID] = trackers
		p.mu.Unlock()
	}
	return trackers, nil
}

// kept is the archive of a poll as far as it goes; nil of a rehearsal that is over.
func (p *Polls) kept(ctx context.Context, poll *Poll) ([]byte, error) {
	if poll.State == StateClosed || poll.State == StateCounted {
		return p.bound(ctx, poll)
	}
	return p.ledger.Paper(ctx, poll.ID, paperArchive)
}

func trackersOf(ballots [][]byte) []string {
	trackers := make([]string, len(ballots))
	for i, ballot := range ballots {
		trackers[i] = belenios.Tracker(ballot)
	}
	return trackers
}

// Receipt is what can be said of the ballot of m, from the ballot as it lies in the box or in what
// was closed: never what it chooses. ok is false if there is none.
func (p *Polls) Receipt(ctx context.Context, id ID, m Member) (r Receipt, ok bool, err error) {
	poll, err := p.Poll(ctx, id)
	if err != nil {
		return Receipt{}, false, err
	}
	if !poll.entitled(m) {
		return Receipt{}, false, fmt.Errorf("poll %s: %w", id, ErrNotEntitled)
	}
	if poll.State == StateClosed || poll.State == StateCounted {
		found, err := p.found(ctx, poll)
		if err != nil {
			return Receipt{}, false, err
		}
		tracker, ok := found[m]
		return Receipt{Tracker: tracker, Code: belenios.Code(tracker)}, ok, nil
	}
	if err := mayCast(poll); err != nil {
		return Receipt{}, false, err
	}
	if !poll.sealed() {
		all, err := p.answers(ctx, id)
		_, ok := all[m]
		return Receipt{}, ok, err
	}
	token, err := p.token(ctx, id, m)
	if err != nil {
		return Receipt{}, false, err
	}
	credential, err := belenios.PublicCredential(poll.Group, string(id), token)
	if err != nil {
		return Receipt{}, false, fmt.Errorf("poll %s: deriving a credential: %w", id, err)
	}
	ballot, err := p.box.Ballot(ctx, string(id), credential)
	if err != nil || ballot == nil {
		return Receipt{}, false, err
	}
	tracker := belenios.Tracker(ballot)
	return Receipt{Tracker: tracker, Code: belenios.Code(tracker)}, true, nil
}
