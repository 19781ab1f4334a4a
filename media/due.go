package media

import (
	"cmp"
	"slices"
	"sync"
)

// maxDue is how many changes of tracks may wait for a leg.
const maxDue = 4 * maxWants

// due are changes of tracks that wait for a leg, of each thing only the newest: others who change something all the time
// do not fill the leg's queue, which would end the one who receives.
type due struct {
	mu   sync.Mutex
	todo map[string]change
	next int
}

// change is one of them, with its place among the others.
type change struct {
	place int
	do    func() error
}

// put adds a change. first says that none was waiting, ok that there was room.
func (d *due) put(what string, do func() error) (first, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.todo == nil {
		d.todo = map[string]change{}
	}
	if _, known := d.todo[what]; !known && len(d.todo) >= maxDue {
		return false, false
	}
	first = len(d.todo) == 0
	d.next++
	d.todo[what] = change{d.next, do}
	return first, true
}

// take empties it.
func (d *due) take() []change {
	d.mu.Lock()
	defer d.mu.Unlock()
	list := make([]change, 0, len(d.todo))
	for _, c := range d.todo {
		list = append(list, c)
	}
	d.todo = nil
	slices.SortFunc(list, func(a, b change) int { return cmp.Compare(a.place, b.place) })
	return list
}

// change has something done about a track, or whatever else what names, instead of what is still to be done about it.
func (s *subscriber) change(what string, do func() error) {
	switch first, ok := s.due.put(what, do); {
	case !ok:
		s.fail(errBehind)
	case first:
		s.post(s.follow)
	}
}

// follow makes the changes that are due.
func (s *subscriber) follow() error {
	for _, c := range s.due.take() {
		if err := c.do(); err != nil {
			return err
		}
	}
	return nil
}
