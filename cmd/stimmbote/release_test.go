package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", path))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// What installs the program says the same as the program.
func TestTheUnitKnowsTheExitStatuses(t *testing.T) {
	if want := fmt.Sprintf("\nRestartPreventExitStatus=%d %d\n", exitUsage, exitLogin); !strings.Contains(read(t, "release/stimmbote.service"), want) {
		t.Errorf("stimmbote.service lacks %q", want)
	}
}

// docs/keyholders.md makes the unit of a teller's machine of the bot's.
func TestTheUnitCanBecomeThatOfAKeyholder(t *testing.T) {
	const change = "sed 's|stimmbote run |stimmbote keyholder run |' stimmbote.service"
	if !strings.Contains(read(t, "docs/keyholders.md"), change) || !strings.Contains(read(t, "release/stimmbote.service"), "bin/stimmbote run --config") {
		t.Errorf("%s changes nothing", change)
	}
}

// The table of attacks names a test in each row, and each is there.
func TestEachAttackIsTested(t *testing.T) {
	var files []string
	for _, pattern := range []string{"bot/*_test.go", "chat/*_test.go", "keyholder/*/*_test.go", "keyholder/*_test.go", "e2e/*/*_test.go"} {
		found, err := filepath.Glob(filepath.Join("..", "..", pattern))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	there := map[string]bool{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range regexp.MustCompile(`(?m)^func (Test\w+)\(`).FindAllSubmatch(text, -1) {
			there[string(match[1])] = true
		}
	}
	_, table, _ := strings.Cut(read(t, "docs/keyholders.md"), "\n## What lies come to\n")
	table, _, _ = strings.Cut(table, "\n## ")
	rows := regexp.MustCompile(`(?m)^\| (.*) \| (.*) \| (.*) \|$`).FindAllStringSubmatch(table, -1)
	if len(rows) < 20 {
		t.Fatalf("%d rows", len(rows))
	}
	for _, row := range rows[1:] {
		names := regexp.MustCompile("`(Test\\w+)`").FindAllStringSubmatch(row[3], -1)
		if len(names) == 0 {
			t.Errorf("no test shows: %s", row[1])
		}
		for _, name := range names {
			if !there[name[1]] {
				t.Errorf("there is no %s for: %s", name[1], row[1])
			}
		}
	}
}

func TestContainerAndReleaseAreBuiltAlike(t *testing.T) {
	tags := regexp.MustCompile(`goolm,[a-z_,]+`)
	release, container := tags.FindString(read(t, "release/build.sh")), tags.FindString(read(t, "Dockerfile"))
	if release == "" || release != container {
		t.Errorf("the release has the tags %q, the container %q", release, container)
	}
}

// A release has the two pages that work without the bot, as the program itself writes them.
func TestReleaseHasThePagesThatNeedNoBot(t *testing.T) {
	script := read(t, "release/build.sh")
	for _, want := range []string{`booth export "dist/stimmbote-booth-$version.html"`, `booth export --recount "dist/stimmbote-recount-$version.html"`} {
		if !strings.Contains(script, want) {
			t.Errorf("the release is built without %s", want)
		}
	}
}

func TestPagesNameWhatThereIs(t *testing.T) {
	c := defaults()
	var keys, sections []string
	for _, o := range options(&c) {
		keys = append(keys, o.key)
		section, _, _ := strings.Cut(o.key, ".")
		sections = append(sections, section)
	}
	named := regexp.MustCompile("`([a-z]+)\\.([a-z_]+)`")
	option := regexp.MustCompile(`stimmbote (?:setup|config check|run|keyholder (?:setup|run|status|backup))[^\n` + "`" + `]*`)
	flag := regexp.MustCompile(`--[a-z-]+`)
	for _, page := range []string{"README.md", "CHANGES.md", "docs/install.md", "docs/keyholders.md"} {
		text := read(t, page)
		for _, match := range named.FindAllStringSubmatch(text, -1) {
			key := match[1] + "." + match[2]
			if slices.Contains(sections, match[1]) && !slices.Contains(keys, strings.TrimSuffix(key, fileSuffix)) && match[2] != "yaml" {
				t.Errorf("%s names the option %s, which there is not", page, key)
			}
		}
		for _, line := range option.FindAllString(text, -1) {
			for _, name := range flag.FindAllString(line, -1) {
				if !strings.Contains(usage+setupUsage+keyholderSetupUsage+"--help", name) {
					t.Errorf("%s names %s, which there is not: %s", page, name, line)
				}
			}
		}
	}
}
