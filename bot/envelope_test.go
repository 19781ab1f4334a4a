package bot

import (
	"strings"
	"testing"

	"stimmbote/voting"
	"stimmbote/voting/belenios"
)

// Whoever wants to see what the bot seals names an answer, then says whether the envelope is opened.
func TestEnvelopeOpened(t *testing.T) {
	t.Parallel()
	w := withBooth(t)
	w.opened("Shall we?")
	w.tells("anna", "test")
	w.expect(`^You want to see whether I seal properly`, "anna")
	said := w.message("anna", "2", true)
	w.hear(said)
	fresh := w.new()
	sealed := find(fresh, "anna", `^Sealed, and not in the ballot box yet\. Envelope: (\S+)`)
	if sealed == nil || w.line.burned[len(w.line.burned)-1] != said.ID || !strings.Contains(list(fresh), "redacts "+said.ID) {
		t.Fatalf("sealed:\n%s", list(fresh))
	}
	if cast, _, err := w.bot.Polls.Turnout(t.Context(), w.poll().ID); cast != 0 || err != nil {
		t.Errorf("%d ballots, %v", cast, err)
	}
	w.restart()
	w.tells("anna", "open")
	fresh = w.new()
	opened := find(fresh, "anna", `(?s)^In the envelope (\S+) is: No\. It is void now`)
	file := find(fresh, "anna", `^test-`)
	if opened == nil || file == nil || !opened.Secret || !file.Secret {
		t.Fatalf("opened:\n%s", list(fresh))
	}
	r, err := belenios.Reveal(file.File.Data)
	if err != nil {
		t.Fatal(err)
	}
	words := strings.Join(voting.Words(r.Tracker, "en"), "-")
	if r.Fingerprint != w.poll().Fingerprint || r.Vote[0][voting.No] != 1 || !strings.Contains(sealed.Plain, words) || !strings.Contains(opened.Plain, words) {
		t.Errorf("the file reveals %+v under %s, named was\n%s", r, words, list(fresh))
	}
	w.tells("anna", "OK")
	if cast, _, err := w.bot.Polls.Turnout(t.Context(), w.poll().ID); cast != 0 || err != nil {
		t.Errorf("an opened envelope was cast: %d ballots, %v", cast, err)
	}
	w.new()
	w.tells("anna", "1")
	w.expect(`^✅ Understood: Yes`, "anna")
}

// The envelope that was named is the one that is cast, and only one of the two can happen.
func TestEnvelopeCast(t *testing.T) {
	t.Parallel()
	for _, options := range []string{"", " --no-revote"} {
		w := withBooth(t)
		w.opened("Shall we?" + options)
		w.tells("anna", "test")
		w.tells("anna", "1")
		named, err := w.bot.tested(t.Context(), w.poll().ID, "@anna:x")
		if err != nil || named == nil || named.Trial == nil {
			t.Fatalf("%+v, %v", named, err)
		}
		w.new()
		w.tells("anna", "OK")
		w.expect(`(?s)^✅ .*Yes.*Code: `+belenios.Code(belenios.Tracker(named.Trial.Ballot)), "anna")
		w.tells("anna", "open")
		if fresh := w.new(); find(fresh, "anna", `^test-`) != nil {
			t.Errorf("a ballot that was cast is opened:\n%s", list(fresh))
		}
		if left, err := w.bot.tested(t.Context(), w.poll().ID, "@anna:x"); left != nil || err != nil {
			t.Errorf("left is %+v, %v", left, err)
		}
	}
}

// A test that nobody ended is dropped with the vote, and an answer by another way ends it.
func TestEnvelopeDropped(t *testing.T) {
	t.Parallel()
	w := withBooth(t)
	w.opened("Shall we?")
	w.tells("anna", "test")
	w.tells("anna", "1")
	if _, err := w.casts(w.sealed("anna", voting.No)); err != nil {
		t.Fatal(err)
	}
	if left, err := w.bot.tested(t.Context(), w.poll().ID, "@anna:x"); left != nil || err != nil {
		t.Errorf("after a vote over the link: %+v, %v", left, err)
	}
	w.tells("bernd", "test")
	w.tells("bernd", "1")
	for _, name := range people[2:] {
		w.tells(name, "1")
	}
	w.closes("chair")
	all, err := w.store.SettingsNamed(t.Context(), settingTest)
	if err != nil || len(all) != 0 {
		t.Errorf("left are %v, %v", all, err)
	}
}
