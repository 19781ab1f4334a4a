package browser

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
)

// webkit is a running WebKit, the engine of Safari, on a screen of its own that nobody sees, and the program that drives it.
// It has no peer connections, so it is good for every page but the call.
type webkit struct {
	screen, driver *exec.Cmd
	session        string // the address of what it is told
	first          string // its first window, which stays: others are opened from it

	mu sync.Mutex // one tab is told something at a time
}

// errNoWebKit says what is missing.
var errNoWebKit = errors.New("there is no WebKit to test with: install Debian's packages webkit2gtk-driver and xvfb")

// StartWebKit starts WebKit. The caller closes it. Scripts of its tabs run after the page's own, other than elsewhere.
func StartWebKit(ctx context.Context) (*Browser, error) {
	found, err := filepath.Glob("/usr/lib/*/webkit2gtk-4.1/MiniBrowser")
	if err != nil || len(found) == 0 {
		return nil, errNoWebKit
	}
	w := &webkit{screen: exec.Command("Xvfb", "-displayfd", "3", "-screen", "0", "1600x1200x24", "-nolisten", "tcp")}
	display, err := w.startScreen()
	if err != nil {
		return nil, fmt.Errorf("starting a screen for WebKit: %w", err)
	}
	if err := w.start(ctx, display, found[0]); err != nil {
		w.stop()
		return nil, fmt.Errorf("starting WebKit: %w", err)
	}
	return &Browser{open: w.open, stop: w.stop}, nil
}

// startScreen starts the screen, which says its number.
func (w *webkit) startScreen() (string, error) {
	read, write, err := os.Pipe()
	if err != nil {
		return "", err
	}
	defer read.Close()
	w.screen.ExtraFiles = []*os.File{write}
	err = w.screen.Start()
	write.Close()
	if errors.Is(err, exec.ErrNotFound) {
		return "", errNoWebKit
	} else if err != nil {
		return "", err
	}
	number, err := bufio.NewReader(read).ReadString('\n')
	return ":" + strings.TrimSpace(number), err
}

func (w *webkit) start(ctx context.Context, display, browser string) error {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	address := free.Addr().String()
	free.Close()
	w.driver = exec.Command("WebKitWebDriver", "--host=127.0.0.1", "--port="+address[strings.LastIndex(address, ":")+1:])
	w.driver.Env = append(os.Environ(), "DISPLAY="+display, "GDK_BACKEND=x11", "LANG=C.UTF-8", "LANGUAGE=de",
		"WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS=1", // root has none, and the pages are our own
		"LIBGL_ALWAYS_SOFTWARE=1", "NO_AT_BRIDGE=1")
	if err := w.driver.Start(); errors.Is(err, exec.ErrNotFound) {
		return errNoWebKit
	} else if err != nil {
		return err
	}
	w.session = "http://" + address
	ctx, cancel := context.WithTimeout(ctx, startFor)
	defer cancel()
	err = Until(ctx, func() (string, error) {
		if _, err := w.tell("GET", "/status", nil); err != nil {
			return err.Error(), nil
		}
		return "", nil
	})
	if err != nil {
		return err
	}
	options := map[string]any{"binary": browser, "args": []string{"--automation"}}
	made, err := w.tell("POST", "/session", map[string]any{
		"capabilities": map[string]any{"alwaysMatch": map[string]any{
			"webkitgtk:browserOptions": options, "acceptInsecureCerts": true, // those of the tests' own servers
		}},
	})
	if err != nil {
		return err
	}
	var session struct {
		ID string `json:"sessionId"`
	}
	if err := json.Unmarshal(made, &session); err != nil {
		return err
	}
	w.session += "/session/" + session.ID
	window, err := w.tell("GET", "/window", nil)
	if err != nil {
		return err
	}
	return json.Unmarshal(window, &w.first)
}

// stop ends the browser, its driver and its screen.
func (w *webkit) stop() {
	_, _ = w.tell("DELETE", "", nil)
	for _, process := range []*exec.Cmd{w.driver, w.screen} {
		if process != nil && process.Process != nil {
			_ = process.Process.Kill()
			_ = process.Wait()
		}
	}
}

// tell has something done, by the WebDriver protocol.
func (w *webkit) tell(method, path string, what any) (json.RawMessage, error) {
	var body io.Reader
	if method == "POST" {
		if what == nil {
			what = struct{}{}
		}
		b, err := json.Marshal(what)
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(b)
	}
	ctx, cancel := context.WithTimeout(context.Background(), orderFor)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, w.session+path, body)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	var said struct{ Value json.RawMessage }
	if err := json.NewDecoder(resp.Body).Decode(&said); err != nil {
		return nil, fmt.Errorf("webkit: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("webkit: %s", said.Value)
	}
	return said.Value, nil
}

func (w *webkit) open(address string, scripts []string) (page, error) {
	p := &webkitPage{of: w, window: w.first}
	made, err := p.tell("POST", "/window/new", map[string]any{"type": "tab"})
	if err != nil {
		return nil, err
	}
	var window struct{ Handle string }
	if err := json.Unmarshal(made, &window); err != nil {
		return nil, err
	}
	p.window = window.Handle
	if _, err := p.tell("POST", "/url", map[string]any{"url": address}); err != nil {
		return nil, err
	}
	for _, script := range scripts {
		if script == recorder {
			continue
		}
		if _, err := p.tell("POST", "/execute/sync", map[string]any{"script": script, "args": []any{}}); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// webkitPage is a tab of WebKit.
type webkitPage struct {
	of     *webkit
	window string
}

// tell goes to this tab first.
func (p *webkitPage) tell(method, path string, what any) (json.RawMessage, error) {
	p.of.mu.Lock()
	defer p.of.mu.Unlock()
	if _, err := p.of.tell("POST", "/window", map[string]any{"handle": p.window}); err != nil {
		return nil, err
	}
	return p.of.tell(method, path, what)
}

func (p *webkitPage) run(script string) (json.RawMessage, error) {
	wrapped := `const done = arguments[arguments.length - 1];
		(async () => (` + script + `))().then((v) => done({ v: JSON.stringify(v) ?? "null" }), (e) => done({ e: String(e) }))`
	b, err := p.tell("POST", "/execute/async", map[string]any{"script": wrapped, "args": []any{}})
	if err != nil {
		return nil, err
	}
	var came struct{ V, E string }
	if err := json.Unmarshal(b, &came); err != nil {
		return nil, err
	}
	if came.E != "" {
		return nil, errors.New(came.E)
	}
	return json.RawMessage(came.V), nil
}

// element finds what a selector names, by the name that the protocol gives it.
func (p *webkitPage) element(selector string) (string, error) {
	b, err := p.tell("POST", "/element", map[string]any{"using": "css selector", "value": selector})
	if err != nil {
		return "", err
	}
	var found map[string]string
	if err := json.Unmarshal(b, &found); err != nil {
		return "", err
	}
	for _, name := range found {
		return "/element/" + name, nil
	}
	return "", errors.New("webkit names no element")
}

func (p *webkitPage) click(selector string) error {
	element, err := p.element(selector)
	if err != nil {
		return err
	}
	_, err = p.tell("POST", element+"/click", nil)
	return err
}

func (p *webkitPage) write(selector, text string) error {
	element, err := p.element(selector)
	if err != nil {
		return err
	}
	_, err = p.tell("POST", element+"/value", map[string]any{"text": text})
	return err
}

func (p *webkitPage) shot(width, height int64) ([]byte, error) {
	if _, err := p.tell("POST", "/window/rect", map[string]any{"width": width, "height": height}); err != nil {
		return nil, err
	}
	b, err := p.tell("GET", "/screenshot", nil)
	if err != nil {
		return nil, err
	}
	picture, err := strconv.Unquote(string(b))
	if err != nil {
		return nil, err
	}
	return base64.StdEncoding.DecodeString(picture)
}

func (p *webkitPage) close() { _, _ = p.tell("DELETE", "/window", nil) }
