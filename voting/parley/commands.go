package parley

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Deed is a command that the keyholders read themselves, beside the bot.
type Deed string

// The commands that keyholders read.
const (
	Close  Deed = "close"     // a vote is closed, or goes on in spite of objections
	Extend Deed = "extend"    // its end moves
	Object Deed = "objection" // somebody has something against it
	Halt   Deed = "halt"      // a teller stops what comes next
	Resume Deed = "resume"    // … and lets it go on
)

// The names of these commands. The bot's table has them from here.
const (
	CloseEnglish  = "close end"
	CloseGerman   = "schluss schluß schließen schliessen ende beenden"
	ExtendEnglish = "extend"
	ExtendGerman  = "verlängern verlaengern"
	ObjectEnglish = "objection object"
	ObjectGerman  = "einspruch"
	HaltEnglish   = "halt stop"
	HaltGerman    = "halt anhalten stopp"
	ResumeEnglish = "resume go"
	ResumeGerman  = "weiter fortsetzen"
)

var deeds = map[Deed][]string{
	Close:  strings.Fields(CloseEnglish + " " + CloseGerman),
	Extend: strings.Fields(ExtendEnglish + " " + ExtendGerman),
	Object: strings.Fields(ObjectEnglish + " " + ObjectGerman),
	Halt:   strings.Fields(HaltEnglish + " " + HaltGerman),
	Resume: strings.Fields(ResumeEnglish + " " + ResumeGerman),
}

// Read is the command that a message is for the keyholders, empty if it is none: the command stands at
// its beginning, with its sign.
func Read(body string) Deed {
	words := strings.Fields(body)
	if len(words) == 0 {
		return ""
	}
	name, marked := strings.CutPrefix(strings.ReplaceAll(words[0], "！", "!"), "!")
	if !marked {
		return ""
	}
	name = strings.ToLower(strings.TrimSuffix(name, ":"))
	for deed, names := range deeds {
		if slices.Contains(names, name) {
			return deed
		}
	}
	return ""
}

// Means says whether a command in which a vote has this name is about the one with a number and a letter: it is called by
// one of them, or by no name at all. A vote without a number has 0, one that is not open has no letter.
func Means(name string, number int, letter string) bool {
	return name == "" || letter != "" && strings.EqualFold(name, letter) || number > 0 && name == strconv.Itoa(number)
}

// NamesEnd says what an [Extend] names: whether it is the vote of a number and a letter, and whether it may be about one
// whose name nobody says, as "!extend 10m" is. What else stands there says by how much, or until when.
func NamesEnd(body string, number int, letter string) (this, nameless bool) {
	name := Name(body)
	if words := strings.Fields(body); len(words) > 1 && Timed(strings.Join(words[1:], " ")) {
		name = ""
	}
	switch {
	case name == "":
		return false, true
	case Means(name, number, letter):
		return true, false
	}
	return false, len(name) != 1 || unicode.IsDigit(rune(name[0])) // a letter is that of another one
}

// Timed says whether a text behind [Extend] is by how much or until when from its first word on, although that looks like
// the number of a vote: "10 minutes", "19 Uhr", "19:05".
func Timed(text string) bool {
	words := strings.Fields(text)
	if len(words) == 0 {
		return false
	}
	number := func(s string) bool {
		return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsDigit(r) })
	}
	if hour, minute, clock := strings.Cut(words[0], ":"); clock && minute != "" {
		return number(hour) && number(minute)
	}
	return len(words) > 1 && number(words[0]) && !strings.ContainsFunc(strings.Join(words[1:], ""), unicode.IsDigit)
}

// Number is the number of a vote that stands behind the command at the beginning of a message, 0 if there is none.
func Number(body string) int {
	n, err := strconv.Atoi(Name(body))
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// Name is the word behind the command at the beginning of a message, as it names a vote.
func Name(body string) string {
	words := strings.Fields(body)
	if len(words) < 2 {
		return ""
	}
	return strings.TrimSuffix(strings.TrimPrefix(words[1], "#"), ":")
}
