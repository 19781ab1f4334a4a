package main

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"go.yaml.in/yaml/v3"

	"stimmbote/chat"
)

// login is what the configuration says of the bot's account.
type login struct {
	homeserver, user string
	key              string // of the secret: password or access_token
	secret           string
	file             string // that holds the secret; "" is the configuration itself
}

// configFile is a configuration that is being written, beside the place where it will be: what
// cannot be written there is known before an account is made.
type configFile struct {
	path string
	f    *os.File
	kept bool // what was written is worth keeping
}

// newConfigFile sees to it that the file is not there and can be.
func newConfigFile(path string) (*configFile, error) {
	switch _, err := os.Lstat(path); {
	case err == nil:
		return nil, &chat.Obstacle{Key: "setup.obstacle.exists", Args: []any{"file", path}}
	case !errors.Is(err, fs.ErrNotExist):
		return nil, notWritable(path, err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, notWritable(path, err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".new-config-*") // mode 0600
	if err != nil {
		return nil, notWritable(path, err)
	}
	return &configFile{path: path, f: f}, nil
}

func notWritable(path string, err error) error {
	return &chat.Obstacle{Key: "setup.obstacle.file", Args: []any{"file", path, "reason", err}, Err: err}
}

// discard removes what was begun, unless it holds an account's only password and has no name yet.
func (c *configFile) discard() {
	_ = c.f.Close()
	if !c.kept {
		_ = os.Remove(c.f.Name())
	}
}

// write fills the file, checks it as run does, and gives it its name, which a file that has
// appeared there meanwhile keeps.
func (c *configFile) write(a *answers, l login) error {
	text, err := l.text(a)
	if err != nil {
		return notWritable(c.path, err)
	}
	_, err = c.f.Write(text)
	if err := errors.Join(err, c.f.Sync()); err != nil {
		return notWritable(c.path, err)
	}
	_, err = loadConfig(c.f.Name(), nil)
	if err == nil {
		err = os.Link(c.f.Name(), c.path)
	}
	if err != nil {
		c.kept = true
		return &chat.Obstacle{Key: "setup.obstacle.kept", Args: []any{"reason", err, "kept", c.f.Name(), "file", c.path}, Err: err}
	}
	return nil
}

// text is the configuration that the answers give.
func (l login) text(a *answers) ([]byte, error) {
	matrix := table{{"homeserver", l.homeserver}, {"user", l.user}, {l.key, l.secret}}
	if l.file != "" {
		matrix[2] = entry{l.key + fileSuffix, l.file}
	}
	root := table{
		{"language", a.language},
		{"matrix", matrix},
		{"store", table{{"dir", a.store}}},
	}
	own := table{{"contact", a.contact}, {"admin", a.admin}}.filled()
	if len(own) > 0 {
		root = append(root, entry{"bot", own})
	}
	if a.keyholder {
		root = append(root, entry{"keyholder", table{{"owner", a.owner}, {"bot", a.bot}}})
	}
	if a.public != "" {
		pages := table{{"public_url", a.public}}
		if c := a.pages(); c.ACME != "" {
			pages = append(pages, entry{"listen", c.Listen}, entry{"acme", c.ACME})
		}
		root = append(root, entry{"web", pages})
	}
	node := root.node()
	node.HeadComment = "Written by stimmbote " + a.command() + ". config.example.yaml lists and explains every option."
	var b bytes.Buffer
	encoder := yaml.NewEncoder(&b)
	encoder.SetIndent(2)
	err := encoder.Encode(node)
	return b.Bytes(), errors.Join(err, encoder.Close())
}

// table is a part of a YAML file whose order is kept.
type table []entry

type entry struct {
	key   string
	value any // a string, strings, a number or a table
}

// filled leaves out what is empty.
func (t table) filled() table {
	return slices.DeleteFunc(t, func(e entry) bool {
		list, is := e.value.([]string)
		return is && len(list) == 0 || !is && e.value == ""
	})
}

func (t table) node() *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode}
	for _, e := range t {
		value := &yaml.Node{}
		switch v := e.value.(type) {
		case table:
			value = v.node()
		case int:
			value = &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: strconv.Itoa(v)}
		case []string:
			value.Kind = yaml.SequenceNode
			for _, one := range v {
				value.Content = append(value.Content, &yaml.Node{})
				value.Content[len(value.Content)-1].SetString(one)
			}
		case string:
			value.SetString(v)
		}
		put(n, e.key, value)
	}
	return n
}
