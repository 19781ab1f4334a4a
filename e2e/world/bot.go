package world

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"go.yaml.in/yaml/v3"
	"maunium.net/go/mautrix/id"
)

// Bot is the program itself, run as a process with a configuration file.
type Bot struct {
	ID       id.UserID
	Password string
	WebURL   string
	OpsURL   string
	// Binary is what Start runs, Env what it adds to the environment; both may
	// be changed between two starts.
	Binary string
	Env    []string
	// Config is the path of the configuration file.
	Config string

	log   string
	child *child
}

// built is where this process put the program last, by tags: it is not linked anew as long as that is there.
var built = struct {
	sync.Mutex
	last map[string]string
}{last: map[string]string{}}

// BuildBot puts the program into the file out. Tags are added to goolm.
func BuildBot(ctx context.Context, repo, out string, say func(string), tags ...string) error {
	built.Lock()
	defer built.Unlock()
	with := strings.Join(append([]string{"goolm"}, tags...), ",")
	if last := built.last[repo+" "+with]; last != "" && os.Link(last, out) == nil {
		return nil
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-tags", with, "-o", out, "./cmd/stimmbote")
	cmd.Dir = repo
	stop := patience(say, "building the bot (the first time about a minute)")
	msg, err := cmd.CombinedOutput()
	stop()
	if err != nil {
		return fmt.Errorf("building the bot: %w\n%s", err, msg)
	}
	built.last[repo+" "+with] = out
	return nil
}

// newBot writes the configuration of a bot that was never started; change may
// still change it.
func newBot(hs *Homeserver, a account, password, dir string, o Options, change func(map[string]any)) (*Bot, error) {
	web, err := FreeAddress("tcp")
	if err != nil {
		return nil, err
	}
	udp, err := FreeAddress("udp")
	if err != nil {
		return nil, err
	}
	ops, err := FreeAddress("tcp")
	if err != nil {
		return nil, err
	}
	b := &Bot{
		ID: id.UserID(a.UserID), Password: password, WebURL: "http://" + web, OpsURL: "http://" + ops,
		Config: filepath.Join(dir, "config.yaml"), log: filepath.Join(dir, "log"),
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the bot's folder: %w", err)
	}
	config := map[string]any{
		"language": o.Language,
		"matrix":   map[string]any{"homeserver": hs.URL, "user": b.ID.Localpart(), "password": password},
		"store":    map[string]any{"dir": filepath.Join(dir, "store")},
		"web":      map[string]any{"listen": web, "public_url": b.WebURL},
		"media":    map[string]any{"udp": udp},
		"poll":     map[string]any{"group": "belenios-2048", "native": o.Native},
		"bot":      map[string]any{"ignore": []string{}},
		"ops":      map[string]any{"listen": ops},
		"log":      map[string]any{"level": "info"},
	}
	if change != nil {
		change(config)
	}
	text, err := yaml.Marshal(config)
	if err != nil {
		return nil, fmt.Errorf("writing the bot's configuration: %w", err)
	}
	return b, os.WriteFile(b.Config, text, 0o600)
}

// AnotherBot is a further bot with an account, a folder and an empty store of
// its own, in no room and not started.
func (w *World) AnotherBot(ctx context.Context, dir string, change func(config map[string]any)) (*Bot, error) {
	password := randomHex(16)
	a, err := w.Homeserver.register(ctx, botUser+"-"+randomHex(3), password)
	if err != nil {
		return nil, err
	}
	b, err := newBot(w.Homeserver, a, password, dir, w.options, change)
	if err != nil {
		return nil, err
	}
	b.Binary = w.Bot.Binary
	return b, nil
}

// Command is the program, about to be run with the given arguments.
func (b *Bot) Command(args ...string) *exec.Cmd {
	cmd := exec.Command(b.Binary, args...)
	cmd.Env = append(os.Environ(), b.Env...)
	return cmd
}

// Launch starts the bot and does not wait for it.
func (b *Bot) Launch() error {
	if b.child.running() {
		return errors.New("the bot is running already")
	}
	c, err := startChild(b.Command("run", "--config", b.Config), b.log)
	if err != nil {
		return fmt.Errorf("starting the bot: %w", err)
	}
	b.child = c
	return nil
}

// Start starts the bot and returns when it has synced and its web port is open.
func (b *Bot) Start(ctx context.Context) error {
	if err := b.Launch(); err != nil {
		return err
	}
	if err := b.Ready(ctx); err != nil {
		b.child.stop()
		return err
	}
	return nil
}

// Ready waits until the bot has synced and its web port is open.
func (b *Bot) Ready(ctx context.Context) error {
	if err := b.child.answers(ctx, b.WebURL+"/healthz", patientFor); err != nil {
		return fmt.Errorf("starting the bot: %w", err)
	}
	return nil
}

// Stop ends the bot in good order; an error says that it did not end so.
func (b *Bot) Stop() error {
	if !b.child.running() {
		return nil
	}
	if !b.child.stop() {
		return errors.New("the bot did not stop within 20 s and was killed")
	}
	if b.child.err != nil {
		return fmt.Errorf("stopping the bot: %w; its last words:\n%s", b.child.err, b.child.tail(15))
	}
	return nil
}

// Restart stops the bot in good order and starts it again.
func (b *Bot) Restart(ctx context.Context) error {
	if err := b.Stop(); err != nil {
		return err
	}
	return b.Start(ctx)
}

// Kill ends the bot at once, as kill -9 does, and starts it again.
func (b *Bot) Kill(ctx context.Context) error {
	b.child.kill()
	return b.Start(ctx)
}

// Wait waits until the bot has ended, or returns the error of ctx.
func (b *Bot) Wait(ctx context.Context) error {
	select {
	case <-b.child.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Ended waits until the bot has ended by itself and returns how.
func (b *Bot) Ended(ctx context.Context, within time.Duration) (*os.ProcessState, error) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	if err := b.Wait(ctx); err != nil {
		return nil, fmt.Errorf("the bot still runs after %s: %w", within, err)
	}
	return b.child.cmd.ProcessState, nil
}

// Freeze stops the bot where it is, as a network does through which nothing comes, until it is thawed.
func (b *Bot) Freeze() error { return b.child.cmd.Process.Signal(syscall.SIGSTOP) }

// Thaw lets a frozen bot go on.
func (b *Bot) Thaw() error { return b.child.cmd.Process.Signal(syscall.SIGCONT) }

// Alive says whether the bot runs.
func (b *Bot) Alive() bool { return b != nil && b.child.running() }

// Log is the end of what the bot wrote.
func (b *Bot) Log(lines int) string {
	if b == nil || b.child == nil {
		return ""
	}
	return b.child.tail(lines)
}

// Pid is the number of the bot's process.
func (b *Bot) Pid() int { return b.child.cmd.Process.Pid }
