package main

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"stimmbote/voting/belenios"
)

var at = time.Unix(1795602580, 0)

// vote is an election of ours with its secrets.
type vote struct {
	uuid, group string
	keys        []*belenios.Key
	tokens      []string
	election    *belenios.Election
}

func fiveOptions() belenios.Question {
	return belenios.Question{Text: "Q", Answers: []string{"A", "B", "C", "D", "E"}, Min: 1, Max: 1}
}

// newVote sets a vote up with single trustees.
func newVote(group string, voters, trustees int, questions ...belenios.Question) (*vote, error) {
	v := &vote{group: group}
	var all []belenios.Trustee
	for range trustees {
		key, err := belenios.NewKey(rand.Reader, group)
		if err != nil {
			return nil, err
		}
		public, err := key.Public(rand.Reader)
		if err != nil {
			return nil, err
		}
		v.keys, all = append(v.keys, key), append(all, belenios.Single(public))
	}
	return v, v.open(voters, all, questions)
}

// open makes credentials and the election.
func (v *vote) open(voters int, trustees []belenios.Trustee, questions []belenios.Question) error {
	var err error
	if v.uuid, err = belenios.NewUUID(rand.Reader); err != nil {
		return err
	}
	public := make([]string, voters)
	for range public {
		token, err := belenios.NewCredential(rand.Reader)
		if err != nil {
			return err
		}
		v.tokens = append(v.tokens, token)
	}
	err = onAllCores(voters, func(i int) (err error) {
		public[i], err = belenios.PublicCredential(v.group, v.uuid, v.tokens[i])
		return err
	})
	if err != nil {
		return err
	}
	setup, err := belenios.NewSetup(belenios.Parameters{UUID: v.uuid, Group: v.group, Name: "bench", Questions: questions}, trustees, public)
	if err != nil {
		return err
	}
	v.election, err = belenios.Open(setup)
	return err
}

// seal makes a voter's ballot: one of the answers to each question.
func (v *vote) seal(voter int) ([]byte, error) {
	var choices [][]int
	for _, q := range v.election.Questions() {
		choice, err := q.Choose(voter % len(q.Answers))
		if err != nil {
			return nil, err
		}
		choices = append(choices, choice)
	}
	return v.election.Seal(rand.Reader, v.tokens[voter], choices)
}

// sealAll makes everybody's ballot.
func (v *vote) sealAll() ([][]byte, error) {
	ballots := make([][]byte, len(v.tokens))
	return ballots, onAllCores(len(ballots), func(i int) (err error) {
		ballots[i], err = v.seal(i)
		return err
	})
}

// archive writes the vote into a folder of its own, as the tools want it.
func (v *vote) archive(work, name string, ballots [][]byte, tally *belenios.Tally) (string, error) {
	dir := filepath.Join(work, name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	var b bytes.Buffer
	if err := v.election.WriteArchive(&b, at, ballots, tally); err != nil {
		return "", err
	}
	path := filepath.Join(dir, v.uuid+".bel")
	return path, os.WriteFile(path, b.Bytes(), 0o600)
}

// onAllCores does n pieces of work.
func onAllCores(n int, work func(i int) error) error {
	var next atomic.Int64
	errs := make([]error, runtime.GOMAXPROCS(0))
	var wg sync.WaitGroup
	for core := range errs {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n && errs[core] == nil; i = int(next.Add(1)) - 1 {
				errs[core] = work(i)
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return fmt.Errorf("on one of the cores: %w", err)
		}
	}
	return nil
}
