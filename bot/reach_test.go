package bot

import (
	"testing"
	"time"

	"stimmbote/store"
	"stimmbote/voting"
)

// TestWhoIsNotReachedIsCounted gives up a ballot, as the line does after a day.
func TestWhoIsNotReachedIsCounted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.says("chair", "!vote One?")
	if err := w.bot.Said(t.Context(), w.message("chair", "start", false)); err != nil {
		t.Fatal(err)
	}
	w.deliver()
	w.step()
	if err := w.store.SettleOutgoing(t.Context(), ballotKey(w.poll().ID, "@eva:x"), store.OutgoingDropped, "", ""); err != nil {
		t.Fatal(err)
	}
	w.settle()
	fresh := w.new()
	if s := find(fresh, "group", `^1 member could not be given a ballot`); s == nil || !s.Notice || find(fresh, "eva", ``) != nil {
		t.Errorf("said:\n%s", list(fresh))
	}
	w.restart()
	w.settle()
	w.silent()
}

// TestAGroupThatShutTheBotOutKeepsNothing lets a result wait for longer than anybody has patience.
func TestAGroupThatShutTheBotOutKeepsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.opened("One?")
	for _, name := range people[:5] {
		w.tells(name, "1")
	}
	for range 2 {
		if err := w.bot.Said(t.Context(), w.message("chair", "!close", false)); err != nil {
			t.Fatal(err)
		}
	}
	for p := w.poll(); p.State == voting.StateClosed; p = w.poll() {
		w.deliver()
		w.step()
	}
	w.step()
	for _, what := range []string{"anchors", "opened", "closed", "result", "archive"} {
		o, err := w.store.Outgoing(t.Context(), key(w.poll().ID, what))
		if err != nil || o == nil || !o.Lasting {
			t.Errorf("%s is given up: %+v, %v", what, o, err)
		}
	}
	w.step()
	w.now = w.now.Add(lastWait - time.Second)
	w.step()
	if w.poll() == nil {
		t.Fatal("the poll was ended although its result waits")
	}
	w.now = w.now.Add(time.Second)
	w.step()
	if w.poll() != nil {
		t.Error("the poll has not ended")
	}
}
