// Command watch runs `go test -json` and tells people how it goes: each package when it is done, what runs right now
// when nothing was said for a while, everything that a failed test wrote, and in the end the time that each package
// took, slowest first, with the sum. Several commands, with -- between them, run at the same time.
//
//	go run ./watch go test -json ./... -- go test -json -race ./...
//
// Its exit status is 0 only if each command's was.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"sync"
	"time"
)

// quiet is how long nothing is said before it is told what runs.
const quiet = 20 * time.Second

func main() {
	if err := run(os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "watch:", err)
		os.Exit(1)
	}
}

// run runs the commands and tells on out what they say.
func run(args []string, out, errs io.Writer) error {
	lines := make(chan string)
	var reading sync.WaitGroup
	var cmds []*exec.Cmd
	for len(args) > 0 {
		end := slices.Index(append(args, "--"), "--")
		cmd := exec.Command(args[0], args[1:end]...)
		args = args[min(end+1, len(args)):]
		cmd.Stderr = errs
		said, err := cmd.StdoutPipe()
		if err != nil {
			return err
		}
		if err := cmd.Start(); err != nil {
			return err
		}
		cmds = append(cmds, cmd)
		reading.Go(func() { read(said, lines) })
	}
	go func() {
		reading.Wait()
		close(lines)
	}()
	watch(lines, out, time.Now, time.Tick(time.Second))
	var failed error
	for _, cmd := range cmds {
		if err := cmd.Wait(); err != nil {
			failed = fmt.Errorf("%s: %w", cmd, err)
		}
	}
	return failed
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

// watch tells on out what the lines say.
func watch(lines <-chan string, out io.Writer, now func() time.Time, tick <-chan time.Time) {
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
				return
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
