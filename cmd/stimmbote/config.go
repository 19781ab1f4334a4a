package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"stimmbote/bot"
	"stimmbote/chat"
	"stimmbote/i18n"
	"stimmbote/media"
	"stimmbote/store"
	"stimmbote/voting"
	"stimmbote/web"
)

// config is the whole configuration. Each part is its package's own.
type config struct {
	Language string        `yaml:"language"`
	Matrix   chat.Config   `yaml:"matrix"`
	Store    store.Config  `yaml:"store"`
	Bot      bot.Config    `yaml:"bot"`
	Poll     voting.Config `yaml:"poll"`
	Web      web.Config    `yaml:"web"`
	Media    media.Config  `yaml:"media"`
	Log      logConfig     `yaml:"log"`
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

// defaults is what holds where the file says nothing.
func defaults() config {
	return config{
		Language: "de",
		Store:    store.Config{Dir: "data"},
		Poll:     voting.Defaults(),
		Web:      web.Defaults(),
		Media:    media.Defaults(),
		Log:      logConfig{Level: "info"},
	}
}

// loadConfig reads the file at path. The error names every problem at once.
func loadConfig(path string) (config, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return config{}, fmt.Errorf("there is no file %s: copy config.example.yaml to it and fill it in, or name another with --config FILE", path)
	}
	if err != nil {
		return config{}, fmt.Errorf("reading the configuration: %w", err)
	}
	c, err := parseConfig(data)
	if err != nil {
		return config{}, fmt.Errorf("%s:\n%w", path, err)
	}
	return c, nil
}

func parseConfig(data []byte) (config, error) {
	c := defaults()
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	decoder.KnownFields(true)
	if err := decoder.Decode(&c); err != nil && !errors.Is(err, io.EOF) {
		return config{}, readable(err)
	}
	return c, c.validate()
}

func (c config) validate() error {
	var language error
	if !slices.Contains(i18n.Languages, c.Language) {
		language = fmt.Errorf("language: %q is not one of %s", c.Language, strings.Join(i18n.Languages, ", "))
	}
	return errors.Join(
		language,
		in("matrix", c.Matrix.Validate()),
		in("store", c.Store.Validate()),
		in("bot", c.Bot.Validate()),
		in("poll", c.Poll.Validate()),
		in("web", c.Web.Validate()),
		in("media", c.Media.Validate()),
		in("log", c.Log.validate()),
	)
}

// in puts the section's name before each of its problems.
func in(section string, err error) error {
	if err == nil {
		return nil
	}
	problems := []error{err}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		problems = joined.Unwrap()
	}
	named := make([]error, len(problems))
	for i, problem := range problems {
		named[i] = fmt.Errorf("%s.%w", section, problem)
	}
	return errors.Join(named...)
}

// readable turns the YAML library's errors into sentences for the person who wrote the file.
func readable(err error) error {
	wrong, ok := errors.AsType[*yaml.TypeError](err)
	if !ok {
		return errors.New(strings.TrimPrefix(err.Error(), "yaml: "))
	}
	problems := make([]error, len(wrong.Errors))
	for i, problem := range wrong.Errors {
		where, what, found := strings.Cut(problem, ": field ")
		key, _, _ := strings.Cut(what, " ")
		if found && strings.Contains(what, "not found in type") {
			problem = fmt.Sprintf("%s: there is no option %q; config.example.yaml lists all of them", where, key)
		}
		problems[i] = errors.New(problem)
	}
	return errors.Join(problems...)
}
