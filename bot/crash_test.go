package bot

import (
	"context"
	"errors"
	"strings"
	"testing"

	"stimmbote/chat"
	"stimmbote/voting"
)

func TestEveryMessageIsDealtWithOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	again := func(m chat.Message) {
		t.Helper()
		w.hear(m)
		w.restart()
		before := len(w.sent)
		w.hear(m)
		if len(w.sent) != before {
			t.Errorf("%q heard again: %s", m.Body, list(w.sent[before:]))
		}
	}
	again(w.message("chair", "!ping", false))
	again(w.message("chair", "!vote One?", false))
	again(w.message("chair", "start", false))
	for _, name := range people[:5] {
		again(w.message(name, "1", true))
	}
	again(w.message("chair", "!call", false))
	again(w.message("chair", "!close", false))
	again(w.message("chair", "!close", false))
	if w.poll() != nil {
		t.Error("the poll has not ended")
	}
}

// TestCrashes dies at each checkpoint and goes on from the disk.
func TestCrashes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.opened("One?")
	dying := func(at string, do func()) {
		t.Helper()
		died := false
		w.hook = func(name string) {
			if name == at {
				died, w.dead = true, true
				panic(crash{})
			}
		}
		defer func() {
			if p := recover(); p != nil && p != any(crash{}) {
				panic(p)
			}
			if !died {
				t.Errorf("nothing died at %s", at)
			}
			w.hook = nil
			w.restart()
		}()
		do()
	}
	votes := func() int {
		t.Helper()
		n, _, err := w.bot.Polls.Turnout(t.Context(), w.poll().ID)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}

	m := w.message("anna", "1", true)
	dying("cast.before-durable", func() {
		_ = w.bot.cast(t.Context(), m, w.poll(), voting.Choice{Options: []int{voting.Yes}})
	})
	if votes() != 0 {
		t.Fatal("a vote without its receipt is in the box")
	}
	w.hear(m)
	w.expect(`Understood: Yes`, "anna")

	m = w.message("bernd", "1", true)
	dying("cast.after-durable", func() { w.hear(m) })
	if votes() != 2 {
		t.Fatal("a durable vote is lost")
	}
	w.hear(m)
	w.expect(`Understood: Yes`, "bernd")

	for _, name := range people[2:] {
		w.tells(name, "2")
	}
	w.new()
	dying("close.before-hash", func() { w.says("chair", "!close") })
	hash, archive := w.poll().ClosedHash, archiveName(w.poll())
	for _, at := range []string{"close.after-hash", "close.after-count", "close.before-outcome", "close.before-archive", "close.after-end", "close.before-renewal"} {
		dying(at, w.settle)
	}
	w.settle()
	fresh := w.new()
	for what, n := range map[string]int{"group: \"Result: rejected": 1, "Closed hash: " + hash: 1, `group: "` + archive: 1, "✅ Counted": len(people)} {
		if got := strings.Count(list(fresh), what); got != n {
			t.Errorf("%q was said %d times, want %d:\n%s", what, got, n, list(fresh))
		}
	}
	if w.line.renewed != 1 || w.poll() != nil {
		t.Errorf("the key was renewed %d times; goes on: %+v", w.line.renewed, w.poll())
	}
}

func TestErrorsAreNotShown(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.line.broken = errors.New("the cellar is under water")
	w.says("chair", "!vote One?")
	w.expect(`^Something went wrong on my side`, "group")
	if log := w.log.String(); strings.Count(log, "\n") != 1 || !strings.Contains(log, "cellar") || strings.Contains(log, "One?") {
		t.Errorf("logged: %s", log)
	}
}

// failingPolls fails to list the polls of a place once it has done so a few times.
type failingPolls struct {
	polls
	good int
}

func (p *failingPolls) InPlace(ctx context.Context, place voting.Place) ([]*voting.Poll, error) {
	if p.good--; p.good < 0 {
		return nil, errors.New("the disk is gone")
	}
	return p.polls.InPlace(ctx, place)
}

func TestAnErrorIsNotCalledNoVote(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.bot.Polls = &failingPolls{polls: w.bot.Polls, good: 1}
	w.says("chair", "!close")
	w.expect(`^Something went wrong on my side`, "group")
}
