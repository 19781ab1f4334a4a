package guest

import (
	"sync"
	"time"
)

const (
	patience  = 200 * time.Millisecond // that a sound may be later than the fastest of its time
	lately    = 5 * time.Second
	row       = 3                      // sounds missing one after the other are heard as silence
	blind     = 300 * time.Millisecond // without a picture that can be shown, a whole one is asked for
	askAgain  = 500 * time.Millisecond
	forgotten = 3 * time.Second // after which parts of a picture are of no use
)

// ear notes which sounds came in time.
type ear struct {
	mu    sync.Mutex
	heard map[uint32]sound
}

type sound struct{ sent, came time.Time }

func newEar() *ear { return &ear{heard: map[uint32]sound{}} }

func (e *ear) take(s stamp, now time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if _, twice := e.heard[s.number]; !twice {
		e.heard[s.number] = sound{s.sent, now}
	}
}

// report fills in what was heard of the sounds that were sent between two times.
func (e *ear) report(r *Report, begin, end time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	var first, last uint32
	var at time.Time // when the first was sent
	for n, s := range e.heard {
		if at.IsZero() || n < first {
			first, at = n, s.sent
		}
		last = max(last, n)
	}
	if at.IsZero() {
		return
	}
	missing, since := 0, time.Time{}
	done := func(now time.Time) {
		if missing >= row {
			r.Silences = append(r.Silences, Silence{At: int(since.Sub(begin).Milliseconds()), Ms: int(now.Sub(since).Milliseconds())})
		}
		missing = 0
	}
	fastest := e.fastest(first, last)
	for n := first; ; n++ {
		sent := at.Add(time.Duration(n-first) * soundEvery)
		s, came := e.heard[n]
		if came {
			sent = s.sent
			first, at = n, sent
		}
		if !sent.Before(end) || n > last+1<<16 {
			done(end)
			break
		}
		if sent.Before(begin) {
			continue
		}
		r.Sounds++
		if came && s.came.Sub(sent) <= fastest[n]+patience {
			done(sent)
			continue
		}
		if missing++; missing == 1 {
			since = sent
		}
		r.Unheard++
	}
	for n, s := range e.heard {
		if s.sent.Before(end.Add(-2 * lately)) {
			delete(e.heard, n)
		}
	}
}

// fastest is, for each sound that came, the shortest way of those before it.
func (e *ear) fastest(first, last uint32) map[uint32]time.Duration {
	all := map[uint32]time.Duration{}
	var window []uint32 // whose way grows
	way := func(n uint32) time.Duration { return e.heard[n].came.Sub(e.heard[n].sent) }
	for n := first; n <= last; n++ {
		if _, came := e.heard[n]; !came {
			continue
		}
		for len(window) > 0 && way(window[len(window)-1]) >= way(n) {
			window = window[:len(window)-1]
		}
		window = append(window, n)
		for e.heard[n].sent.Sub(e.heard[window[0]].sent) > lately {
			window = window[1:]
		}
		all[n] = way(window[0])
	}
	return all
}

// eye notes which pictures can be shown: whole ones, and those that what they change has been shown before.
type eye struct {
	mu      sync.Mutex
	parts   map[picture]*pile
	shown   bool
	layer   byte
	number  uint32
	showed  time.Time
	came    time.Time // of the last part of anything
	asked   time.Time
	history []shown
}

type picture struct {
	number uint32
	layer  byte
}

type pile struct {
	have  map[byte]bool
	parts byte
	key   bool
	since time.Time
}

type shown struct {
	at    time.Time
	layer byte
}

func newEye() *eye { return &eye{parts: map[picture]*pile{}} }

// take notes a part, and says whether a whole picture is to be asked for.
func (e *eye) take(s stamp, now time.Time) (ask bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.came.IsZero() || now.Sub(e.came) > blind {
		e.showed = now // it has been paused, which nobody has to ask about
	}
	e.came = now
	id := picture{s.number, s.layer}
	p := e.parts[id]
	if p == nil {
		p = &pile{have: map[byte]bool{}, parts: s.parts, key: s.key, since: now}
		e.parts[id] = p
	}
	p.have[s.part] = true
	for e.next(now) {
	}
	for id, p := range e.parts {
		if now.Sub(p.since) > forgotten {
			delete(e.parts, id)
		}
	}
	if now.Sub(e.showed) > blind && now.Sub(e.asked) > askAgain {
		e.asked = now
		return true
	}
	return false
}

// next shows the next picture, if there is one.
func (e *eye) next(now time.Time) bool {
	for id, p := range e.parts {
		follows := e.shown && id.layer == e.layer && id.number == e.number+1
		fresh := p.key && (!e.shown || id.number > e.number || id.number == e.number && id.layer > e.layer)
		if len(p.have) < int(p.parts) || !follows && !fresh {
			continue
		}
		e.shown, e.layer, e.number, e.showed = true, id.layer, id.number, now
		e.history = append(e.history, shown{now, id.layer})
		for old := range e.parts {
			if old.number <= id.number {
				delete(e.parts, old)
			}
		}
		return true
	}
	return false
}

// report fills in what was shown between two times.
func (e *eye) report(r *Report, begin, end time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, f := range e.history {
		if !f.at.Before(begin) && f.at.Before(end) {
			r.Frames = append(r.Frames, Frame{At: int(f.at.Sub(begin).Milliseconds()), Layer: int(f.layer)})
		}
	}
}
