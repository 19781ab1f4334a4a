package chat

import (
	"html"
	"net/url"
	"regexp"

	"maunium.net/go/mautrix/event"
)

// Mention is somebody whom a message names in the way that clients show as a button: they write the
// name into the text, and who it is only behind it.
type Mention struct{ Name, ID string }

// mostMentions is how many of a message are read.
const mostMentions = 500

var pill = regexp.MustCompile(`<a [^>]*href="https://matrix\.to/#/((?:@|%40)[^"?/]+)[^"]*"[^>]*>([^<]+)</a>`)

// mentions are those whom a message names, in its order.
func mentions(content *event.MessageEventContent) []Mention {
	var all []Mention
	for _, found := range pill.FindAllStringSubmatch(content.FormattedBody, mostMentions) {
		if id, err := url.PathUnescape(html.UnescapeString(found[1])); err == nil {
			all = append(all, Mention{html.UnescapeString(found[2]), id})
		}
	}
	return all
}
