package world

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"syscall"
	"time"

	"go.yaml.in/yaml/v3"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/id"
)

// Keyholder is the machine of a teller: the program itself, with an account and a folder of its own.
type Keyholder struct {
	ID     id.UserID
	Binary string   // what Start runs
	Env    []string // what it adds to the environment; both may be changed between two starts
	Config string
	OpsURL string
	WebURL string // where it serves the ballot page

	dir   string
	log   string
	child *child
}

// Store is the folder of its database and keys.
func (k *Keyholder) Store() string { return filepath.Join(k.dir, "store") }

// Keyholder makes the machine of a person and starts it. It is in no group.
func (w *World) Keyholder(ctx context.Context, owner *Person) (*Keyholder, error) {
	k, err := w.newKeyholder(ctx, owner)
	if err != nil {
		return nil, fmt.Errorf("making the machine of %s: %w", owner.Name, err)
	}
	w.holders.Store(k.ID, true)
	return k, k.Start(ctx)
}

// InviteMachine brings the machine of a teller into the group.
func (w *World) InviteMachine(ctx context.Context, k *Keyholder) error {
	chair := w.People[Chair]
	before, err := chair.Client.JoinedMembers(ctx, w.Group())
	if err == nil {
		_, err = chair.Client.InviteUser(ctx, w.Group(), &mautrix.ReqInviteUser{UserID: k.ID})
	}
	if err == nil {
		err = w.joined(ctx, chair, w.Group(), len(before.Joined)+1)
	}
	if err != nil {
		return fmt.Errorf("bringing %s into the group: %w", k.ID, err)
	}
	return nil
}

var bothHere = regexp.MustCompile(`✅[^\n]*kaya-keys[\s\S]*✅[^\n]*lenz-keys`)

// nameTellers has the chair say who hold keys, if there are any.
func (w *World) nameTellers(ctx context.Context) error {
	if !w.options.Tellers {
		return nil
	}
	chair := w.People[Chair]
	if _, err := chair.Say(ctx, Group, "!tellers @kaya @lenz"); err != nil {
		return err
	}
	_, err := chair.Inbox.Find(ctx, func(m Message) bool { return m.Bot && bothHere.MatchString(m.Body) }, patientFor)
	if err != nil {
		return fmt.Errorf("waiting for the machines of kaya and lenz: %w; the bot's last words:\n%s", err, w.Bot.Log(10))
	}
	for _, p := range w.People {
		p.Inbox.Skip()
	}
	return nil
}

func (w *World) newKeyholder(ctx context.Context, owner *Person) (*Keyholder, error) {
	password := randomHex(16)
	a, err := w.Homeserver.register(ctx, owner.Name+"-keys", password)
	if err != nil {
		return nil, err
	}
	ops, err := FreeAddress("tcp")
	if err != nil {
		return nil, err
	}
	web, err := FreeAddress("tcp")
	if err != nil {
		return nil, err
	}
	_, port, err := net.SplitHostPort(web)
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(w.Dir, owner.Name+"-keys")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	k := &Keyholder{
		ID: id.UserID(a.UserID), Binary: w.Bot.Binary, OpsURL: "http://" + ops,
		WebURL: "http://localhost:" + port, // another host than the bot's, which is 127.0.0.1
		Config: filepath.Join(dir, "config.yaml"), dir: dir, log: filepath.Join(dir, "log"),
	}
	text, err := yaml.Marshal(map[string]any{
		"language":  w.options.Language,
		"matrix":    map[string]any{"homeserver": w.Homeserver.URL, "user": k.ID.Localpart(), "password": password},
		"store":     map[string]any{"dir": k.Store()},
		"keyholder": map[string]any{"owner": owner.ID.String(), "bot": w.Bot.ID.String(), "page_hosts": []string{"localhost", "127.0.0.1"}},
		"web":       map[string]any{"listen": web, "public_url": k.WebURL},
		"ops":       map[string]any{"listen": ops},
	})
	if err != nil {
		return nil, err
	}
	return k, os.WriteFile(k.Config, text, 0o600)
}

// Launch starts the machine and does not wait for it.
func (k *Keyholder) Launch() error {
	if k.child.running() {
		return errors.New("the machine is running already")
	}
	cmd := exec.Command(k.Binary, "keyholder", "run", "--config", k.Config)
	cmd.Env = append(os.Environ(), k.Env...)
	c, err := startChild(cmd, k.log)
	if err != nil {
		return fmt.Errorf("starting a teller's machine: %w", err)
	}
	k.child = c
	return nil
}

// Start starts the machine and returns when it has synced.
func (k *Keyholder) Start(ctx context.Context) error {
	if err := k.Launch(); err != nil {
		return err
	}
	if err := k.child.answers(ctx, k.OpsURL+"/readyz", patientFor); err != nil {
		k.child.stop()
		return fmt.Errorf("starting a teller's machine: %w", err)
	}
	return nil
}

// Stop ends the machine in good order.
func (k *Keyholder) Stop() error {
	if k == nil {
		return nil
	}
	if !k.child.stop() {
		return errors.New("a teller's machine did not stop within 20 s and was killed")
	}
	return nil
}

// Kill ends the machine at once, as kill -9 does.
func (k *Keyholder) Kill() { k.child.kill() }

// Ended waits until the machine has ended by itself and returns how.
func (k *Keyholder) Ended(ctx context.Context, within time.Duration) (*os.ProcessState, error) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	select {
	case <-k.child.done:
		return k.child.cmd.ProcessState, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("%s still runs after %s: %w", k.ID, within, ctx.Err())
	}
}

// Freeze stops the machine where it is, as a network does through which nothing comes, until it is thawed.
func (k *Keyholder) Freeze() error { return k.child.cmd.Process.Signal(syscall.SIGSTOP) }

// Thaw lets a frozen machine go on.
func (k *Keyholder) Thaw() error { return k.child.cmd.Process.Signal(syscall.SIGCONT) }

// Pid is the number of the machine's process.
func (k *Keyholder) Pid() int { return k.child.cmd.Process.Pid }

// Alive says whether the machine runs.
func (k *Keyholder) Alive() bool { return k.child.running() }

// Log is the end of what the machine wrote.
func (k *Keyholder) Log(lines int) string {
	if k.child == nil {
		return ""
	}
	return k.child.tail(lines)
}
