package bot

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"stimmbote/chat"
)

// TestRunDoesWhatIsDue lets Run find by itself what follows from what was sent.
func TestRunDoesWhatIsDue(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.bot.Run(ctx) }()

	say := func(name, body string, direct bool) {
		t.Helper()
		if err := w.bot.Said(t.Context(), w.message(name, body, direct)); err != nil {
			t.Fatal(err)
		}
	}
	say("chair", "!vote One?", false)
	say("chair", "start", false)
	w.await("eva", `^🗳️ Ballot`)
	for _, name := range people[:5] {
		say(name, "1", true)
	}
	say("chair", "!close", false)
	say("chair", "!close", false)
	w.await("group", `^Result: adopted`)
	w.await("anna", `^✅ Counted`)
	say("chair", "!call", false)
	w.await("group", `Nobody is in`)
	w.bot.CallChanged(w.callRoom(), persons("Anna", "Bernd"))
	w.await("group", `2 people are in`)
	stop()
	if err := <-ended; err != nil {
		t.Errorf("Run ended with %v", err)
	}
	if strings.Contains(w.log.String(), "error") {
		t.Errorf("logged: %s", w.log.String())
	}
}

// await delivers until somebody has read something.
func (w *world) await(to, pattern string) {
	w.t.Helper()
	deadline := time.After(2 * time.Minute)
	tick := time.NewTicker(25 * time.Millisecond)
	defer tick.Stop()
	for find(w.sent, to, pattern) == nil {
		w.deliver()
		select {
		case <-tick.C:
		case <-deadline:
			w.t.Fatalf("%s did not read %q; said was:\n%s", to, pattern, list(w.sent))
		}
	}
}

// TestAnswersAtOnce lets everybody answer at the same moment, one of them twice.
func TestAnswersAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.opened("One?")
	said := []chat.Message{w.message("anna", "2", true)}
	for _, name := range people {
		said = append(said, w.message(name, "1", true))
	}
	var group sync.WaitGroup
	for _, m := range said {
		group.Go(func() {
			if err := w.bot.Said(t.Context(), m); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	w.settle()
	fresh := w.new()
	if got := strings.Count(list(fresh), "Understood: "); got != len(said) {
		t.Errorf("%d receipts for %d answers:\n%s", got, len(said), list(fresh))
	}
	if find(fresh, "group", `^6 of 6 votes`) == nil || find(fresh, "group", `^7 of`) != nil {
		t.Errorf("wrong count:\n%s", list(fresh))
	}
	w.says("chair", "!close")
	w.expect(`(?s)^Result: adopted\n.*Yes: [56] █+\nNo: [01].*\nAbstain: 0\nCast: 6 of 6`, "group")
}
