package belenios

import (
	"bytes"
	"errors"
	"io"
	"testing"
)

// readRecords takes a whole archive apart.
func readRecords(archive []byte) ([]record, error) {
	rr, err := newRecordReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		return nil, err
	}
	var all []record
	for {
		r, err := rr.next()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
}

// readEvents reads the events of an archive that has these records.
func readEvents(records []record) ([]event, error) {
	raw := written(&chain{records: records})
	er := &eventReader{records: must(newRecordReader(bytes.NewReader(raw), int64(len(raw))))(nil)}
	var all []event
	for {
		ev, err := er.next()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		all = append(all, ev)
	}
}

// stampOf is the time that an archive carries.
func stampOf(t testing.TB, archive []byte) int64 {
	t.Helper()
	return must(newRecordReader(bytes.NewReader(archive), int64(len(archive))))(t).stamp
}

// link is an event with its data, as a forger sees it.
type link struct {
	kind    string
	data    [][]byte
	parent  *string
	height  *int
	payload *string
}

func linksOf(t testing.TB, c *chain) []link {
	t.Helper()
	events := must(readEvents(c.records))(t)
	links := make([]link, len(events))
	for i, e := range events {
		links[i] = link{kind: e.kind, data: e.data}
	}
	return links
}

// rechain builds a chain in which each event follows the one before, except for what a link says otherwise.
func rechain(links []link) []byte {
	c := new(chain)
	for i, l := range links {
		w := wireEvent{Parent: c.parent, Height: i, Type: l.kind}
		for _, body := range l.data {
			w.Payload = hexHash(body)
			c.records = append(c.records, record{name: w.Payload + dataSuffix, body: body})
		}
		if l.parent != nil {
			w.Parent = *l.parent
		}
		if l.height != nil {
			w.Height = *l.height
		}
		if l.payload != nil {
			w.Payload = *l.payload
		}
		body := encode(w)
		c.parent = hexHash(body)
		c.records = append(c.records, record{name: c.parent + eventSuffix, body: body})
	}
	return written(c)
}
