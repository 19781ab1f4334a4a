package bot

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"stimmbote/chat"
	"stimmbote/media"
	"stimmbote/voting"
)

// closed opens a vote, lets five answer, and closes it without counting.
func (w *world) closed(question string) *voting.Poll {
	w.t.Helper()
	w.opened(question)
	for _, name := range people[:5] {
		w.tells(name, "1")
	}
	for range 2 {
		if err := w.bot.Said(w.t.Context(), w.message("chair", "!close", false)); err != nil {
			w.t.Fatal(err)
		}
	}
	w.new()
	return w.poll()
}

func TestALostGroupFreesItsMembers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.opened("One?")
	w.tells("anna", "1")
	w.new()
	left := chat.Notice{Kind: chat.Left, ID: "$left", Room: group}
	w.notices(left)
	fresh := w.new()
	if find(fresh, "eva", `^One\?\nThis vote has ended without a result: I am no longer in the group`) == nil ||
		find(fresh, "group", ``) != nil || strings.Count(list(fresh), "redacts $poll/") != 1 {
		t.Errorf("told:\n%s", list(fresh))
	}
	if w.poll() != nil {
		t.Error("the vote has not ended")
	}
	w.notices(left)
	w.silent()
	w.tells("anna", "1")
	w.expect(`^This vote is over already: One\?`, "anna")
	w.opened("Two?") // its members are free
	if keys, err := filepath.Glob(filepath.Join(w.dir, "*poll-*")); err != nil || len(keys) != 1 {
		t.Errorf("key files %v, %v", keys, err)
	}

	w = newWorld(t, "en")
	w.closed("One?")
	w.notices(left)
	w.expect(`^One\?\nThis vote has ended without a result`, people...)
	w.says("chair", "!vote Two?")
	w.says("chair", "!probe")
	w.new()
	w.notices(left)
	if p := w.poll(); p != nil {
		t.Errorf("there is %+v", p)
	}
	if p, err := w.store.ProbeIn(t.Context(), group); p != nil || err != nil {
		t.Errorf("there is a probe: %+v, %v", p, err)
	}
}

// TestAGroupMoves replaces its room by another one in the middle of a vote.
func TestAGroupMoves(t *testing.T) {
	t.Parallel()
	const there = "!new:x"
	w := newWorld(t, "en")
	w.says("anna", "!call")
	link := w.new()[0].Plain
	w.says("anna", "!lang de")
	w.says("chair", "!vote One?")
	w.says("chair", "start")
	w.tells("anna", "1")
	w.new()
	w.line.members[there] = w.line.members[group]
	w.line.members[group] = nil
	moved := chat.Notice{Kind: chat.Moved, ID: "$tomb", Room: group, To: there}
	w.notices(moved)
	w.notices(moved)
	fresh := w.new()
	if len(fresh) != 2 || find(fresh, "group", `^Diese Gruppe ist umgezogen`) == nil || find(fresh, "group", `^1 von 6 Stimmen ist`) == nil || fresh[0].Room != there {
		t.Errorf("in the new room:\n%s", list(fresh))
	}
	for _, name := range people[1:5] {
		w.now = w.now.Add(progressPause)
		w.tells(name, "1")
	}
	edits := 0
	for _, s := range w.new() {
		if s.Edits != "" && s.Room == there && strings.HasSuffix(s.Edits, "/in/"+there) {
			edits++
		}
	}
	if edits != 4 {
		t.Errorf("%d corrections of the new count, want 4", edits)
	}
	w.restart()
	for range 2 {
		m := w.message("chair", "!schluss", false)
		m.Room = there
		w.hear(m)
	}
	w.expect(`^Ergebnis: angenommen`, "group")
	m := w.message("chair", "!call", false)
	m.Room = there
	w.hear(m)
	key := link[strings.Index(link, "http"):strings.Index(link, "\nNobody is")]
	if s := find(w.new(), "group", `http`); s == nil || !strings.Contains(s.Plain, key) {
		t.Errorf("the link is not %s:\n%s", key, list(w.sent[len(w.sent)-2:]))
	}
	c, err := w.store.CallByRoom(t.Context(), there)
	if err != nil || c == nil {
		t.Fatalf("call %v, %v", c, err)
	}
	door, err := media.Door(key[strings.Index(key, "#")+1:])
	if err != nil || !media.DoorOpens(c.Door, door) {
		t.Errorf("the link does not open the door: %v", err)
	}
}

func TestAVoteWithoutItsKeyIsSaidToHaveNoResult(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.bot.Config.Admin = user("admin")
	p := w.closed("One?")
	keys, err := filepath.Glob(filepath.Join(w.dir, "*poll-*"))
	if err != nil || len(keys) != 1 {
		t.Fatalf("key files %v, %v", keys, err)
	}
	if err := os.Remove(keys[0]); err != nil {
		t.Fatal(err)
	}
	w.settle()
	fresh := w.new()
	if find(fresh, "group", `^⚠️ This vote cannot be counted: One\?\nThe key of the ballot box is missing`) == nil || find(fresh, "admin", `^⚠️ The vote \S+ cannot be counted`) == nil {
		t.Errorf("said:\n%s", list(fresh))
	}
	for range 5 {
		w.now = w.now.Add(2 * lastRetry)
		w.settle()
	}
	w.silent()
	w.says("chair", "!close")
	w.expect(`^This vote cannot be counted\. To vote anew`, "group")
	w.opened("Two?")
	w.new()
	w.now = w.now.Add(patience + time.Hour)
	w.settle()
	w.expect(`^One\?\nThis vote was ended without a result`, people...)
	if got, err := w.bot.Polls.Poll(t.Context(), p.ID); err != nil || got.State != voting.StateCancelled {
		t.Errorf("the vote is %+v, %v", got, err)
	}
}

// stubborn are polls one of which cannot be tallied for a while, or takes its time.
type stubborn struct {
	polls
	mu   sync.Mutex
	slow voting.ID
	gate chan struct{} // the slow one waits for it
	err  error
}

func (p *stubborn) Tally(ctx context.Context, id voting.ID, now time.Time) (*voting.Poll, []byte, error) {
	p.mu.Lock()
	err := p.err
	p.mu.Unlock()
	if id == p.slow && p.gate != nil {
		select {
		case <-p.gate:
		case <-ctx.Done():
			return nil, nil, ctx.Err()
		}
	}
	if err != nil {
		return nil, nil, err
	}
	return p.polls.Tally(ctx, id, now)
}

func TestACountIsTriedAgain(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		err  error
		want string
	}{
		{"changed", fmt.Errorf("counting: %w", voting.ErrChanged), `^⚠️ This vote cannot be counted: One\?\nWhat I have stored`},
		{"key", fmt.Errorf("counting: %w", voting.ErrKeyLost), `^⚠️ This vote cannot be counted: One\?\nThe key`},
		{"disk", errors.New("the disk is full"), `^I have not managed to count yet.*: One\?$`},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, "en")
			p := &stubborn{polls: w.bot.Polls, err: test.err}
			w.bot.Polls = p
			w.closed("One?")
			w.settle()
			if test.name == "disk" && strings.Contains(list(w.sent), "not managed") {
				t.Error("one failure is said already")
			}
			said := 0
			for range 6 {
				for _, s := range w.new() {
					if find([]sent{s}, "group", test.want) != nil {
						said++
					}
				}
				w.now = w.now.Add(lastRetry)
				w.settle()
			}
			if said != 1 {
				t.Errorf("said %d times:\n%s", said, list(w.sent))
			}
			p.err = nil
			w.now = w.now.Add(lastRetry)
			w.settle()
			w.expect(`^Result: adopted`, "group")
		})
	}
}

// TestASlowCountHoldsUpNobody counts two votes at once, one of them slowly.
func TestASlowCountHoldsUpNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.closed("Slow?")
	slow := &stubborn{polls: w.bot.Polls, slow: w.poll().ID, gate: make(chan struct{})}
	w.bot.Polls = slow
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.bot.Run(ctx) }()
	w.await("group", `^The vote is closed`)
	const other = "!other:x"
	w.line.members[other] = w.line.members[group]
	said := func(name, body string, direct bool) {
		t.Helper()
		m := w.message(name, body, direct)
		if !direct {
			m.Room = other
		}
		if err := w.bot.Said(ctx, m); err != nil {
			t.Fatal(err)
		}
	}
	said("chair", "!vote Fast?", false)
	said("chair", "start", false)
	w.await("eva", `^🗳️ Ballot: Fast`)
	for _, name := range people[:5] {
		said(name, "2", true)
	}
	said("chair", "!close", false)
	said("chair", "!close", false)
	w.await("group", `^Result: rejected\n.*Fast`)
	if find(w.sent, "group", `^Result: .*\n.*Slow`) != nil {
		t.Error("the slow one was faster")
	}
	close(slow.gate)
	w.await("group", `^Result: adopted\n.*Slow`)
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestALongRollIsAttached(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	for i := range 700 {
		w.join(fmt.Sprintf("member%03d-%s", i, strings.Repeat("n", 40)))
	}
	w.says("chair", "!vote One?")
	fresh := w.new()
	card, file := find(fresh, "group", `^🗳️ Draft`), find(fresh, "group", `^entitled\.txt$`)
	if card == nil || file == nil || len(card.Plain)+len(card.HTML) > 16<<10 || strings.Count(card.Plain, ", ") > mostNames+5 ||
		!strings.Contains(card.Plain, "706 members") || !strings.Contains(card.Plain, "file below") {
		t.Fatalf("%d messages", len(fresh))
	}
	if file.File == nil || strings.Count(string(file.File.Data), "\n") != 706 || !strings.Contains(string(file.File.Data), "@eva:x\tEva\n") {
		t.Error("the file is not the roll")
	}
}
