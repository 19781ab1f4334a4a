package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// tell runs a command that says the lines and ends with this status.
func tell(t *testing.T, lines, status string) (said string, failures []failure, err error) {
	t.Helper()
	var out, errs strings.Builder
	failures, err = run([]string{"sh", "-c", `printf %s "$0"; exit "$1"`, lines, status}, &out, &errs)
	if errs.Len() > 0 {
		t.Error(errs.String())
	}
	return out.String(), failures, err
}

func TestSeveralCommands(t *testing.T) {
	for _, c := range []struct {
		first, second string
		bad           bool
	}{{"true", "true", false}, {"false", "true", true}, {"true", "false", true}} {
		var out, errs strings.Builder
		_, err := run([]string{"sh", "-c", "echo one;" + c.first, "--", "sh", "-c", "echo two >&2; echo three;" + c.second}, &out, &errs)
		if (err != nil) != c.bad {
			t.Errorf("%s and %s: %v", c.first, c.second, err)
		}
		if !strings.Contains(out.String(), "one\n") || !strings.Contains(out.String(), "three\n") || errs.String() != "two\n" {
			t.Errorf("it says %q and %q", out.String(), errs.String())
		}
	}
}

// What is behind a `then` does not begin before everything in front of it has ended, and begins also if that failed.
func TestOneAfterTheOther(t *testing.T) {
	var out, errs strings.Builder
	_, err := run([]string{"sh", "-c", "sleep 0.3; echo one; exit 1", "--", "true", "then", "echo", "two"}, &out, &errs)
	if err == nil || !strings.Contains(out.String(), "one\ntwo\n") {
		t.Errorf("%v, it says %q", err, out.String())
	}
}

// A test that lets others go first is not what runs.
func TestWhoWaitsDoesNotRun(t *testing.T) {
	var out strings.Builder
	lines, tick, now := make(chan string), make(chan time.Time), time.Now()
	go func() {
		for _, line := range []string{
			`{"Action":"start","Package":"m/a"}`,
			`{"Action":"run","Package":"m/a","Test":"TestFirst"}`, `{"Action":"pause","Package":"m/a","Test":"TestFirst"}`,
			`{"Action":"run","Package":"m/a","Test":"TestSecond"}`, `{"Action":"pause","Package":"m/a","Test":"TestSecond"}`,
			`{"Action":"cont","Package":"m/a","Test":"TestFirst"}`,
		} {
			lines <- line
		}
		tick <- time.Time{}
		close(lines)
	}()
	watch(lines, &out, func() time.Time { now = now.Add(quiet); return now }, tick) // at each look at the clock it is late
	if said := out.String(); !strings.Contains(said, ": a TestFirst (") || strings.Contains(said, "TestSecond") {
		t.Errorf("it says\n%s", said)
	}
}

func TestTimesAreSortedAndAdded(t *testing.T) {
	said, _, err := tell(t, `{"Action":"start","Package":"m/a"}
{"Action":"run","Package":"m/a","Test":"TestA"}
{"Action":"output","Package":"m/a","Test":"TestA","Output":"chatter\n"}
{"Action":"pass","Package":"m/a","Test":"TestA","Elapsed":9}
{"Action":"pass","Package":"m/a","Elapsed":10}
{"Action":"start","Package":"m/b"}
{"Action":"pass","Package":"m/b","Elapsed":20.5}
{"Action":"start","Package":"m/none"}
{"Action":"skip","Package":"m/none","Elapsed":0}
`, "0")
	want := `ok    a                          10.0 s
ok    b                          20.5 s

Time per package:
    20.5 s  b
    10.0 s  a
    30.5 s  in all, 0 s by the clock

The slowest tests:
     9.0 s  a TestA
`
	if err != nil || said != want {
		t.Errorf("%v, said\n%s", err, said)
	}
}

func TestFailuresAreTold(t *testing.T) {
	said, failures, err := tell(t, `go: something of its own
{"ImportPath":"m/c [m/c.test]","Action":"build-output","Output":"c.go:1: broken\n"}
{"ImportPath":"m/c [m/c.test]","Action":"build-fail"}
{"Action":"start","Package":"m/c"}
{"Action":"fail","Package":"m/c","Elapsed":0,"FailedBuild":"m/c [m/c.test]"}
{"Action":"start","Package":"m/a"}
{"Action":"run","Package":"m/a","Test":"TestGood"}
{"Action":"output","Package":"m/a","Test":"TestGood","Output":"chatter\n"}
{"Action":"pass","Package":"m/a","Test":"TestGood"}
{"Action":"run","Package":"m/a","Test":"TestBad"}
{"Action":"output","Package":"m/a","Test":"TestBad","Output":"why it is bad\n"}
{"Action":"fail","Package":"m/a","Test":"TestBad"}
{"Action":"run","Package":"m/a","Test":"TestHangs"}
{"Action":"output","Package":"m/a","Test":"TestHangs","Output":"panic: test timed out\n"}
{"Action":"fail","Package":"m/a","Elapsed":1}
`, "1")
	if err == nil {
		t.Error("it says that all passed")
	}
	for _, want := range []string{"go: something of its own\n", "c.go:1: broken\nFAIL  c ", "why it is bad\n", "panic: test timed out\n", "FAIL  a ", "Failed: 2 of 2 packages."} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is missing in\n%s", want, said)
		}
	}
	if got, want := fmt.Sprint(failures), "[{m/c  []} {m/a  [TestHangs panic: test timed out]}]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if strings.Contains(said, "chatter") {
		t.Errorf("it repeats what a good test wrote:\n%s", said)
	}
}

// What a good package could not try is told, and nothing else of it.
func TestNotesAreTold(t *testing.T) {
	said, _, err := tell(t, `{"Action":"start","Package":"m/a"}
{"Action":"output","Package":"m/a","Output":"note: no networks here\n"}
{"Action":"output","Package":"m/a","Output":"ok  \tm/a\t0.1s\n"}
{"Action":"pass","Package":"m/a","Elapsed":1}
`, "0")
	if err != nil || !strings.Contains(said, "1.0 s\n      note: no networks here\n") || strings.Contains(said, "0.1s") {
		t.Errorf("%v, said:\n%s", err, said)
	}
}

// In the end it says once more which tests failed, and why in their own words.
func TestFailuresAreRepeated(t *testing.T) {
	said, failures, err := tell(t, `{"Action":"start","Package":"m/a"}
{"Action":"run","Package":"m/a","Test":"TestMany"}
{"Action":"run","Package":"m/a","Test":"TestMany/bad"}
{"Action":"output","Package":"m/a","Test":"TestMany/bad","Output":"INF chatter\n"}
{"Action":"output","Package":"m/a","Test":"TestMany/bad","Output":"    writer.go:27: {\"level\":\"warn\",\"message\":\"slow\"}\n"}
{"Action":"output","Package":"m/a","Test":"TestMany/bad","Output":"    a_test.go:7: 1 message, want 2\n"}
{"Action":"fail","Package":"m/a","Test":"TestMany/bad"}
{"Action":"fail","Package":"m/a","Test":"TestMany"}
{"Action":"fail","Package":"m/a","Elapsed":1}
{"Action":"start","Package":"m/b"}
{"Action":"run","Package":"m/b","Test":"TestRace"}
{"Action":"run","Package":"m/b","Test":"TestBeside"}
{"Action":"output","Package":"m/b","Test":"TestBeside","Output":"==================\n"}
{"Action":"output","Package":"m/b","Test":"TestRace","Output":"WARNING: DATA RACE\n"}
{"Action":"output","Package":"m/b","Test":"TestBeside","Output":"Read at 0x01 by goroutine 7:\n"}
{"Action":"output","Package":"m/b","Test":"TestBeside","Output":"  m.f()\n"}
{"Action":"pass","Package":"m/b","Test":"TestBeside"}
{"Action":"output","Package":"m/b","Test":"TestBeside","Output":"\n"}
{"Action":"output","Package":"m/b","Output":"==================\n"}
{"Action":"output","Package":"m/b","Test":"TestRace","Output":"chatter\n"}
{"Action":"fail","Package":"m/b","Test":"TestRace"}
{"Action":"fail","Package":"m/b","Elapsed":1}
{"Action":"start","Package":"m/c"}
{"Action":"fail","Package":"m/c","Elapsed":1}
`, "1")
	const end = `Failed: 3 of 3 packages.
a TestMany/bad
    a_test.go:7: 1 message, want 2
b
    TestRace WARNING: DATA RACE
    Read at 0x01 by goroutine 7:
      m.f()
    ==================
c
`
	if err == nil || !strings.HasSuffix(said, end) {
		t.Errorf("%v, said\n%s", err, said)
	}
	file := filepath.Join(t.TempDir(), "failed")
	if err := list(file, failures); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(file); err != nil || string(got) != "m/a TestMany/bad\nm/b\nm/c\n" {
		t.Errorf("the list is %q, %v", got, err)
	}
}

// Of races there is said no more than can be read, and why the package ended all the same.
func TestManyRaces(t *testing.T) {
	race := `{"Action":"output","Package":"m/a","Test":"TestA","Output":"WARNING: DATA RACE\n"}
{"Action":"output","Package":"m/a","Test":"TestA","Output":"Read\n"}
{"Action":"output","Package":"m/a","Test":"TestA","Output":"==================\n"}
`
	_, failures, _ := tell(t, `{"Action":"start","Package":"m/a"}
{"Action":"run","Package":"m/a","Test":"TestA"}
`+strings.Repeat(race, 100)+`{"Action":"output","Package":"m/a","Test":"TestA","Output":"panic: test timed out\n"}
{"Action":"fail","Package":"m/a","Elapsed":1}
`, "1")
	if len(failures) != 1 || len(failures[0].why) != mostOfRaces+1 || failures[0].why[mostOfRaces] != "TestA panic: test timed out" {
		t.Errorf("got %q", failures)
	}
}

func TestWhatRunsIsTold(t *testing.T) {
	clock := time.Unix(0, 0)
	var out strings.Builder
	now := func() time.Time { return clock }
	s := newSummary(&speaker{out: &out, now: now}, now)
	s.note(event{Action: "start", Package: "m/e2e"})
	s.note(event{Action: "run", Package: "m/e2e", Test: "TestStories"})
	s.note(event{Action: "run", Package: "m/e2e", Test: "TestStories/once.txt"})
	clock = clock.Add(42 * time.Second)
	s.running()
	if got, want := out.String(), fmt.Sprintf("… %4d s: e2e TestStories/once.txt (42 s)\n", 42); got != want {
		t.Errorf("it says %q, want %q", got, want)
	}
}
