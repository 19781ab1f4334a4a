package bot

import (
	"strings"
	"testing"
)

func TestCommand(t *testing.T) {
	t.Parallel()
	tests := []struct {
		body, word, rest string
		ok               bool
	}{
		{"!vote Shall we?", "vote", "Shall we?", true},
		{"  !VOTE\nShall\nwe? ", "vote", "Shall\nwe?", true},
		{"!ping", "ping", "", true},
		{"!schließen", "schließen", "", true},
		{"vote", "", "", false},
		{"！ｖｏｔｅ Shall we?", "vote", "Shall we?", true},
		{"\u200b\ufeff !Vote: Shall we?", "vote", "Shall we?", true},
		{"!vote?", "vote", "", true},
		{"!" + strings.Repeat("a", 1<<20), "", "", false},
		{"!", "", "", false},
		{"! vote", "", "", false},
		{"!!", "", "", false},
		{"!1", "", "", false},
		{"", "", "", false},
	}
	for _, test := range tests {
		word, rest, ok := command(test.body)
		if word != test.word || rest != test.rest || ok != test.ok {
			t.Errorf("command(%q) = %q, %q, %v, want %q, %q, %v", test.body, word, rest, ok, test.word, test.rest, test.ok)
		}
	}
}

func TestNear(t *testing.T) {
	t.Parallel()
	tests := []struct {
		word, name string
		want       bool
	}{
		{"vote", "vote", true},
		{"vot", "vote", true},
		{"vtoe", "vote", true},
		{"votee", "vote", true},
		{"vode", "vote", true},
		{"note", "vote", false},
		{"poll", "call", false},
		{"cl", "call", false},
		{"abstimung", "abstimmung", true},
		{"remind", "call", false},
		{"vtoee", "vote", false},
		{"hlep", "help", true},
	}
	for _, test := range tests {
		if got := near(test.word, test.name); got != test.want {
			t.Errorf("near(%q, %q) is %v", test.word, test.name, got)
		}
	}
}

func TestCommandsAnswerOnlyTheirOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "de")
	w.says("anna", "!ping")
	w.expect(`^Der Bot funktioniert\.\nDiese Gruppe ist verschlüsselt\.$`, "group")
	w.says("anna", "!hlep")
	w.expect(`Meinten Sie !help`, "group")
	for _, foreign := range []string{"!remind me", "!poll", "hello", "ja", "1", "!"} {
		w.says("anna", foreign)
		w.silent()
	}
	m := w.message("anna", "!hilfe", false)
	m.Thread = "$thread"
	w.hear(m)
	if s := w.new(); len(s) != 1 || s[0].Thread != "$thread" || !s[0].Notice {
		t.Errorf("help in a thread: %+v", s)
	}
}
