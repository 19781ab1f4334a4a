package chat

import (
	"encoding/json"
	"strings"
	"testing"

	"maunium.net/go/mautrix/event"
)

// How long a message to one person is says nothing about what is in it, and what is in it arrives.
func TestTheLengthSaysNothing(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	p := newPeer(t, hs, "anna", true)
	r := start(t, hs, t.TempDir())
	texts := map[string]string{"1": "no", "2": "abstain", "3": strings.Repeat("Ä. Müller-Lüdenscheidt ", 60)}
	r.bot.compose = func(d Delivery) (Content, error) {
		return Content{Plain: texts[d.Key], HTML: "<b>" + texts[d.Key] + "</b>"}, nil
	}
	for _, key := range []string{"1", "2", "3"} {
		queue(t, r, Delivery{Key: key, Person: anna, Kind: "receipt", Secret: true})
	}
	hs.member(r.directRoomOf(t, hs, anna), anna, "join")
	p.reads(t, texts["1"], texts["2"], texts["3"])
	lengths := make(map[int]bool)
	said := hs.said(r.directRoomOf(t, hs, anna).id, bot)
	for _, evt := range said {
		var content struct{ Ciphertext string }
		if err := json.Unmarshal(encode(evt["content"]), &content); err != nil {
			t.Fatal(err)
		}
		lengths[len(content.Ciphertext)] = true
	}
	if len(said) != 3 || len(lengths) != 1 {
		t.Errorf("%d messages are of these lengths: %v", len(said), lengths)
	}
}

func TestPadded(t *testing.T) {
	t.Parallel()
	for n := range 2 * block {
		m := &event.MessageEventContent{MsgType: event.MsgText, Body: strings.Repeat("x", n)}
		text, err := padded(m)
		var back event.MessageEventContent
		if err != nil || len(text)%block != 0 || json.Unmarshal(text, &back) != nil || back.Body != m.Body {
			t.Fatalf("%d letters: %d bytes, %v", n, len(text), err)
		}
	}
	if text, err := padded("no content"); err == nil {
		t.Errorf("got %s", text)
	}
}
