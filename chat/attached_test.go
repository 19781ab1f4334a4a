package chat

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"maunium.net/go/mautrix/crypto/attachment"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

func TestAFileOfSomebodyElse(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	room := hs.makeRoom(false, anna, bot)
	r := start(t, hs, t.TempDir())
	file := attachment.NewEncryptedFile()
	sealed := []byte("@anna:test\n")
	file.EncryptInPlace(sealed)
	hs.mu.Lock()
	hs.media = map[string][]byte{"plain": []byte("@anna:test\n"), "sealed": sealed, "other": bytes.Repeat([]byte("x"), 11)}
	hs.mu.Unlock()
	info := func(where string) *event.EncryptedFileInfo {
		sent := new(event.EncryptedFileInfo) // as it comes with a message
		err := json.Unmarshal(encode(event.EncryptedFileInfo{EncryptedFile: *file, URL: id.ContentURIString("mxc://test/" + where)}), sent)
		if err != nil {
			t.Fatal(err)
		}
		return sent
	}
	hs.mu.Lock()
	hs.add(room, anna, "m.room.message", nil, object{"msgtype": "m.file", "body": "roll.txt", "url": "mxc://test/plain"})
	hs.mu.Unlock()
	hs.say(room, anna, "the end")
	r.heard(t, "", "the end")
	r.bot.mu.Lock()
	heard := r.bot.heard[0].File
	r.bot.mu.Unlock()
	if heard == nil {
		t.Fatal("no file is heard of")
	}
	for name, test := range map[string]struct {
		file *Attached
		most int
		want string
		err  error
	}{
		"as it is":        {heard, 11, "@anna:test\n", nil},
		"too long":        {heard, 10, "", ErrFileLong},
		"encrypted":       {attached(&event.MessageEventContent{File: info("sealed")}), 11, "@anna:test\n", nil},
		"not the one":     {attached(&event.MessageEventContent{File: info("other")}), 11, "", ErrFileGone},
		"not there":       {attached(&event.MessageEventContent{File: info("nothing")}), 11, "", ErrFileGone},
		"no such address": {&Attached{where: "http://test/plain"}, 11, "", ErrFileGone},
		"no key":          {&Attached{where: "mxc://test/sealed", key: new(event.EncryptedFileInfo)}, 11, "", ErrFileGone},
	} {
		data, err := r.Fetch(t.Context(), *test.file, test.most)
		if string(data) != test.want || !errors.Is(err, test.err) {
			t.Errorf("%s: %q, %v", name, data, err)
		}
	}
	if attached(new(event.MessageEventContent)) != nil {
		t.Error("a file without an address")
	}
}

func TestMentions(t *testing.T) {
	t.Parallel()
	got := mentions(&event.MessageEventContent{FormattedBody: `!vote A? --who <a href="https://matrix.to/#/@anna:test">Anna &amp; Co</a> ` +
		`<a class="x" href="https://matrix.to/#/%40b%C3%A4rbel%3Atest">Bärbel</a> <a href="https://matrix.to/#/!room:test/$event">there</a> <a href="https://example.org/@eva:test">Eva</a>`})
	if want := []Mention{{"Anna & Co", "@anna:test"}, {"Bärbel", "@bärbel:test"}}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
