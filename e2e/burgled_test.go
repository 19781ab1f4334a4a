package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"stimmbote/e2e/attacker"
	"stimmbote/e2e/world"
)

// burgled is a world in which somebody looks at everything but key files and phones.
type burgled struct {
	w       *world.World
	dir     string
	polls   int
	backups int
	logged  int
	events  map[string]attacker.Event
}

// asker is who asks the n-th question: nobody asks too much within a minute.
func (b *burgled) asker(n int) *world.Person {
	names := world.Everybody()
	return b.w.People[names[n%len(names)]]
}

// letters are those of the polls that are open at once, as the group is told when it is not said which one is meant.
func (b *burgled) letters(ctx context.Context, t *testing.T, n int) []string {
	t.Helper()
	chair := b.w.People[world.Chair]
	say(ctx, t, chair, world.Group, "!close")
	list := hear(ctx, t, chair, world.Group, `(?i)several votes are open here`).Body
	all := make([]string, n)
	for i := range all {
		found := regexp.MustCompile(fmt.Sprintf(`(?m)^([A-Z]): Question %d\?`, b.polls-n+1+i)).FindStringSubmatch(list)
		if found == nil {
			t.Fatalf("no letter of the %d. vote in %q", i+1, list)
		}
		all[i] = found[1]
	}
	return all
}

// ask opens a poll whose options are words that are nowhere else, of different length.
func (b *burgled) ask(ctx context.Context, t *testing.T) attacker.Poll {
	t.Helper()
	b.polls++
	p := attacker.Poll{}
	for i, bird := range []string{"Amsel", "Rotkehlchen", "Zaunkönig mit sehr langem Namen"} {
		p.Options = append(p.Options, fmt.Sprintf("%s-%d-%d", bird, b.polls, i))
	}
	asker := b.asker(b.polls)
	question := fmt.Sprintf("Question %d?", b.polls)
	say(ctx, t, asker, world.Group, "!vote "+question+" "+strings.Join(p.Options, " | "))
	hear(ctx, t, asker, world.Group, `(?i)draft[\s\S]*`+regexp.QuoteMeta(p.Options[0]))
	say(ctx, t, asker, world.Group, "start")
	hear(ctx, t, asker, world.Group, `(?i)voting is open[\s\S]*question `+fmt.Sprint(b.polls))
	for _, v := range b.w.People {
		hear(ctx, t, v, world.Direct, regexp.QuoteMeta(p.Options[0]))
	}
	return p
}

// visit holds some polls at once, and takes away whatever can be had.
func (b *burgled) visit(ctx context.Context, t *testing.T, n int) *spoils {
	t.Helper()
	s := &spoils{sealed: make(map[id.RoomID][]*event.EncryptedEventContent)}
	for range n {
		s.polls = append(s.polls, b.ask(ctx, t))
	}
	letters := b.letters(ctx, t, n)
	copying, stop := context.WithCancel(ctx)
	var copies sync.WaitGroup
	copies.Go(func() { b.copy(copying, t, s) })
	b.vote(ctx, t, s, letters)
	stop()
	copies.Wait()
	b.list(ctx, t) // before what was said is taken back
	chair := b.w.People[world.Chair]
	for i := range s.polls {
		say(ctx, t, b.asker(b.polls-n+1+i), world.Group, "!close "+letters[i])
	}
	for range s.polls {
		s.take(t, hear(ctx, t, chair, world.Group, `^\S+\.bel$`).File)
	}
	b.awaitEnd(ctx, t)
	b.list(ctx, t)
	b.copyOnce(t, s)
	s.evidence.Events = b.events
	log, err := os.ReadFile(filepath.Join(b.w.Dir, "bot", "log"))
	if err != nil {
		t.Fatal(err)
	}
	s.evidence.Log, b.logged = log[b.logged:], len(log)
	for _, pattern := range []string{"homeserver/*.db*", "homeserver/log", "homeserver/*/*.db*"} {
		files, err := filepath.Glob(filepath.Join(b.w.Dir, pattern))
		if err != nil {
			t.Fatal(err)
		}
		s.evidence.Files = append(s.evidence.Files, files...)
	}
	return s
}

// vote has everybody answer everything at random, each in an order of their own, all at once.
func (b *burgled) vote(ctx context.Context, t *testing.T, s *spoils, letters []string) {
	t.Helper()
	names := world.Everybody()
	s.truth = make([][]int, len(s.polls))
	for i := range s.polls {
		s.truth[i] = make([]int, len(names))
		s.polls[i].Voters = make([]attacker.Voter, len(names))
	}
	var all errgroup.Group
	var mu sync.Mutex
	for j, name := range names {
		p := b.w.People[name]
		room, err := p.Room(world.Direct)
		if err != nil {
			t.Fatal(err)
		}
		all.Go(func() error {
			for _, i := range rand.Perm(len(s.polls)) {
				chosen := rand.IntN(len(s.polls[i].Options))
				before := p.Inbox.Len()
				answer, sealed, err := p.Sealed(ctx, world.Direct, fmt.Sprintf("%s %d", letters[i], chosen+1))
				if err != nil {
					return err
				}
				receipt, err := p.Inbox.Wait(ctx, world.Direct, matches(`(?i)understood: `+regexp.QuoteMeta(s.polls[i].Options[chosen])), time.Minute)
				if err != nil {
					said := p.Inbox.All()[before:]
					return fmt.Errorf("%s answered %s and waits for a receipt: %w; the last messages: %+v", name, letters[i], err, said[max(0, len(said)-4):])
				}
				v := attacker.Voter{User: p.ID.String(), Room: room.String(), Answer: answer.String()}
				for _, m := range p.Inbox.All()[before:] {
					if m.Bot && m.Chat == world.Direct {
						v.Said = append(v.Said, m.ID.String())
					}
				}
				v.Ballot = []byte(receipt.Body) // until the archive is there
				s.truth[i][j], s.polls[i].Voters[j] = chosen, v
				mu.Lock()
				s.sealed[room] = append(s.sealed[room], sealed)
				mu.Unlock()
			}
			return nil
		})
	}
	if err := all.Wait(); err != nil {
		t.Fatal(err)
	}
}

// take reads the archive that the group was given.
func (s *spoils) take(t *testing.T, file string) {
	t.Helper()
	archive, err := attacker.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(s.polls, func(p attacker.Poll) bool { return p.Options[0] == archive.Questions[0].Answers[0] })
	if i < 0 {
		t.Fatalf("%s is the archive of no poll here", file)
	}
	if err := s.polls[i].Tell(archive, s.truth[i]); err != nil {
		t.Fatal(err)
	}
}

// keyFiles are the names of the bot's key files.
func (b *burgled) keyFiles() []string {
	files, _ := filepath.Glob(filepath.Join(b.w.Dir, "bot", "store", "keys", "*"))
	return files
}

// awaitEnd waits until everything about the polls is said and deleted, and the key of the encryption renewed.
func (b *burgled) awaitEnd(ctx context.Context, t *testing.T) {
	t.Helper()
	for _, p := range b.w.People {
		p.Inbox.Skip()
	}
	await(ctx, t, func() bool {
		return !slices.ContainsFunc(b.keyFiles(), func(name string) bool { return strings.HasPrefix(filepath.Base(name), "poll-") })
	})
}

// copy takes backups of the bot's database, one after the other.
func (b *burgled) copy(ctx context.Context, t *testing.T, s *spoils) {
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for {
		b.copyOnce(t, s)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// copyOnce takes a backup of the bot's database with its write-ahead log, without asking anybody.
func (b *burgled) copyOnce(t *testing.T, s *spoils) {
	b.backups++
	to := filepath.Join(b.dir, fmt.Sprintf("%d.db", b.backups))
	for _, tail := range []string{"", "-wal"} {
		data, err := os.ReadFile(filepath.Join(b.w.Dir, "bot", "store", "stimmbote.db"+tail))
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err == nil {
			err = os.WriteFile(to+tail, data, 0o600)
		}
		if err != nil {
			t.Error(err)
			return
		}
		if len(data) > 0 {
			// SQLite changes what it opens: the bytes are looked at in a copy of their own.
			if err := os.WriteFile(to+tail+".raw", data, 0o600); err != nil {
				t.Error(err)
			}
			s.evidence.Files = append(s.evidence.Files, to+tail+".raw")
		}
	}
	s.evidence.Backups = append(s.evidence.Backups, to)
}

// forget deletes backups, which get many.
func (b *burgled) forget(t *testing.T, s *spoils) {
	t.Helper()
	for _, file := range append(s.evidence.Files, s.evidence.Backups...) {
		if filepath.Dir(file) != b.dir {
			continue
		}
		if err := os.Remove(file); err != nil {
			t.Error(err)
		}
	}
}

// list notes what the homeserver has of each direct room that was not noted before.
func (b *burgled) list(ctx context.Context, t *testing.T) {
	t.Helper()
	for _, p := range b.w.People {
		room, err := p.Room(world.Direct)
		if err != nil {
			t.Fatal(err)
		}
		for from := ""; ; {
			page, err := p.Client.Messages(ctx, room, from, "", mautrix.DirectionBackward, nil, 100)
			if err != nil {
				t.Fatal(err)
			}
			known := 0
			for _, evt := range page.Chunk {
				raw, err := json.Marshal(evt)
				if err != nil {
					t.Fatal(err)
				}
				if _, ok := b.events[evt.ID.String()]; ok {
					known++
					continue
				}
				b.events[evt.ID.String()] = attacker.Event{
					Sender: evt.Sender.String(), Type: evt.Type.Type, Redacts: evt.Redacts.String(), At: evt.Timestamp, Size: len(raw),
				}
			}
			if from = page.End; from == "" || known == len(page.Chunk) {
				break
			}
		}
	}
}
