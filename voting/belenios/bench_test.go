package belenios

import (
	"crypto/rand"
	"testing"
)

// A poll with five answers, comparable with what others measure of belenios-tool.
func benchPoll(b *testing.B) (*poll, [][]byte) {
	b.Helper()
	p := newPoll(b, "A", "B", "C", "D", "E")
	var ballots [][]byte
	for voter := range p.credentials {
		ballots = append(ballots, p.seal(b, voter, voter%5))
	}
	return p, ballots
}

func BenchmarkSeal(b *testing.B) {
	p, _ := benchPoll(b)
	for b.Loop() {
		p.seal(b, 0, 1)
	}
}

func BenchmarkCheckBallot(b *testing.B) {
	p, ballots := benchPoll(b)
	for b.Loop() {
		must(p.election.CheckBallot(ballots[0]))(b)
	}
}

func BenchmarkOpenSetup(b *testing.B) {
	p, _ := benchPoll(b)
	for b.Loop() {
		must(Open(p.setup))(b)
	}
}

func BenchmarkTallySixBallots(b *testing.B) {
	p, ballots := benchPoll(b)
	for b.Loop() {
		must(p.election.Tally(rand.Reader, ballots, p.key))(b)
	}
}

func BenchmarkVerifySixBallots(b *testing.B) {
	p, ballots := benchPoll(b)
	archive := p.archive(b, ballots, must(p.election.Tally(rand.Reader, ballots, p.key))(b))
	for b.Loop() {
		must(Verify(archive))(b)
	}
}
