package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
)

// TestDistIsWhatTheSourcesGive builds anew and compares with what is committed.
func TestDistIsWhatTheSourcesGive(t *testing.T) {
	built, err := build(".")
	if err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir("../dist")
	if err != nil {
		t.Fatal(err)
	}
	var committed []string
	for _, e := range entries {
		committed = append(committed, e.Name())
	}
	if want := slices.Sorted(maps.Keys(built)); !slices.Equal(committed, want) {
		t.Fatalf("web/dist holds %q, the sources give %q: run go generate ./web", committed, want)
	}
	for name, want := range built {
		got, err := os.ReadFile(filepath.Join("../dist", name))
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != string(want) {
			t.Errorf("web/dist/%s is not what the sources give: run go generate ./web", name)
		}
	}
}

// TestSameBytesInAnotherFolder builds a copy with a tsconfig beside it that would change the result.
func TestSameBytesInAnotherFolder(t *testing.T) {
	here, err := build(".")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	copied := elsewhere(t, filepath.Join(dir, "somewhere", "else"))
	config := []byte(`{"compilerOptions":{"target":"es5","useDefineForClassFields":false,"alwaysStrict":true}}`)
	if err := os.WriteFile(filepath.Join(dir, "tsconfig.json"), config, 0o600); err != nil {
		t.Fatal(err)
	}
	there, err := build(copied)
	if err != nil {
		t.Fatal(err)
	}
	for name := range here {
		if string(here[name]) != string(there[name]) {
			t.Errorf("%s differs in another folder", name)
		}
	}
}

// elsewhere copies everything that is built from into another folder, and says where the sources lie there.
func elsewhere(t *testing.T, root string) string {
	t.Helper()
	for _, folder := range []string{"web/ui", "i18n", "voting/words"} {
		if err := os.CopyFS(filepath.Join(root, folder), os.DirFS(filepath.Join("../..", folder))); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(root, "web", "ui")
}

// most is how many bytes a page may have that is one file, on its way to a phone.
const most = 60 << 10

// TestSinglePages looks at what the server and the phone get: nothing from elsewhere, and not much.
func TestSinglePages(t *testing.T) {
	here, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range singles {
		page, err := s.build(here)
		if err != nil {
			t.Fatal(err)
		}
		var zipped bytes.Buffer
		z := gzip.NewWriter(&zipped)
		if _, err := z.Write(page); err != nil || z.Close() != nil {
			t.Fatal(err)
		}
		t.Logf("%s.html has %d bytes, %d of them zipped", s.name, len(page), zipped.Len())
		if zipped.Len() > most {
			t.Errorf("%s.html has %d bytes zipped, more than %d", s.name, zipped.Len(), most)
		}
		if found := regexp.MustCompile(`(?i) (src|srcset|action|on[a-z]+|style)=`).FindAll(page, -1); found != nil {
			t.Errorf("%s.html has attributes %q", s.name, found)
		}
		for _, tag := range []string{`<script type="module">`, "<style>", "</style>"} {
			if n := bytes.Count(page, []byte(tag)); n != 1 {
				t.Errorf("%s.html has %d of %s", s.name, n, tag)
			}
		}
	}
}

// TestVendoredFilesAreUnmodified compares each file with the figure in vendor/README.md.
func TestVendoredFilesAreUnmodified(t *testing.T) {
	readme, err := os.ReadFile("vendor/README.md")
	if err != nil {
		t.Fatal(err)
	}
	figures := regexp.MustCompile(`(?m)^([0-9a-f]{64})  (\S+)$`).FindAllStringSubmatch(string(readme), -1)
	var named []string
	for _, f := range figures {
		named = append(named, f[2])
	}
	var there []string
	err = fs.WalkDir(os.DirFS("vendor"), ".", func(name string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() && name != "README.md" && name != "NOTICES" {
			there = append(there, name)
		}
		return err
	})
	if slices.Sort(named); err != nil || !slices.Equal(there, named) {
		t.Fatalf("vendor holds %q, its README.md names %q (%v)", there, named, err)
	}
	for _, f := range figures {
		data, err := os.ReadFile(filepath.Join("vendor", f[2]))
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(data)
		if got := hex.EncodeToString(sum[:]); got != f[1] {
			t.Errorf("vendor/%s has SHA-256 %s, vendor/README.md says %s", f[2], got, f[1])
		}
	}
}

func TestBrokenSourceNamesItsLine(t *testing.T) {
	dir := elsewhere(t, t.TempDir())
	if err := os.WriteFile(filepath.Join(dir, "call", "call.ts"), []byte("\nlet = ;"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := build(dir)
	if err == nil || !regexp.MustCompile(`call/call\.ts:2: `).MatchString(err.Error()) {
		t.Errorf("building a broken source: %v, want an error that names call/call.ts:2", err)
	}
}
