package main

import (
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"reflect"
	"strings"

	"go.yaml.in/yaml/v3"

	"stimmbote/web"
)

const checkUsage = "usage: stimmbote config check [--config FILE]\n"

// checkConfig is `stimmbote config check`: it prints the configuration that holds, with the
// origin of each value and without secrets, then the problems. Exit codes: 0 all is well, 2 not.
func checkConfig(args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 || args[0] != "check" {
		fmt.Fprint(stderr, checkUsage)
		return exitUsage
	}
	flags := flag.NewFlagSet("config check", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() { fmt.Fprint(stderr, checkUsage) }
	path := flags.String("config", usualConfig, "the configuration")
	if err := flags.Parse(args[1:]); err != nil {
		return exitUsage
	}
	if flags.NArg() > 0 {
		fmt.Fprintf(stderr, "stimmbote: config check takes no %q\n%s", flags.Arg(0), checkUsage)
		return exitUsage
	}
	l, err := load(*path, os.Environ())
	if err != nil {
		fmt.Fprintf(stderr, "stimmbote: %v\n", err)
		return exitUsage
	}
	if err := l.print(stdout); err != nil {
		fmt.Fprintf(stderr, "stimmbote: printing the configuration: %v\n", err)
		return exitError
	}
	if hint := openToOthers(*path); hint != "" {
		fmt.Fprintln(stderr, "stimmbote: "+hint)
	}
	for _, hint := range lacking(l.config.Web) {
		fmt.Fprintln(stderr, "stimmbote: "+hint)
	}
	if err := l.verdict(); err != nil {
		fmt.Fprintf(stderr, "stimmbote: %v\n", err)
		return exitUsage
	}
	fmt.Fprintln(stderr, "The configuration is in order.")
	return exitOK
}

// lacking says what pages that everybody can open do not say of themselves.
func lacking(cfg web.Config) []string {
	var hints []string
	if cfg.Public() && cfg.ImprintURL == "" {
		hints = append(hints, "web.imprint_url is empty: in many countries pages that everybody can open need a legal notice (in Germany by section 5 DDG)")
	}
	if cfg.Public() && cfg.PrivacyURL == "" {
		hints = append(hints, "web.privacy_url is empty: a page of yours has to say what becomes of people's data (GDPR, article 13)")
	}
	return hints
}

// hidden stands where a secret is set.
const hidden = "(set, not shown)"

// print writes what holds, as a configuration file with a comment behind each value.
func (l *loaded) print(w io.Writer) error {
	root := &yaml.Node{Kind: yaml.MappingNode}
	tables := map[string]*yaml.Node{"": root}
	var table func(path string) *yaml.Node
	table = func(path string) *yaml.Node {
		if tables[path] == nil {
			tables[path] = &yaml.Node{Kind: yaml.MappingNode}
			above, name := cutLast(path)
			put(table(above), name, tables[path])
		}
		return tables[path]
	}
	for _, o := range l.options {
		value := o.value
		if o.secret && !value.IsZero() {
			value = reflect.ValueOf(hidden)
		}
		var node yaml.Node
		if err := node.Encode(value.Interface()); err != nil {
			return fmt.Errorf("%s: %w", o.key, err)
		}
		if node.Kind != yaml.ScalarNode {
			node.Style = yaml.FlowStyle
		}
		node.LineComment = o.from()
		section, name := cutLast(o.key)
		put(table(section), name, &node)
	}
	encoder := yaml.NewEncoder(w)
	encoder.SetIndent(2)
	if err := encoder.Encode(root); err != nil {
		return err
	}
	return encoder.Close()
}

// put adds a key to a table.
func put(table *yaml.Node, name string, value *yaml.Node) {
	table.Content = append(table.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: name}, value)
}

// cutLast cuts a key before its last part: media, udp.
func cutLast(key string) (section, name string) {
	i := strings.LastIndex(key, ".")
	return key[:max(i, 0)], key[i+1:]
}

// openToOthers says what to do about a file that others on the machine may read.
func openToOthers(path string) string {
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm()&0o077 == 0 || info.Mode().Type()&fs.ModeCharDevice != 0 {
		return ""
	}
	return fmt.Sprintf("others on this machine may read %s, and it can hold secrets: run chmod 600 on it", path)
}
