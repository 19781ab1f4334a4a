package browser

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	cdp "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// actFor is within which a page has to do what it is asked: what a test waits for without end tells nobody what it was.
const actFor = 2 * time.Minute

// Calm is an option for a Chromium whose camera gives 10 pictures a second, half as many as otherwise: most of what a call
// costs here is encoding them.
const Calm = "use-fake-device-for-media-stream=fps=10"

// errNone says what is missing.
var errNone = errors.New("there is no Chromium: install Debian's package chromium")

// Start starts Chromium, with more options as on its command line, without the dashes. The caller closes it.
func Start(ctx context.Context, more ...string) (*Browser, error) {
	path, err := exec.LookPath("chromium")
	if err != nil {
		return nil, errNone
	}
	// Chromium leaves folders behind among the temporary files, and the sockets in them may have but a short path.
	temp, err := os.MkdirTemp("/tmp", "s")
	if err != nil {
		return nil, fmt.Errorf("making a folder for Chromium: %w", err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.Env("TMPDIR="+temp),
		chromedp.ExecPath(path),
		chromedp.NoSandbox, // root has none, and the pages are our own
		chromedp.DisableGPU,
		chromedp.Flag("use-fake-device-for-media-stream", true),
		chromedp.Flag("use-fake-ui-for-media-stream", true),
		chromedp.Flag("mute-audio", true),
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("lang", "en"),
	)
	for _, option := range more {
		name, value, _ := strings.Cut(option, "=")
		options = append(options, chromedp.Flag(name, value))
	}
	allocator, stopAllocator := chromedp.NewExecAllocator(ctx, options...)
	browser, stopBrowser := chromedp.NewContext(allocator)
	b := &Browser{
		open: func(address string, scripts []string) (page, error) { return openChromium(browser, address, scripts) },
		stop: func() {
			stopBrowser()
			stopAllocator() // waits until Chromium has ended
			remove(temp)
		},
	}
	if err := chromedp.Do(browser); err != nil {
		b.stop()
		return nil, fmt.Errorf("starting Chromium: %w", err)
	}
	return b, nil
}

// remove removes a folder, into which a process that is about to end may still write.
func remove(folder string) {
	for range 20 {
		if os.RemoveAll(folder) == nil {
			if _, err := os.Stat(folder); os.IsNotExist(err) {
				return
			}
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// chromiumPage is a tab of Chromium.
type chromiumPage struct {
	ctx    context.Context
	cancel context.CancelFunc
}

func openChromium(browser context.Context, address string, scripts []string) (page, error) {
	ctx, cancel := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	steps := make([]chromedp.Action[chromedp.Void], 0, len(scripts)+1)
	for _, script := range scripts {
		steps = append(steps, chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
			params := cdp.AddScriptToEvaluateOnNewDocumentParams{Source: script}
			_, err := chromedp.Call(ctx, cdp.AddScriptToEvaluateOnNewDocument, params)
			return err
		}))
	}
	if err := chromedp.Do(ctx, append(steps, chromedp.Navigate(address))...); err != nil {
		cancel()
		return nil, err
	}
	return &chromiumPage{ctx: ctx, cancel: cancel}, nil
}

func (p *chromiumPage) run(script string) (json.RawMessage, error) {
	ctx, cancel := context.WithTimeout(p.ctx, actFor)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[any](script, chromedp.EvalAwaitPromise))
	if err != nil {
		return nil, err
	}
	return json.Marshal(v)
}

// acts has the page do something.
func (p *chromiumPage) acts(what chromedp.Action[chromedp.Void]) error {
	ctx, cancel := context.WithTimeout(p.ctx, actFor)
	defer cancel()
	return chromedp.Do(ctx, what)
}

func (p *chromiumPage) click(selector string) error {
	return p.acts(chromedp.Click(chromedp.CSS(selector)))
}

func (p *chromiumPage) write(selector, text string) error {
	return p.acts(chromedp.SendKeys(chromedp.CSS(selector), text))
}

func (p *chromiumPage) shot(width, height int64) ([]byte, error) {
	if err := chromedp.Do(p.ctx, chromedp.EmulateViewport(width, height)); err != nil {
		return nil, err
	}
	return chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
}

func (p *chromiumPage) close() { p.cancel() }
