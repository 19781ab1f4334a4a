package node

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"sync"
	"time"
)

// longestLine bounds what a program tells in one line: the picture of a page, in letters.
const longestLine = 16 << 20

// Program is a running script. It is told and tells JSON objects, a line each.
type Program struct {
	cmd   *exec.Cmd
	errs  bytes.Buffer
	ended chan struct{}

	mu    sync.Mutex // guards stdin
	stdin io.WriteCloser
}

// Start runs a script of the folder e2e, and installs what it needs where that has not been done. Each line that the
// script tells is handed to hear, one after the other.
func Start(ctx context.Context, repo string, hear func(line []byte), script string, args ...string) (*Program, error) {
	cmd, err := command(ctx, repo, script, args...)
	if err != nil {
		return nil, err
	}
	p := &Program{cmd: cmd, ended: make(chan struct{})}
	cmd.Stderr = &p.errs
	stdout, err := cmd.StdoutPipe()
	if err == nil {
		p.stdin, err = cmd.StdinPipe()
	}
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", script, err)
	}
	go p.listen(stdout, hear)
	return p, nil
}

func (p *Program) listen(stdout io.Reader, hear func(line []byte)) {
	lines := bufio.NewScanner(stdout)
	lines.Buffer(nil, longestLine)
	for lines.Scan() {
		hear(lines.Bytes())
	}
	_ = p.cmd.Wait()
	close(p.ended)
}

// Tell gives the script an object.
func (p *Program) Tell(what any) error {
	line, err := json.Marshal(what)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	_, err = p.stdin.Write(append(line, '\n'))
	return err
}

// Ended is closed when the script has ended and has been heard to the end.
func (p *Program) Ended() <-chan struct{} { return p.ended }

// Stop lets the script end by itself for so long, and ends it then.
func (p *Program) Stop(patience time.Duration) {
	_ = p.stdin.Close()
	select {
	case <-p.ended:
	case <-time.After(patience):
		_ = p.cmd.Process.Kill()
		<-p.ended
	}
}

// Complaints are what the script has written to its stderr. It must have ended.
func (p *Program) Complaints() string { return p.errs.String() }
