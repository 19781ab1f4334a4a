package chat

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// What a vote hangs on is said when the bot comes back, and until then holds back nothing else.
func TestALastingDeliveryIsNeverGivenUp(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	room := hs.makeRoom(false, anna, bot)
	r := start(t, hs, t.TempDir())
	hs.member(room, bot, "leave")
	queue(t, r,
		Delivery{Key: "1", Room: room.id, Kind: "result", Lasting: true, Group: "g"},
		Delivery{Key: "2", Room: room.id, Kind: "chatter", Group: "g"},
	)
	eventually(t, func() error {
		last, err := r.store.Outgoing(t.Context(), "1")
		if err != nil || last.Failures < 2*mostRefusals {
			return fmt.Errorf("the lasting one: %+v, %v", last, err)
		}
		if n, err := r.Pending(t.Context(), "g"); n != 1 || err != nil {
			return fmt.Errorf("%d pending, %v, want the lasting one", n, err)
		}
		return nil
	})
	if got := bodies(hs.said(room.id, bot)); got != nil {
		t.Errorf("said %q in a room that the bot is not in", got)
	}
	hs.member(room, bot, "join")
	r.sent(t)
	if got := bodies(hs.said(room.id, bot)); !slices.Equal(got, []string{"result "}) {
		t.Errorf("said %q", got)
	}
}

func TestALastingDeliveryIsTriedAtOnceWhenTheBotComesBack(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	room := hs.makeRoom(false, anna, bot)
	r := start(t, hs, t.TempDir())
	hs.member(room, bot, "leave")
	queue(t, r, Delivery{Key: "1", Room: room.id, Kind: "result", Lasting: true})
	eventually(t, func() error {
		if last, err := r.store.Outgoing(t.Context(), "1"); err != nil || last.Failures < 10 {
			return fmt.Errorf("%+v, %v", last, err)
		}
		return nil
	})
	// The next try is some seconds away by now; make it an hour.
	if err := r.store.DelayOutgoing(t.Context(), "1", time.Now().Add(time.Hour), false); err != nil {
		t.Fatal(err)
	}
	hs.member(room, bot, "join")
	eventually(t, func() error {
		if got := bodies(hs.said(room.id, bot)); !slices.Equal(got, []string{"result "}) {
			return fmt.Errorf("said %q", got)
		}
		return nil
	})
}
