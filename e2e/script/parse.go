// Package script reads and plays the acceptance stories that docs/try.md
// describes: one line, one thing that somebody says, waits for, or does.
//
// Parse refuses what it does not know, naming file and line, before anything is
// started. Play does only what the lines say, in their order, and stops at the
// first that does not hold.
package script

import (
	"bufio"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"stimmbote/e2e/world"
)

// Kind is what a line does.
type Kind int

// The kinds of lines.
const (
	Say             Kind = iota // NAME> text, NAME dm> text
	Wait                        // NAME< regexp
	Never                       // NAME! regexp
	Set                         // set WORD regexp
	Succeeds                    // $ command
	Fails                       // $! command
	RestartBot                  // restart bot
	KillBot                     // kill bot
	StopHomeserver              // stop homeserver
	StartHomeserver             // start homeserver
	Sleep                       // sleep 2s
	Reply                       // NAME dm reply TEXT, to the bot's last message there
	Edit                        // NAME dm edit TEXT, of the person's own last one
	Redact                      // NAME dm redact, the person's own last one
	Tap                         // NAME dm tap 2, at the bot's last poll there
	People                      // people 9, in the first line only
	StopHolder                  // stop keyholder kaya
	KillHolder                  // kill keyholder kaya
	StartHolder                 // start keyholder kaya
)

// How long a line waits if it does not say how long.
const (
	waitFor  = 30 * time.Second
	neverFor = 3 * time.Second
)

// Line is one line of a script that does something.
type Line struct {
	Kind   Kind
	Where  string // file:line
	Source string // as it was written
	Person string // of Say, Wait, Never, Reply, Edit, Redact, Tap
	N      int    // of People
	Direct bool   // in the direct chat, not the group
	Name   string // of Set; of StopHolder, KillHolder, StartHolder whose machine
	Text   string // what is said, the regular expression, the command
	Within time.Duration
}

// Parse reads a script. Each error names file and line.
func Parse(file string, r io.Reader, people []string) ([]Line, error) {
	var lines []Line
	in := bufio.NewScanner(r)
	in.Buffer(nil, 1<<20)
	for n := 1; in.Scan(); n++ {
		source := strings.TrimSpace(in.Text())
		if source == "" || source[0] == '#' {
			continue
		}
		line, err := parseLine(source, people)
		if line.Kind == People && err == nil {
			people, err = morePeople(people, line.N, len(lines) == 0)
		}
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w: %s", file, n, err, source)
		}
		line.Where, line.Source = fmt.Sprintf("%s:%d", file, n), source
		lines = append(lines, line)
	}
	if err := in.Err(); err != nil {
		return nil, fmt.Errorf("reading %s: %w", file, err)
	}
	return lines, nil
}

var (
	personLine = regexp.MustCompile(`^(\w+)(\s+dm)?\s*([><!])\s*(.*)$`)
	deedLine   = regexp.MustCompile(`^(\w+)(\s+dm)?\s+(reply|edit|redact|tap)(?:\s+(.+))?$`)
	setLine    = regexp.MustCompile(`^set\s+(\S+)\s+(.+)$`)
	withinTail = regexp.MustCompile(`^(.*\S)\s+within\s+(\d+(?:ms|s|m))$`)
	holderLine = regexp.MustCompile(`^(stop|kill|start)\s+keyholder\s+(\S+)$`)
	plainLines = map[string]Kind{
		"restart bot": RestartBot, "kill bot": KillBot,
		"stop homeserver": StopHomeserver, "start homeserver": StartHomeserver,
	}
)

func parseLine(source string, people []string) (Line, error) {
	if kind, ok := plainLines[strings.Join(strings.Fields(source), " ")]; ok {
		return Line{Kind: kind}, nil
	}
	switch first, rest, _ := strings.Cut(source, " "); first {
	case "$", "$!":
		return parseCommand(first, strings.TrimSpace(rest))
	case "set":
		return parseSet(source)
	case "sleep":
		return parseSleep(strings.TrimSpace(rest))
	case "people":
		n, err := strconv.Atoi(strings.TrimSpace(rest))
		if err != nil {
			return Line{}, fmt.Errorf("%q is no number of people", rest)
		}
		return Line{Kind: People, N: n}, nil
	}
	if m := holderLine.FindStringSubmatch(source); m != nil {
		if !slices.Contains(world.Tellers, m[2]) {
			return Line{}, fmt.Errorf("%q has no machine; these have: %s", m[2], strings.Join(world.Tellers, ", "))
		}
		return Line{Kind: map[string]Kind{"stop": StopHolder, "kill": KillHolder, "start": StartHolder}[m[1]], Name: m[2]}, nil
	}
	if m := deedLine.FindStringSubmatch(source); m != nil {
		return parseDeed(m, people)
	}
	if m := personLine.FindStringSubmatch(source); m != nil {
		return parsePerson(m, people)
	}
	return Line{}, fmt.Errorf("not a line of this language, which docs/try.md describes")
}

func parseCommand(sign, command string) (Line, error) {
	if command == "" {
		return Line{}, fmt.Errorf("there is no command after the %s", sign)
	}
	if sign == "$!" {
		return Line{Kind: Fails, Text: command}, nil
	}
	return Line{Kind: Succeeds, Text: command}, nil
}

func parseSet(source string) (Line, error) {
	m := setLine.FindStringSubmatch(source)
	if m == nil {
		return Line{}, fmt.Errorf("set needs a name and a regular expression")
	}
	if !regexp.MustCompile(`^` + namePattern + `$`).MatchString(m[1]) {
		return Line{}, fmt.Errorf("%q is no name: letters, digits and _ only", m[1])
	}
	if m[1] == nameLink || m[1] == nameFile {
		return Line{}, fmt.Errorf("%s has its meaning already and cannot be set", m[1])
	}
	re, err := regexp.Compile(expand(m[2], sample))
	if err != nil {
		return Line{}, badRegexp(err)
	}
	if re.NumSubexp() == 0 {
		return Line{}, fmt.Errorf("the regular expression has no group ( ) to take the value from")
	}
	return Line{Kind: Set, Name: m[1], Text: m[2]}, nil
}

func parseSleep(duration string) (Line, error) {
	d, err := time.ParseDuration(duration)
	if err != nil || d < 0 {
		return Line{}, fmt.Errorf("%q is no duration such as 2s", duration)
	}
	return Line{Kind: Sleep, Within: d}, nil
}

func parsePerson(m []string, people []string) (Line, error) {
	line := Line{Person: m[1], Direct: m[2] != "", Text: m[4]}
	if !slices.Contains(people, line.Person) && !slices.Contains(world.Tellers, line.Person) {
		return Line{}, fmt.Errorf("there is nobody called %q; the people are %s", line.Person, strings.Join(people, ", "))
	}
	if line.Text == "" {
		return Line{}, fmt.Errorf("nothing stands after the %s", m[3])
	}
	if m[3] == ">" {
		line.Kind = Say
		return line, nil
	}
	line.Kind, line.Within = Wait, waitFor
	if m[3] == "!" {
		line.Kind, line.Within = Never, neverFor
	}
	if tail := withinTail.FindStringSubmatch(line.Text); tail != nil {
		d, err := time.ParseDuration(tail[2])
		if err != nil {
			return Line{}, fmt.Errorf("%q is no duration such as 60s", tail[2])
		}
		line.Text, line.Within = tail[1], d
	}
	if _, err := regexp.Compile(expand(line.Text, sample)); err != nil {
		return Line{}, badRegexp(err)
	}
	return line, nil
}

// deeds are what somebody may do with a message besides saying one.
var deeds = map[string]Kind{"reply": Reply, "edit": Edit, "redact": Redact, "tap": Tap}

func parseDeed(m []string, people []string) (Line, error) {
	line := Line{Kind: deeds[m[3]], Person: m[1], Direct: m[2] != "", Text: m[4]}
	if !slices.Contains(people, line.Person) && !slices.Contains(world.Tellers, line.Person) {
		return Line{}, fmt.Errorf("there is nobody called %q; the people are %s", line.Person, strings.Join(people, ", "))
	}
	if (line.Text == "") != (line.Kind == Redact) {
		return Line{}, fmt.Errorf("%s takes a text, redact takes none", m[3])
	}
	for n := range strings.FieldsSeq(line.Text) {
		if _, err := strconv.Atoi(n); err != nil && line.Kind == Tap {
			return Line{}, fmt.Errorf("%q is no number of an option", n)
		}
	}
	return line, nil
}

// mostPeople is how many people a script may want.
const mostPeople = 30

// morePeople adds p7, p8 … to the people until there are n.
func morePeople(people []string, n int, first bool) ([]string, error) {
	switch {
	case !first:
		return nil, fmt.Errorf("people is for the first line only")
	case n < len(people) || n > mostPeople:
		return nil, fmt.Errorf("there can be %d to %d people", len(people), mostPeople)
	}
	people = slices.Clone(people)
	for len(people) < n {
		people = append(people, fmt.Sprintf("p%d", len(people)+1))
	}
	return people, nil
}

func badRegexp(err error) error {
	return fmt.Errorf("the regular expression does not parse (%w)", err)
}

// Names that are always there.
const (
	nameLink = "LINK"
	nameFile = "FILE"
)

const namePattern = `[A-Za-z_][A-Za-z0-9_]*`

// teller finds the name of one in whatever a line says.
var teller = regexp.MustCompile(`(?i)\b(?:` + strings.Join(world.Tellers, "|") + `)\b`)

// NeedsTellers says whether a script names a teller: then they have to be in the world.
func NeedsTellers(lines []Line) bool {
	return slices.ContainsFunc(lines, func(line Line) bool { return teller.MatchString(line.Source) })
}

var reference = regexp.MustCompile(`\$\{(` + namePattern + `)\}`)

// expand replaces each ${NAME} whose value is known and leaves every other $.
func expand(text string, value func(name string) (string, bool)) string {
	return reference.ReplaceAllStringFunc(text, func(ref string) string {
		if v, ok := value(ref[2 : len(ref)-1]); ok {
			return v
		}
		return ref
	})
}

// sample stands for values that are known only when the line runs.
func sample(string) (string, bool) { return "x", true }
