// Command watch reads what `go test -json` says and tells it to people: each package when it is done, what runs
// right now when nothing was said for a while, everything that a failed test wrote, and in the end the time that each
// package took, slowest first, with the sum.
//
//	go test -json ./... | go run ./watch
//
// It never says that all is well of its own: its exit status is 1 if a package failed, and go test's own
// status counts beside it.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"
)

// quiet is how long nothing is said before it is told what runs.
const quiet = 20 * time.Second

func main() {
	if !watch(os.Stdin, os.Stdout, time.Now, time.Tick(time.Second)) {
		os.Exit(1)
	}
}

// watch tells on out what comes from in, and whether every package passed.
func watch(in io.Reader, out io.Writer, now func() time.Time, tick <-chan time.Time) (passed bool) {
	lines := make(chan string)
	go func() {
		defer close(lines)
		for r := bufio.NewReader(in); ; {
			line, err := r.ReadString('\n')
			if line != "" {
				lines <- line
			}
			if err != nil {
				return
			}
		}
	}()
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
				return s.failed == 0
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
