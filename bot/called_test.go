package bot

import (
	"testing"
	"time"

	"stimmbote/voting"
)

// With several votes open each receipt says which one it is about, how it is changed, and what is missing.
func TestReceiptsOfSeveralVotes(t *testing.T) {
	t.Parallel()
	for language, want := range map[string][]string{
		"en": {
			`^🗳️ Vote A: First\?\n✅ Understood: Yes\. Your vote is in the ballot box\. Wrong\? Send A and the other number\.\nCheck words: .*\n⏳ Your vote is still missing here, with B in front please: Second\?$`,
			`^🗳️ Vote B: Second\?\n✅ Understood: X, Z\. Your vote is in the ballot box\. Wrong\? Send all of it again, with B in front\.\nCheck words: .*\nNothing more to do\.$`,
			`^🗳️ Vote B: Second\?\nThat is more than one answer|^🗳️ Vote B: Second\?\nI did not understand that\.\nPlease send up to 2 numbers: .*\nAnother vote is open as well\. Put the letter in front here: B 1\n`,
			`^⏳ Your vote is still missing, .* left: First\?\n.*\nAnother vote is open as well\. Put the letter in front here: A 1$`,
		},
		"de": {
			`^🗳️ Abstimmung A: First\?\n✅ Verstanden: Ja\. Ihre Stimme ist in der Urne\. Falsch\? Schicken Sie A und die andere Zahl\.\nPrüfwörter: .*\n⏳ Hier fehlt Ihre Stimme noch, bitte mit B davor: Second\?$`,
			`^🗳️ Abstimmung B: Second\?\n✅ Verstanden: X, Z\. Ihre Stimme ist in der Urne\. Falsch\? Schicken Sie alles noch einmal, mit B davor\.\nPrüfwörter: .*\nSie müssen nichts mehr tun\.$`,
			`^🗳️ Abstimmung B: Second\?\nDas habe ich nicht verstanden\.\nBitte schicken Sie bis zu 2 Zahlen: .*\nEs ist noch eine andere Abstimmung offen\. Schreiben Sie hier den Buchstaben davor: B 1\n`,
			`^⏳ Ihre Stimme fehlt noch, .*: First\?\n.*\nEs ist noch eine andere Abstimmung offen\. Schreiben Sie hier den Buchstaben davor: A 1$`,
		},
	} {
		w := newWorld(t, language)
		w.opened("First? --for 20m")
		w.opened("Second? X | Y | Z --choose 2")
		w.tells("anna", "A 1")
		w.expect(want[0], "anna")
		w.tells("anna", "B 1 3")
		w.expect(want[1], "anna")
		w.tells("anna", "B maybe")
		w.expect(want[2], "anna")
		w.now = w.now.Add(18 * time.Minute)
		w.settle()
		w.expect(want[3], "bernd")
	}
}

// After a vote that has just ended the receipt of the next one names its question; without one it does not.
func TestReceiptsOfVotesInARow(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.opened("First?")
	w.tells("anna", "1")
	w.expect(`^✅ Understood: Yes`, "anna")
	w.says("chair", "!cancel")
	w.opened("Second? --no-revote")
	w.tells("anna", "1")
	w.expect(`^🗳️ Second\?\nYou choose: Yes\. Right\? Write OK\.`, "anna")
	w.tells("anna", "ok")
	w.expect(`^🗳️ Second\?\n✅ Yes\. Your vote is in the ballot box\. Nothing more to do\.`, "anna")
	w.tells("anna", "2")
	w.expect(`^🗳️ Second\?\nYou have voted already`, "anna")
	w.now = w.now.Add(overNear)
	w.tells("bernd", "1")
	w.expect(`^You choose: Yes`, "bernd")
}

// A letter and a word are understood in either order; the word alone does what helps.
func TestWordsWithLetters(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.opened("First?")
	w.opened("Second?")
	w.opened("Open? --open")
	ballots := func(text string, want ...string) {
		t.Helper()
		w.now = w.now.Add(helloWithin)
		w.tells("anna", text)
		var got []string
		for _, s := range w.new() {
			if s.Kind == kindBallot && s.to() == "anna" {
				p, err := w.bot.Polls.Poll(t.Context(), voting.ID(s.Group))
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, p.Question)
			}
		}
		if len(got) != len(want) {
			t.Errorf("%q sends %v, want %v", text, got, want)
			return
		}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("%q sends %v, want %v", text, got, want)
			}
		}
	}
	ballots("B resend", "Second?")
	ballots("resend b.", "Second?")
	ballots("nochmal A", "First?")
	ballots("resend", "First?", "Second?", "Open?")
	w.says("chair", "!cancel C")
	w.says("chair", "cancel")
	w.says("chair", "!cancel A")
	w.says("chair", "cancel")
	ballots("resend B", "Second?") // also when it is the only one that is left
	ballots("resend", "Second?")
	w = newWorld(t, "en")
	w.opened("First?")
	w.opened("Second?")

	w.tells("anna", "test")
	w.expect(`^Several votes are open now\. Which one do you mean\? Please answer with its letter:\nA test: First\?\nB test: Second\?$`, "anna")
	w.tells("anna", "B check")
	w.expect(`^🗳️ Vote B: Second\?\nYou want to see whether I seal properly\. .*\nAnother vote is open as well\. Put the letter in front here: B 1$`, "anna")
	w.tells("anna", "1")
	w.expect(`^Several votes are open now\.(?s).*A 1 …: First\?`, "anna")
	w.tells("anna", "B 1")
	w.expect(`^🗳️ Vote B: Second\?\nSealed, and not in the ballot box yet\. Envelope: .*\nB open shows what is in it; then it does not count\. B OK lays`, "anna")
	w.tells("anna", "open") // nothing else waits
	w.expect(`^🗳️ Vote B: Second\?\nIn the envelope .* is: Yes`, "anna")
	w.tells("anna", "test A")
	w.tells("anna", "A 2")
	w.tells("anna", "OK")
	w.expect(`^🗳️ Vote A: First\?\n✅ Understood: No`, "anna")
	w.tells("anna", "B")
	w.expect(`^🗳️ Vote B: Second\?\nThat is the letter\. Your answer behind it is still missing\.\nPlease send only one number: .*\nAnother vote is open as well\. Put the letter in front here: B 1$`, "anna")
	w.tells("anna", "thanks")
	w.silent()
	w.tells("bernd", "OK")
	w.expect(`^(I did not understand|🗳️)`, "bernd")
}
