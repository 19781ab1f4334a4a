package bot

import (
	"slices"
	"strings"
	"testing"
	"time"

	"stimmbote/voting"
)

// replies says something in the direct chat as a reply to the newest message of a kind about a question.
func (w *world) replies(name, body, kind, question string) {
	w.t.Helper()
	for _, s := range slices.Backward(w.sent) {
		if s.to() == name && s.Kind == kind && strings.Contains(s.Plain, question) {
			m := w.message(name, body, true)
			m.ReplyTo = "$" + s.Key
			w.hear(m)
			return
		}
	}
	w.t.Fatalf("%s has no %s about %s:\n%s", name, kind, question, list(w.sent))
}

// waitsIn says whether an answer of somebody waits for its OK in a vote.
func (w *world) waitsIn(p *voting.Poll, name string) bool {
	w.t.Helper()
	waits, err := w.bot.waits(w.t.Context(), p.ID, user(name))
	if err != nil {
		w.t.Fatal(err)
	}
	return waits != nil
}

// An OK that replies to the question of a vote that is over casts no other vote; one that replies to a vote's own question
// is not asked about again.
func TestAReplyOfOKAfterAClose(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.opened("First? --no-revote")
	w.opened("Second? --no-revote")
	second := w.poll()
	w.opened("Third? --no-revote")
	w.tells("anna", "A 1")
	w.tells("anna", "B 2")
	for _, name := range people {
		if name != "anna" {
			w.tells(name, "A 1")
			w.tells(name, "A OK")
		}
	}
	w.says("chair", "!close A")
	w.says("chair", "!close A")
	w.tells("anna", "B 2") // she names the one that is open
	w.new()
	elsewhere := `^⚠️ Not counted\. That belongs to another vote`
	w.replies("anna", "OK", kindConfirm, "First?")
	w.expect(elsewhere, "anna")
	w.says("chair", "!cancel C")
	w.new()
	w.replies("anna", "ok", kindConfirm, "First?")
	w.expect(elsewhere, "anna")
	if !w.waitsIn(second, "anna") {
		t.Errorf("her vote is cast; said was:\n%s", list(w.sent))
	}
	w.replies("anna", "OK", kindConfirm, "Second?")
	w.expect(`✅ No\. Your vote is in`, "anna")
}

// Nor does it open or cast what is tested in another vote.
func TestAReplyOfOpenAfterAClose(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.opened("First?")
	w.opened("Second?")
	second := w.poll()
	for _, name := range people {
		w.tells(name, "A 1")
	}
	w.tells("anna", "B test")
	w.tells("anna", "B 1")
	w.says("chair", "!close A")
	w.new()
	for _, word := range []string{"open", "OK"} {
		w.replies("anna", word, kindReceipt, "First?")
		w.expect(`^⚠️ Not counted\. That belongs to another vote`, "anna")
		if kept, err := w.bot.tested(t.Context(), second.ID, user("anna")); err != nil || kept == nil || kept.Trial == nil {
			t.Fatalf("after %s it is %+v, %v", word, kept, err)
		}
	}
	w.replies("anna", "open", kindTest, "Second?")
	w.expect(`(?s)Second\?.*Yes`, "anna")
	if kept, err := w.bot.tested(t.Context(), second.ID, user("anna")); err != nil || kept != nil {
		t.Errorf("it is not opened: %+v, %v", kept, err)
	}
}

// An answer that was under way while its vote ended does not count in the next, whose ballot is there before it.
func TestAnAnswerUnderWay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.opened("First?")
	m := w.message("anna", "1", true)
	w.now = w.now.Add(time.Second)
	w.says("chair", "!cancel")
	w.now = w.now.Add(2 * time.Second)
	w.opened("Second?")
	w.hear(m)
	w.expect(`^🗳️ Second\?\n⚠️ Not counted\. Your message reached me too late`, "anna")
	if n, _, err := w.bot.Polls.Turnout(t.Context(), w.poll().ID); n != 0 || err != nil {
		t.Errorf("%d votes are in, %v", n, err)
	}
	w.tells("anna", "1")
	w.expect(`^🗳️ Second\?\n✅ Understood: Yes`, "anna")
}
