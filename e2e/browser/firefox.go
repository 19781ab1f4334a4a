package browser

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"sync"
	"time"

	"stimmbote/e2e/node"
)

const (
	startFor = 60 * time.Second // within which Firefox has to be there
	orderFor = 60 * time.Second // within which it has to do what it is told
)

// firefox is a running Firefox and the program that drives it, which takes orders and answers them: a JSON object a line.
type firefox struct {
	driver *node.Program

	mu      sync.Mutex
	orders  int
	waiting map[int]chan answer
}

type answer struct {
	ID     int             `json:"id"`
	Result json.RawMessage `json:"result"`
	Error  string          `json:"error"`
}

// errEnded is a browser that is no longer there.
var errEnded = errors.New("firefox has ended")

// StartFirefox starts Firefox, whose tabs are windows: whatever several of them do goes on. The caller closes it.
func StartFirefox(ctx context.Context, repo string) (*Browser, error) {
	return startFirefox(ctx, repo, "window")
}

// StartFirefoxWithTabs starts a Firefox with one window, for tests that look at one tab at a time. The caller closes it.
func StartFirefoxWithTabs(ctx context.Context, repo string) (*Browser, error) {
	return startFirefox(ctx, repo, "tab")
}

func startFirefox(ctx context.Context, repo, where string) (*Browser, error) {
	path, err := exec.LookPath("firefox-esr")
	if err != nil {
		return nil, errors.New("there is no Firefox: install Debian's package firefox-esr")
	}
	ready := make(chan answer, 1)
	f := &firefox{waiting: map[int]chan answer{0: ready}}
	if f.driver, err = node.Start(ctx, repo, f.hear, "browser/firefox.mjs", path, where); err != nil {
		return nil, fmt.Errorf("starting Firefox: %w", err)
	}
	if _, err := f.wait(ready, startFor); err != nil {
		f.stop()
		return nil, fmt.Errorf("starting Firefox: %w\n%s", err, f.driver.Complaints())
	}
	return &Browser{open: f.open, stop: f.stop}, nil
}

// hear hands an answer to whoever waits for it. The driver says by an answer to nothing that it is ready.
func (f *firefox) hear(line []byte) {
	var a answer
	if json.Unmarshal(line, &a) != nil {
		return // not ours
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if to := f.waiting[a.ID]; to != nil {
		to <- a
		delete(f.waiting, a.ID)
	}
}

// stop lets the driver close Firefox and end.
func (f *firefox) stop() { f.driver.Stop(10 * time.Second) }

func (f *firefox) wait(to <-chan answer, limit time.Duration) (json.RawMessage, error) {
	select {
	case a := <-to:
		if a.Error != "" {
			return nil, errors.New(a.Error)
		}
		return a.Result, nil
	case <-f.driver.Ended():
		return nil, errEnded
	case <-time.After(limit):
		return nil, errors.New("firefox does not answer")
	}
}

// order has something done and gives what came of it.
func (f *firefox) order(what map[string]any) (json.RawMessage, error) {
	to := make(chan answer, 1)
	f.mu.Lock()
	f.orders++
	what["id"] = f.orders
	f.waiting[f.orders] = to
	f.mu.Unlock()
	if err := f.driver.Tell(what); err != nil {
		return nil, err
	}
	return f.wait(to, orderFor)
}

func (f *firefox) open(address string, scripts []string) (page, error) {
	b, err := f.order(map[string]any{"do": "open", "address": address, "scripts": scripts})
	if err != nil {
		return nil, err
	}
	p := &firefoxPage{of: f}
	return p, json.Unmarshal(b, &p.tab)
}

// firefoxPage is a tab of Firefox.
type firefoxPage struct {
	of  *firefox
	tab int
}

func (p *firefoxPage) order(do string, what map[string]any) (json.RawMessage, error) {
	what["do"], what["tab"] = do, p.tab
	return p.of.order(what)
}

func (p *firefoxPage) run(script string) (json.RawMessage, error) {
	return p.order("run", map[string]any{"script": script})
}

func (p *firefoxPage) click(selector string) error {
	_, err := p.order("click", map[string]any{"selector": selector})
	return err
}

func (p *firefoxPage) write(selector, text string) error {
	_, err := p.order("write", map[string]any{"selector": selector, "text": text})
	return err
}

func (p *firefoxPage) shot(width, height int64) ([]byte, error) {
	b, err := p.order("shot", map[string]any{"width": width, "height": height})
	if err != nil {
		return nil, err
	}
	var text string
	if err := json.Unmarshal(b, &text); err != nil {
		return nil, err
	}
	return base64.StdEncoding.DecodeString(text)
}

func (p *firefoxPage) close() { _, _ = p.order("close", map[string]any{}) }
