package main

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"
)

func TestConfigCheck(t *testing.T) {
	path := written(t, minimal+"  password: geheim # wirklich\nlog:\n  level: debug\n")
	t.Setenv("STIMMBOTE_LANGUAGE", "en")
	var out, errs bytes.Buffer
	if code := dispatch(t.Context(), []string{"config", "check", "--config", path}, &out, &errs); code != exitOK {
		t.Fatalf("exit %d: %s", code, &errs)
	}
	for _, want := range []string{
		"language: en # STIMMBOTE_LANGUAGE\n",
		"  homeserver: https://matrix.example.org # config.yaml, line 2\n",
		"  password: (set, not shown) # config.yaml, line 4\n",
		"  dir: data # default\n",
		"  level: debug # config.yaml, line 6\n",
		"  ignore: [] # not set\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in:\n%s", want, &out)
		}
	}
	if strings.Contains(out.String()+errs.String(), "geheim") {
		t.Errorf("shows the secret:\n%s%s", &out, &errs)
	}
	if !strings.Contains(errs.String(), "in order") {
		t.Errorf("says %q", &errs)
	}
}

func TestConfigCheckSaysWhatIsWrong(t *testing.T) {
	path := written(t, minimal+"langauge: en\n")
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	if code := dispatch(t.Context(), []string{"config", "check", "--config", path}, &out, &errs); code != exitUsage {
		t.Errorf("exit %d", code)
	}
	if !strings.Contains(errs.String(), "chmod 600") || !strings.Contains(errs.String(), `"langauge"`) || !strings.Contains(out.String(), "homeserver:") {
		t.Errorf("says:\n%s%s", &out, &errs)
	}
}

func TestConfigCheckUsage(t *testing.T) {
	for _, args := range [][]string{{"config"}, {"config", "chekc"}, {"config", "check", "x"}, {"config", "check", "--nothing"}} {
		var errs bytes.Buffer
		if code := dispatch(t.Context(), args, nil, &errs); code != exitUsage || !strings.Contains(errs.String(), "usage:") {
			t.Errorf("%q: exit %d, said %q", args, code, &errs)
		}
	}
}

// Pages that everybody can open need to say whose they are.
func TestConfigCheckHints(t *testing.T) {
	for web, want := range map[string][]string{
		"":                                      nil,
		"  public_url: http://127.0.0.1:8480":   nil,
		"  public_url: https://bot.example.org": {"web.imprint_url", "web.privacy_url"},
		"  public_url: https://bot.example.org\n  imprint_url: https://example.org/i": {"web.privacy_url"},
	} {
		path := written(t, minimal+"  password: geheim\nweb:\n  listen: 127.0.0.1:8480\n"+web+"\n")
		var out, errs bytes.Buffer
		if code := dispatch(t.Context(), []string{"config", "check", "--config", path}, &out, &errs); code != exitOK {
			t.Errorf("%q: exit %d: %s", web, code, &errs)
		}
		for _, key := range []string{"web.imprint_url", "web.privacy_url"} {
			if got := strings.Contains(errs.String(), key+" is empty"); got != slices.Contains(want, key) {
				t.Errorf("%q: %s is mentioned: %v\n%s", web, key, got, &errs)
			}
		}
	}
}
