package belenios

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"
	"sync/atomic"
)

// ballots checks the ballots of an archive on all cores while it is read, and adds up those that count. Every ballot is
// checked, counted or not: one that a later one replaces could be another voter's. Results are taken in the archive's
// order, so what is reported does not depend on chance.
type ballots struct {
	e      *Election
	source io.ReaderAt
	seen   map[[sha256.Size]byte]bool
	work   chan *task
	order  chan *task
	done   sync.WaitGroup
	ended  sync.Once
	failed atomic.Bool

	// for the collector alone, until it has ended
	err   error
	adder *adder
	all   []counted
	last  map[string]int // where the ballot of a credential is among all
}

// task is a ballot to be checked.
type task struct {
	raw     []byte
	height  int
	counted counted
	result  chan checked
}

type checked struct {
	b   *ballot
	err error
}

// counted is what is kept of a ballot. The contents are read once more in the rare case that it is replaced.
type counted struct {
	tracker  [sha256.Size]byte
	at       int64
	size     int
	replaced bool
}

func (v *verifier) newBallots() *ballots {
	cores := runtime.GOMAXPROCS(0)
	b := &ballots{
		e: v.e, source: v.source, seen: make(map[[sha256.Size]byte]bool),
		work: make(chan *task, cores), order: make(chan *task, 16*cores),
		adder: v.e.newAdder(), last: make(map[string]int),
	}
	for range cores {
		b.done.Go(func() {
			for t := range b.work {
				one, err := b.e.checkBallot(t.raw)
				t.result <- checked{one, err}
			}
		})
	}
	b.done.Go(b.collect)
	return b
}

// take passes a ballot on, unless one before it was found false.
func (b *ballots) take(ev event) error {
	raw := ev.data[0]
	t := &task{
		raw:     raw,
		height:  ev.height,
		counted: counted{tracker: sha256.Sum256(raw), at: ev.at, size: len(raw)},
		result:  make(chan checked, 1),
	}
	if b.failed.Load() {
		return errFailed
	}
	if b.seen[t.counted.tracker] {
		return fmt.Errorf("ballot %s: %w", t.counted, ErrRepeated)
	}
	b.seen[t.counted.tracker] = true
	b.order <- t
	b.work <- t
	return nil
}

// errFailed stops the reading; the collector knows why.
var errFailed = errors.New("an earlier ballot is false")

// collect takes the results in order and adds up.
func (b *ballots) collect() {
	for t := range b.order {
		r := <-t.result
		if b.err != nil {
			continue
		}
		if r.err == nil {
			r.err = b.add(t.counted, r.b)
		}
		if r.err != nil {
			b.err = fmt.Errorf("event %d (Ballot): ballot %s: %w", t.height, t.counted, r.err)
			b.failed.Store(true)
		}
	}
}

// add counts a ballot in place of what the same credential cast before, 4.17.
func (b *ballots) add(c counted, one *ballot) error {
	if i, again := b.last[one.voter.credential]; again {
		older, err := b.read(b.all[i])
		if err != nil {
			return err
		}
		b.adder.remove(older)
		b.all[i].replaced = true
	}
	b.last[one.voter.credential] = len(b.all)
	b.all = append(b.all, c)
	b.adder.add(one)
	return nil
}

// read gets a ballot once more. It is checked once more as well: the file may have been changed meanwhile.
func (b *ballots) read(c counted) (*ballot, error) {
	raw := make([]byte, c.size)
	if n, err := b.source.ReadAt(raw, c.at); n < len(raw) {
		return nil, fmt.Errorf("%w: %w", ErrRead, err)
	}
	if sha256.Sum256(raw) != c.tracker {
		return nil, ErrName
	}
	return b.e.checkBallot(raw)
}

// wait ends the work, the first time.
func (b *ballots) wait() error {
	b.ended.Do(func() {
		close(b.work)
		close(b.order)
		b.done.Wait()
	})
	return b.err
}

// String is the tracker.
func (c counted) String() string { return base64.RawStdEncoding.EncodeToString(c.tracker[:]) }

// trackers are those of the ballots that count, in the archive's order.
func (b *ballots) trackers() []string {
	trackers := make([]string, 0, b.adder.counted)
	for _, c := range b.all {
		if !c.replaced {
			trackers = append(trackers, c.String())
		}
	}
	return trackers
}
