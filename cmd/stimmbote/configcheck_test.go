package main

import (
	"bytes"
	"os"
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
