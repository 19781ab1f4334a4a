package main

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"stimmbote/voting/belenios"
)

// measureMemory makes a vote with n ballots, which are not opened, and verifies it in a process of its own.
func measureMemory(work string, n int) error {
	path, err := large(work, n)
	if err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	program := filepath.Join(work, "verify")
	if out, err := exec.Command("go", "build", "-o", program, "./cmd/verify").CombinedOutput(); err != nil {
		return fmt.Errorf("building cmd/verify: %w\n%s", err, out)
	}
	began := time.Now()
	cmd := exec.Command(program, path)
	most, err := peak(cmd)
	if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != int(belenios.Incomplete) {
		return fmt.Errorf("verifying: %w", err)
	}
	fmt.Printf("| %d | %d MB | %s | %d MB |\n", n, info.Size()>>20, round(time.Since(began)), most>>20)
	return nil
}

func large(work string, n int) (string, error) {
	v, err := newVote(belenios.Ed25519, n, 1, fiveOptions())
	if err != nil {
		return "", err
	}
	ballots, err := v.sealAll()
	if err != nil {
		return "", err
	}
	return v.archive(work, fmt.Sprintf("memory-%d", n), ballots, nil)
}

// listVerdicts asks every tool, by recheck.sh, about ten archives of different kinds.
func listVerdicts(work string, tools []*tool) error {
	blank := belenios.Question{Text: "Adopt?", Answers: []string{"Yes", "No"}, Min: 1, Max: 1, Blank: true}
	several := belenios.Question{Text: "Whom?", Answers: []string{"A", "B", "C", "D"}, Max: 2}
	for _, group := range []string{belenios.Ed25519, belenios.Group2048} {
		for _, kind := range []struct {
			name      string
			trustees  int
			circle    bool
			questions []belenios.Question
		}{
			{"one of five, one trustee", 1, false, []belenios.Question{fiveOptions()}},
			{"one of two or blank, three trustees", 3, false, []belenios.Question{blank}},
			{"up to two of four, two trustees", 2, false, []belenios.Question{several}},
			{"three questions, one trustee", 1, false, []belenios.Question{fiveOptions(), blank, several}},
			{"one of five, one trustee and two of three", 1, true, []belenios.Question{fiveOptions()}},
		} {
			v, err := newVote(group, 7, kind.trustees, kind.questions...)
			if kind.circle {
				v, err = withCircle(group, 7, kind.questions...)
			}
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
			path, err := v.archive(work, v.uuid, ballots, tally)
			if err != nil {
				return err
			}
			fmt.Printf("%s, %s:\n", group, kind.name)
			for _, t := range tools {
				cmd := exec.Command("./recheck.sh", path)
				cmd.Env = append(os.Environ(), "BELENIOS_TOOL="+t.path)
				out, err := cmd.CombinedOutput()
				said := string(bytes.TrimSpace(out))
				if err != nil && t.old() && group == belenios.Ed25519 {
					said = "belenios-tool " + t.version + " does not know this group"
				}
				fmt.Printf("  %s\n", strings.TrimPrefix(said, path+": "))
			}
		}
	}
	return nil
}

// withCircle has one single trustee, and three of whom two are enough; the keys of one and two are there.
func withCircle(group string, voters int, questions ...belenios.Question) (*vote, error) {
	v, err := newVote(group, 1, 1, questions...)
	if err != nil {
		return nil, err
	}
	public, err := v.keys[0].Public(rand.Reader)
	if err != nil {
		return nil, err
	}
	parameters, keys, err := ceremony(belenios.Ceremony{Group: group, Size: 3, Threshold: 2})
	if err != nil {
		return nil, err
	}
	v = &vote{group: group, keys: append(v.keys, keys[0], keys[2])}
	return v, v.open(voters, []belenios.Trustee{belenios.Single(public), belenios.Pedersen(parameters)}, questions)
}

func ceremony(c belenios.Ceremony) (parameters []byte, keys []*belenios.Key, err error) {
	seeds := make([]string, c.Size)
	certs, dealings, outputs := make([][]byte, c.Size), make([][]byte, c.Size), make([][]byte, c.Size)
	commitments := make([]string, c.Size)
	keys = make([]*belenios.Key, c.Size)
	for i := range seeds {
		if seeds[i], err = belenios.NewSeed(rand.Reader); err != nil {
			return nil, nil, err
		}
		if certs[i], err = c.Certificate(rand.Reader, seeds[i], i+1); err != nil {
			return nil, nil, err
		}
	}
	for i, seed := range seeds {
		if dealings[i], commitments[i], err = c.Deal(rand.Reader, seed, certs); err != nil {
			return nil, nil, err
		}
	}
	for i, seed := range seeds {
		input, err := c.Input(certs, dealings, i+1)
		if err != nil {
			return nil, nil, err
		}
		if outputs[i], keys[i], err = c.Accept(rand.Reader, seed, certs, commitments, input); err != nil {
			return nil, nil, err
		}
	}
	parameters, err = c.Parameters(certs, dealings, outputs)
	return parameters, keys, err
}
