package chat

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"maunium.net/go/mautrix"
)

func TestHearsOnlyWhatIsSaidToIt(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	old := hs.makeRoom(false, anna, bot)
	hs.say(old, anna, "before the bot's first look")
	r := start(t, hs, t.TempDir())

	room := hs.makeRoom(false, anna)
	hs.say(room, anna, "before the bot joined")
	hs.member(room, bot, "invite")
	eventually(t, func() error {
		hs.mu.Lock()
		defer hs.mu.Unlock()
		if room.membership(bot) != "join" {
			return errors.New("not joined")
		}
		return nil
	})
	message := func(sender string, content object) { hs.event(room, sender, "m.room.message", content) }
	message(bot, object{"msgtype": "m.text", "body": "own words"})
	message(anna, object{"msgtype": "m.notice", "body": "a notice"})
	message(anna, object{"msgtype": "m.text", "body": "* no", "m.new_content": object{"msgtype": "m.text", "body": "no"}}) // edits nothing
	message(anna, object{})                                                                                                // redacted
	hs.event(room, anna, "m.reaction", object{"m.relates_to": object{"rel_type": "m.annotation", "event_id": "$x", "key": "1"}})
	message(anna, object{"msgtype": 7, "body": []int{1}})
	hs.event(room, anna, "m.room.encrypted", object{"algorithm": "m.megolm.v1.aes-sha2", "ciphertext": 5})
	message(anna, object{
		"msgtype": "m.text", "body": "> <@bot:test> the question\n\nthe answer",
		"m.relates_to": object{"m.in_reply_to": object{"event_id": "$q"}},
	})
	message(anna, object{"msgtype": "m.text", "body": "in a thread", "m.relates_to": object{"rel_type": "m.thread", "event_id": "$root"}})
	message(anna, object{
		"msgtype": "m.text", "body": "* edited", "m.new_content": object{"msgtype": "m.text", "body": "edited"},
		"m.relates_to": object{"rel_type": "m.replace", "event_id": "$x"},
	})
	hs.event(room, anna, "m.sticker", object{"body": "thumb", "url": "mxc://test/thumb"})
	media := []object{
		{"msgtype": "m.image"},
		{"msgtype": "m.video"},
		{"msgtype": "m.file"},
		{"msgtype": "m.audio"},
		{"msgtype": "m.audio", "org.matrix.msc3245.voice": object{}},
		{"msgtype": "m.location", "geo_uri": "geo:1,2"},
		{"msgtype": "m.emote"},
	}
	for _, content := range media {
		content["body"] = "yes"
		message(anna, content)
	}
	hs.say(room, anna, "the end")

	r.heard(t, "the answer", "in a thread", "edited", "", "", "", "", "", "", "", "", "the end")
	r.bot.mu.Lock()
	defer r.bot.mu.Unlock()
	for i, want := range []Message{
		{Kind: Text, ReplyTo: "$q"},
		{Kind: Text, Thread: "$root"},
		{Kind: Text, Edits: "$x"},
		{Kind: Sticker},
		{Kind: Image},
		{Kind: Video},
		{Kind: Attachment},
		{Kind: Audio},
		{Kind: Voice},
		{Kind: Other},
		{Kind: Other},
		{Kind: Text},
	} {
		got := r.bot.heard[i]
		want.ID, want.Room, want.Sender, want.Body, want.At = got.ID, room.id, anna, got.Body, got.At
		if !reflect.DeepEqual(got, want) {
			t.Errorf("message %d: %+v, want %+v", i, got, want)
		}
	}
}

func TestALongAbsenceLosesNothing(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	dir := t.TempDir()
	room := hs.makeRoom(false, anna, bot)
	r := start(t, hs, dir)
	hs.say(room, anna, "0")
	r.heard(t, "0")
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	var want []string
	for i := range 3 * timelineLimit {
		want = append(want, fmt.Sprint(i+1))
		hs.say(room, anna, want[i])
	}
	again := start(t, hs, dir)
	again.heard(t, want...)
}

// The token is stored after the handler: what was being handled when the program died comes again.
func TestWhatWasNotHandledComesAgain(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	dir := t.TempDir()
	room := hs.makeRoom(false, anna, bot)
	r := start(t, hs, dir)
	begun := make(chan struct{})
	r.bot.onSaid = func(ctx context.Context, _ Message) error {
		close(begun)
		<-ctx.Done()
		return ctx.Err()
	}
	hs.say(room, anna, "first")
	<-begun
	hs.say(room, anna, "second")
	if err := r.stop(); err != nil { // the handler is cut off in the end
		t.Fatal(err)
	}

	again := start(t, hs, dir)
	again.heard(t, "first", "second")
	if err := again.stop(); err != nil {
		t.Fatal(err)
	}
	third := start(t, hs, dir)
	hs.say(room, anna, "third")
	third.heard(t, "third")
}

func TestAMessageThatCannotBeHandledIsLeftOut(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	room := hs.makeRoom(false, anna, bot)
	r := start(t, hs, t.TempDir())
	r.bot.onSaid = func(_ context.Context, m Message) error {
		switch m.Body {
		case "panic":
			panic("as asked")
		case "error":
			return errors.New("as asked")
		}
		return nil
	}
	for _, body := range []string{"panic", "error", "fine"} {
		hs.say(room, anna, body)
	}
	r.heard(t, "panic", "panic", "panic", "error", "error", "error", "fine")
}

func TestMarkedInTheHandlersTransaction(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	room := hs.makeRoom(false, anna, bot)
	r := start(t, hs, t.TempDir())
	first := true
	r.bot.onSaid = func(ctx context.Context, m Message) error {
		if !first {
			return nil
		}
		first = false
		return r.store.Tx(ctx, func(ctx context.Context) error {
			return errors.Join(r.Mark(ctx, m.ID), r.Queue(ctx, Delivery{Key: "answer", Room: room.id, Kind: "answer"}), errors.New("rolled back"))
		})
	}
	hs.say(room, anna, "hello")
	r.heard(t, "hello", "hello")
	if _, known, err := r.Event(t.Context(), "answer"); known || err != nil {
		t.Errorf("a delivery outlived its transaction: %v, %v", known, err)
	}
}

func TestTheLineComesBack(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	room := hs.makeRoom(false, anna, bot)
	r := start(t, hs, t.TempDir())
	down := 0
	hs.mu.Lock()
	hs.fault = func(req *http.Request) int {
		if strings.HasSuffix(req.URL.Path, "/sync") && down < 4 {
			down++
			return 502
		}
		return 0
	}
	hs.mu.Unlock()
	hs.say(room, anna, "hello")
	r.heard(t, "hello")
}

func TestARevokedTokenEndsTheLine(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	r := start(t, hs, t.TempDir())
	hs.mu.Lock()
	clear(hs.users)
	hs.happened()
	hs.mu.Unlock()
	eventually(t, func() error {
		select {
		case <-r.inbox.done:
			return nil
		default:
			return errors.New("still running")
		}
	})
	if err := r.stop(); !errors.Is(err, ErrLogin) {
		t.Errorf("got %v, want ErrLogin", err)
	}
}

func TestTheTokenIsStoredByTheInboxOnly(t *testing.T) {
	t.Parallel()
	var s mautrix.SyncStore = &ackStore{}
	if err := s.SaveNextBatch(t.Context(), bot, "s1"); err != nil {
		t.Error(err) // a nil store inside would have panicked
	}
}
