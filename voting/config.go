package voting

import (
	"fmt"

	"stimmbote/voting/belenios"
)

// Config is the section "poll".
type Config struct {
	Group string `yaml:"group"` // of the mathematics
}

// Defaults is the section as it is when nothing is written.
func Defaults() Config { return Config{Group: belenios.Ed25519} }

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
	return nil
}
