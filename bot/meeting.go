package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"stimmbote/chat"
)

// settingMeeting is the group of deliveries in which a group's direct chats are being opened.
const settingMeeting = "meeting"

// progressPause is the least time between two corrections of how far something is.
const progressPause = 15 * time.Second

// noTime is what is not worth foretelling. As long as a homeserver has refused nothing, nobody knows how slow it is.
const noTime = 5 * time.Second

// meeting is the payload of what is said about the opening of direct chats.
type meeting struct {
	Group string `json:"group"`
	Of    int    `json:"of"`
	Over  bool   `json:"over,omitempty"` // the last word: how many could not be opened
	Given int    `json:"given,omitempty"`
	// Accepted counts who is in their direct chat.
	Accepted int `json:"accepted,omitempty"`
}

// meetAll opens the direct chats of a group, at somebody's wish.
func (b *Bot) meetAll(ctx context.Context, m chat.Message) error {
	people, err := b.roll(ctx, m.Room)
	if err != nil {
		return err
	}
	group := "meet/" + m.ID
	return b.Store.Tx(ctx, func(ctx context.Context) error {
		if err := b.Store.PutSetting(ctx, m.Room, settingGreeting, ""); err != nil {
			return err
		}
		if err := b.Store.PutSetting(ctx, m.Room, settingMeeting, group); err != nil {
			return err
		}
		persons := make([]string, len(people))
		for i, p := range people {
			persons[i] = string(p)
		}
		if err := b.Line.Meet(ctx, group, persons...); err != nil {
			return err
		}
		return b.done(ctx, m, chat.Delivery{
			Key: group + "/card", Room: m.Room, Thread: m.Thread, Kind: kindMeeting,
			Payload: encode(meeting{Group: group, Of: len(persons)}),
		})
	})
}

// composeMeeting says how many direct chats are open, and how long the rest takes.
func (b *Bot) composeMeeting(ctx context.Context, d chat.Delivery) (chat.Content, error) {
	var on meeting
	if err := json.Unmarshal(d.Payload, &on); err != nil {
		return chat.Content{}, fmt.Errorf("reading what to say about direct chats: %w", err)
	}
	running, err := b.Store.Setting(ctx, d.Room, settingMeeting)
	if err != nil {
		return chat.Content{}, err
	}
	p := chat.Progress{Sent: on.Of - on.Given, Given: on.Given, Accepted: on.Accepted}
	switch {
	case running == on.Group:
		if p, err = b.Line.Progress(ctx, on.Group); err != nil {
			return chat.Content{}, err
		}
	case d.Edits != "" && !on.Over:
		return chat.Content{}, chat.ErrObsolete
	}
	t, err := b.page(ctx, d, d.Room)
	if err != nil {
		return chat.Content{}, err
	}
	if p.Accepted > 0 {
		t.addCount("arrival.accepted", p.Sent, "of", on.Of, "accepted", p.Accepted)
	} else {
		t.addCount("arrival.opened", p.Sent, "of", on.Of)
	}
	switch {
	case p.ETA >= noTime:
		t.eta(p.ETA)
	case p.Given > 0:
		t.addCount("arrival.given-up", p.Given)
	}
	t.add("arrival.accept")
	return t.content(true), nil
}

// meetings corrects what groups read about the opening of their direct chats, and ends with the
// last one.
func (b *Bot) meetings(ctx context.Context, next *time.Time) error {
	all, err := b.Store.SettingsNamed(ctx, settingMeeting)
	if err != nil {
		return err
	}
	for room, group := range all {
		if !b.soon("meeting "+group, next) {
			continue
		}
		p, err := b.Line.Progress(ctx, group)
		if err != nil {
			return fmt.Errorf("direct chats of %s: %w", room, err)
		}
		over := p.Waiting == 0
		if !over && b.nearly("meeting "+group, p.ETA, next) {
			continue
		}
		d := chat.Delivery{
			Key: group + "/card/" + strconv.Itoa(p.Sent+p.Given), Room: room, Kind: kindMeeting, Lane: chat.Status, Edits: group + "/card",
			Payload: encode(meeting{Group: group, Of: p.Sent + p.Waiting + p.Given, Over: over, Given: p.Given, Accepted: p.Accepted}),
		}
		err = b.Store.Tx(ctx, func(ctx context.Context) error {
			if over {
				d.Key = group + "/card/over"
				err := errors.Join(b.Store.PutSetting(ctx, room, settingMeeting, ""), b.Line.Forget(ctx, group))
				if err != nil {
					return err
				}
				b.noLonger("meeting " + group)
			}
			return b.Line.Queue(ctx, d)
		})
		if err != nil {
			return fmt.Errorf("direct chats of %s: %w", room, err)
		}
	}
	return nil
}

// soon says whether something that is corrected now and then is due again, and notes when next.
func (b *Bot) soon(what string, next *time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.Now()
	at, waits := b.paced[what]
	if !waits || !at.After(now) {
		b.paced[what] = now.Add(progressPause)
	}
	*next = earlier(*next, b.paced[what])
	return waits && !at.After(now)
}

// nearly says whether something is so nearly done that its last word is waited for: after one more correction that
// would have to wait, and what was foretold would have come true long before. It is looked at again then; if it takes
// longer after all, it is corrected.
func (b *Bot) nearly(what string, left time.Duration, next *time.Time) bool {
	if left <= 0 || left >= progressPause {
		return false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	now, patience := b.Now(), what+nearlyDone
	until, waits := b.paced[patience]
	if !waits {
		until = now.Add(progressPause)
		b.paced[patience] = until
	}
	if !until.After(now) {
		delete(b.paced, patience)
		return false
	}
	b.paced[what] = now.Add(max(left, time.Second))
	*next = earlier(*next, b.paced[what])
	return true
}

// nearlyDone marks until when the last word of something is waited for.
const nearlyDone = " nearly done"

// noLonger forgets what was corrected now and then.
func (b *Bot) noLonger(what string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.paced, what)
	delete(b.paced, what+nearlyDone)
}
