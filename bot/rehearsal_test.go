package bot

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"stimmbote/chat"
	"stimmbote/voting"
)

// saysSo wants the label once in each message, but in files and in what only follows from a command.
func (w *world) saysSo() (kinds, keys []string) {
	w.t.Helper()
	for _, s := range w.sent {
		text := s.Plain
		if s.Poll != nil {
			text = s.Poll.Question
		}
		if s.Redacts != "" || s.File != nil {
			continue
		}
		kinds = append(kinds, s.Kind)
		if s.Kind == kindSay {
			keys = append(keys, string(s.Payload))
		}
		if strings.Count(text, "Rehearsal: not secret, not binding.") != 1 {
			w.t.Errorf("a %s says %q", s.Kind, text)
		}
	}
	return kinds, keys
}

// Everything that is said about a rehearsal says that it is one, whatever becomes of it.
func TestARehearsalSaysSo(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.bot.Native = true
	w.says("chair", "!vote One? --rehearsal --no-revote --objection 5m --open")
	w.says("chair", "start")
	w.tells("anna", "perhaps")
	for _, name := range people[:4] {
		w.tells(name, "1")
		w.tells(name, "ok")
		w.tells(name, "2")
	}
	w.tells("deniz", "1")
	w.now = w.now.Add(progressPause)
	w.settle()
	w.says("chair", "!extend 10m")
	w.closes("chair")
	w.says("eva", "!objection I slept")
	w.says("chair", "!close")
	w.now = w.now.Add(5 * time.Minute)
	w.settle()
	if find(w.sent, "anna", `(?s)^🗳️ Ballot: One.*🎭 Rehearsal.*Open vote: at the end everybody sees your answer with your name, in a list`) == nil {
		t.Error("the ballot does not say that answers are published")
	}
	kinds, _ := w.saysSo()
	for _, kind := range []string{kindDraft, kindAnchors, kindOpened, kindCount, kindBallot, kindNative, kindHint, kindConfirm, kindReceipt, kindRemind, kindExtended, kindClosed, kindResult, kindOutcome} {
		if !slices.Contains(kinds, kind) {
			t.Errorf("nothing of the kind %s was said", kind)
		}
	}
	w.said("ballot.voted", "ballot.unconfirmed", "poll.objection.holds", "poll.objection.proceed")
}

// said wants each of these sentences to have been said about a rehearsal.
func (w *world) said(keys ...string) {
	w.t.Helper()
	_, said := w.saysSo()
	for _, key := range keys {
		if !slices.ContainsFunc(said, func(payload string) bool { return strings.Contains(payload, `"`+key+`"`) }) {
			w.t.Errorf("nobody was told %s:\n%s", key, list(w.sent))
		}
	}
}

// A rehearsal that comes to nothing says that it is one as well.
func TestARehearsalThatEndsSaysSo(t *testing.T) {
	t.Parallel()
	for _, end := range []struct {
		how  string
		what func(t *testing.T, w *world)
		said []string
	}{
		{"its draft is dropped", func(_ *testing.T, w *world) {
			w.says("chair", "!vote Two? --rehearsal")
			w.leave("eva")
			w.says("chair", "start")
			w.says("chair", "cancel")
		}, []string{"poll.roll-changed", "poll.cancelled"}},
		{"it is void", func(_ *testing.T, w *world) { w.says("chair", "!cancel") }, []string{"poll.void", "ballot.void"}},
		{"the group is lost", func(_ *testing.T, w *world) {
			w.notices(chat.Notice{Kind: chat.Left, ID: "$left", Room: group})
		}, []string{"ballot.lost"}},
		{"its key is lost", func(t *testing.T, w *world) {
			if err := w.bot.loseKey(t.Context(), w.poll()); err != nil {
				t.Fatal(err)
			}
			w.settle()
		}, []string{"poll.uncountable.key", "ballot.ended"}},
		{"it cannot be counted", func(t *testing.T, w *world) {
			p := w.poll()
			p.Closed = w.now
			if err := w.bot.cannotCount(t.Context(), p, delayedAfter, errDisk); !errors.Is(err, errDisk) {
				t.Fatal(err)
			}
			if err := w.bot.cannotCount(t.Context(), p, 0, voting.ErrChanged); !errors.Is(err, voting.ErrChanged) {
				t.Fatal(err)
			}
			w.settle()
		}, []string{"poll.delayed", "poll.uncountable.changed"}},
		{"an answer comes late, edited or as a test", func(_ *testing.T, w *world) {
			w.tells("anna", "test")
			w.tells("anna", "1")
			w.tells("anna", "open")
			late := w.message("bernd", "1", true)
			late.At = w.now.Add(-time.Hour)
			w.hear(late)
			edit := w.message("clara", "1", true)
			edit.Edits = "$before"
			w.hear(edit)
			plain := w.message("deniz", "1", true)
			plain.Encrypted = false
			w.hear(plain)
		}, []string{"ballot.test.ask", "ballot.edited", "ballot.unencrypted"}},
	} {
		t.Run(end.how, func(t *testing.T) {
			w := newWorld(t, "en")
			if end.how != "its draft is dropped" {
				w.opened("One? --rehearsal")
			}
			end.what(t, w)
			w.said(end.said...)
		})
	}
}

var errDisk = errors.New("the disk is full")
