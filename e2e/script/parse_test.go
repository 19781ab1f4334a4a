package script

import (
	"strings"
	"testing"
	"time"
)

var people = []string{"chair", "anna"}

func TestParse(t *testing.T) {
	const text = `# a comment

chair> !vote Shall we?\nReally?
chair< (?i)works
  anna dm>1
anna dm< Code: ${WORD} within 60s
chair! (?i)error
chair! < within 5s
set WORD (?i)code: (.+)
$ test "$HOME" = ${WORD} # not a comment here
$! false
restart bot
kill  bot
stop homeserver
start homeserver
sleep 2s
anna< within 5s
chair> see you within 60s
anna dm reply 2
anna dm edit 1, sorry
chair redact
anna dm tap 1 3
stop keyholder kaya
kill  keyholder lenz
start keyholder lenz
lenz dm> 1
`
	want := []Line{
		{Kind: Say, Person: "chair", Text: `!vote Shall we?\nReally?`},
		{Kind: Wait, Person: "chair", Text: "(?i)works", Within: 30 * time.Second},
		{Kind: Say, Person: "anna", Direct: true, Text: "1"},
		{Kind: Wait, Person: "anna", Direct: true, Text: "Code: ${WORD}", Within: time.Minute},
		{Kind: Never, Person: "chair", Text: "(?i)error", Within: 3 * time.Second},
		{Kind: Never, Person: "chair", Text: "<", Within: 5 * time.Second},
		{Kind: Set, Name: "WORD", Text: "(?i)code: (.+)"},
		{Kind: Succeeds, Text: `test "$HOME" = ${WORD} # not a comment here`},
		{Kind: Fails, Text: "false"},
		{Kind: RestartBot},
		{Kind: KillBot},
		{Kind: StopHomeserver},
		{Kind: StartHomeserver},
		{Kind: Sleep, Within: 2 * time.Second},
		{Kind: Wait, Person: "anna", Text: "within 5s", Within: 30 * time.Second},
		{Kind: Say, Person: "chair", Text: "see you within 60s"},
		{Kind: Reply, Person: "anna", Direct: true, Text: "2"},
		{Kind: Edit, Person: "anna", Direct: true, Text: "1, sorry"},
		{Kind: Redact, Person: "chair"},
		{Kind: Tap, Person: "anna", Direct: true, Text: "1 3"},
		{Kind: StopHolder, Name: "kaya"},
		{Kind: KillHolder, Name: "lenz"},
		{Kind: StartHolder, Name: "lenz"},
		{Kind: Say, Person: "lenz", Direct: true, Text: "1"},
	}
	got, err := Parse("x.txt", strings.NewReader(text), people)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != len(want) {
		t.Fatalf("%d lines, want %d", len(got), len(want))
	}
	for i, line := range got {
		where, source := line.Where, line.Source
		line.Where, line.Source = "", ""
		if line != want[i] {
			t.Errorf("line %d: %+v, want %+v", i, line, want[i])
		}
		if !strings.HasPrefix(where, "x.txt:") || source == "" {
			t.Errorf("line %d is %q at %q", i, source, where)
		}
	}
}

func TestNeedsTellers(t *testing.T) {
	for text, want := range map[string]bool{
		"chair> !vote Shall we?": false, "chair> !tellers @kaya @lenz": true, "chair dm< Lenz's machine": true,
		"start keyholder kaya": true, "lenz> hello": true, "chair> the lenzburg": false, "# kaya": false,
	} {
		lines, err := Parse("x.txt", strings.NewReader(text), people)
		if err != nil {
			t.Fatal(err)
		}
		if got := NeedsTellers(lines); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for line, want := range map[string]string{
		"zoe> hello":                   `nobody called "zoe"; the people are chair, anna`,
		"chair>":                       "nothing stands after the >",
		"chair< ":                      "nothing stands after the <",
		"chair< (":                     "does not parse",
		"chair! [a":                    "does not parse",
		"chair":                        "docs/try.md",
		"chair dm hello":               "docs/try.md",
		"restart homeserver":           "docs/try.md",
		"$":                            "no command after the $",
		"$!  ":                         "no command after the $!",
		"sleep":                        "is no duration",
		"sleep long":                   "is no duration",
		"sleep -1s":                    "is no duration",
		"set WORD":                     "set needs a name",
		"set WORD code":                "no group",
		"set WORD (":                   "does not parse",
		"set 1WORD (.)":                "is no name",
		"set LINK (.)":                 "has its meaning already",
		"chair< a within 99999999999h": "",
		"anna dm reply":                "reply takes a text",
		"anna redact all":              "redact takes none",
		"anna dm tap":                  "tap takes a text",
		"anna dm tap yes":              "is no number of an option",
		"zoe edit 1":                   `nobody called "zoe"`,
		"stop keyholder anna":          `"anna" has no machine; these have: kaya, lenz`,
		"restart keyholder kaya":       "docs/try.md",
		"people many":                  "is no number of people",
		"people 99":                    "there can be 2 to 30 people",
	} {
		_, err := Parse("x.txt", strings.NewReader("\n"+line+"\n"), people)
		switch {
		case want == "" && err != nil:
			t.Errorf("%q: %v", line, err)
		case want == "":
		case err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "x.txt:2: "):
			t.Errorf("%q: %v, want x.txt:2: … %s", line, err, want)
		}
	}
}

func TestExpand(t *testing.T) {
	known := func(name string) (string, bool) { return "7 $", name == "WORD" }
	got := expand(`${WORD} $WORD ${OTHER} $$ ${} $(x) \${WORD}`, known)
	if want := `7 $ $WORD ${OTHER} $$ ${} $(x) \7 $`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
