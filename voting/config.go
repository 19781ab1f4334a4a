package voting

import (
	"fmt"
	"strings"
	"time"

	"stimmbote/voting/belenios"
)

// Config is the section "poll".
type Config struct {
	Group      string `yaml:"group"`       // of the mathematics
	MinBallots int    `yaml:"min_ballots"` // below which nothing is decrypted
	Keep       int    `yaml:"keep"`        // days after which a vote that has ended is deleted
	BoothURL   string `yaml:"booth_url"`   // where the ballot page is, if it is on another web space
	Native     bool   `yaml:"native"`      // beside each ballot a poll of the clients' own kind, to tap at
}

// Defaults is the section as it is when nothing is written.
func Defaults() Config { return Config{Group: belenios.Ed25519, MinBallots: MinBallots, Keep: 180} }

// group is the name of the group as elections write it.
func (c Config) group() string {
	name, err := belenios.FindGroup(c.Group)
	if err != nil {
		return c.Group // Validate refused it
	}
	return name
}

// Validate says what is wrong with the section.
func (c Config) Validate() error {
	if _, err := belenios.FindGroup(c.Group); err != nil {
		return fmt.Errorf("group: %q is not known; write %s or %s", c.Group, belenios.Ed25519, belenios.Group2048)
	}
	if c.MinBallots < fewest {
		return fmt.Errorf("min_ballots: %d is too few; at least %d, or the sum tells what each has chosen", c.MinBallots, fewest)
	}
	if c.Keep < 1 {
		return fmt.Errorf("keep: write a number of days, at least 1")
	}
	if c.BoothURL != "" && !IsPage(c.BoothURL) {
		return fmt.Errorf("booth_url: %q is not the address of a page, try https://example.org/booth.html", c.BoothURL)
	}
	return nil
}

// IsPage says whether a text is the address of a page to which something behind a # can be added.
func IsPage(text string) bool {
	host, ok := strings.CutPrefix(text, "https://")
	if !ok {
		host, ok = strings.CutPrefix(text, "http://")
	}
	return ok && len(text) <= maxAddress && host != "" && !strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune("#<>\"`\\", r) })
}

// maxAddress is how many characters the address of a page may have.
const maxAddress = 200

// keep is how long what has ended is kept.
func (c Config) keep() time.Duration { return time.Duration(c.Keep) * 24 * time.Hour }
