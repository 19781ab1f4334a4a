package bot

import (
	"testing"

	"stimmbote/voting"
	"stimmbote/voting/parley"
)

// TestWhoseMachine: the owner says which account is their machine; another that says so blocks nothing.
func TestWhoseMachine(t *testing.T) {
	w := newWorld(t, "en")
	w.withTellers()
	w.expect(`(?s)says that it is your key machine in the group Grüne Straße: @anna-box:x.*!machine @anna-box:x`, "anna")
	w.says("chair", "!tellers")
	w.expect(`(?s)Anna: @anna-box:x\n.*Anna has not said yet that this is their machine: !machine @anna-box:x`, "group")
	real := &machine{w: w, account: user("annas-pi"), owner: user("anna")}
	w.join("annas-pi")
	real.says(parley.Record{Kind: parley.Here, Owner: voting.Member(real.owner)})
	w.expect(`says that it is your key machine.*: @annas-pi:x`, "anna")
	w.says("chair", "!vote First?")
	w.expect(`(?s)Tellers: Anna \(@anna-box:x\).*not confirmed yet by: Anna, Bernd`, "group")

	m := w.message("anna", "!machine @annas-pi", true)
	m.Trusted = false
	w.hear(m)
	w.expect(`only a verified device`, "anna")
	w.says("eva", "!machine @annas-pi")
	w.expect(`No account says that it is your machine`, "group")
	w.tells("anna", "!machine")
	w.expect(`That it is your machine say: @anna-box:x, @annas-pi:x.*!machine @anna-box:x`, "anna")
	w.tells("anna", "!machine @annas-pi:x")
	w.expect(`@annas-pi:x is Anna's machine`, "anna")
	w.says("bernd", "!maschine bernd-box")
	w.expect(`@bernd-box:x is Bernd's machine`, "group")
	w.says("chair", "!tellers")
	w.expect(`(?s)Anna: @annas-pi:x\n.*as well: @anna-box:x.*Bernd: @bernd-box:x\nAll machines are here`, "group")
	w.restart()
	w.says("chair", "!vote Second?")
	w.expect(`(?s)Tellers: Anna \(@annas-pi:x\), Bernd \(@bernd-box:x\)\. The box opens with all keys together only\.\n\n`, "group")
	w.leave("annas-pi")
	w.says("chair", "!vote Third?")
	w.expect(`Of Anna there is no machine`, "group")
}

// TestCandidatesHoldNoKey: a teller who stands for election is replaced, or left out, or warned of.
func TestCandidatesHoldNoKey(t *testing.T) {
	for name, test := range map[string]struct {
		spare, third bool
		left         bool // the spare has left the group
		tellers      string
		says         string
	}{
		"by somebody else":            {true, false, false, "Clara (@clara-box:x), Bernd (@bernd-box:x)", `Stands for election and therefore holds no key of this vote: Anna`},
		"by nobody, others are there": {false, true, false, "Bernd (@bernd-box:x), Deniz (@deniz-box:x)", `Stands for election and therefore holds no key of this vote: Anna`},
		"by nobody: Clara has left":   {true, false, true, "Anna (@anna-box:x), Bernd (@bernd-box:x)", `⚠️ Stands for election and holds a key: Anna`},
		"there is nobody else":        {false, false, false, "Anna (@anna-box:x), Bernd (@bernd-box:x)", `⚠️ Stands for election and holds a key: Anna`},
	} {
		w := newWorld(t, "en")
		w.withTellers()
		if test.spare {
			w.box("clara")
			w.says("clara", "!machine @clara-box")
		}
		if test.left {
			w.leave("clara")
		}
		if test.third {
			w.box("deniz")
			w.says("chair", "!tellers @anna @bernd @deniz")
		}
		w.says("chair", "!election Treasurer? Anna | Eva")
		for _, body := range []string{"", "change 10 minutes"} {
			if body != "" {
				w.new()
				w.says("chair", body)
			}
			p := w.poll()
			names, err := w.bot.tellerNames(t.Context(), group, p.Terms.Tellers.All(), true)
			if err != nil || names != test.tellers || find(w.sent[w.seen:], "group", test.says) == nil {
				t.Errorf("%s, %q: %s, %v; said was:\n%s", name, body, names, err, list(w.sent[w.seen:]))
			}
		}
		w.says("chair", "!vote Shall we adopt motion 12?")
		w.says("chair", "!vote Anna or Eva? Anna | Eva")
		if names, err := w.bot.tellerNames(t.Context(), group, w.poll().Terms.Tellers.All()[:1], false); err != nil || names != "Anna" {
			t.Errorf("%s: a vote that elects nobody has %s first, %v", name, names, err)
		}
	}
}

// TestTellerWhoLeft: whoever has left the group holds no key there, although their machine stays.
func TestTellerWhoLeft(t *testing.T) {
	w := newWorld(t, "en")
	w.withTellers()
	w.says("bernd", "!machine @bernd-box")
	w.leave("bernd")
	w.says("chair", "!vote Shall we adopt motion 12?")
	w.expect(`Of @bernd:x there is no machine in the group`, "group")
	if p := w.poll(); p != nil {
		t.Errorf("there is a vote, %s", p.State)
	}
	w.says("chair", "!tellers")
	w.expect(`(?s)Anna: @anna-box:x.*@bernd:x: not in this group any more`, "group")
	w.join("bernd")
	w.says("chair", "!vote Shall we adopt motion 12?")
	w.expect(`Tellers: Anna \(@anna-box:x\), Bernd \(@bernd-box:x\)`, "group")
}

// TestMachineInAGroupThatIsGone: a group that the bot was put out of does not keep anybody from saying in the direct
// chat which machine is theirs.
func TestMachineInAGroupThatIsGone(t *testing.T) {
	w := newWorld(t, "en")
	w.withTellers()
	if err := w.store.PutSetting(t.Context(), "!another:x", settingMachines, user("anna")+" "+user("anna-box")+"\n"); err != nil {
		t.Fatal(err)
	}
	w.line.gone = map[string]bool{"!another:x": true}
	w.new()
	w.tells("anna", "!machine @anna-box")
	w.expect(`@anna-box:x is Anna's machine`, "anna")
	if owned, err := w.bot.owned(t.Context(), group); err != nil || owned[voting.Member(user("anna"))] != user("anna-box") {
		t.Errorf("it is not noted: %v, %v", owned, err)
	}
}
