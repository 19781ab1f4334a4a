package bot

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"stimmbote/chat"
	"stimmbote/media"
	"stimmbote/store"
)

// atCall is what is known of a call while the program runs.
type atCall struct {
	people  []media.Person
	waiting []string  // who waits to be let in
	emptied time.Time // since when nobody is in, zero if that was not noticed
	shown   string    // what the card says, to tell whether it has to be corrected
	newest  string    // the key of the newest correction
	told    string    // of what whoever is in was told: open votes, and what each of them is to the group
	quiet   time.Time // until when the card stays as it is
}

// CallChanged notes who is in a room of the media server. It may be called at any time and does not block.
func (b *Bot) CallChanged(room string, people []media.Person) {
	b.mu.Lock()
	at := b.at(room)
	if at.people = people; len(people) > 0 {
		at.emptied = time.Time{}
	} else if at.emptied.IsZero() {
		at.emptied = b.Now()
	}
	b.mu.Unlock()
	b.correct(room)
}

// correct has the card of a call corrected soon.
func (b *Bot) correct(room string) {
	b.mu.Lock()
	when := b.Now()
	if quiet := b.at(room).quiet; quiet.After(when) {
		when = quiet
	}
	if at, waits := b.due[room]; !waits || at.After(when) {
		b.due[room] = when
	}
	b.mu.Unlock()
	b.awake()
}

// at is what is known of a call. The lock is held.
func (b *Bot) at(room string) *atCall {
	if b.calls[room] == nil {
		b.calls[room] = &atCall{}
	}
	return b.calls[room]
}

func (b *Bot) inCall(room string) []media.Person {
	b.mu.Lock()
	defer b.mu.Unlock()
	if at := b.calls[room]; at != nil {
		return at.people
	}
	return nil
}

// outdated says whether a correction of a card is not the newest.
func (b *Bot) outdated(c *store.Call, key string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	at := b.calls[c.MediaRoom()]
	return at != nil && at.newest != "" && at.newest != key
}

// showing notes what the card says from now on, and tells whether that is news.
func (b *Bot) showing(c *store.Call, people []media.Person) bool {
	var s strings.Builder
	fmt.Fprint(&s, c.Card, c.Locked, c.Entry)
	for _, p := range people {
		fmt.Fprintf(&s, "\n%s", p.Name)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	at := b.at(c.MediaRoom())
	fmt.Fprintf(&s, "\nwaiting %q", at.waiting)
	news := at.shown != s.String()
	at.shown = s.String()
	return news
}

// recall has the cards corrected that say how many were in before the restart.
func (b *Bot) recall(ctx context.Context) error {
	calls, err := b.Store.Calls(ctx)
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range calls {
		if c.Since.IsZero() {
			continue
		}
		b.due[c.MediaRoom()] = b.Now()
		if c.Shown > 0 {
			b.rest(c.MediaRoom(), cardRest)
		}
	}
	return nil
}

// rest leaves a card as it is for a while. The lock is held.
func (b *Bot) rest(room string, d time.Duration) {
	until := b.Now().Add(d)
	b.at(room).quiet, b.due[room] = until, until
}

// correctCards queues a correction of each card that is not right any more, at most one in a while for each.
func (b *Bot) correctCards(ctx context.Context, next *time.Time) error {
	now := b.Now()
	due := b.dueCards(now, next)
	if len(due) == 0 {
		return nil
	}
	calls, err := b.Store.Calls(ctx)
	if err != nil {
		return err
	}
	var problems []error
	for i := range calls {
		room := calls[i].MediaRoom()
		if !due[room] {
			continue
		}
		delete(due, room)
		if err := b.correctCard(ctx, calls[i].Room, now, next); err != nil {
			b.lookAgain(room, now.Add(cardPause), next)
			problems = append(problems, fmt.Errorf("correcting the card of call %s: %w", calls[i].Name, err))
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for room := range due { // whose key was changed
		delete(b.calls, room)
	}
	return errors.Join(problems...)
}

// dueCards returns the rooms of the calls whose card may be corrected now.
func (b *Bot) dueCards(now time.Time, next *time.Time) map[string]bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	due := make(map[string]bool)
	for room, at := range b.due {
		if at.After(now) {
			*next = earlier(*next, at)
			continue
		}
		due[room] = true
		delete(b.due, room)
	}
	return due
}

// correctCard brings the call of a group and its card to how things are now.
func (b *Bot) correctCard(ctx context.Context, room string, now time.Time, next *time.Time) error {
	var again time.Time
	mediaRoom := ""
	err := b.Store.Tx(ctx, func(ctx context.Context) error {
		c, err := b.Store.CallByRoom(ctx, room)
		if err != nil || c == nil {
			return err
		}
		mediaRoom = c.MediaRoom()
		said, when := b.goesOn(c, now)
		again = when
		if len(said) == 0 {
			return nil
		}
		if err := b.Store.PutCall(ctx, *c); err != nil {
			return err
		}
		return b.Line.Queue(ctx, said...)
	})
	switch {
	case err != nil && mediaRoom != "":
		b.mu.Lock()
		b.at(mediaRoom).shown = "" // nothing of it was written, so it is news the next time, too
		b.mu.Unlock()
	case err == nil && !again.IsZero():
		b.lookAgain(mediaRoom, again, next)
	}
	return err
}

// lookAgain has the card of a call looked at again at some time.
func (b *Bot) lookAgain(room string, at time.Time, next *time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if sooner, waits := b.due[room]; waits && sooner.Before(at) {
		at = sooner // something has happened meanwhile
	}
	if quiet := b.at(room).quiet; quiet.After(at) {
		at = quiet
	}
	b.due[room] = at
	*next = earlier(*next, at)
}

// goesOn takes a call to where it is now, and returns what is to be said and when to look again, zero for never.
func (b *Bot) goesOn(c *store.Call, now time.Time) (said []chat.Delivery, again time.Time) {
	people := b.inCall(c.MediaRoom())
	stamp := strconv.FormatInt(now.UnixNano(), 36)
	switch {
	case len(people) > 0 && (c.Card == "" || c.Since.IsZero() && now.Sub(c.Opened) > cardWaits):
		return b.post(c, stamp), time.Time{}
	case len(people) == 0 && !c.Since.IsZero():
		ends := b.emptySince(c.MediaRoom(), now).Add(cardEmpty)
		if !ends.After(now) {
			return b.over(c, stamp), time.Time{}
		}
		again = ends
	case len(people) > 0 && c.Since.IsZero():
		c.Since = now
	}
	c.Shown, c.Most = len(people), max(c.Most, len(people))
	if c.Card == "" || !b.showing(c, people) {
		return nil, again
	}
	key := c.Card + "/" + stamp
	b.mu.Lock()
	defer b.mu.Unlock()
	at := b.at(c.MediaRoom())
	at.newest, at.quiet = key, now.Add(cardPause)
	return []chat.Delivery{{
		Key: key, Group: c.Card, Room: c.Room, Kind: kindCard, Lane: chat.Status, Edits: c.Card, Payload: encode(onCall{}),
	}}, again
}

// emptySince says since when nobody is in a call.
func (b *Bot) emptySince(room string, now time.Time) time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	at := b.at(room)
	if at.emptied.IsZero() {
		at.emptied = now
	}
	return at.emptied
}
