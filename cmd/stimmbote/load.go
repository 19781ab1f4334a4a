package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// usualConfig is the file that is read where nobody names another.
const usualConfig = "config.yaml"

// problem is something that is wrong with the configuration.
type problem struct {
	key   string // of which option; "" where there is no such option
	where string // file and line, or the environment variable
	what  string // what is wrong, and what to try
}

// String is the problem as one line.
func (p problem) String() string {
	if p.key == "" {
		return p.where + ": " + p.what
	}
	return p.key + " (" + p.where + "): " + p.what
}

// loaded is a configuration with the origin of each value and with what was wrong in it.
type loaded struct {
	config  config
	options []*option
	name    string // of the file, for sentences
	found   []problem
}

// load joins defaults, the file at path, the environment, and the files that hold secrets, the
// later before the earlier. The error is for a file that cannot be read at all; everything else
// is among the problems.
func load(path string, environ []string) (*loaded, error) {
	data, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && path == usualConfig && anyOurs(environ): // the environment may say it all
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("there is no file %s: make one with stimmbote setup, or copy config.example.yaml to it and fill it in, or name another with --config FILE", path)
	case errors.Is(err, fs.ErrPermission):
		return nil, fmt.Errorf("%s cannot be read by this user: run the program as the user whom the file belongs to", path)
	case err != nil:
		return nil, fmt.Errorf("reading the configuration: %w", err)
	}
	l := &loaded{config: defaults(), name: filepath.Base(path)}
	l.options = options(&l.config)
	l.readFile(data)
	l.readEnv(environ)
	l.readSecrets()
	return l, nil
}

// problems are those found while reading, then those of the values.
func (l *loaded) problems() []problem {
	all := slices.Clone(l.found)
	for _, err := range l.config.validate() {
		key, what, _ := strings.Cut(err.Error(), ": ")
		o := l.option(key)
		switch {
		case o == nil: // of several options at once
			all = append(all, problem{key: key, where: l.name, what: what})
		case !o.wrong:
			all = append(all, problem{key: key, where: o.from(), what: what})
		}
	}
	return all
}

func (l *loaded) option(key string) *option {
	i := slices.IndexFunc(l.options, func(o *option) bool { return o.key == key })
	if i < 0 {
		return nil
	}
	return l.options[i]
}

// wrong notes a problem with an option.
func (l *loaded) wrong(o *option, where, what string) {
	o.wrong = true
	l.found = append(l.found, problem{key: o.key, where: where, what: what})
}

// unknown notes that there is no such option or variable.
func (l *loaded) unknown(where, what string, like []string, name string) {
	text := fmt.Sprintf("there is no %s %q", what, name)
	if near := nearest(name, like); near != "" {
		text += fmt.Sprintf(", did you mean %q?", near)
	} else {
		text += ";"
	}
	l.found = append(l.found, problem{where: where, what: text + " config.example.yaml lists all options"})
}

// readFile takes what the file says.
func (l *loaded) readFile(data []byte) {
	var document yaml.Node
	if err := yaml.NewDecoder(bytes.NewReader(data)).Decode(&document); err != nil {
		if errors.Is(err, io.EOF) { // no file, or nothing in it
			return
		}
		l.found = append(l.found, problem{where: l.name, what: strings.TrimPrefix(err.Error(), "yaml: ")})
		return
	}
	l.readTable("", document.Content[0])
}

// readTable takes one table of the file: all of it, or a section.
func (l *loaded) readTable(prefix string, table *yaml.Node) {
	if table.Kind == yaml.AliasNode {
		table = table.Alias
	}
	if table.Tag == "!!null" {
		return
	}
	if table.Kind != yaml.MappingNode {
		what := "the file must be a list of options, each as “key: value”"
		if prefix != "" {
			what = fmt.Sprintf("%q must be followed by its options, indented, each as “key: value”", strings.TrimSuffix(prefix, "."))
		}
		l.found = append(l.found, problem{where: l.line(table), what: what})
		return
	}
	first := make(map[string]int)
	for i := 0; i+1 < len(table.Content); i += 2 {
		name, value := table.Content[i], table.Content[i+1]
		key := prefix + name.Value
		if before, ok := first[key]; ok {
			l.found = append(l.found, problem{where: l.line(name), what: fmt.Sprintf("%q stands in line %d already", key, before)})
			continue
		}
		first[key] = name.Line
		l.readKey(prefix, name, value)
	}
}

func (l *loaded) readKey(prefix string, name, value *yaml.Node) {
	key := prefix + name.Value
	isSection := slices.ContainsFunc(l.options, func(o *option) bool { return strings.HasPrefix(o.key, key+".") })
	if isSection {
		l.readTable(key+".", value)
		return
	}
	if o := l.option(key); o != nil {
		if err := o.setNode(value); err != nil {
			l.wrong(o, l.line(name), err.Error())
		}
		o.origin = l.line(name)
		return
	}
	if o := l.option(strings.TrimSuffix(key, fileSuffix)); o != nil && o.secret {
		l.nameFile(o, l.line(name), value.Value)
		return
	}
	l.unknown(l.line(name), "option", l.keys(prefix), key)
}

// keys are the options that somebody may have meant who wrote one into this section.
func (l *loaded) keys(prefix string) []string {
	var own, others []string
	for _, o := range l.options {
		if strings.HasPrefix(o.key, prefix) {
			own = append(own, o.key)
		} else {
			others = append(others, o.key)
		}
	}
	return append(own, others...)
}

func (l *loaded) line(node *yaml.Node) string {
	return fmt.Sprintf("%s, line %d", l.name, node.Line)
}

// nameFile notes the file that a secret is in. Later sources win over earlier ones; two in one
// source contradict each other.
func (l *loaded) nameFile(o *option, where, path string) {
	if path == "" {
		return
	}
	o.file, o.origin = path, where
}
