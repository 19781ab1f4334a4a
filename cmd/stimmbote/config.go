package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"stimmbote/bot"
	"stimmbote/chat"
	"stimmbote/i18n"
	"stimmbote/keyholder"
	"stimmbote/media"
	"stimmbote/store"
	"stimmbote/voting"
	"stimmbote/web"
)

// config is the whole configuration. Each part is its package's own. A field with the tag
// secret:"true" is never shown, and has a second key that ends in _file and names a file with
// the value.
type config struct {
	Language  string           `yaml:"language"`
	Matrix    chat.Config      `yaml:"matrix"`
	Store     store.Config     `yaml:"store"`
	Bot       bot.Config       `yaml:"bot"`
	Poll      voting.Config    `yaml:"poll"`
	Keyholder keyholder.Config `yaml:"keyholder"`
	Web       web.Config       `yaml:"web"`
	Media     media.Config     `yaml:"media"`
	Ops       opsConfig        `yaml:"ops"`
	Log       logConfig        `yaml:"log"`
}

// logConfig says how much is logged.
type logConfig struct {
	Level string `yaml:"level"`
}

func (c logConfig) validate() error {
	levels := []string{"error", "warn", "info", "debug", "trace"}
	if !slices.Contains(levels, c.Level) {
		return fmt.Errorf("level: %q is not one of %s", c.Level, strings.Join(levels, ", "))
	}
	return nil
}

// defaults is what holds where nobody says anything.
func defaults() config {
	return config{
		Language:  "de",
		Store:     store.Config{Dir: "data"},
		Poll:      voting.Defaults(),
		Keyholder: keyholder.Defaults(),
		Web:       web.Defaults(),
		Media:     media.Defaults(),
		Ops:       opsConfig{Listen: "127.0.0.1:8482"},
		Log:       logConfig{Level: "info"},
	}
}

// validate returns every problem, each beginning with its key and a colon.
func (c config) validate() []error {
	var language error
	if !slices.Contains(i18n.Languages, c.Language) {
		language = fmt.Errorf("language: %q is not one of %s", c.Language, strings.Join(i18n.Languages, ", "))
	}
	return slices.Concat(
		each(language),
		in("matrix", c.Matrix.Validate()),
		in("store", c.Store.Validate()),
		in("bot", c.Bot.Validate()),
		in("poll", c.Poll.Validate()),
		in("keyholder", c.Keyholder.Validate()),
		in("web", c.Web.Validate()),
		in("media", c.Media.Validate()),
		in("ops", c.Ops.validate()),
		in("log", c.Log.validate()),
	)
}

// in puts the section's name before each of its problems.
func in(section string, err error) []error {
	problems := each(err)
	for i, problem := range problems {
		problems[i] = fmt.Errorf("%s.%w", section, problem)
	}
	return problems
}

// each takes joined errors apart, however deep they are joined.
func each(err error) []error {
	if err == nil {
		return nil
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var all []error
	for _, one := range joined.Unwrap() {
		all = append(all, each(one)...)
	}
	return all
}

// loadConfig reads the file at path and the environment. The error names every problem at once.
// Where sections are named, only these are checked: a part of the program needs no more.
func loadConfig(path string, environ []string, sections ...string) (config, error) {
	l, err := load(path, environ)
	if err != nil {
		return config{}, err
	}
	return l.config, l.verdict(sections...)
}

// verdict is one error that lists the problems, or nil.
func (l *loaded) verdict(sections ...string) error {
	var lines []string
	for _, p := range l.problems() {
		section, _, _ := strings.Cut(p.key, ".")
		if len(sections) == 0 || p.key == "" || slices.Contains(sections, section) {
			lines = append(lines, p.String())
		}
	}
	switch len(lines) {
	case 0:
		return nil
	case 1:
		return errors.New("the configuration has a problem:\n  " + lines[0])
	default:
		return fmt.Errorf("the configuration has %d problems:\n  %s", len(lines), strings.Join(lines, "\n  "))
	}
}
