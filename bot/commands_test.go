package bot

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"stimmbote/chat"
	"stimmbote/i18n"
	"stimmbote/media"
)

func TestRights(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.line.power[user("chair")] = 100
	w.line.power[user("bernd")] = 50
	w.says("eva", "!vote Shall we?")
	w.expect(`^Those who can do that here: Bernd, Chair\. .*!rights vote everybody`, "group")
	w.says("eva", "!rights vote 0")
	w.expect(`^Those who can do that here: Bernd, Chair$`, "group")
	w.says("eva", "!contact Lenz, 0123")
	w.expect(`^Those who can do that here`, "group")
	w.says("eva", "!contact")
	w.expect(`^Nobody is named yet`, "group")
	w.says("bernd", "!rights")
	w.expect(`(?s)^Who may do what here\n!call: everybody\n!vote: from level 50 on\n!election: from level 50 on\n!close: whoever began the vote, else from level 50 on\n.*!lang, show: everybody, change: from level 50 on\n.*!rights vote everybody$`, "group")
	for _, wrong := range []string{"!rights vote", "!rights dance 0", "!rights vote 101", "!rights vote -1", "!rights vote much"} {
		w.says("bernd", wrong)
		w.expect(`^I did not understand that\. For example`, "group")
	}
	for _, fixed := range []string{"!rights rights 0", "!rights help 50"} {
		w.says("bernd", fixed)
		w.expect(`^That cannot be changed`, "group")
	}
	w.says("bernd", "!Rechte !Abstimmung ALLE")
	w.expect(`!vote: everybody\n`, "group")
	w.restart()
	w.says("eva", "!vote Shall we?")
	w.expect(`^🗳️ Draft: Shall we\?`, "group")
	w.says("bernd", "!rights vote admins")
	w.expect(`!vote: from level 100 on\n`, "group")
	w.says("bernd", "!vote Shall we?")
	w.expect(`^Those who can do that here: Chair\.`, "group")
	w.says("bernd", "!rights call ５０")
	w.expect(`!call: from level 50 on\n`, "group")
	w.says("eva", "!call")
	w.expect(`^Those who can do that here: Bernd, Chair`, "group")
}

// TestAGroupIsNotShutOut takes away everybody who has a power.
func TestAGroupIsNotShutOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.line.power[myself] = 100
	w.says("eva", "!vote Shall we?")
	w.expect(`^🗳️ Draft`, "group")
	w.says("eva", "!rights")
	w.expect(`!vote: everybody, for nobody here has level 50`, "group")
	w.line.power[user("chair")] = 100
	w.says("chair", "!vote Shall we?")
	w.says("chair", "start")
	w.new()
	w.says("eva", "!close")
	w.expect(`^Only whoever began`, "group")
	w.leave("chair")
	w.says("eva", "!close")
	w.expect(`^0 votes are in the ballot box`, "group")
}

func TestForgiving(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "de")
	w.line.members[group][0].Name = "Der Stimmbote"
	for _, body := range []string{
		"!Abstimmung\nSollen wir?", "@bot:x !vote Sollen wir?", "@bot: !VOTE Sollen wir?", "Der Stimmbote !vote „Sollen wir?“",
		"[Der Stimmbote](https://matrix.to/#/@bot:x): !abstimmen Sollen wir?", "@bot abstimmung Sollen wir?", "！ｖｏｔｅ　Sollen wir?",
	} {
		w.says("chair", body)
		if s := find(w.new(), "group", `^🗳️ Entwurf: Sollen wir\?\n`); s == nil {
			t.Errorf("%q is not understood:\n%s", body, list(w.sent[len(w.sent)-1:]))
		}
	}
	for _, body := range []string{"@bot wie geht es", "Der Stimmbote ist da", "@anna !vote A?", "bote !vote A?"} {
		w.says("chair", body)
		w.silent()
	}
	w.says("chair", "!abstimung A?")
	w.expect(`^!abstimung kenne ich nicht\. Meinten Sie !abstimmung\?`, "group")
	w.says("chair", "!vote Sollen wir —heimlich?")
	w.expect(`^Die Angabe --heimlich kenne ich hier nicht`, "group")
	w.says("chair", "!probe –edne")
	w.expect(`^Die Angabe --edne .*Meinten Sie --ende\?`, "group")
}

func TestHelp(t *testing.T) {
	t.Parallel()
	ours := regexp.MustCompile(`!(\pL+)`)
	for _, language := range i18n.Languages {
		w := newWorld(t, language)
		w.says("anna", "!help")
		help := w.new()[0].Plain
		if n := strings.Count(help, "\n") + 1; n > 6 {
			t.Errorf("help has %d lines", n)
		}
		for i := range commands {
			c := &commands[i]
			name := c.name(language)
			if c.id != "help" && !strings.Contains(help, "!"+name) {
				t.Errorf("%s: help does not name !%s", language, name)
			}
			w.says("anna", "!help "+name)
			s := w.new()
			if len(s) != 1 || !strings.Contains(s[0].Plain, "!"+name) || !s[0].Notice || strings.Count(s[0].Plain, "\n") > 5 {
				t.Errorf("help for %s:\n%s", name, list(s))
			}
		}
		for key, text := range w.texts.Prefix("") {
			for _, match := range ours.FindAllStringSubmatch(text, -1) {
				if c := entryNamed(match[1]); c == nil || c.name(language) != match[1] {
					t.Errorf("%s %s names !%s", language, key, match[1])
				}
			}
		}
	}
	w := newWorld(t, "en")
	w.line.power[user("chair")] = 100
	w.says("anna", "!help !vtoe please")
	w.expect(`(?s)^!vote Shall we.*!vote: from level 50 on$`, "group")
	w.tells("anna", "!help vote")
	w.expect(`^!vote Shall we`, "anna")
}

func TestLanguages(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.says("anna", "!lang")
	w.expect(`^I speak English here\.\n`, "group")
	w.says("anna", "!lang klingon")
	w.expect(`^I speak English and German`, "group")
	w.says("anna", "!lang deutsch")
	w.expect(`^Ab jetzt spreche ich hier Deutsch\.$`, "group")
	w.tells("eva", "!lang en")
	w.expect(`^From now on I speak English here\.$`, "eva")
	w.tells("eva", "!lang")
	w.expect(`^I speak English here`, "eva")
	w.restart()
	w.says("chair", "!vote Sollen wir?")
	w.expect(`(?s)^🗳️ Entwurf: Sollen wir\?\n1 = Ja · 2 = Nein`, "group")
	w.says("chair", "start")
	fresh := w.new()
	for to, want := range map[string]string{
		"anna": `(?s)^🗳️ Stimmzettel: Sollen wir\?\n.*\n1 = Ja\n`, "eva": `(?s)^🗳️ Ballot: Sollen wir\?\n.*\n1 = Yes\n`,
		"group": `^0 von 6 Stimmen`,
	} {
		if find(fresh, to, want) == nil {
			t.Errorf("%s did not read %q:\n%s", to, want, list(fresh))
		}
	}
	w.tells("eva", "hm")
	w.expect(`(?s)^I did not understand that.*1 = Yes, 2 = No, 3 = Abstain$`, "eva")
	w.tells("anna", "hm")
	w.expect(`(?s)^Das habe ich nicht verstanden.*1 = Ja, 2 = Nein, 3 = Enthaltung$`, "anna")
	w.tells("eva", "1")
	w.expect(`Understood: Yes`, "eva")
	w.tells("anna", "1")
	w.expect(`Verstanden: Ja`, "anna")
}

// Who writes a command in German reads German from then on, alone with the bot, until they choose otherwise.
func TestTheLanguageOfCommands(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.tells("anna", "!ping")
	w.expect(`^The bot works`, "anna")
	w.tells("anna", "!abstimmung Sollen wir?")
	w.expect(`^Bitte schreiben Sie !abstimmung in der Gruppe`, "anna")
	w.tells("anna", "!ping")
	w.expect(`^Der Bot funktioniert`, "anna")
	w.tells("bernd", "!hlfe")
	w.expect(`Meinten Sie !hilfe\?`, "bernd")
	w.tells("clara", "!help")
	w.expect(`(?s)^!call.*!vote`, "clara")
	w.says("david", "!hilfe")
	w.expect(`(?s)!vote`, "group")
	w.tells("david", "!ping")
	w.expect(`^The bot works`, "david")
	w.restart()
	w.says("chair", "!vote Shall we?")
	w.expect(`Shall we`, "group")
	w.says("chair", "start")
	fresh := w.new()
	for to, want := range map[string]string{"anna": `Stimmzettel: Shall we\?`, "clara": `Ballot: Shall we\?`} {
		if find(fresh, to, want) == nil {
			t.Errorf("%s did not read %q:\n%s", to, want, list(fresh))
		}
	}
	w.tells("anna", "!lang en")
	w.expect(`^From now on I speak English here\.$`, "anna")
	w.tells("anna", "!prüfen")
	w.expect(`(?i)check`, "anna")
	w.tells("anna", "!ping")
	w.expect(`^The bot works`, "anna")
}

func TestContact(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.bot.Config.Contact = "Office, 0"
	w.says("anna", "!contact")
	w.expect(`help is: Office, 0\n`, "group")
	w.says("anna", "!contact Mr\u202e Lenz,\n+49 171 1234")
	w.expect(`help is: Mr Lenz, \+49 171 1234\n`, "group")
	w.says("anna", "!contact "+strings.Repeat("x", mostContact+1))
	w.expect(`^That is too long\. At most 100`, "group")
	w.opened("One?")
	w.tells("eva", "hm")
	w.expect(`(?s)^I did not understand.*\nHelp: Mr Lenz, \+49 171 1234$`, "eva")
	w.says("anna", "!help")
	w.expect(`\nHelp: Mr Lenz`, "group")
	w.says("anna", "!contact nobody")
	w.expect(`help is: Office, 0\n`, "group")
}

func TestTooManyCommands(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	ping := w.message("anna", "!ping", false)
	for i := range 10000 {
		ping.ID = fmt.Sprintf("$flood%d", i)
		if err := w.bot.Said(t.Context(), ping); err != nil {
			t.Fatal(err)
		}
	}
	w.says("bernd", "!ping")
	answers, told := 0, 0
	for _, s := range w.new() {
		if strings.HasPrefix(s.Plain, "The bot works.") {
			answers++
		}
		if strings.HasPrefix(s.Plain, "Those were many commands") {
			told++
		}
	}
	if answers != mostCommands+1 || told != 1 {
		t.Errorf("%d answers, told %d times", answers, told)
	}
	w.now = w.now.Add(commandsWithin)
	w.says("anna", "!ping")
	w.expect(`^The bot works`, "group")
}

func TestHugeCommands(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	huge := strings.Repeat("x —y „", 1<<17)
	w.says("anna", "!vote "+huge)
	w.expect(`^This message is too long, I did nothing\. !help vote`, "group")
	w.says("anna", "!"+huge)
	w.says("anna", "!dance "+huge)
	w.says("anna", "@bot "+huge)
	w.says("anna", huge)
	w.silent()
	w.says("anna", "!vote "+strings.Repeat("x", 1001))
	w.expect(`^The question is too long\. At most 1000`, "group")
}

// panicking is a line that panics when it is asked for members.
type panicking struct{ *fakeLine }

func (panicking) Members(context.Context, string) ([]chat.Member, error) { panic("a bug") }

func TestPanics(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.bot.Line = panicking{w.line}
	w.says("anna", "!vote One?")
	w.expect(`^Something went wrong on my side`, "group")
	w.bot.Line = w.line
	w.says("anna", "!ping")
	w.expect(`^The bot works`, "group")
	if log := w.log.String(); !strings.Contains(log, "a bug") || !strings.Contains(log, "commands_test.go") || strings.Contains(log, "One?") {
		t.Errorf("logged: %s", log)
	}
}

// Whoever runs the bot, and nobody else, reads from !ping how people got into calls.
func TestPingSaysWaysIn(t *testing.T) {
	w := newWorld(t, "en")
	var ways media.Ways
	w.bot.Ways = func() media.Ways { return ways }
	w.bot.Config.Admin = user("chair")
	says := func(who, want, never string) {
		t.Helper()
		w.new()
		w.says(who, "!ping")
		if got := list(w.new()); !strings.Contains(got, want) || never != "" && strings.Contains(got, never) {
			t.Errorf("%s reads %s", who, got)
		}
	}
	says("chair", "The bot works", "Calls since")
	ways = media.Ways{UDP: 16, TCP: 1, TURN: 3}
	says("chair", "Calls since I started: 20 joins; by TCP only: 1, by the relay only (TURN): 3, did not get through: 0.", "It helps")
	says("anna", "The bot works", "Calls since")
	ways.None = 2
	says("chair", "did not get through: 2.", "")
	says("chair", "web.cert", "")
}

// TestUnencryptedGroup holds a vote where the server can read along.
func TestUnencryptedGroup(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.line.plainRoom = true
	plain := func(name, body string) {
		m := w.message(name, body, false)
		m.Encrypted, m.Trusted = false, false
		w.hear(m)
	}
	plain("anna", "!ping")
	w.expect(`not encrypted: whoever runs its server can read`, "group")
	plain("anna", "!privacy")
	w.expect(`not encrypted: whoever runs its server can read`, "group")
	plain("chair", "!vote One?")
	w.expect(`(?s)^🗳️ Draft: One\?.*not encrypted.*could write in somebody else's name`, "group")
	plain("chair", "start")
	w.expect(`^🗳️ Ballot: One\?`, "eva")
	for _, name := range people[:5] {
		w.tells(name, "1")
	}
	w.new()
	plain("chair", "!close")
	plain("chair", "!close")
	w.expect(`^Result: adopted`, "group")

	w.line.plainRoom = false // from here on
	for _, forged := range []string{"!vote Two?", "!rights vote 0", "!lang de", "!contact Me"} {
		plain("chair", forged)
		w.expect(`^Your message was not encrypted`, "group")
	}
	plain("chair", "!ping")
	w.expect(`^The bot works`, "group")
}
