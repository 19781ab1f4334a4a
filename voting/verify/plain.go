package verify

import (
	"embed"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
)

//go:embed de.json en.json
var files embed.FS

// texts are the sentences of one language, by key.
type texts map[string]string

// plain are the sentences in plain words, by language.
var plain = map[string]texts{"de": load("de"), "en": load("en")}

func load(language string) texts {
	raw, err := files.ReadFile(language + ".json")
	if err != nil {
		panic(err) // it is part of the program
	}
	var t texts
	if err := json.Unmarshal(raw, &t); err != nil {
		panic(err)
	}
	return t
}

// say is a sentence with its gaps filled: pairs of name and value.
func (t texts) say(key string, args ...any) string {
	pairs := make([]string, len(args))
	for i, a := range args {
		if pairs[i] = fmt.Sprint(a); i%2 == 0 {
			pairs[i] = "{" + pairs[i] + "}"
		} else {
			pairs[i] = visible(pairs[i])
		}
	}
	return strings.NewReplacer(pairs...).Replace(t[key])
}

// visible is a text without line ends and without what cannot be seen: an archive could hold anything.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return ' '
		}
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}

// Marks of a line. Words, because no sign is there in every window.
const (
	markOK    = "ok    "
	markWrong = "!!    "
)

// explain says in plain words what was found: the checks, what was asked and came out, what to compare, and the end.
func (f *finding) explain(w io.Writer, t texts) {
	line := func(text string) { fmt.Fprintln(w, text) }
	line(visible(filepath.Base(f.File)))
	line("")
	for i, sentence := range f.sentences(t) {
		switch {
		case i < len(f.Checks) && f.Checks[i].OK:
			line(markOK + sentence)
		case i <= len(f.Checks):
			line(markWrong + sentence)
		default:
			line("      " + sentence)
		}
	}
	f.explainResult(line, t)
	if f.Election != "" {
		line("")
		line(t.say("anchors"))
		line("  " + t.say("anchor.election", "hash", f.Election))
		line("  " + t.say("anchor.roll", "hash", or(f.Roll, t.say("anchor.none"))))
		line("  " + t.say("anchor.closed", "hash", or(f.Closed, t.say("anchor.none"))))
	}
	line("")
	line(t.say("end." + f.Status))
	if f.Status == "valid" {
		line(t.say("limits"))
	}
}

func (f *finding) explainResult(line func(string), t texts) {
	for _, q := range f.Questions {
		line("")
		line(visible(q.Text))
		for _, a := range q.Answers {
			if a.Votes != nil {
				line("  " + t.say("answer", "votes", fmt.Sprintf("%6d", *a.Votes), "answer", a.Text))
			}
		}
		if q.Blank != nil {
			line("  " + t.say("answer", "votes", fmt.Sprintf("%6d", *q.Blank), "answer", t.say("blank")))
		}
	}
}

// sentences say each check in plain words, and then why it went no further, if it did not: first to everybody, then to
// experts.
func (f *finding) sentences(t texts) []string {
	var all []string
	for _, c := range f.Checks {
		all = append(all, f.sentence(c, t))
	}
	if f.Reason != "" {
		all = append(all, t.say("fail."+f.stage()), t.say("fail.reason", "reason", f.Reason, "clause", f.clause(t)))
	}
	return all
}

// sentence says one check in plain words.
func (f *finding) sentence(c check, t texts) string {
	if c.Name == "tracker" {
		return f.ballot(c, t)
	}
	key := "check." + c.Name
	if !c.OK {
		key += ".wrong"
	}
	return t.say(key, "entitled", f.Entitled, "counted", f.Counted)
}

// ballot says whether a ballot is counted.
func (f *finding) ballot(c check, t texts) string {
	if c.OK {
		return t.say("ballot.there", "code", c.about)
	}
	return t.say("ballot.missing", "code", c.about)
}

// stage is how far everything was right.
func (f *finding) stage() string {
	passed := func(name string) bool {
		return slices.ContainsFunc(f.Checks, func(c check) bool { return c.Name == name && c.OK })
	}
	switch {
	case f.Status == "unsupported":
		return "unsupported"
	case f.Clause == "4.4":
		return "file"
	case !passed("credentials"):
		return "setup"
	case !passed("ballots"):
		return "ballots"
	default:
		return "result"
	}
}

func (f *finding) clause(t texts) string {
	if f.Clause == "" {
		return ""
	}
	return t.say("fail.clause", "clause", f.Clause)
}

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
