package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestBoothExport(t *testing.T) {
	for _, args := range [][]string{{"booth"}, {"booth", "export"}, {"booth", "import", "x"}, {"booth", "export", ""}, {"booth", "export", "x", "y"}} {
		var errs bytes.Buffer
		if code := dispatch(t.Context(), args, nil, &errs); code != exitUsage || !strings.HasPrefix(errs.String(), "usage:") {
			t.Errorf("%q: exit %d, said %q", args, code, &errs)
		}
	}
	path := filepath.Join(t.TempDir(), "booth.html")
	page := []byte("<!doctype html>")
	var out, errs bytes.Buffer
	if code := export(path, page, &out, &errs); code != exitOK || !strings.HasPrefix(out.String(), "fe26c59e") || !strings.HasSuffix(out.String(), "  "+path+"\n") {
		t.Errorf("exit %d, said %q %q", code, &out, &errs)
	}
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, page) {
		t.Errorf("written is %q, %v", got, err)
	}
	if code := export(path, []byte("x"), &out, &errs); code != exitError || !strings.Contains(errs.String(), "stays as it is") {
		t.Errorf("over a file: exit %d, said %q", code, &errs)
	}
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, page) {
		t.Errorf("then the file is %q, %v", got, err)
	}
}
