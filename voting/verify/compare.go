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

// roll is what a file with one line for each vote says.
type roll struct {
	hash  string
	lines int
}

func readRoll(path string) (*roll, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("opening the roll: %w", err)
	}
	defer file.Close()
	raw, err := io.ReadAll(io.LimitReader(file, maxRoll+1))
	if err != nil {
		return nil, fmt.Errorf("reading the roll: %w", err)
	}
	if len(raw) > maxRoll {
		return nil, fmt.Errorf("reading the roll: %s is larger than any roll", path)
	}
	raw = bytes.TrimPrefix(raw, []byte("\ufeff")) // some editors write it, and line ends of their own
	var lines []string
	for line := range strings.Lines(string(raw)) {
		if line = strings.TrimRight(line, "\r\n"); line != "" {
			lines = append(lines, line)
		}
	}
	return &roll{hash: belenios.RollHash(lines), lines: len(lines)}, nil
}

// compare holds the archive against what the group was told. Where it differs the archive is another than it seems.
func (f *finding) compare(o options, r *roll) {
	f.same("election fingerprint", base64URL(o.election), f.Election)
	f.same("roll hash", hexadecimal(o.roll), f.Roll)
	if r != nil {
		f.same("roll hash", r.hash, f.Roll)
		f.add("roll", fmt.Sprintf("%d lines for %d who may vote", r.lines, f.Entitled), r.lines == f.Entitled)
	}
	f.same("closed hash", hexadecimal(o.closed), f.Closed)
	for _, t := range o.trackers {
		f.find(t)
	}
}

// base64URL takes an election's fingerprint as other tools write it, too.
func base64URL(s string) string {
	return strings.NewReplacer("+", "-", "/", "_").Replace(strings.TrimRight(strings.TrimSpace(s), "="))
}

func hexadecimal(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

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

// find looks for a ballot by its tracker or by the code of its receipt, and says whether it counts.
func (f *finding) find(wanted string) bool {
	wanted = strings.TrimSpace(wanted)
	code := canonical(wanted)
	there := slices.ContainsFunc(f.Trackers, func(t string) bool { return t == wanted || canonical(belenios.Code(t)) == code })
	detail := fmt.Sprintf("%q is not among the ballots that count", wanted)
	if there {
		detail = fmt.Sprintf("%q is counted", wanted)
	}
	f.add("tracker", detail, there)
	f.Checks[len(f.Checks)-1].about = wanted
	return there
}

// canonical is a code without what people leave out or put in.
func canonical(code string) string {
	return strings.ToUpper(strings.NewReplacer("-", "", " ", "").Replace(code))
}
