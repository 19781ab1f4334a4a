package chat

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

func bodies(events []object) []string {
	var list []string
	for _, evt := range events {
		body, _ := evt["content"].(object)["body"].(string)
		list = append(list, body)
	}
	return list
}

func queue(t *testing.T, r *rig, deliveries ...Delivery) {
	t.Helper()
	if err := r.Queue(t.Context(), deliveries...); err != nil {
		t.Fatal(err)
	}
}

func TestSaysEachThingOnceInOrder(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	one, two := hs.makeRoom(false, anna, bot), hs.makeRoom(false, anna, bot)
	r := start(t, hs, t.TempDir())
	// Each third send fails, in each way there is.
	sends := 0
	hs.mu.Lock()
	hs.fault = func(req *http.Request) int {
		if !strings.Contains(req.URL.Path, "/send/") {
			return 0
		}
		sends++
		return []int{0, 502, 0, faultDrop, 0, 429, 500}[sends%7]
	}
	hs.mu.Unlock()
	var want []string
	for i := range 12 {
		want = append(want, fmt.Sprintf("count %d", i))
		payload := fmt.Appendf(nil, "%d", i)
		queue(t, r,
			Delivery{Key: fmt.Sprint("one", i), Room: one.id, Kind: "count", Payload: payload},
			Delivery{Key: fmt.Sprint("two", i), Room: two.id, Kind: "count", Payload: payload},
			Delivery{Key: fmt.Sprint("one", i), Room: one.id, Kind: "again", Payload: payload},
		)
	}
	r.sent(t)
	for _, room := range []*fakeRoom{one, two} {
		if got := bodies(hs.said(room.id, bot)); !slices.Equal(got, want) {
			t.Errorf("said %q, want %q", got, want)
		}
	}
}

// When a process dies, the homeserver may still be at what it asked for: the next one neither looks nor tries
// again at once.
func TestWhatMayBeOnItsWayWaits(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	one, two := hs.makeRoom(false, anna, bot), hs.makeRoom(false, anna, bot)
	r := open(t, hs, t.TempDir(), Config{Password: password})
	queue(t, r, Delivery{Key: "1", Room: one.id, Kind: "tried"}, Delivery{Key: "2", Room: two.id, Kind: "never tried"})
	if err := r.store.TryOutgoing(t.Context(), "1"); err != nil {
		t.Fatal(err)
	}
	r.second = time.Hour
	r.run(t)
	eventually(t, func() error {
		if got := bodies(hs.said(two.id, bot)); len(got) != 1 {
			return fmt.Errorf("said %q", got)
		}
		return nil
	})
	if o, err := r.store.Outgoing(t.Context(), "1"); err != nil || o.Tries != 1 {
		t.Errorf("%+v, %v, want it tried once", o, err)
	}
}

func TestAContentIsWhatWasComposed(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	room := hs.makeRoom(false, anna, bot)
	r := start(t, hs, t.TempDir())
	r.bot.compose = func(d Delivery) (Content, error) {
		return Content{Notice: d.Kind == "notice", Plain: "plain", HTML: "<i>html</i>"}, nil
	}
	queue(t, r,
		Delivery{Key: "1", Room: room.id, Kind: "text"},
		Delivery{Key: "2", Room: room.id, Kind: "notice", Thread: "$root"},
		Delivery{Key: "3", Room: room.id, Kind: "text", Edits: "1"},
		Delivery{Key: "4", Room: room.id, Redacts: ByKey("2")},
		Delivery{Key: "5", Room: room.id, Redacts: "$other"},
		Delivery{Key: "6", Room: room.id, Kind: "text", ReplyTo: "1"},
		Delivery{Key: "7", Room: room.id, Kind: "text", ReplyTo: "1", Thread: "$root"},
		Delivery{Key: "8", Room: room.id, Kind: "text", ReplyTo: "never said"},
	)
	r.sent(t)
	said := hs.said(room.id, bot)
	if len(said) != 8 {
		t.Fatalf("said %d things, want 8", len(said))
	}
	content := func(i int) object { return said[i]["content"].(object) }
	if c := content(0); c["msgtype"] != "m.text" || c["formatted_body"] != "<i>html</i>" || fmt.Sprint(c["m.mentions"]) != "map[]" {
		t.Errorf("text: %v", c)
	}
	relation, _ := content(1)["m.relates_to"].(object)
	if c := content(1); c["msgtype"] != "m.notice" || relation["rel_type"] != "m.thread" || relation["event_id"] != "$root" || relation["is_falling_back"] != true {
		t.Errorf("notice in a thread: %v", c)
	}
	relation, _ = content(2)["m.relates_to"].(object)
	changed, _ := content(2)["m.new_content"].(object)
	if relation["rel_type"] != "m.replace" || relation["event_id"] != said[0]["event_id"] || changed["body"] != "plain" || changed["m.mentions"] == nil {
		t.Errorf("edit: %v", content(2))
	}
	if content(3)["redacts"] != said[1]["event_id"] || content(4)["redacts"] != "$other" {
		t.Errorf("redactions: %v, %v", content(3), content(4))
	}
	for i, want := range map[int]object{
		5: {"m.in_reply_to": object{"event_id": said[0]["event_id"]}},
		6: {"rel_type": "m.thread", "event_id": "$root", "m.in_reply_to": object{"event_id": said[0]["event_id"]}},
		7: nil,
	} {
		relation, _ := content(i)["m.relates_to"].(object)
		if delete(relation, "is_falling_back"); fmt.Sprint(relation) != fmt.Sprint(want) {
			t.Errorf("reply %d: %v, want %v", i, relation, want)
		}
	}
	if id, known, err := r.Event(t.Context(), "1"); id != said[0]["event_id"] || !known || err != nil {
		t.Errorf("Event: %q, %v, %v, want %v", id, known, err, said[0]["event_id"])
	}
}

func TestObsoleteThingsAreNotSaidNorEdited(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	room := hs.makeRoom(false, anna, bot)
	r := start(t, hs, t.TempDir())
	r.bot.compose = func(d Delivery) (Content, error) {
		if d.Kind == "obsolete" {
			return Content{}, fmt.Errorf("late: %w", ErrObsolete)
		}
		return Content{Plain: d.Kind}, nil
	}
	queue(t, r,
		Delivery{Key: "1", Room: room.id, Kind: "obsolete", Group: "g"},
		Delivery{Key: "2", Room: room.id, Kind: "edit", Edits: "1", Group: "g"},
		Delivery{Key: "3", Room: room.id, Redacts: ByKey("1"), Group: "g"},
		Delivery{Key: "4", Room: room.id, Kind: "edit", Edits: "never queued", Group: "g"},
		Delivery{Key: "5", Room: room.id, Kind: "said", Group: "g"},
	)
	r.sent(t)
	if got := bodies(hs.said(room.id, bot)); !slices.Equal(got, []string{"said"}) {
		t.Errorf("said %q", got)
	}
	if id, known, err := r.Event(t.Context(), "1"); id != "" || !known || err != nil {
		t.Errorf("Event of a dropped delivery: %q, %v, %v", id, known, err)
	}
	if err := r.Forget(t.Context(), "g"); err != nil {
		t.Fatal(err)
	}
	if _, known, err := r.Event(t.Context(), "5"); known || err != nil {
		t.Errorf("Event of a forgotten delivery: %v, %v", known, err)
	}
}

func TestAnEditWaitsForWhatItEdits(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	room := hs.makeRoom(false, anna, bot)
	r := start(t, hs, t.TempDir())
	err := r.store.Tx(t.Context(), func(ctx context.Context) error {
		return r.Queue(ctx,
			Delivery{Key: "edit", Room: room.id, Kind: "edit", Edits: "card"},
			Delivery{Key: "card", Room: room.id, Kind: "card"},
		)
	})
	if err != nil {
		t.Fatal(err)
	}
	r.sent(t)
	if got := bodies(hs.said(room.id, bot)); !slices.Equal(got, []string{"card ", "* edit "}) {
		t.Errorf("said %q", got)
	}
}

func TestWhatIsRefusedForGoodIsGivenUp(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	room, other := hs.makeRoom(false, anna, bot), hs.makeRoom(false, anna)
	r := start(t, hs, t.TempDir())
	queue(t, r,
		Delivery{Key: "1", Room: other.id, Kind: "unheard", Group: "g"},
		Delivery{Key: "2", Room: room.id, Kind: "heard", Group: "g"},
	)
	eventually(t, func() error {
		if n, err := r.Pending(t.Context(), "g"); n > 0 || err != nil {
			return fmt.Errorf("%d pending, %v", n, err)
		}
		return nil
	})
	if got := bodies(hs.said(room.id, bot)); !slices.Equal(got, []string{"heard "}) {
		t.Errorf("said %q", got)
	}
}

// The process dies after the homeserver took a message and before that was noted; the homeserver
// may have forgotten the transaction by then.
func TestADeathBetweenSendAndMarkSaysNothingTwice(t *testing.T) {
	t.Parallel()
	for _, forgetful := range []bool{false, true} {
		t.Run(fmt.Sprint("forgetful ", forgetful), func(t *testing.T) {
			hs := newHomeserver(t)
			dir := t.TempDir()
			room := hs.makeRoom(false, anna, bot)
			r := start(t, hs, dir)
			hs.mu.Lock()
			hs.fault = func(req *http.Request) int {
				if strings.Contains(req.URL.Path, "/send/") {
					return faultDrop
				}
				return 0
			}
			hs.mu.Unlock()
			queue(t, r, Delivery{Key: "k", Room: room.id, Kind: "once"})
			eventually(t, func() error {
				if len(hs.said(room.id, bot)) == 0 {
					return errors.New("not sent")
				}
				return nil
			})
			if err := r.stop(); err != nil {
				t.Fatal(err)
			}
			hs.mu.Lock()
			hs.fault = nil
			if forgetful {
				clear(hs.txns)
			}
			hs.mu.Unlock()
			again := start(t, hs, dir)
			again.sent(t)
			if got := hs.said(room.id, bot); len(got) != 1 {
				t.Errorf("said %d times, want once", len(got))
			}
			if id, _, err := again.Event(t.Context(), "k"); id == "" || err != nil {
				t.Errorf("Event: %q, %v", id, err)
			}
		})
	}
}

func TestWhatIsQueuedIsChecked(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	r := start(t, hs, t.TempDir())
	for name, d := range map[string]Delivery{
		"nowhere":           {Key: "k"},
		"both":              {Key: "k", Room: "!r", Person: anna},
		"no key":            {Room: "!r"},
		"secret for a room": {Key: "k", Room: "!r", Secret: true},
		"lasting for one":   {Key: "k", Person: anna, Lasting: true},
	} {
		if err := r.Queue(t.Context(), d); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestAPanicWhileComposingIsAFailure(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	room := hs.makeRoom(false, anna, bot)
	r := start(t, hs, t.TempDir())
	tries := 0
	r.bot.compose = func(Delivery) (Content, error) {
		if tries++; tries == 1 {
			panic("as asked")
		}
		return Content{Plain: "said"}, nil
	}
	queue(t, r, Delivery{Key: "k", Room: room.id})
	r.sent(t)
	if got := bodies(hs.said(room.id, bot)); !slices.Equal(got, []string{"said"}) {
		t.Errorf("said %q", got)
	}
}

func TestQueuedInATransactionIsSentAfterItsCommit(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	room := hs.makeRoom(false, anna, bot)
	r := start(t, hs, t.TempDir())
	err := r.store.Tx(t.Context(), func(ctx context.Context) error {
		if err := r.Queue(ctx, Delivery{Key: "k", Room: room.id, Kind: "said"}); err != nil {
			return err
		}
		if n := len(hs.said(room.id, bot)); n != 0 {
			t.Errorf("said %d things before the commit", n)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	r.sent(t)
	if got := bodies(hs.said(room.id, bot)); !slices.Equal(got, []string{"said "}) {
		t.Errorf("said %q", got)
	}
}
