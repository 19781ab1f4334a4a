package bot

import (
	"regexp"
	"strings"
	"testing"

	"stimmbote/voting"
)

// A run-off is drafted from the result, and earlier results can be seen again.
func TestRunOffAndEarlierVotes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.says("chair", "!votes")
	w.expect(`^No vote has ended here yet`, "group")
	w.says("chair", "!runoff")
	w.expect(`^There is no such result here`, "group")
	w.opened("Shall we?")
	for _, name := range people {
		w.tells(name, "1")
	}
	w.says("chair", "!close")
	w.says("chair", "!runoff")
	w.expect(`^The last vote does not call for a run-off`, "group")
	w.says("chair", "!election Treasurer? Maurer | Lenz | Ott")
	w.says("chair", "start")
	for i, answer := range []string{"1", "1", "1", "2", "2", "3"} {
		w.tells(people[i], answer)
	}
	w.says("chair", "!close")
	w.expect(`(?s)^Result: run-off between Maurer, Lenz\nVote 2: Treasurer`, "group")
	w.says("chair", "!stichwahl")
	w.expect(`(?s)^🗳️ Draft: Treasurer\?\n\n1 = Maurer\n2 = Lenz\n3 = Abstain\n.*the most votes win\.\nThis is the run-off\. After a tie the lot decides`, "group")
	w.says("chair", "start")
	for i, answer := range []string{"1", "1", "1", "2", "2", "2"} {
		w.tells(people[i], answer)
	}
	w.says("chair", "!close")
	w.expect(`(?s)^Result: tie between Maurer, Lenz\. The lot decides`, "group")
	w.now = w.now.Add(commandsWithin)
	w.says("anna", "!votes")
	w.expect(`(?s)^Earlier votes\n3: Treasurer\? – tie between Maurer, Lenz.*\n2: Treasurer\? – run-off between Maurer, Lenz \(2026-3-1\)\n1: Shall we\? – adopted`, "group")
	w.says("anna", "!result 1")
	fresh := w.new()
	if find(fresh, "group", `^Result: adopted\nVote 1: Shall we\?`) == nil || find(fresh, "group", `\.bel$`) == nil {
		t.Errorf("an earlier result:\n%s", list(fresh))
	}
	w.says("anna", "!result 9")
	w.expect(`^There is no such result here`, "group")
}

// Whoever kept the check words finds the ballot, as long as it counts.
func TestCheckWords(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.opened("Shall we?")
	words := func(name string) string {
		t.Helper()
		receipt := find(w.new(), name, `Check words: `)
		if receipt == nil {
			t.Fatalf("%s has no check words", name)
		}
		return regexp.MustCompile(`Check words: (\S+)`).FindStringSubmatch(receipt.Plain)[1]
	}
	w.tells("anna", "1")
	first := words("anna")
	w.tells("eva", "!check "+first)
	w.expect(`^✅ Yes, this ballot is in the box now: Shall we\?`, "eva")
	w.tells("anna", "2")
	second := words("anna")
	for _, name := range people[1:] {
		w.tells(name, "1")
	}
	w.says("chair", "!close")
	fresh := w.new()
	if find(fresh, "anna", `Check words: `+second) == nil {
		t.Errorf("after the close:\n%s", list(fresh))
	}
	w.tells("eva", "!check "+strings.ToUpper(strings.ReplaceAll(second, "-", " ")))
	w.expect(`^✅ Yes, this ballot is in the closed box`, "eva")
	w.tells("eva", "!check "+first)
	w.expect(`^❌ I have no ballot with these check words`, "eva")
	w.tells("eva", "!check perhaps")
	w.expect(`^Behind it belong the three check words`, "eva")
	w.says("eva", "!check "+second)
	w.expect(`^Please check that in the direct chat`, "group")
}

// Every kind of vote goes from its command to its result.
func TestKindsFromCommandToResult(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, command, draft, ballot string
		answers                      []string // of everybody in turn
		understood, result           string   // of the first; of the group
	}{
		{
			"two thirds", "!vote Shall we change the statutes? --majority 2/3 --of cast --quorum 50%",
			`(?s)1 = Yes · 2 = No · 3 = Abstain\n.*adopted if at least 2/3 of all ballots cast \(abstentions count\) are yes\.\nValid only if at least 3 of 6 vote`,
			`(?s)1 = Yes\n2 = No\n3 = Abstain\n\nReply with the number only`,
			[]string{"1", "ja", "yes please", "2", "ich bin dagegen", "3"},
			`Understood: Yes\.`,
			`(?s)^Result: rejected\nVote 1: Shall we change the statutes\?\n\nYes: 3 ███\nNo: 2 ██\nAbstain: 1 █\nCast: 6 of 6 entitled\nNeeded: 4 yes of 6\n`,
		},
		{
			"a choice by lines", "!vote When shall we meet?\n- Monday\n- Tuesday\n- Wednesday",
			`(?s)When shall we meet\?\n\n1 = Monday\n2 = Tuesday\n3 = Wednesday\n4 = Abstain\n.*to win takes more than half of the valid votes`,
			`(?s)3 = Wednesday\n4 = Abstain\n\nReply with the number only`,
			[]string{"Tuesday", "2", "two", "1", "4", "Tuesday please"},
			`Understood: Tuesday\.`,
			`(?s)^Result: Tuesday wins\n.*Monday: 1 █\nTuesday: 4 ████\nWednesday: 0\nAbstain: 1 █\n.*Needed: 3 of 5`,
		},
		{
			"several", "!vote Which topics? Roads | Trees | Schools | Bikes --choose 1-2 --invalid",
			`(?s)1 = Roads\n2 = Trees\n3 = Schools\n4 = Bikes\n5 = Invalid ballot\nChoose 1 to 2\..*the 2 with the most votes win`,
			`(?s)5 = Invalid ballot\n\nReply with up to 2 numbers, for example: 1, 2\n`,
			[]string{"1, 2", "2 and 4", "trees", "Roads, Trees", "5", "2+3"},
			`Understood: Roads, Trees\.`,
			`(?s)^Result: Trees, Roads win\n.*Roads: 2 ██\nTrees: 5 █████\nSchools: 1 █\nBikes: 1 █\nInvalid: 1\n`,
		},
		{
			"an election", "!election Treasurer? Maurer | Lenz | Ott",
			`(?s)1 = Maurer\n2 = Lenz\n3 = Ott\n4 = Abstain\n.*Otherwise a run-off follows`,
			`(?s)4 = Abstain\n\nReply with the number only`,
			[]string{"Maurer", "1", "2", "Frau Ott", "3", "lenz"},
			`Understood: Maurer\.`,
			`(?s)^Result: run-off between Maurer, Lenz, Ott\n.*!runoff prepares the run-off`,
		},
		{
			"one candidate", "!wahl Vorsitz?\nMaurer",
			`(?s)1 = Yes\n2 = No\n3 = Abstain\nYes, no or abstain\..*elected with yes on more than half of the yes and no votes`,
			`(?s)Vorsitz\? – Maurer\n.*1 = Yes\n2 = No\n3 = Abstain\n\nReply with the number only`,
			[]string{"ja", "1", "2", "ja", "3", "ja"},
			`Understood: Yes\.`,
			`(?s)^Result: Maurer wins\n.*Maurer: 4 yes, 1 no, 1 abstain ████\n.*\nMaurer, do you accept the election\?`,
		},
		{
			"yes or no to each", "!election Board?\nMaurer\nLenz\nOtt\n--each --seats 2",
			`(?s)3 = Ott\nTo each of the 3: yes, no or abstain\..*If more than 2 reach it, the 2 with the most yes win`,
			`(?s)3 = Ott\n\nReply to each number with yes, no or abstain`,
			[]string{"1 yes, 2 no, 3 abstain", "all yes", "1 ja 2 ja 3 nein", "yes no no", "alle ja", "1 ja, alle anderen nein"},
			`Understood: Maurer: Yes, Lenz: No, Ott: Abstain\.`,
			`(?s)^Result: Maurer wins\n1 seat stays vacant\n.*Maurer: 6 yes, 0 no, 0 abstain ██████\nLenz: 3 yes, 3 no, 0 abstain ███\n`,
		},
		{
			"all the same", "!vote Shall we?",
			`Shall we`, `Shall we`,
			[]string{"1", "1", "1", "1", "1", "1"},
			`Understood: Yes\.`,
			`(?s)^Result: adopted\n.*All chose the same: so everybody now knows everybody's vote\.\n.*stimmbote verify \S+\.bel\n.*recheck\.sh \S+\.bel$`,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, "en")
			w.says("chair", test.command)
			w.expect(test.draft, "group")
			w.says("chair", "start")
			w.expect(test.ballot, people...)
			for i, answer := range test.answers {
				w.tells(people[i], answer)
				if fresh := w.new(); i == 0 && find(fresh, people[0], test.understood) == nil || find(fresh, people[i], `^✅`) == nil {
					t.Fatalf("%s answers %q:\n%s", people[i], answer, list(fresh))
				}
			}
			w.now = w.now.Add(grace)
			w.settle()
			w.expect(test.result, "group")
		})
	}
}

func TestWishesThatCannotBe(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	for command, want := range map[string]string{
		"!vote Which? One":                      `^🗳️ Draft: Which\? One`,
		"!vote Which?\nOne":                     `^That is only one option: One\.`,
		"!vote Which? One | one":                `^This stands there twice: one`,
		"!vote Shall we? --choose 2":            `^That takes several options`,
		"!vote Which? A | B --choose 3":         `^At most 2 can be chosen, not 3`,
		"!vote Which? A | B --choose x":         `^I do not understand: --choose x\. For example: --choose 1-3`,
		"!vote Shall we? --majority 1/3":        `^I do not understand: --majority 1/3`,
		"!vote Shall we? --majority":            `^Something is missing behind --majority`,
		"!vote Shall we? --of present":          `^None of the members is in the call .* so nobody is present`,
		"!vote Shall we? --of nobody":           `^I do not understand: --of nobody`,
		"!election Treasurer?":                  `^Please write behind it who stands`,
		"!election Board? A | B --seats 3":      `^Those are 3 seats for 2`,
		"!abstimmung Sollen wir? —mehrheit 3/4": `at least 3/4`,
		"!election Treasurer? Maurer, Lenz":     `(?s)Treasurer\?\n\n1 = Maurer\n2 = Lenz\n3 = Abstain`,
		"!election Treasurer: Maurer | Lenz":    `(?s)^🗳️ Draft: Treasurer\n\n1 = Maurer\n2 = Lenz\n3 = Abstain`,
		"!wahl Vorsitz: Maurer, Lenz":           `(?s)^🗳️ Draft: Vorsitz\n\n1 = Maurer\n2 = Lenz\n3 = Abstain`,
		"!wahl Wahl 2026: Vorsitz? Ott | Lenz":  `(?s)^🗳️ Draft: Wahl 2026: Vorsitz\?\n\n1 = Ott\n2 = Lenz`,
		"!vote A? --secret":                     `^This group has no tellers`,
		"!vote Board? --each Maurer, Lenz":      `(?s)Board\?\n\n1 = Maurer\n2 = Lenz\nTo each`,
		"!vote | A | B":                         `^Please write the question`,
	} {
		w.now = w.now.Add(commandsWithin)
		w.says("chair", command)
		w.expect(want, "group")
	}
}

func TestDraftsChangeInPlainWords(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.says("chair", "!vote Shall we?")
	w.says("chair", "change 2/3, quorum 50%, of cast")
	w.expect(`(?s)^🗳️ Draft: Shall we\?\n.*at least 2/3 of all ballots cast.*Valid only if at least 3 of 6`, "group")
	w.says("chair", "ändern Frage: Wann?\nMöglichkeiten: Montag | Dienstag")
	w.expect(`(?s)^🗳️ Draft: Wann\?\n\n1 = Montag\n2 = Dienstag\n3 = Abstain\n`, "group")
	w.says("chair", "change up to 2, invalid, relative majority")
	w.expect(`(?s)3 = Invalid ballot\n.*Choose 1 to 2`, "group")
	w.says("chair", "change the wallpaper")
	w.expect(`^I do not understand: the wallpaper\. I changed nothing`, "group")
	w.says("chair", "change")
	w.expect(`^Write behind it what shall be different`, "group")
	w.says("chair", "change --majority simple")
	w.expect(`^🗳️ Draft: Wann`, "group")
	w.says("anna", "change 3/4")
	w.silent()
	w.says("chair", "start")
	if p := w.poll(); p.State != voting.StateOpen || p.Asked.Kind != voting.KindSeveral || p.Rule.Quorum.Num != 1 {
		t.Errorf("opened: %+v", p)
	}
}
