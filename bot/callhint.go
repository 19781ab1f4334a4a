package bot

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"stimmbote/chat"
)

const (
	// settingAppCall is when somebody was last seen in the app's own call of a group, in seconds.
	settingAppCall = "app call"
	// appCallOver is how long nobody comes into an app's call, or renews that they are in it, until the next one is
	// another.
	appCallOver = 4 * time.Hour
	// settingSentOut is that a member was removed from a group since its call's link was made.
	settingSentOut = "sent out"
)

// appCall tells a group once for each call of the app's own where its call with guests and votes is.
func (b *Bot) appCall(ctx context.Context, n chat.Notice) error {
	if b.PublicURL == "" || b.ignored(n.Person) {
		return nil
	}
	return b.Store.Tx(ctx, func(ctx context.Context) error {
		value, err := b.Store.Setting(ctx, n.Room, settingAppCall)
		if err != nil {
			return err
		}
		now := b.Now().Unix()
		if err := b.Store.PutSetting(ctx, n.Room, settingAppCall, strconv.FormatInt(now, 10)); err != nil {
			return err
		}
		if before, err := strconv.ParseInt(value, 10, 64); err == nil && now-before < int64(appCallOver/time.Second) {
			return nil
		}
		return b.Line.Queue(ctx, chat.Delivery{
			Key: "app call/" + n.ID, Room: n.Room, Kind: kindShow, Payload: encode(show{What: showApp, Room: n.Room}),
		})
	})
}

// showAppCall says where the group's call is.
func (b *Bot) showAppCall(ctx context.Context, t *page, room string) error {
	c, err := b.Store.CallByRoom(ctx, room)
	if err != nil {
		return err
	}
	if c == nil {
		t.add("call.app-none")
		return nil
	}
	link, err := b.link(c)
	if err != nil {
		return err
	}
	encrypted, err := b.Line.Encrypted(ctx, room)
	if err != nil {
		return fmt.Errorf("asking whether %s is encrypted: %w", room, err)
	}
	t.add("call.app", "link", link)
	return b.addReaders(ctx, t, room, encrypted)
}

// sentAway has the card say that somebody has the link who is not in the group any more.
func (b *Bot) sentAway(ctx context.Context, n chat.Notice) error {
	if b.ignored(n.Person) {
		return nil
	}
	c, err := b.Store.CallByRoom(ctx, n.Room)
	if err != nil || c == nil {
		return err
	}
	if err := b.Store.PutSetting(ctx, n.Room, settingSentOut, "yes"); err != nil {
		return err
	}
	b.mu.Lock()
	b.at(c.MediaRoom()).shown = ""
	b.mu.Unlock()
	b.correct(c.MediaRoom())
	return nil
}
