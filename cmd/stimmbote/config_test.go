package main

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"stimmbote"
)

// minimal is the least that a configuration has to say.
const minimal = "matrix:\n  homeserver: https://matrix.example.org\n  user: \"@bot:example.org\"\n"

// written puts a configuration into a file of its own.
func written(t *testing.T, text string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// loads wants a configuration without problems.
func loads(t *testing.T, text string, environ ...string) config {
	t.Helper()
	c, err := loadConfig(written(t, text), environ)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestExampleLoads(t *testing.T) {
	got, want := loads(t, string(stimmbote.ExampleConfig)), loads(t, minimal)
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
	c := defaults()
	for _, o := range options(&c) {
		keys := []string{o.key}
		if o.secret {
			keys = append(keys, o.key+fileSuffix)
		}
		for _, key := range keys {
			var have any = example
			for name := range strings.SplitSeq(key, ".") {
				table, _ := have.(map[string]any)
				var ok bool
				if have, ok = table[name]; !ok {
					t.Errorf("the example lacks %s", key)
					break
				}
			}
		}
	}
}

func TestEveryOptionHasAVariableOfItsOwn(t *testing.T) {
	c := defaults()
	seen := make(map[string]string)
	for _, o := range options(&c) {
		names := []string{o.env()}
		if o.secret {
			names = append(names, o.env()+strings.ToUpper(fileSuffix))
		}
		for _, name := range names {
			if before, ok := seen[name]; ok {
				t.Errorf("%s sets %s and %s", name, before, o.key)
			}
			seen[name] = o.key
		}
	}
}

func TestConfigRefusals(t *testing.T) {
	password := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(password, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, yaml string
		environ    []string
		want       []string // all of them in the error
	}{
		{"a typo names its line", minimal + "langauge: de\n", nil, []string{"line 4", `"langauge"`, `did you mean "language"?`, "config.example.yaml"}},
		{"a typo in a section", minimal + "web:\n  lisen: x\n", nil, []string{"line 5", `"web.lisen"`, `"web.listen"`}},
		{"an option outside its section", minimal + "homeserver: x\n", nil, []string{"line 4", `"matrix.homeserver"`}},
		{"an option like no other", minimal + "zzzzzzzz: x\n", nil, []string{"line 4", `"zzzzzzzz"; config.example.yaml`}},
		{"no file for what is no secret", minimal + "language_file: x\n", nil, []string{"line 4", `"language_file"`}},
		{"unknown language", minimal + "language: fr\n", nil, []string{"language (config.yaml, line 4):", "de, en"}},
		{"unknown level", minimal + "log:\n  level: loud\n", nil, []string{"log.level (config.yaml, line 5):"}},
		{"a level of the library's own", minimal + "log:\n  level: disabled\n", nil, []string{"log.level"}},
		{"unknown group", minimal + "poll:\n  group: ROT13\n", nil, []string{"poll.group"}},
		{"nothing at all", "", nil, []string{"2 problems", "matrix.homeserver (not set):", "matrix.user (not set):"}},
		{
			"all problems at once", minimal + "language: fr\nlog: {level: loud}\nmedia: {udp: nowhere}\nno: 1\nbot: {ignore: {}}\n",
			[]string{"STIMMBOTE_WEB_LISTEN=x", "STIMMBOTE_NONSENSE=x"},
			[]string{"7 problems", "language (", "log.level (", "media.udp (", `"no"`, "bot.ignore (", "web.listen (STIMMBOTE_WEB_LISTEN)", `"STIMMBOTE_NONSENSE"`},
		},
		{"no YAML", "{", nil, []string{"line 1"}},
		{"a list instead of a table", "- a\n", nil, []string{"line 1", "list of options"}},
		{"a word instead of a section", minimal + "web: here\n", nil, []string{"line 4", `"web"`, "indented"}},
		{"twice", minimal + "language: de\nlanguage: en\n", nil, []string{"line 5", `"language" stands in line 4 already`}},
		{"a variable with a typo", minimal, []string{"STIMMBOTE_LANGAUGE=de"}, []string{`"STIMMBOTE_LANGAUGE"`, `"STIMMBOTE_LANGUAGE"`}},
		{"secret and file", minimal + "  password: geheim\n  password_file: x\n", nil, []string{"matrix.password (config.yaml, line 5)", "keep one"}},
		{"secret and file in the environment", minimal, []string{"STIMMBOTE_MATRIX_PASSWORD=geheim", "STIMMBOTE_MATRIX_PASSWORD_FILE=x"}, []string{"matrix.password", "STIMMBOTE_MATRIX_PASSWORD_FILE"}},
		{"no such file", minimal + "  password_file: /nowhere/x\n", nil, []string{"matrix.password (config.yaml, line 4)", "/nowhere/x"}},
		{"nothing in the file", minimal + "  password_file: " + password + "\n", nil, []string{"matrix.password", "is empty"}},
		{"an open ear", minimal + "ops: {listen: \":8482\"}\n", nil, []string{"ops.listen", "other machines", "127.0.0.1:8482"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := loadConfig(written(t, test.yaml), test.environ)
			if err == nil {
				t.Fatal("was accepted")
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got %q, want %q in it", err, want)
				}
			}
			if strings.Contains(err.Error(), "geheim") {
				t.Errorf("shows the secret: %q", err)
			}
		})
	}
}

func TestOnlyNamedSectionsAreChecked(t *testing.T) {
	if _, err := loadConfig(written(t, "media: {udp: \":1\"}\n"), nil, "media", "web"); err != nil {
		t.Errorf("without an account: %v", err)
	}
	if _, err := loadConfig(written(t, "media: {udp: nowhere}\n"), nil, "media", "web"); err == nil {
		t.Error("a problem of a named section was accepted")
	}
}

func TestLaterSourcesWin(t *testing.T) {
	secret := written(t, "aus der Datei\n")
	text := minimal + "  password: in der Konfiguration\nlanguage: en\nbot:\n  ignore: [\"@a:example.org\"]\n"
	c := loads(t, text, "STIMMBOTE_LANGUAGE=de", "STIMMBOTE_BOT_IGNORE=@b:example.org, @c:example.org",
		"STIMMBOTE_MATRIX_PASSWORD_FILE="+secret, "PATH=/bin")
	if c.Language != "de" || c.Matrix.Password != "aus der Datei" {
		t.Errorf("got %+v", c)
	}
	if want := []string{"@b:example.org", "@c:example.org"}; !slices.Equal(c.Bot.Ignore, want) {
		t.Errorf("bot.ignore is %q, want %q", c.Bot.Ignore, want)
	}
	c = loads(t, minimal+"  password_file: /nowhere\n", "STIMMBOTE_MATRIX_PASSWORD=aus der Umgebung")
	if c.Matrix.Password != "aus der Umgebung" {
		t.Errorf("got %+v", c.Matrix)
	}
}

func TestNearest(t *testing.T) {
	names := []string{"web.listen", "ops.listen", "matrix.user"}
	for name, want := range map[string]string{
		"web.lisen": "web.listen", "WEB.LISTEN": "web.listen", "listen": "web.listen", "user": "matrix.user", "": "", "zzz": "", "matrix.usr": "matrix.user",
	} {
		if got := nearest(name, names); got != want {
			t.Errorf("nearest to %q is %q, want %q", name, got, want)
		}
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
