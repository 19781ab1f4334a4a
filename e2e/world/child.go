package world

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// child is a process of the world. It leads a process group of its own, so that
// a Ctrl-C at the terminal reaches the world first, which stops it in order.
type child struct {
	cmd  *exec.Cmd
	log  string
	done chan struct{} // closed when it has ended
	err  error         // how it ended; read after done
}

// startChild starts cmd; what it says is added to the file log.
func startChild(cmd *exec.Cmd, log string) (*child, error) {
	f, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	cmd.Stdout, cmd.Stderr = f, f
	cmd.SysProcAttr = ownGroup()
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	c := &child{cmd: cmd, log: log, done: make(chan struct{})}
	go func() {
		c.err = cmd.Wait()
		close(c.done)
	}()
	return c, nil
}

func (c *child) running() bool {
	if c == nil {
		return false
	}
	select {
	case <-c.done:
		return false
	default:
		return true
	}
}

// stop asks the process to end and kills it if it has not after 20 seconds.
func (c *child) stop() (orderly bool) {
	if !c.running() {
		return true
	}
	c.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-c.done:
		return true
	case <-time.After(20 * time.Second):
		c.kill()
		return false
	}
}

func (c *child) kill() {
	if c.running() {
		c.cmd.Process.Kill()
		<-c.done
	}
}

// answers waits until a GET of url is answered with 200.
func (c *child) answers(ctx context.Context, url string, within time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	for {
		why := get(ctx, url)
		if why == nil {
			return nil
		}
		select {
		case <-c.done:
			return fmt.Errorf("it ended at once (%s); its last words:\n%s", c.cmd.ProcessState, c.tail(15))
		case <-ctx.Done():
			return fmt.Errorf("no answer within %s: %w; its last words:\n%s", within, why, c.tail(15))
		case <-time.After(30 * time.Millisecond):
		}
	}
}

func get(ctx context.Context, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answered %s", url, resp.Status)
	}
	return nil
}

// tail is the end of what the process said.
func (c *child) tail(lines int) string {
	b, err := os.ReadFile(c.log)
	if err != nil {
		return err.Error()
	}
	all := strings.Split(strings.TrimRight(string(b), "\n"), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

// FreeAddress is a loopback address on which nobody listens right now. It lies
// below the ports from which the system makes outgoing connections, so that it
// is still free when a process comes back to it after a restart.
func FreeAddress(network string) (string, error) {
	for range 100 {
		addr := fmt.Sprintf("127.0.0.1:%d", 20000+rand.IntN(12000))
		if network == "udp" {
			if l, err := net.ListenPacket("udp", addr); err == nil {
				return addr, l.Close()
			}
			continue
		}
		if l, err := net.Listen("tcp", addr); err == nil {
			return addr, l.Close()
		}
	}
	return "", errors.New("found no free port on 127.0.0.1")
}
