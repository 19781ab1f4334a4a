package voting

import (
	"fmt"
	"strings"

	"stimmbote/voting/belenios"
)

// Config is the section "poll".
type Config struct {
	Group string `yaml:"group"` // of the mathematics
}

// Defaults is the section as it is when nothing is written.
func Defaults() Config { return Config{Group: belenios.Group2048} }

// Validate says what is wrong with the section.
func (c Config) Validate() error {
	if !strings.EqualFold(c.Group, belenios.Group2048) {
		return fmt.Errorf("group: %q is not known; write %s", c.Group, belenios.Group2048)
	}
	return nil
}
