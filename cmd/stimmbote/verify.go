package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"

	"stimmbote/voting/belenios"
)

const verifyUsage = "usage: stimmbote verify FILE.bel\n"

// maxArchive is more than a poll of a hundred thousand people needs.
const maxArchive = 1 << 30

// verify is `stimmbote verify`: it checks an archive without any network and says what it found, one line for each
// check. Exit codes: 0 valid and complete, 1 invalid, 2 unreadable, not supported or wrong usage, 3 sound so far but
// without a result. Its texts are for experts and English only.
func verify(args []string, stdout, stderr io.Writer) int {
	if len(args) != 1 || args[0] == "" || args[0][0] == '-' {
		fmt.Fprint(stderr, verifyUsage)
		return int(belenios.Unsupported)
	}
	archive, err := readArchive(args[0])
	if err != nil {
		fmt.Fprintf(stderr, "stimmbote: %v\n", err)
		return int(belenios.Unsupported)
	}
	report, err := belenios.Verify(archive)
	printReport(stdout, report)
	if err != nil {
		verdict := "invalid"
		if report.Status == belenios.Unsupported {
			verdict = "cannot be checked"
		}
		fmt.Fprintf(stdout, "FAIL  %v\n%s: %s\n", err, args[0], verdict)
		return int(report.Status)
	}
	if report.Status == belenios.Incomplete {
		fmt.Fprintf(stdout, "%s: sound so far, but without a result\n", args[0])
		return int(report.Status)
	}
	fmt.Fprintf(stdout, "%s: valid and complete\n", args[0])
	return int(report.Status)
}

func readArchive(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxArchive+1))
	if err != nil {
		return nil, err
	}
	if len(b) > maxArchive {
		return nil, errors.New(path + " is larger than any archive of a poll")
	}
	return b, nil
}

// printReport prints what was checked, then the three anchors that the group saw, then question and result. What
// comes from the archive is quoted: it may contain anything.
func printReport(w io.Writer, r *belenios.Report) {
	for _, c := range r.Checks {
		fmt.Fprintf(w, "ok    %s: %s\n", c.Name, c.Detail)
	}
	if r.Fingerprint == "" {
		return
	}
	fmt.Fprintf(w, "election fingerprint: %s\n", r.Fingerprint)
	fmt.Fprintf(w, "roll hash: %s\n", rollHash(r.RollHash))
	closed := r.ClosedHash
	if closed == "" {
		closed = "none, ballots can still come"
	}
	fmt.Fprintf(w, "closed hash: %s\n", closed)
	fmt.Fprintf(w, "entitled: %d, counted: %d\n", r.Entitled, r.Counted)
	for i, q := range r.Questions {
		fmt.Fprintf(w, "question: %q\n", q.Text)
		if r.Sums != nil {
			printSums(w, q, r.Sums[i])
		}
	}
}

func printSums(w io.Writer, q belenios.Question, sums []int) {
	if q.Blank {
		fmt.Fprintf(w, "blank: %d\n", sums[0])
		sums = sums[1:]
	}
	for i, n := range sums {
		fmt.Fprintf(w, "%q: %d\n", q.Answers[i], n)
	}
}

var hexHash = regexp.MustCompile(`^[0-9a-f]{64}$`)

// rollHash: other people's elections name a person where ours name the hash of the roll.
func rollHash(authority string) string {
	switch {
	case authority == "":
		return "none"
	case hexHash.MatchString(authority):
		return authority
	default:
		return fmt.Sprintf("none, but a name: %q", authority)
	}
}
