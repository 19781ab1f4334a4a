package bot

import (
	"context"
	"strconv"
	"strings"
	"unicode"
)

// freeName finds a name for a link that no other group has.
func (b *Bot) freeName(ctx context.Context, room, title string) (string, error) {
	base := slug(title)
	if base == "" {
		texts, err := b.texts(ctx, room)
		if err != nil {
			return "", err
		}
		base = slug(texts.Text("call.name"))
	}
	for n := 1; ; n++ {
		name := base
		if n > 1 {
			name += "-" + strconv.Itoa(n)
		}
		c, err := b.Store.CallByName(ctx, name)
		if err != nil || c == nil {
			return name, err
		}
	}
}

var spelledOut = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "ß", "ss", "æ", "ae", "ø", "oe", "å", "aa",
	"é", "e", "è", "e", "ê", "e", "á", "a", "à", "a", "ç", "c", "ñ", "n", "ó", "o", "í", "i", "ú", "u", "ı", "i", "ş", "s", "ğ", "g")

// slug makes a name for a link: small letters a to z, digits, and a hyphen between words.
func slug(title string) string {
	var s strings.Builder
	gap := false
	for _, r := range spelledOut.Replace(strings.ToLower(title)) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			if gap && s.Len() > 0 {
				s.WriteByte('-')
			}
			gap = false
			s.WriteRune(r)
		case !unicode.Is(unicode.Mn, r):
			gap = true
		}
		if s.Len() >= mostSlug {
			break
		}
	}
	return s.String()
}
