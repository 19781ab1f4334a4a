package bot

import (
	"slices"
	"strings"
	"testing"
	"time"

	"stimmbote/chat"
	"stimmbote/voting"
)

// Who a room calls a program has no vote, and the draft says so.
func TestProgramsHaveNoVote(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.join("helper")
	w.line.service = []string{user("helper"), user("gone")}
	w.says("chair", "!vote One?")
	w.expect(`(?s)6 members are entitled to vote: Anna, .*Eva\nWithout a vote: Helper\n`, "group")
	w.line.service = nil
	w.says("chair", "start")
	w.expect(`The group's members are not those of the draft`, "group")
}

// sends is somebody sending a file into the group.
func (w *world) sends(name, file string) {
	w.t.Helper()
	w.line.file = []byte(file)
	m := w.message(name, "", false)
	m.Kind, m.File = chat.Attachment, new(chat.Attached)
	w.hear(m)
}

func TestRollFromAFile(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	ask := func() { w.t.Helper(); w.now = w.now.Add(commandsWithin); w.says("chair", "!vote One? --who file") }
	w.sends("anna", "@anna:x\n@bernd:x\n@clara:x\n@deniz:x\n@eva:x\n")
	ask()
	w.expect(`^Please send the file into this group first`, "group")
	w.sends("chair", "\ufeff# members\r\n@anna:x\r\n\r\nBernd\r\nclara;Clara Ott\r\nDeniz Kaya,@deniz:x\r\n\"@eva:x\"\t5\r\n@anna:x")
	w.silent()
	ask()
	w.expect(`(?s)5 members are entitled to vote: Anna, Bernd, Clara, Deniz, Eva\nThe roll was picked by hand`, "group")
	if p := w.poll(); !p.Terms.Picked || len(p.Roll) != 5 {
		t.Errorf("the draft is %+v", p)
	}
	w.says("chair", "start")
	w.expect(`The roll was picked by hand: 5 people`, "anna")
	w.says("chair", "!cancel")
	w.new()
	for file, want := range map[string]string{
		"@anna:x\n@bernd:x\nZoe\nYves":          `nobody has that name, or several have it: Zoe, Yves$`,
		"a\nb\nc\nd\ne\nf\ng":                   `: a, b, c, d, e, … \(\+2\)$`,
		"\n\n# nobody":                          `^I cannot read that file`,
		"%PDF\x00\n@anna:x":                     `^I cannot read that file`,
		"@anna:x\xff":                           `^I cannot read that file`,
		strings.Repeat("@anna:x\n", mostListed): `^I cannot read that file`,
		"@anna:x\n":                             `^This group is too small`,
		"@anna:x\n@anna:x\n@bot:x\n@otherbot:x": `several have it: @bot:x, @otherbot:x$`,
	} {
		w.sends("chair", file)
		ask()
		w.expect(want, "group")
	}
	w.line.file = nil
	ask()
	w.expect(`^I cannot read that file`, "group")
	w.sends("chair", "@anna:x")
	w.now = w.now.Add(listedWithin + time.Second)
	ask()
	w.expect(`^Please send the file into this group first`, "group")
}

func TestFilesAreForgotten(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	for range 3 {
		for _, name := range people {
			w.sends(name, "x")
		}
	}
	if len(w.bot.files) != len(people) {
		t.Errorf("%d files are remembered", len(w.bot.files))
	}
	w.now = w.now.Add(listedWithin + time.Second)
	w.sends("anna", "x")
	if len(w.bot.files) != 1 {
		t.Errorf("%d files are remembered after an hour", len(w.bot.files))
	}
}

// Clients write the names of those whom somebody picks from a list, with blanks in them.
func TestPickedByMention(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	mentions := []chat.Mention{{Name: "Anna Maurer", ID: "@anna:x"}, {Name: "Bernd", ID: "@bernd:x"}, {Name: "@clara", ID: "@clara:x"}, {Name: "Deniz", ID: "@deniz:x"}, {Name: "Eva", ID: "@eva:x"}}
	for _, text := range []string{
		"!vote Shall Anna Maurer go? --who Anna Maurer Bernd @clara Deniz Eva",
		"!vote Shall Anna Maurer go? --wer Anna Maurer, Bernd, @clara, Deniz, Eva --for 10m",
		"!vote Shall Anna Maurer go? —who [Anna Maurer](https://matrix.to/#/@anna:x) @Bernd [@clara](https://matrix.to/#/@clara:x) Deniz Eva",
	} {
		m := w.message("chair", text, false)
		m.Mentions = mentions
		w.hear(m)
		if p := w.poll(); p == nil || p.Question != "Shall Anna Maurer go?" || !slices.Equal(p.Roll, []voting.Member{"@anna:x", "@bernd:x", "@clara:x", "@deniz:x", "@eva:x"}) {
			t.Errorf("%s: %+v\n%s", text, p, list(w.new()))
		}
		w.says("chair", "cancel")
		w.new()
	}
}

// Who asks need not be on the roll, and is still asked whether to start.
func TestWhoAsksIsNotOnTheRoll(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.says("chair", "!vote One? --who @anna @bernd @clara @deniz @eva")
	w.expect(`\nChair, reply start, change or cancel\.$`, "group")
}
