package chat

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
)

// A homeserver takes events of 65,536 bytes, with all that it adds to them. What is longer is said
// without its markup, and then as far as there is room for it.
const (
	mostOpen   = 60_000 // bytes of a content in clear …
	mostSealed = 44_000 // … and of one that is encrypted, which makes it a third longer
	// tighter is how often less is tried where the homeserver takes still less: a half each time.
	tighter = 3
)

// most is how long a content may be at try n.
func most(encrypted bool, n int) int {
	if encrypted {
		return mostSealed >> n
	}
	return mostOpen >> n
}

// ellipsis ends what was cut.
const ellipsis = "…"

// fit shortens a message to so many bytes. A file stays as it is: what it holds is not in the event.
func fit(m event.MessageEventContent, most int) event.MessageEventContent {
	if m.MsgType == event.MsgFile || size(&m) <= most {
		return m
	}
	m.Format, m.FormattedBody = "", ""
	whole := m.Body
	if size(&m) <= most {
		return m
	}
	low, high := 0, min(len(whole), most)
	for low < high { // the longest beginning that has room
		middle := (low + high + 1) / 2
		if m.Body = begin(whole, middle); size(&m) <= most {
			low = middle
		} else {
			high = middle - 1
		}
	}
	m.Body = begin(whole, low)
	return m
}

// begin is the beginning of a text, at most n bytes and no half letter of it, and the mark that it was cut.
func begin(s string, n int) string { return strings.ToValidUTF8(s[:n], "") + ellipsis }

// size is how long a message is.
func size(m *event.MessageEventContent) int {
	data, err := json.Marshal(m)
	if err != nil {
		return 0 // whoever sends it will say so
	}
	return len(data)
}

// tooLong says whether the homeserver refuses an event for its length.
func tooLong(err error) bool {
	return errors.Is(err, mautrix.MTooLarge) || httpCode(err) == http.StatusRequestEntityTooLarge
}
