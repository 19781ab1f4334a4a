package verify

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"stimmbote/voting/belenios"
)

// maxRoll is more than the roll of any vote.
const maxRoll = 1 << 26

// rollHash computes the hash of a roll from the file that has one line for each vote.
func rollHash(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("opening the roll: %w", err)
	}
	defer file.Close()
	raw, err := io.ReadAll(io.LimitReader(file, maxRoll+1))
	if err != nil {
		return "", fmt.Errorf("reading the roll: %w", err)
	}
	if len(raw) > maxRoll {
		return "", fmt.Errorf("reading the roll: %s is larger than any roll", path)
	}
	raw = bytes.TrimPrefix(raw, []byte("\ufeff")) // some editors write it, and line ends of their own
	var lines []string
	for line := range strings.Lines(string(raw)) {
		if line = strings.TrimRight(line, "\r\n"); line != "" {
			lines = append(lines, line)
		}
	}
	return belenios.RollHash(lines), nil
}

// compare holds the archive against what the group was told. Where it differs the archive is another than it seems.
func (f *finding) compare(o options, roll string) {
	f.same("election fingerprint", o.election, f.Election)
	f.same("roll hash", strings.ToLower(roll), f.Roll)
	f.same("closed hash", strings.ToLower(o.closed), f.Closed)
	for _, t := range o.trackers {
		f.find(t)
	}
}

func (f *finding) same(what, told, is string) {
	switch {
	case told == "":
	case told == is:
		f.add(what, "as you gave it", true)
	case is == "":
		f.add(what, fmt.Sprintf("you gave %q, and the archive has none", told), false)
	default:
		f.add(what, fmt.Sprintf("you gave %q, and the archive has %q", told, is), false)
	}
}

// find looks for a ballot by its tracker or by the code of its receipt.
func (f *finding) find(wanted string) {
	code := strings.ToUpper(wanted)
	i := slices.IndexFunc(f.Trackers, func(t string) bool { return t == wanted || belenios.Code(t) == code })
	if i < 0 {
		f.add("tracker", fmt.Sprintf("%q is not among the ballots that count", wanted), false)
		return
	}
	f.add("tracker", fmt.Sprintf("%q is counted", wanted), true)
}
