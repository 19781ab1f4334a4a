package bot

import (
	"errors"
	"maps"
	"strings"
	"testing"

	"stimmbote/voting"
)

func TestOptions(t *testing.T) {
	t.Parallel()
	known := []option{{names: []string{"end", "ende"}}, {names: []string{"for", "für"}, value: true}}
	tests := []struct {
		rest, text, options string
	}{
		{"Shall we?", "Shall we?", ""},
		{"--end", "", "end=;"},
		{"—ende", "", "end=;"},
		{"–END Shall we?", "Shall we?", "end=;"},
		{"−−end", "", "end=;"},
		{"‐‐end", "", "end=;"},
		{"‑‑end", "", "end=;"},
		{"-–end", "", "end=;"},
		{"－－ｅｎｄ", "", "end=;"},
		{"⸺end", "⸺end", ""},
		{"Shall we --for Anna now?", "Shall we  now?", "for=Anna;"},
		{"—für=„Anna Meier“ now", "now", "for=Anna Meier;"},
		{"--for:“Anna Meier”", "", "for=Anna Meier;"},
		{"--for", "", "for=;"},
		{"Soll es – wie besprochen – so sein?", "Soll es – wie besprochen – so sein?", ""},
		{"minus -5 degrees, e-mail, x--y, -a", "minus -5 degrees, e-mail, x--y, -a", ""},
		{"-- no name", "-- no name", ""},
		{"„Soll --x weg?“", "Soll --x weg?", ""},
		{`"Shall we?"`, "Shall we?", ""},
		{"«Shall we?»", "Shall we?", ""},
		{`Shall "A --x" or "B" win?`, `Shall "A --x" or "B" win?`, ""},
		{`"A" or "B"?`, `"A" or "B"?`, ""},
		{"Shall\nwe\n--end", "Shall\nwe", "end=;"},
		{`5" pipes --end`, `5" pipes`, "end=;"},
		{"", "", ""},
	}
	for _, test := range tests {
		a, err := takeOptions(test.rest, known)
		var got strings.Builder
		for name, value := range maps.All(a.options) {
			got.WriteString(name + "=" + value + ";")
		}
		if err != nil || a.text != test.text || got.String() != test.options {
			t.Errorf("%q gives %q with %q, %v; want %q with %q", test.rest, a.text, got.String(), err, test.text, test.options)
		}
	}
	for rest, want := range map[string]string{
		"Shall we --secret?":         "refusal.option secret",
		"Soll –wie besprochen– so?":  "refusal.option wie",
		"--edn":                      "refusal.option-near edn",
		"Shall we —fro Anna?":        "refusal.option-near fro",
		"--":                         "",
		strings.Repeat("--", 500000): "",
		strings.Repeat("\"", 500001): "",
	} {
		_, err := takeOptions(rest, known)
		got := ""
		if r, ok := errors.AsType[*voting.Refusal](err); ok {
			got = r.Key + " " + r.Args[1].(string)
		}
		if got != want {
			t.Errorf("%.40q gives %q, want %q", rest, got, want)
		}
	}
}

func TestMention(t *testing.T) {
	t.Parallel()
	names := []string{"@stimmbote:example.org", "stimmbote", "Der Stimmbote"}
	for body, want := range map[string]string{
		"@stimmbote:example.org !vote A?":  "!vote A?",
		"@stimmbote:example.org: !vote A?": "!vote A?",
		"@Stimmbote !vote A?":              "!vote A?",
		"Der Stimmbote: !vote\nA?":         "!vote\nA?",
		"der stimmbote, !help":             "!help",
		"[Der Stimmbote](https://matrix.to/#/@stimmbote:example.org) !vote A?":        "!vote A?",
		"[@stimmbote:example.org](https://matrix.to/#/@stimmbote:example.org): !help": "!help",
		"stimmbote":                       "",
		"stimmboten !vote":                "no",
		"anna: !vote":                     "no",
		"!vote":                           "no",
		"[Der Stimmbote](https://matrix":  "no",
		strings.Repeat("İ", 200):          "no",
		"\u200b @stimmbote\u00a0!vote A?": "!vote A?",
	} {
		got, ok := unmention(body, names...)
		if !ok {
			got = "no"
		}
		if got != want {
			t.Errorf("unmention(%q) is %q, want %q", body, got, want)
		}
	}
}
