package belenios

import (
	"errors"
	"fmt"
	"io"
	"slices"
)

// event is a link of the chain with the data that stand before it; the last of them is its payload.
type event struct {
	kind   string
	height int
	hash   string
	data   [][]byte
	at     int64 // where the contents of the first of them begin
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

// most is how many records of data any event has.
const most = 4

// eventReader checks the chain: each event continues the one before, stands where it may, and comes with exactly the
// records that it refers to.
type eventReader struct {
	records *recordReader
	last    event
	n       int // events read
}

// next is the next event, or io.EOF where the archive may end.
func (er *eventReader) next() (event, error) {
	var data []record
	for {
		r, err := er.records.next()
		switch {
		case errors.Is(err, io.EOF) && len(data) > 0:
			return event{}, fmt.Errorf("%w: %d after the last event", ErrStray, len(data))
		case errors.Is(err, io.EOF) && er.n == 0:
			return event{}, fmt.Errorf("%w: no setup", ErrTruncated)
		case err != nil:
			return event{}, err
		case er.last.kind == "Result":
			return event{}, ErrTrailing
		case r.isEvent():
			return er.link(r, data)
		}
		if data = append(data, r); len(data) > most {
			return event{}, fmt.Errorf("event %d: %w: more than any event has", er.n, ErrStray)
		}
	}
}

func (er *eventReader) link(r record, data []record) (event, error) {
	bodies := make([][]byte, len(data))
	for i, d := range data {
		bodies[i] = d.body
	}
	next, err := readEvent(r.body, er.last, er.n, bodies)
	if err != nil {
		return event{}, fmt.Errorf("event %d: %w", er.n, err)
	}
	if len(data) > 0 {
		next.at = data[0].at
	}
	er.n++
	er.records.most = maxLater
	er.last = event{kind: next.kind, hash: next.hash}
	return next, nil
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
	return event{kind: w.Type, height: height, hash: hexHash(body), data: data}, nil
}
