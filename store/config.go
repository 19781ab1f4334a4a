package store

import "errors"

// Config says where the database and the key files are.
type Config struct {
	Dir string `yaml:"dir"`
}

// Validate returns what is wrong, by key.
func (c Config) Validate() error {
	if c.Dir == "" {
		return errors.New("dir: name a folder for the database and the key files")
	}
	return nil
}
