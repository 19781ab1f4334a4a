package world

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"
	"maunium.net/go/mautrix/id"
)

// Chair is who makes the group; Members are the other five.
const Chair = "chair"

// Members are the five who are with the chair in the group.
var Members = []string{"anna", "bernd", "clara", "deniz", "eva"}

// Tellers are two more members, in a world whose Options say so. Each has a machine that holds keys.
var Tellers = []string{"kaya", "lenz"}

// Everybody is the chair and the members.
func Everybody() []string { return append([]string{Chair}, Members...) }

const botUser = "stimmbote"

// Options say what kind of world it is to be.
type Options struct {
	Repo     string       // the project's folder
	Language string       // what the bot speaks, "en" if empty
	Say      func(string) // told what is going on, in half sentences
	Native   bool         // beside each ballot there is a poll of the clients' own kind
	Tellers  bool         // kaya and lenz are in the group too, with their machines
	NoBot    bool         // only the people: for tests of the world itself
	Keep     bool         // Close leaves the folder
	Synapse  bool         // on Synapse instead of Dendrite; New returns ErrNoSynapse where there is none
	Limits   bool         // with the limits that Synapse has by default; Dendrite has none
	// Config changes the bot's configuration before it is written.
	Config func(config map[string]any)
}

// World is a homeserver, the bot, the group and its people.
type World struct {
	Dir        string // the one folder; commands of scripts run in it
	Repo       string
	Homeserver *Homeserver
	Bot        *Bot
	People     map[string]*Person
	Keyholders map[string]*Keyholder // of the tellers, by their names

	options Options
	log     zerolog.Logger
	logFile *os.File
	ctx     context.Context // of everything that runs until Close
	cancel  context.CancelFunc
	goes    sync.WaitGroup
	files   sync.Mutex
	group   atomic.Value // of id.RoomID
	holders sync.Map     // of id.UserID: the accounts of the tellers' machines
}

// New makes a world and returns when the group is complete. ctx bounds the
// making; the world lives until Close.
func New(ctx context.Context, o Options) (w *World, err error) {
	if o.Language == "" {
		o.Language = "en"
	}
	if o.Say == nil {
		o.Say = func(string) {}
	}
	w = &World{Repo: o.Repo, options: o, People: map[string]*Person{}, Keyholders: map[string]*Keyholder{}}
	w.ctx, w.cancel = context.WithCancel(context.Background())
	if w.Dir, err = os.MkdirTemp("", "stimmbote-world-"); err != nil {
		return nil, fmt.Errorf("making the world's folder: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.Close())
		}
	}()
	if err = os.Mkdir(filepath.Join(w.Dir, "people"), 0o700); err != nil {
		return w, err
	}
	if w.logFile, err = os.Create(filepath.Join(w.Dir, "people", "log")); err != nil {
		return w, err
	}
	w.log = zerolog.New(w.logFile).Level(zerolog.WarnLevel).With().Timestamp().Logger()
	for _, step := range []func(context.Context) error{w.build, w.populate, w.gather, w.nameTellers} {
		if err = step(ctx); err != nil {
			return w, err
		}
	}
	return w, nil
}

// Group is the room of the group, "" until there is one.
func (w *World) Group() id.RoomID {
	room, _ := w.group.Load().(id.RoomID)
	return room
}

// bin is the folder in front of the PATH of scripts.
func (w *World) bin(name string) string { return filepath.Join(w.Dir, "bin", name) }

// build builds what has to be built, one after the other: both use every core.
func (w *World) build(ctx context.Context) error {
	if err := os.Mkdir(filepath.Join(w.Dir, "bin"), 0o700); err != nil {
		return err
	}
	create := w.dendrite
	if w.options.Synapse {
		create = w.synapse
	}
	if err := create(ctx, filepath.Join(w.Dir, "homeserver")); err != nil {
		return err
	}
	if w.options.NoBot {
		return nil
	}
	return BuildBot(ctx, w.Repo, w.bin("stimmbote"), w.options.Say)
}

// dendrite makes the homeserver that a world usually has.
func (w *World) dendrite(ctx context.Context, dir string) error {
	binary, err := buildHomeserver(ctx, w.Repo, w.options.Say)
	if err != nil {
		return err
	}
	w.Homeserver, err = newDendrite(binary, dir)
	return err
}

// populate starts the homeserver, then the bot and the people on it.
func (w *World) populate(ctx context.Context) error {
	names := Everybody()
	if w.options.Tellers {
		names = append(names, Tellers...)
		w.options.Say("starting the homeserver, the bot, eight people and the machines of two of them")
	} else {
		w.options.Say("starting the homeserver, the bot and six people")
	}
	if err := w.Homeserver.Start(ctx); err != nil {
		return err
	}
	password := randomHex(16)
	a, err := w.Homeserver.register(ctx, botUser, password)
	if err != nil {
		return err
	}
	w.Bot, err = newBot(w.Homeserver, a, password, filepath.Join(w.Dir, "bot"), w.options, w.options.Config)
	if err != nil {
		return err
	}
	w.Bot.Binary = w.bin("stimmbote")
	all, ctx := errgroup.WithContext(ctx)
	var mu sync.Mutex
	for _, name := range names {
		all.Go(func() error {
			p, err := w.join(ctx, name)
			if err != nil {
				return err
			}
			mu.Lock()
			w.People[name] = p
			mu.Unlock()
			if !slices.Contains(Tellers, name) {
				return nil
			}
			k, err := w.Keyholder(ctx, p)
			mu.Lock()
			defer mu.Unlock()
			w.Keyholders[name] = k
			return err
		})
	}
	if !w.options.NoBot {
		all.Go(func() error { return w.Bot.Start(ctx) })
	}
	return all.Wait()
}

// Newcomer makes a further person, who is in no group. Its account's name gets a
// tail, so that there may be several.
func (w *World) Newcomer(ctx context.Context, name string) (*Person, error) {
	return w.join(ctx, name+"-"+randomHex(3))
}

var plainName = regexp.MustCompile(`[^A-Za-z0-9._-]+`)

// save writes a file that somebody was sent into the world's folder, under its
// own name, or under a numbered one if that is taken by something else.
func (w *World) save(name string, data []byte) (string, error) {
	w.files.Lock()
	defer w.files.Unlock()
	name = strings.TrimLeft(plainName.ReplaceAllString(filepath.Base(name), "_"), ".-")
	if name == "" {
		name = "file"
	}
	for n := 1; ; n++ {
		path := filepath.Join(w.Dir, name)
		if n > 1 {
			ext := filepath.Ext(name)
			path = filepath.Join(w.Dir, fmt.Sprintf("%s-%d%s", strings.TrimSuffix(name, ext), n, ext))
		}
		old, err := os.ReadFile(path)
		switch {
		case err == nil && bytes.Equal(old, data):
			return path, nil
		case errors.Is(err, os.ErrNotExist):
			return path, os.WriteFile(path, data, 0o600)
		}
	}
}

// Close stops everything that the world started and removes its folder.
func (w *World) Close() error {
	var errs []error
	for _, k := range w.Keyholders {
		errs = append(errs, k.Stop())
	}
	if w.Bot != nil {
		errs = append(errs, w.Bot.Stop())
	}
	w.cancel()
	w.goes.Wait()
	if w.Homeserver != nil {
		w.Homeserver.child.kill() // nobody will miss what it had in hand
	}
	if w.logFile != nil {
		errs = append(errs, w.logFile.Close())
	}
	if !w.options.Keep {
		errs = append(errs, os.RemoveAll(w.Dir))
	}
	return errors.Join(errs...)
}

// Environ is the environment for commands: the caller's, with stimmbote and
// visit on the PATH, and what a command needs to act in the world.
func (w *World) Environ() []string {
	env := append(os.Environ(),
		"PATH="+filepath.Join(w.Dir, "bin")+string(os.PathListSeparator)+os.Getenv("PATH"),
		"REPO="+w.Repo, "HS="+w.Homeserver.URL, "GROUP="+w.Group().String(), "BOT="+w.Bot.ID.String())
	for name, p := range w.People {
		key := strings.ToUpper(name)
		env = append(env, "USER_"+key+"="+p.ID.String(), "TOKEN_"+key+"="+p.Token)
	}
	return env
}

// patientFor is how long the making of a group may take on a slow machine.
const patientFor = 90 * time.Second
