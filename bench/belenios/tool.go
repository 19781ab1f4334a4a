package main

import (
	"bytes"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"stimmbote/voting/belenios"
)

// tool is a version of belenios-tool.
type tool struct {
	path, version string
	start         time.Duration // of a process that does nothing
}

func newTool(path string) (*tool, error) {
	t := &tool{path: path}
	out, _, err := t.run("", "--version")
	if err != nil {
		return nil, fmt.Errorf("%s (Debian: apt install belenios-tool): %w", path, err)
	}
	t.version, _, _ = strings.Cut(string(out), " ")
	t.start = time.Hour
	for range 10 {
		_, took, err := t.run("", "--version")
		if err != nil {
			return nil, err
		}
		t.start = min(t.start, took)
	}
	return t, nil
}

// old tools know no Ed25519 and no single ballot.
func (t *tool) old() bool {
	return strings.HasPrefix(t.version, "2.0") || strings.HasPrefix(t.version, "2.1")
}

// group is the one that the tool is measured in.
func (t *tool) group() string {
	if t.old() {
		return belenios.Group2048
	}
	return belenios.Ed25519
}

// run runs a command and says how long it took, start included.
func (t *tool) run(stdin string, args ...string) ([]byte, time.Duration, error) {
	cmd := exec.Command(t.path, args...)
	cmd.Env = append(os.Environ(), "BELENIOS_USE_URANDOM=1")
	cmd.Stdin = strings.NewReader(stdin)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	began := time.Now()
	if err := cmd.Run(); err != nil {
		return nil, 0, fmt.Errorf("%s %q: %w\n%s", t.path, args, err, &errs)
	}
	return out.Bytes(), time.Since(began), nil
}

// net runs a command and takes the start off.
func (t *tool) net(args ...string) (time.Duration, error) {
	_, took, err := t.run("", args...)
	return max(0, took-t.start), err
}

// verify judges the archive in the folder of this file.
func (t *tool) verify(path string) (time.Duration, error) {
	return t.net("election", "verify", "--dir", filepath.Dir(path))
}

// verifyBallot judges one ballot of a vote.
func (t *tool) verifyBallot(path string, ballot []byte) (time.Duration, error) {
	dir := filepath.Dir(path)
	file := filepath.Join(dir, "ballot.json")
	if err := os.WriteFile(file, ballot, 0o600); err != nil {
		return 0, err
	}
	return t.net("election", "verify-ballot", "--dir", dir, "--ballot", file)
}

// seal makes a ballot.
func (t *tool) seal(path, token string, answers int) (time.Duration, error) {
	dir := filepath.Dir(path)
	credential, choice := filepath.Join(dir, "credential"), filepath.Join(dir, "choice")
	text := "[[1" + strings.Repeat(",0", answers-1) + "]]"
	if err := os.WriteFile(credential, []byte(token+"\n"), 0o600); err != nil {
		return 0, err
	}
	if err := os.WriteFile(choice, []byte(text), 0o600); err != nil {
		return 0, err
	}
	return t.net("election", "generate-ballot", "--dir", dir, "--privcred", credential, "--choice", choice)
}

// closeVote lets the tool add up, open with every key and compute the result, from an archive whose ballots are closed.
func (t *tool) closeVote(path string, keys []*belenios.Key) (time.Duration, error) {
	dir := filepath.Dir(path)
	var all time.Duration
	step := func(kind string, args ...string) error {
		out, took, err := t.run("", append(args, "--dir", dir)...)
		if err != nil {
			return err
		}
		all += max(0, took-t.start)
		_, _, err = t.run(string(out), "archive", "add-event", "--dir", dir, "--type="+kind) // writing is not counted
		return err
	}
	if err := step("EncryptedTally", "election", "compute-encrypted-tally"); err != nil {
		return 0, err
	}
	for i, key := range keys {
		file := filepath.Join(dir, "trustee.privkey")
		number := new(big.Int).SetBytes(key.Bytes()).String()
		if err := os.WriteFile(file, []byte(strconv.Quote(number)), 0o600); err != nil {
			return 0, err
		}
		if err := step("PartialDecryption", "election", "decrypt", "--privkey", file, "--trustee-id", strconv.Itoa(i+1)); err != nil {
			return 0, err
		}
	}
	return all, step("Result", "election", "compute-result")
}
