package attacker

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"os"
	"slices"

	"stimmbote/voting/belenios"
)

// near is how many bytes before and behind a voter's name an answer is looked for.
const near = 500

// log looks for an option beside a voter's name in each line of the log.
func log(polls []Poll, e Evidence) Guess {
	votes := newVotes(polls)
	for line := range bytes.Lines(e.Log) {
		votes.read(line)
	}
	return votes.guess("words in the log")
}

// files looks for an option beside a voter's name in the bytes of every file.
func files(polls []Poll, e Evidence) Guess {
	votes := newVotes(polls)
	for _, file := range e.Files {
		data, err := os.ReadFile(file)
		if err != nil {
			continue // it was deleted meanwhile
		}
		for _, p := range polls {
			for _, option := range p.Options {
				for at := 0; ; {
					n := bytes.Index(data[at:], []byte(option))
					if n < 0 {
						break
					}
					at += n + len(option)
					votes.read(data[max(0, at-near):min(len(data), at+near)])
				}
			}
		}
	}
	return votes.guess("words in files")
}

// votes is how often an option was found beside a voter.
type votes struct {
	polls []Poll
	found [][][]int
}

func newVotes(polls []Poll) *votes {
	v := &votes{polls: polls}
	for _, p := range polls {
		counts := make([][]int, len(p.Voters))
		for i := range counts {
			counts[i] = make([]int, len(p.Options))
		}
		v.found = append(v.found, counts)
	}
	return v
}

// read looks whether some bytes name one option of a poll, and one of its voters.
func (v *votes) read(text []byte) {
	for i, p := range v.polls {
		option := only(len(p.Options), func(n int) bool { return bytes.Contains(text, []byte(p.Options[n])) })
		if option == unknown {
			continue
		}
		voter := only(len(p.Voters), func(n int) bool {
			here, anywhere := p.Voters[n].marks()
			return slices.ContainsFunc(append(here, anywhere...), func(mark string) bool { return bytes.Contains(text, []byte(mark)) })
		})
		if voter != unknown {
			v.found[i][voter][option]++
		}
	}
}

// only is the one of n for which something is so; unknown if there are more, or none.
func only(n int, so func(n int) bool) int {
	found := unknown
	for i := range n {
		if !so(i) {
			continue
		}
		if found != unknown {
			return unknown
		}
		found = i
	}
	return found
}

// guess is what was found most often.
func (v *votes) guess(method string) Guess {
	g := blank(method, v.polls)
	for i, p := range v.polls {
		for j := range p.Voters {
			if best := slices.Max(v.found[i][j]); best > 0 {
				g.Chosen[i][j] = slices.Index(v.found[i][j], best)
			}
		}
	}
	return g
}

// keys tries whatever a backup has in place of a poll's key, and opens each ballot by itself.
func keys(polls []Poll, all []row, g Guess) {
	for _, r := range all {
		content, ok := r.values["content"].([]byte)
		if !ok || r.table != "paper" || fmt.Sprint(r.values["name"]) != "key" {
			continue
		}
		for i, p := range polls {
			if p.ID == fmt.Sprint(r.values["poll"]) && g.Chosen[i][0] == unknown {
				open(p, content, g.Chosen[i])
			}
		}
	}
}

// open opens the ballots of a poll, if that is its key.
func open(p Poll, content []byte, chosen []int) {
	contents, err := belenios.Read(bytes.NewReader(p.Archive), int64(len(p.Archive)))
	if err != nil {
		return
	}
	key, err := belenios.ParseKey(contents.Election.Group(), content)
	if err != nil {
		return
	}
	openWith(p, []*belenios.Key{key}, chosen)
}

// openWith opens the ballots of a poll with such keys, if those are all that it takes.
func openWith(p Poll, keys []*belenios.Key, chosen []int) {
	contents, err := belenios.Read(bytes.NewReader(p.Archive), int64(len(p.Archive)))
	if err != nil {
		return
	}
	for i, v := range p.Voters {
		tally, err := contents.Election.Tally(rand.Reader, [][]byte{v.Ballot}, keys...)
		if err == nil {
			chosen[i] = slices.Index(tally.Sums[0], 1)
		}
	}
}
