package belenios

import (
	"fmt"
	"slices"
)

// event is a link of the chain with the data that stand before it; the last of them is its payload.
type event struct {
	kind string
	hash string
	data [][]byte
}

// kinds says after which events an event may stand, and how many records of data come with it (specification, 4.4).
var kinds = map[string]struct {
	after []string
	data  int
}{
	"Setup":             {after: []string{""}, data: 4},
	"Ballot":            {after: []string{"Setup", "Ballot"}, data: 1},
	"EndBallots":        {after: []string{"Setup", "Ballot"}, data: 0},
	"EncryptedTally":    {after: []string{"EndBallots"}, data: 2},
	"Shuffle":           {after: []string{"EncryptedTally", "Shuffle"}, data: 2},
	"EndShuffles":       {after: []string{"EncryptedTally", "Shuffle"}, data: 0},
	"PartialDecryption": {after: []string{"EncryptedTally", "EndShuffles", "PartialDecryption"}, data: 2},
	"Result":            {after: []string{"PartialDecryption"}, data: 1},
}

// readEvents checks the chain: each event continues the one before, stands where it may, and comes with exactly the
// records that it refers to.
func readEvents(records []record) ([]event, error) {
	var events []event
	var data [][]byte
	last := event{}
	for _, r := range records {
		if last.kind == "Result" {
			return nil, ErrTrailing
		}
		if !r.isEvent() {
			data = append(data, r.body)
			continue
		}
		next, err := readEvent(r.body, last, len(events), data)
		if err != nil {
			return nil, fmt.Errorf("event %d: %w", len(events), err)
		}
		events, last, data = append(events, next), next, nil
	}
	if len(data) > 0 {
		return nil, fmt.Errorf("%w: %d after the last event", ErrStray, len(data))
	}
	if len(events) == 0 {
		return nil, fmt.Errorf("%w: no setup", ErrTruncated)
	}
	return events, nil
}

func readEvent(body []byte, last event, height int, data [][]byte) (event, error) {
	var w wireEvent
	if err := decode(body, &w); err != nil {
		return event{}, err
	}
	if w.Parent != last.hash {
		return event{}, ErrParent
	}
	if w.Height != height {
		return event{}, ErrHeight
	}
	kind, ok := kinds[w.Type]
	if !ok || !slices.Contains(kind.after, last.kind) {
		return event{}, fmt.Errorf("%.20q after %q: %w", w.Type, last.kind, ErrOrder)
	}
	if len(data) != kind.data {
		return event{}, fmt.Errorf("%s: %w: %d instead of %d", w.Type, ErrStray, len(data), kind.data)
	}
	payload := ""
	if len(data) > 0 {
		payload = hexHash(data[len(data)-1])
	}
	if w.Payload != payload {
		return event{}, fmt.Errorf("%s: %w", w.Type, ErrPayload)
	}
	return event{kind: w.Type, hash: hexHash(body), data: data}, nil
}
