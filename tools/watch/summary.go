package main

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// event is a line of `go test -json`; `go doc test2json` describes it.
type event struct {
	Action      string
	Package     string
	ImportPath  string // instead of Package, while it is built
	Test        string
	Elapsed     float64
	Output      string
	FailedBuild string
}

// test is one that runs or failed; the one without a name is the package itself.
type test struct {
	name   string
	began  time.Time
	output strings.Builder
	failed bool
	waits  bool  // for its turn, beside others of its package
	races  races // of the whole package, kept with the first one
}

// mostOfRaces is how many lines about the data races of a package are repeated in the end.
const mostOfRaces = 80

// races are what the race detector says about a package. Where tests run at the same time the lines come into any one's
// output, even several ones', and also into that of a test which is good.
type races struct {
	lines  []string
	saying bool // a report is not at its end
}

func (r *races) note(e event) {
	line := strings.TrimRight(e.Output, "\n")
	begins := line == "WARNING: DATA RACE"
	if r.saying = r.saying || begins; !r.saying {
		return
	}
	r.saying = line != "=================="
	if begins {
		line = strings.TrimSpace(e.Test + " " + line)
	}
	if line != "" && len(r.lines) < mostOfRaces {
		r.lines = append(r.lines, line)
	}
}

// took is how long something took.
type took struct {
	name    string
	seconds float64
}

// summary is what is known of all the packages so far.
type summary struct {
	said     *speaker
	now      func() time.Time
	began    time.Time
	open     map[string][]*test // of packages that run: the package itself, then its tests, in the order in which they began
	build    map[string]*strings.Builder
	packages []took
	tests    []took
	failed   int
	failures []failure
}

// failure is a test that failed, or, without a test, a package: one that was not built, panicked, raced, or did not
// come to its end.
type failure struct {
	pkg, test string
	why       []string
}

func newSummary(said *speaker, now func() time.Time) *summary {
	return &summary{said: said, now: now, began: now(), open: map[string][]*test{}, build: map[string]*strings.Builder{}}
}

// slow is what a test has to take to be named in the end.
const slow = 5

func (s *summary) note(e event) {
	if e.Package == "" {
		s.building(e)
		return
	}
	switch e.Action {
	case "start", "run":
		s.open[e.Package] = append(s.open[e.Package], &test{name: e.Test, began: s.now()})
	case "pause", "cont":
		if t := s.find(e); t != nil {
			t.waits, t.began = e.Action == "pause", s.now()
		}
	case "output":
		if all := s.open[e.Package]; len(all) > 0 {
			all[0].races.note(e)
		}
		if t := s.find(e); t != nil {
			t.output.WriteString(e.Output)
		}
	case "pass", "skip", "fail":
		if e.Test == "" {
			s.done(e)
			return
		}
		if t := s.find(e); t != nil {
			t.failed = e.Action == "fail"
		}
		if e.Action != "fail" {
			s.open[e.Package] = slices.DeleteFunc(s.open[e.Package], func(t *test) bool { return t.name == e.Test })
		}
		if e.Elapsed >= slow {
			s.tests = append(s.tests, took{short(e.Package) + " " + e.Test, e.Elapsed})
		}
	}
}

func (s *summary) building(e event) {
	if e.Action != "build-output" {
		return
	}
	if s.build[e.ImportPath] == nil {
		s.build[e.ImportPath] = &strings.Builder{}
	}
	s.build[e.ImportPath].WriteString(e.Output)
}

func (s *summary) find(e event) *test {
	for _, t := range s.open[e.Package] {
		if t.name == e.Test {
			return t
		}
	}
	return nil
}

// done tells how a package ended. Of one that failed it tells what its failed tests wrote, and those
// that had not ended, because then it was they.
func (s *summary) done(e event) {
	words := s.open[e.Package]
	delete(s.open, e.Package)
	switch e.Action {
	case "pass":
		s.said.printf("ok    %-24s %6.1f s\n", short(e.Package), e.Elapsed)
		for _, line := range notes(words) {
			s.said.printf("      %s\n", line)
		}
	case "skip":
		return
	case "fail":
		s.failed++
		if b := s.build[e.FailedBuild]; b != nil {
			s.said.printf("%s", b.String())
		}
		for _, t := range slices.Backward(words) {
			s.said.printf("%s", t.output.String())
		}
		s.failures = append(s.failures, failures(e.Package, words)...)
		s.said.printf("FAIL  %-24s %6.1f s\n", short(e.Package), e.Elapsed)
	}
	s.packages = append(s.packages, took{short(e.Package), e.Elapsed})
}

// notes are the lines that a package which is good wants to be read all the same: what could not be tried here.
func notes(words []*test) []string {
	var lines []string
	for _, t := range words {
		for line := range strings.Lines(t.output.String()) {
			if strings.HasPrefix(line, "note: ") {
				lines = append(lines, strings.TrimSpace(line))
			}
		}
	}
	return lines
}

// failures are the failed tests among those of a package that were not good, without those that failed only because
// one inside them did.
func failures(pkg string, tests []*test) []failure {
	var broken []string
	for _, t := range tests {
		broken = append(broken, t.races.lines...)
		if fatal := fatal.FindString(t.output.String()); fatal != "" {
			broken = append(broken, strings.TrimSpace(t.name+" "+fatal))
		}
	}
	if broken != nil {
		return []failure{{pkg: pkg, why: broken}}
	}
	var all []failure
	for i, t := range tests {
		if t.name == "" || t.waits {
			continue
		}
		if !t.failed {
			return []failure{{pkg: pkg, why: []string{t.name + " did not end"}}}
		}
		inside := slices.ContainsFunc(tests[i+1:], func(u *test) bool { return strings.HasPrefix(u.name, t.name+"/") })
		if !inside {
			all = append(all, failure{pkg, t.name, why(t.output.String())})
		}
	}
	if all == nil {
		return []failure{{pkg: pkg}}
	}
	return all
}

// own is a line that the test itself wrote, not a program that it ran; logged one that a program wrote with the test's
// voice, through zerolog's TestWriter; fatal one after which no test can be judged, as after a data race.
var (
	own    = regexp.MustCompile(`^\s+\w+\.go:\d+: `)
	logged = regexp.MustCompile(`^\s+writer\.go:\d+: \{`)
	fatal  = regexp.MustCompile(`(?m)^(panic: .*|fatal error: .*)`)
)

// why is the beginning of what a test said.
func why(output string) []string {
	var lines []string
	for line := range strings.Lines(output) {
		if own.MatchString(line) && !logged.MatchString(line) && len(lines) < 5 {
			lines = append(lines, fmt.Sprintf("%.400s", strings.TrimSpace(line)))
		}
	}
	return lines
}

// running tells what runs right now, the test that runs deepest of each package.
func (s *summary) running() {
	var at []string
	for name, tests := range s.open {
		for _, t := range slices.Backward(tests) {
			if !t.failed && !t.waits {
				at = append(at, fmt.Sprintf("%s (%.0f s)", strings.TrimSpace(short(name)+" "+t.name), s.now().Sub(t.began).Seconds()))
				break
			}
		}
	}
	slices.Sort(at)
	if len(at) == 0 {
		at = []string{"building"}
	}
	s.said.printf("… %4.0f s: %s\n", s.now().Sub(s.began).Seconds(), strings.Join(at, ", "))
}

// end tells the time per package.
func (s *summary) end() {
	longest := func(a, b took) int { return cmp.Or(cmp.Compare(b.seconds, a.seconds), cmp.Compare(a.name, b.name)) }
	slices.SortFunc(s.packages, longest)
	slices.SortFunc(s.tests, longest)
	sum := 0.0
	s.said.printf("\nTime per package:\n")
	for _, p := range s.packages {
		s.said.printf("%8.1f s  %s\n", p.seconds, p.name)
		sum += p.seconds
	}
	s.said.printf("%8.1f s  in all, %.0f s by the clock\n", sum, s.now().Sub(s.began).Seconds())
	if len(s.tests) > 0 {
		s.said.printf("\nThe slowest tests:\n")
	}
	for _, t := range s.tests[:min(10, len(s.tests))] {
		s.said.printf("%8.1f s  %s\n", t.seconds, t.name)
	}
	if s.failed > 0 {
		s.said.printf("\nFailed: %d of %d packages.\n", s.failed, len(s.packages))
	}
	for _, f := range s.failures {
		s.said.printf("%s\n", strings.Join(append([]string{strings.TrimSpace(short(f.pkg) + " " + f.test)}, f.why...), "\n    "))
	}
}

// short is a package without the module's name in front.
func short(name string) string {
	_, rest, found := strings.Cut(name, "/")
	if !found {
		return name
	}
	return rest
}
