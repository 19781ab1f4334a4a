package chat

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"maunium.net/go/mautrix/event"
)

func TestWhatIsTooLongIsSaidAsFarAsThereIsRoom(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"letters":  strings.Repeat("letters ", 20_000),
		"quotes":   strings.Repeat(`"<&>"`, 20_000),
		"umlauts":  strings.Repeat("ä€", 20_000),
		"controls": strings.Repeat("\x01\n", 20_000),
	} {
		for _, encrypted := range []bool{false, true} {
			for _, server := range []int{65_536, 20_000} {
				t.Run(fmt.Sprint(name, encrypted, server), func(t *testing.T) {
					hs := newHomeserver(t)
					hs.most = server
					room := hs.makeRoom(encrypted, anna, bot)
					r := start(t, hs, t.TempDir())
					r.bot.compose = func(d Delivery) (Content, error) { return Content{Plain: text, HTML: "<b>" + text + "</b>"}, nil }
					queue(t, r,
						Delivery{Key: "1", Room: room.id, Kind: "long"},
						Delivery{Key: "2", Room: room.id, Kind: "long", Edits: "1"},
					)
					r.sent(t)
					said := hs.said(room.id, bot)
					if len(said) != 2 {
						t.Fatalf("said %d things, want both", len(said))
					}
					for _, evt := range said {
						if size := len(encode(evt["content"])); size < server/7 {
							t.Errorf("said in %d bytes, although there is room for %d", size, server)
						}
					}
					if body := bodies(said)[0]; !encrypted && (!utf8.ValidString(body) || !strings.HasSuffix(body, ellipsis) || !strings.HasPrefix(text, strings.TrimSuffix(body, ellipsis))) {
						t.Errorf("not the beginning of the text: %.30q … %q", body, body[max(0, len(body)-30):])
					}
				})
			}
		}
	}
}

func TestMarkupGoesBeforeWords(t *testing.T) {
	t.Parallel()
	words := strings.Repeat("word ", 1000)
	m := fit(event.MessageEventContent{MsgType: event.MsgText, Body: words, Format: event.FormatHTML, FormattedBody: "<b>" + words + "</b>"}, 6000)
	if m.Body != words || m.FormattedBody != "" || m.Format != "" {
		t.Errorf("shortened to %d bytes of words and %d of markup", len(m.Body), len(m.FormattedBody))
	}
}
