package chat

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/mattn/go-sqlite3"
)

// Whoever wrote what cannot be read for a minute is told once; and it counts when its key comes after all.
func TestAMessageWithoutItsKeyIsNoticed(t *testing.T) {
	hs := newHomeserver(t)
	dir := t.TempDir()
	room := hs.makeRoom(true, anna, bot)
	r := start(t, hs, dir)
	p := newPeer(t, hs, "anna", true)
	hs.hold(true)
	p.say(t, room, "late")
	told := Notice{Kind: Unreadable, Room: room.id, Person: anna}
	r.notices(t, told)
	hs.hold(false)
	r.heard(t, "late")
	r.notices(t, told)
}

func TestLatenessCountsFromTheFirstLook(t *testing.T) {
	var l lateness
	if l.due("$a", 0) {
		t.Error("what was never seen is late")
	}
	if !l.due("$a", 0) || l.due("$a", time.Hour) {
		t.Error("what was seen is late at once or in an hour, got otherwise")
	}
	l.keep(map[string]bool{"$b": true})
	if l.due("$a", 0) {
		t.Error("what waits no more is remembered")
	}
}

// A full disk costs nothing that was said, however long it lasts.
func TestAFullDiskLosesNothing(t *testing.T) {
	hs := newHomeserver(t)
	room := hs.makeRoom(false, anna, bot)
	r := start(t, hs, t.TempDir())
	tries := 0
	r.bot.mu.Lock()
	r.bot.onSaid = func(context.Context, Message) error {
		r.bot.mu.Lock()
		defer r.bot.mu.Unlock()
		if tries++; tries <= 3*handleTries {
			return errors.Join(errors.New("storing a vote"), sqlite3.Error{Code: sqlite3.ErrFull})
		}
		return nil
	}
	r.bot.mu.Unlock()
	id := hs.say(room, anna, "1")
	eventually(t, func() error {
		if done, err := r.store.Handled(t.Context(), id); err != nil || !done {
			return errors.New("not handled")
		}
		return nil
	})
	r.bot.mu.Lock()
	defer r.bot.mu.Unlock()
	if want := 3*handleTries + 1; tries != want {
		t.Errorf("handled at try %d, want %d", tries, want)
	}
}
