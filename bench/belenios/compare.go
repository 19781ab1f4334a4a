package main

import (
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"stimmbote/voting/belenios"
)

// few is how many ballots are measured one by one.
const few = 20

// compare measures one tool beside ours.
func compare(work string, t *tool, voters int) error {
	v, err := newVote(t.group(), voters, 3, fiveOptions())
	if err != nil {
		return err
	}
	ballots, err := v.sealAll()
	if err != nil {
		return err
	}
	tally, err := v.election.Tally(rand.Reader, ballots, v.keys...)
	if err != nil {
		return err
	}
	name := t.version + "-"
	empty, err := v.archive(work, name+"empty", nil, nil)
	if err != nil {
		return err
	}
	if empty, err = withoutEnd(empty); err != nil {
		return err
	}
	whole, err := v.archive(work, name+"whole", ballots, tally)
	if err != nil {
		return err
	}
	row := func(what string, ours, theirs time.Duration) {
		fmt.Printf("| %s, %s | %s | %s | %s | %.2f |\n", what, v.group, round(ours), t.version, round(theirs),
			float64(ours)/float64(theirs))
	}

	theirs, err := t.verify(whole)
	if err != nil {
		return err
	}
	each := theirs / time.Duration(voters)
	if !t.old() {
		if each, err = least(few, func(i int) (time.Duration, error) { return t.verifyBallot(empty, ballots[i]) }); err != nil {
			return err
		}
	}
	ours, err := oneCore(func(i int) error { _, err := v.election.CheckBallot(ballots[i]); return err })
	if err != nil {
		return err
	}
	row("check a ballot, one core", ours, each)

	if !t.old() {
		each, err = least(few, func(i int) (time.Duration, error) { return t.seal(empty, v.tokens[i], 5) })
		if err != nil {
			return err
		}
		ours, err := oneCore(func(i int) error { _, err := v.seal(i); return err })
		if err != nil {
			return err
		}
		row("make a ballot, one core", ours, each)
	}

	ours, err = timed(func() error { return verifyFile(whole) })
	if err != nil {
		return err
	}
	row(fmt.Sprintf("verify a vote of %d", voters), ours, theirs)
	return compareClose(work, t, v, ballots, row)
}

// compareClose measures from the closed ballot box to the archive.
func compareClose(work string, t *tool, v *vote, ballots [][]byte, row func(string, time.Duration, time.Duration)) error {
	checked := make([]*belenios.Checked, len(ballots)) // each when it came in
	err := onAllCores(len(ballots), func(i int) (err error) {
		checked[i], err = v.election.Check(ballots[i])
		return err
	})
	if err != nil {
		return err
	}
	ours, err := timed(func() error {
		sum, err := v.election.SumOf(checked)
		if err != nil {
			return err
		}
		var shares []belenios.Share
		for _, key := range v.keys {
			share, err := v.election.Decrypt(rand.Reader, sum, key)
			if err != nil {
				return err
			}
			shares = append(shares, share)
		}
		tally, err := v.election.Combine(sum, shares)
		if err != nil {
			return err
		}
		return v.election.WriteArchive(io.Discard, at, ballots, tally)
	})
	if err != nil {
		return err
	}
	closed, err := v.archive(work, t.version+"-closed", ballots, nil)
	if err != nil {
		return err
	}
	theirs, err := t.closeVote(closed, v.keys)
	if err != nil {
		return err
	}
	row(fmt.Sprintf("close a vote of %d", len(ballots)), ours, theirs)
	return nil
}

// withoutEnd cuts the last record off, the end of the ballots: the tool checks ballots only while they may come.
func withoutEnd(path string) (string, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	const record = 2 * 512 // the event is short
	return path, os.WriteFile(path, raw[:len(raw)-record], 0o600)
}

func verifyFile(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	report, err := belenios.VerifyFrom(file, info.Size(), belenios.Options{})
	if err == nil && report.Status != belenios.Complete {
		err = fmt.Errorf("%s: status %d", filepath.Base(path), report.Status)
	}
	return err
}

func timed(work func() error) (time.Duration, error) {
	began := time.Now()
	err := work()
	return time.Since(began), err
}

// least is the best of several measurements: what is added to it comes from others on the machine.
func least(n int, work func(i int) (time.Duration, error)) (time.Duration, error) {
	best := time.Hour
	for i := range n {
		took, err := work(i)
		if err != nil {
			return 0, err
		}
		best = min(best, took)
	}
	return best, nil
}

// oneCore measures our work on a single core, after a first time that makes the tables.
func oneCore(work func(i int) error) (time.Duration, error) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	if err := work(0); err != nil {
		return 0, err
	}
	return least(few, func(i int) (time.Duration, error) { return timed(func() error { return work(i) }) })
}

func round(d time.Duration) string { return d.Round(max(d/1000, time.Microsecond)).String() }
