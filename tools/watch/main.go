// Command watch runs `go test -json` and tells people how it goes: each package when it is done, what runs right now
// when nothing was said for a while, everything that a failed test wrote, and in the end the time that each package
// took, slowest first, with the sum. Several commands, with -- between them, run at the same time; those behind a
// `then` run when all in front of it have ended, whatever became of them.
//
//	go run ./watch [-failed FILE] go test -json ./a -- go test -json -race ./b then go test -json ./alone
//
// The file gets a line for each failure: the package, and the test if the failure is only its own. The exit status is
// 0 only if each command's was.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"
)

// quiet is how long nothing is said before it is told what runs.
const quiet = 20 * time.Second

func main() {
	failed := flag.String("failed", "", "write what failed into this `file`")
	flag.Parse()
	failures, err := run(flag.Args(), os.Stdout, os.Stderr)
	if *failed != "" {
		err = errors.Join(err, list(*failed, failures))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "watch:", err)
		os.Exit(1)
	}
}

// list writes a line for each failure into a file.
func list(file string, failures []failure) error {
	var b strings.Builder
	for _, f := range failures {
		fmt.Fprintln(&b, strings.TrimSpace(f.pkg+" "+f.test))
	}
	return os.WriteFile(file, []byte(b.String()), 0o600)
}

// run runs the commands, tells on out what they say, and returns what failed.
func run(args []string, out, errs io.Writer) ([]failure, error) {
	lines := make(chan string)
	ended := make(chan error, 1)
	go func() {
		var failed error
		for _, lot := range split(args, "then") {
			failed = errors.Join(failed, together(split(lot, "--"), lines, errs))
		}
		close(lines)
		ended <- failed
	}()
	return watch(lines, out, time.Now, time.Tick(time.Second)), <-ended
}

// split are the parts of a list between those that are the separator.
func split(list []string, separator string) (parts [][]string) {
	for {
		end := slices.Index(list, separator)
		if end < 0 {
			return append(parts, list)
		}
		parts, list = append(parts, list[:end]), list[end+1:]
	}
}

// together runs commands at the same time, hands over the lines that they say, and returns what failed when all have
// ended.
func together(commands [][]string, lines chan<- string, errs io.Writer) error {
	failed := make([]error, len(commands))
	var running sync.WaitGroup
	for i, args := range commands {
		running.Go(func() {
			cmd := exec.Command(args[0], args[1:]...)
			cmd.Stderr = errs
			said, err := cmd.StdoutPipe()
			if err == nil {
				err = cmd.Start()
			}
			if err == nil {
				read(said, lines)
				err = cmd.Wait()
			}
			if err != nil {
				failed[i] = fmt.Errorf("%s: %w", cmd, err)
			}
		})
	}
	running.Wait()
	return errors.Join(failed...)
}

// read hands over the lines of in, whatever their length.
func read(in io.Reader, lines chan<- string) {
	for r := bufio.NewReader(in); ; {
		line, err := r.ReadString('\n')
		if line != "" {
			lines <- line
		}
		if err != nil {
			return
		}
	}
}

// watch tells on out what the lines say, and returns what failed.
func watch(lines <-chan string, out io.Writer, now func() time.Time, tick <-chan time.Time) []failure {
	said := &speaker{out: out, now: now, last: now()}
	s := newSummary(said, now)
	for {
		select {
		case <-tick:
			if now().Sub(said.last) >= quiet {
				s.running()
			}
		case line, more := <-lines:
			if !more {
				s.end()
				return s.failures
			}
			var e event
			if json.Unmarshal([]byte(line), &e) != nil {
				said.printf("%s", line) // the go command's own words
				continue
			}
			s.note(e)
		}
	}
}

// speaker knows when something was said last.
type speaker struct {
	out  io.Writer
	now  func() time.Time
	last time.Time
}

func (s *speaker) printf(format string, args ...any) {
	fmt.Fprintf(s.out, format, args...)
	s.last = s.now()
}
