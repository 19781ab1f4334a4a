package attacker

import (
	"bytes"
	"fmt"
	"maps"
	"math"
	"math/big"
	"regexp"
	"slices"

	"stimmbote/voting/belenios"
)

// features are numbers about each voter in each poll: if the answer shows in one of them, then
// voters in the order of the number are in the order of the options, whatever order that is.
type features struct {
	polls  []Poll
	values map[string][][]float64 // by name; NaN where there is none
}

func newFeatures(polls []Poll) *features {
	return &features{polls: polls, values: make(map[string][][]float64)}
}

// note keeps a number; of several with one name the last.
func (f *features) note(poll, voter int, value float64, name string) {
	if f.values[name] == nil {
		all := make([][]float64, len(f.polls))
		for i, p := range f.polls {
			all[i] = slices.Repeat([]float64{math.NaN()}, len(p.Voters))
		}
		f.values[name] = all
	}
	f.values[name][poll][voter] = value
}

// first keeps a number unless there is one already.
func (f *features) first(poll, voter int, value float64, name string) {
	if f.values[name] == nil || math.IsNaN(f.values[name][poll][voter]) {
		f.note(poll, voter, value, name)
	}
}

func (f *features) each(do func(poll, voter int, p Poll, v Voter)) {
	for i, p := range f.polls {
		for j, v := range p.Voters {
			do(i, j, p, v)
		}
	}
}

// events are the sizes and times of what the homeserver has.
func (f *features) events(e Evidence) {
	redacted := make(map[string]int64)
	for _, evt := range e.Events {
		if evt.Redacts != "" {
			redacted[evt.Redacts] = evt.At
		}
	}
	f.each(func(poll, voter int, _ Poll, v Voter) {
		answer := e.Events[v.Answer]
		f.note(poll, voter, float64(answer.At), "order of answering")
		f.note(poll, voter, float64(answer.Size), "size of the answer")
		f.note(poll, voter, float64(len(v.Said)), "number of messages to the voter")
		if at, ok := redacted[v.Answer]; ok {
			f.note(poll, voter, float64(at-answer.At), "time until the answer is taken back")
		}
		for n, said := range v.Said {
			if evt, ok := e.Events[said]; ok {
				f.note(poll, voter, float64(evt.Size), fmt.Sprintf("size of message %d to the voter", n))
				f.note(poll, voter, float64(evt.At-answer.At), fmt.Sprintf("time until message %d to the voter", n))
			}
		}
	})
}

// lines are how many lines of the log name the voter's messages, and how long these lines are.
func (f *features) lines(e Evidence) {
	f.each(func(poll, voter int, _ Poll, v Voter) {
		here, _ := v.marks()
		for n, mark := range here {
			count, long := 0, 0
			for line := range bytes.Lines(e.Log) {
				if bytes.Contains(line, []byte(mark)) {
					count++
					long += len(line)
				}
			}
			if count > 0 {
				f.note(poll, voter, float64(count), fmt.Sprintf("lines of the log about message %d", n))
				f.note(poll, voter, float64(long), fmt.Sprintf("length of the log about message %d", n))
			}
		}
	})
}

var number = regexp.MustCompile(`"([0-9a-f]+)"`)

// ballots are the numbers in each ballot, their lengths, and where it lies in the archive.
func (f *features) ballots() {
	f.each(func(poll, voter int, p Poll, v Voter) {
		f.note(poll, voter, float64(len(v.Ballot)), "size of the ballot")
		f.note(poll, voter, float64(bytes.Index(p.Archive, v.Ballot)), "place in the archive")
		tracker := belenios.Tracker(v.Ballot)
		f.note(poll, voter, float64(int(tracker[0])<<8|int(tracker[1])), "tracker")
		for n, found := range number.FindAllSubmatch(v.Ballot, -1) {
			f.note(poll, voter, float64(len(found[1])), fmt.Sprintf("length of number %d of the ballot", n))
			if x, ok := new(big.Float).SetString("0x" + string(found[1])); ok {
				value, _ := x.Float64()
				f.note(poll, voter, value, fmt.Sprintf("number %d of the ballot", n))
			}
		}
	})
}

// guesses are one for each number and each order of the options that somebody chose.
func (f *features) guesses() []Guess {
	var all []Guess
	for _, name := range slices.Sorted(maps.Keys(f.values)) {
		for n, order := range orders(len(f.polls[0].Sums)) {
			g := blank(fmt.Sprintf("%s, %d", name, n), f.polls)
			for i, p := range f.polls {
				deal(g.Chosen[i], f.values[name][i], p.Sums, order)
			}
			all = append(all, g)
		}
	}
	return all
}

// deal gives the options, each as often as it was chosen, to the voters in the order of a number.
func deal(chosen []int, values []float64, sums, order []int) {
	voters := make([]int, len(values))
	for i := range voters {
		voters[i] = i
	}
	slices.SortStableFunc(voters, func(a, b int) int {
		switch x, y := values[a], values[b]; {
		case x < y, !math.IsNaN(x) && math.IsNaN(y):
			return -1
		case x > y, math.IsNaN(x) && !math.IsNaN(y):
			return 1
		}
		return 0
	})
	for _, option := range order {
		for range sums[option] {
			chosen[voters[0]], voters = option, voters[1:]
		}
	}
}

// orders are all orders of 0 … n−1.
func orders(n int) [][]int {
	if n == 0 {
		return [][]int{nil}
	}
	var all [][]int
	for _, shorter := range orders(n - 1) {
		for at := range n {
			all = append(all, slices.Insert(slices.Clone(shorter), at, n-1))
		}
	}
	return all
}
