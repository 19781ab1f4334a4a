package main

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"stimmbote"
)

// minimal is the least that a configuration has to say.
const minimal = "matrix:\n  homeserver: https://matrix.example.org\n  user: \"@bot:example.org\"\n"

func TestExampleLoads(t *testing.T) {
	got, err := parseConfig(stimmbote.ExampleConfig)
	if err != nil {
		t.Fatal(err)
	}
	want, err := parseConfig([]byte(minimal))
	if err != nil {
		t.Fatal(err)
	}
	got.Matrix, got.Bot = want.Matrix, want.Bot // the example's account is nobody's default
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the example differs from the defaults:\n got %+v\nwant %+v", got, want)
	}
}

func TestExampleHasEveryKey(t *testing.T) {
	var example map[string]any
	if err := yaml.Unmarshal(stimmbote.ExampleConfig, &example); err != nil {
		t.Fatal(err)
	}
	var check func(prefix string, typ reflect.Type, have map[string]any)
	check = func(prefix string, typ reflect.Type, have map[string]any) {
		for field := range typ.Fields() {
			key := field.Tag.Get("yaml")
			value, ok := have[key]
			if key == "" || !ok {
				t.Errorf("the example lacks %s%s (field %s)", prefix, key, field.Name)
				continue
			}
			if field.Type.Kind() == reflect.Struct {
				section, _ := value.(map[string]any)
				check(prefix+key+".", field.Type, section)
			}
		}
	}
	check("", reflect.TypeFor[config](), example)
}

func TestConfigRefusals(t *testing.T) {
	tests := []struct {
		name, yaml string
		want       []string // all of them in the error
	}{
		{"a typo names its line", minimal + "langauge: de\n", []string{"line 4", `"langauge"`, "config.example.yaml"}},
		{"a typo in a section", minimal + "web:\n  lisen: x\n", []string{"line 5", `"lisen"`}},
		{"unknown language", minimal + "language: fr\n", []string{"language:", "de, en"}},
		{"unknown level", minimal + "log:\n  level: loud\n", []string{"log.level:"}},
		{"a level of the library's own", minimal + "log:\n  level: disabled\n", []string{"log.level:"}},
		{"unknown group", minimal + "poll:\n  group: ROT13\n", []string{"poll.group:"}},
		{"nothing at all", "", []string{"matrix.homeserver:", "matrix.user:"}},
		{"all problems at once", minimal + "language: fr\nlog: {level: loud}\nmedia: {udp: nowhere}\n", []string{"language:", "log.level:", "media.udp:"}},
		{"no YAML", "{", []string{"line 1"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := parseConfig([]byte(test.yaml))
			if err == nil {
				t.Fatal("was accepted")
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got %q, want %q in it", err, want)
				}
			}
		})
	}
}

func TestRunSaysWhatIsMissing(t *testing.T) {
	var stderr bytes.Buffer
	code := dispatch(t.Context(), []string{"run", "--config", t.TempDir() + "/none.yaml"}, nil, &stderr)
	if code != exitUsage || !strings.Contains(stderr.String(), "config.example.yaml") {
		t.Errorf("exit %d, said %q", code, stderr.String())
	}
}

func TestUnknownCommand(t *testing.T) {
	var stderr bytes.Buffer
	code := dispatch(t.Context(), []string{"vreify"}, nil, &stderr)
	if code != exitUsage || !strings.Contains(stderr.String(), "usage:") {
		t.Errorf("exit %d, said %q", code, stderr.String())
	}
}
