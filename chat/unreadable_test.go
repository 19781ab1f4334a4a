package chat

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/mattn/go-sqlite3"
)

// Whoever wrote what cannot be read for a minute is told once; and it counts when its key comes after all.
func TestAMessageWithoutItsKeyIsNoticed(t *testing.T) {
	t.Parallel()
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
	t.Parallel()
	var l lateness
	if late, ask := l.due("$a", 0); late || ask {
		t.Error("what was never seen is late")
	}
	if late, ask := l.due("$a", 0); !late || !ask {
		t.Error("what was seen before is not late, or nobody asks for it")
	}
	asked := 0
	for range 62 { // looks 2 to 63
		late, ask := l.due("$a", time.Hour)
		if late {
			t.Error("what was seen is late in an hour, got now")
		}
		if ask {
			asked++
		}
	}
	if asked != 5 {
		t.Errorf("its key was asked for %d times, want 5: at the looks 2, 4, 8, 16, 32", asked)
	}
	l.keep(map[string]bool{"$b": true})
	if late, _ := l.due("$a", 0); late {
		t.Error("what waits no more is remembered")
	}
}

// A full disk costs nothing that was said, however long it lasts.
func TestAFullDiskLosesNothing(t *testing.T) {
	t.Parallel()
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

// What cannot be decrypted because the database does not work is no unreadable message: it comes again.
func TestAMessageIsNotLeftOutForTheDatabase(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	r, p, room := answering(t, hs, t.TempDir())
	for _, statement := range []string{
		`CREATE TRIGGER full BEFORE INSERT ON crypto_message_index BEGIN SELECT RAISE(ABORT, 'no room'); END`, `DROP TRIGGER full`,
	} {
		if _, err := r.store.DB().Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(statement, "CREATE") {
			p.say(t, room, "1")
			eventually(t, func() error {
				if r.pause.failures.Load() == 0 {
					return errors.New("receiving goes on")
				}
				return nil
			})
		}
	}
	r.heard(t, "1")
}
