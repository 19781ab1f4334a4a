package chat

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"maunium.net/go/mautrix/id"
)

// allows says whether somebody may invite the bot into a group: everybody, if nobody is named.
func (c Config) allows(person id.UserID) bool {
	if len(c.Inviters) == 0 {
		return true
	}
	for _, pattern := range c.Inviters {
		if matches(pattern, person.String()) {
			return true
		}
	}
	return false
}

// matches says whether a Matrix ID is what the pattern stands for, in which * is any text.
func matches(pattern, person string) bool {
	parts := strings.Split(pattern, "*")
	for i, part := range parts {
		parts[i] = regexp.QuoteMeta(part)
	}
	ok, err := regexp.MatchString(`\A(?s:`+strings.Join(parts, ".*")+`)\z`, person)
	return ok && err == nil
}

func checkInviters(patterns []string) error {
	var problems []error
	for _, pattern := range patterns {
		if !strings.HasPrefix(pattern, "@") || !strings.Contains(pattern, ":") {
			problems = append(problems, fmt.Errorf("inviters: %q is no Matrix ID; write it in full, as in @name:example.org, or @*:example.org for a whole server", pattern))
		}
	}
	return errors.Join(problems...)
}
