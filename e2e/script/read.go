package script

import (
	"fmt"
	"strings"

	"stimmbote/e2e/world"
)

// lastRead is how many messages a failure shows.
const lastRead = 8

// read tells what the person of the line could read last.
func (p *player) read() string {
	all := p.person.Inbox.All()
	if len(all) == 0 {
		return fmt.Sprintf("  %s could read nothing so far\n", p.person.Name)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "  the last messages that %s could read:\n", p.person.Name)
	for _, m := range all[max(0, len(all)-lastRead):] {
		fmt.Fprintf(&b, "    %-6s  %s: %s\n", m.Chat, m.Sender.Localpart(), indent(Describe(m), "              "))
	}
	return b.String()
}

// Describe is a message as a line of text: what it says, or what it is.
func Describe(m world.Message) string {
	switch {
	case m.Unreadable != "":
		return "(not readable: " + m.Unreadable + ")"
	case m.TookOwn:
		return "(removed what you said)"
	case m.Redacts != "":
		return "(removed a message)"
	case m.File != "":
		return "(file) " + m.Body
	case m.Edits != "":
		return "(changed) " + m.Body
	default:
		return m.Body
	}
}

// indent puts the prefix before every line but the first.
func indent(text, prefix string) string {
	return strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n"+prefix)
}
