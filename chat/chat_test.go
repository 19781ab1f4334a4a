package chat

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"stimmbote/store"
)

const (
	bot  = "@bot:test"
	anna = "@anna:test"
	eve  = "@eve:test"
)

// fakeBot answers with what the test says.
type fakeBot struct {
	mu       sync.Mutex
	heard    []Message
	composed []string
	done     []string
	noticed  []Notice
	onSaid   func(context.Context, Message) error
	compose  func(Delivery) (Content, error)
}

func (b *fakeBot) Noticed(_ context.Context, n Notice) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.noticed = append(b.noticed, n)
	return nil
}

func (b *fakeBot) Said(ctx context.Context, m Message) error {
	b.mu.Lock()
	b.heard = append(b.heard, m)
	do := b.onSaid
	b.mu.Unlock()
	if do != nil {
		return do(ctx, m)
	}
	return nil
}

func (b *fakeBot) Compose(_ context.Context, d Delivery) (Content, error) {
	b.mu.Lock()
	b.composed = append(b.composed, d.Key)
	b.mu.Unlock()
	if b.compose != nil {
		return b.compose(d)
	}
	return Content{Plain: d.Kind + " " + string(d.Payload), HTML: "<b>" + d.Kind + "</b>"}, nil
}

func (b *fakeBot) Delivered(_ context.Context, d Delivery) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.done = append(b.done, d.Key)
	return nil
}

func (b *fakeBot) bodies() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var list []string
	for _, m := range b.heard {
		list = append(list, m.Body)
	}
	return list
}

// rig is a line that runs, its store, and its bot.
type rig struct {
	*Line
	bot   *fakeBot
	store *store.Store
	stop  func() error // ends the line in order and returns what Run said
}

// open makes a line over the store in dir; nothing runs yet.
func open(t *testing.T, hs *homeserver, dir string, cfg Config) *rig {
	t.Helper()
	st, err := store.Open(t.Context(), dir, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	v, err := store.OpenVault(filepath.Join(dir, "keys"))
	if err != nil {
		t.Fatal(err)
	}
	cfg.Homeserver = hs.URL
	if cfg.User == "" {
		cfg.User = "bot"
	}
	l, err := New(cfg, st, v, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	l.second = 5 * time.Millisecond
	return &rig{Line: l, bot: &fakeBot{}, store: st}
}

func (r *rig) run(t *testing.T) *rig {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx, r.bot) }()
	r.stop = sync.OnceValue(func() error {
		cancel()
		err := <-ended
		return errors.Join(err, r.store.Close())
	})
	t.Cleanup(func() { _ = r.stop() })
	return r
}

func start(t *testing.T, hs *homeserver, dir string) *rig {
	t.Helper()
	r := open(t, hs, dir, Config{Password: password}).run(t)
	eventually(t, func() error {
		if !r.Ready() {
			return errors.New("not ready")
		}
		return nil
	})
	return r
}

// eventually waits until the condition has no complaint any more.
func eventually(t *testing.T, condition func() error) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for {
		err := condition()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// heard waits until the bot heard exactly these words.
func (r *rig) heard(t *testing.T, want ...string) {
	t.Helper()
	eventually(t, func() error {
		if got := r.bot.bodies(); fmt.Sprint(got) != fmt.Sprint(want) {
			return fmt.Errorf("heard %q, want %q", got, want)
		}
		return nil
	})
}

// sent waits until nothing is left to send.
func (r *rig) sent(t *testing.T) {
	t.Helper()
	eventually(t, func() error {
		if _, waiting, err := r.store.NextOutgoing(t.Context()); err != nil || waiting {
			return fmt.Errorf("something waits: %v, %v", waiting, err)
		}
		return nil
	})
}

func TestOldRowsAreForgottenWhileTheBotRuns(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	r := open(t, hs, t.TempDir(), Config{Password: password})
	r.day = time.Millisecond
	r.run(t)
	eventually(t, func() error {
		if !r.Ready() {
			return errors.New("not ready")
		}
		return nil
	})
	ctx := t.Context()
	if err := errors.Join(r.store.MarkHandled(ctx, "$old"), r.store.MarkHandled(ctx, "$new")); err != nil {
		t.Fatal(err)
	}
	if _, err := r.store.DB().Exec(ctx, `UPDATE seen SET day=1 WHERE event_id='$old'`); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() error {
		if old, err := r.store.Handled(ctx, "$old"); old || err != nil {
			return fmt.Errorf("the old row: %v, %v", old, err)
		}
		return nil
	})
	if fresh, err := r.store.Handled(ctx, "$new"); !fresh || err != nil {
		t.Errorf("the new row: %v, %v", fresh, err)
	}
}
