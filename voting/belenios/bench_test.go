package belenios

import (
	"crypto/rand"
	"testing"
)

// A poll with five answers, comparable with what others measure of belenios-tool.
func benchPoll(b *testing.B, group string) (*poll, [][]byte) {
	b.Helper()
	p := pollIn(b, group, 1, Question{Text: "?", Answers: []string{"A", "B", "C", "D", "E"}, Min: 1, Max: 1})
	var ballots [][]byte
	for voter := range p.credentials {
		ballots = append(ballots, p.seal(b, voter, voter%5))
	}
	return p, ballots
}

// inBoth measures in each group.
func inBoth(b *testing.B, work func(b *testing.B, p *poll, ballots [][]byte)) {
	for _, group := range bothGroups {
		b.Run(group, func(b *testing.B) {
			p, ballots := benchPoll(b, group)
			must(p.election.CheckBallot(ballots[0]))(b) // the tables are made here
			work(b, p, ballots)
		})
	}
}

func BenchmarkSeal(b *testing.B) {
	inBoth(b, func(b *testing.B, p *poll, _ [][]byte) {
		for b.Loop() {
			p.seal(b, 0, 1)
		}
	})
}

func BenchmarkCheckBallot(b *testing.B) {
	inBoth(b, func(b *testing.B, p *poll, ballots [][]byte) {
		for b.Loop() {
			must(p.election.CheckBallot(ballots[0]))(b)
		}
	})
}

func BenchmarkOpenSetup(b *testing.B) {
	inBoth(b, func(b *testing.B, p *poll, _ [][]byte) {
		for b.Loop() {
			must(Open(p.setup))(b)
		}
	})
}

func BenchmarkTallySixBallots(b *testing.B) {
	inBoth(b, func(b *testing.B, p *poll, ballots [][]byte) {
		for b.Loop() {
			must(p.election.Tally(rand.Reader, ballots, p.keys...))(b)
		}
	})
}

func BenchmarkVerifySixBallots(b *testing.B) {
	inBoth(b, func(b *testing.B, p *poll, ballots [][]byte) {
		archive := p.archive(b, ballots, must(p.election.Tally(rand.Reader, ballots, p.keys...))(b))
		for b.Loop() {
			must(Verify(archive))(b)
		}
	})
}
