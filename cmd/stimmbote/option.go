package main

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// envPrefix begins the name of every environment variable that the program reads.
const envPrefix = "STIMMBOTE_"

// fileSuffix makes the key of a secret into the key of the file that holds it.
const fileSuffix = "_file"

// option is one key of the configuration, for example matrix.homeserver.
type option struct {
	key    string
	value  reflect.Value // the field, which can be set
	secret bool
	origin string // where the value comes from; "" is the default
	file   string // the file that holds a secret; "" is none
	wrong  bool   // a problem with it was noted while reading: its value says nothing
}

// env is the name of the environment variable that sets an option.
func (o *option) env() string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(o.key, ".", "_"))
}

// from says where the value comes from, for a sentence.
func (o *option) from() string {
	switch {
	case o.origin != "":
		return o.origin
	case o.value.IsZero():
		return "not set"
	default:
		return "default"
	}
}

// options are the keys of a configuration, in the order in which the example has them.
func options(c *config) []*option {
	var all []*option
	var walk func(prefix string, v reflect.Value)
	walk = func(prefix string, v reflect.Value) {
		for field, value := range v.Fields() {
			key := prefix + field.Tag.Get("yaml")
			if field.Type.Kind() == reflect.Struct {
				walk(key+".", value)
				continue
			}
			all = append(all, &option{key: key, value: value, secret: field.Tag.Get("secret") != ""})
		}
	}
	walk("", reflect.ValueOf(c).Elem())
	return all
}

// setText takes a value as an environment variable holds it: a text as it stands, a list with
// commas, everything else as in the file.
func (o *option) setText(text string) error {
	isTexts := o.value.Kind() == reflect.Slice && o.value.Type().Elem().Kind() == reflect.String
	switch {
	case o.value.Kind() == reflect.String:
		o.value.SetString(text)
		return nil
	case isTexts && !strings.HasPrefix(text, "["):
		list := reflect.MakeSlice(o.value.Type(), 0, 0)
		for part := range strings.SplitSeq(text, ",") {
			if part = strings.TrimSpace(part); part != "" {
				list = reflect.Append(list, reflect.ValueOf(part).Convert(o.value.Type().Elem()))
			}
		}
		o.value.Set(list)
		return nil
	}
	var node yaml.Node
	if err := yaml.Unmarshal([]byte(text), &node); err != nil || node.Kind == 0 {
		return fmt.Errorf("%s is needed here", o.kind())
	}
	return o.setNode(node.Content[0])
}

// setNode takes a value as it stands in the file. Nothing at all leaves the default.
func (o *option) setNode(node *yaml.Node) error {
	if node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	if node.Tag == "!!null" {
		return nil
	}
	value := reflect.New(o.value.Type())
	if err := node.Decode(value.Interface()); err != nil {
		if node.Kind == yaml.ScalarNode && !o.secret {
			return fmt.Errorf("%q is not %s", node.Value, o.kind())
		}
		return fmt.Errorf("%s is needed here", o.kind())
	}
	o.value.Set(value.Elem())
	return nil
}

// kind names what an option takes.
func (o *option) kind() string {
	if o.value.Type() == reflect.TypeFor[time.Duration]() {
		return "a time such as 90s or 5m"
	}
	switch o.value.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Slice:
		return "a list"
	case reflect.Map:
		return "a table"
	case reflect.String:
		return "a text"
	default:
		return "a number"
	}
}
