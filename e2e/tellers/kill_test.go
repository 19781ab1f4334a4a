package tellers

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"stimmbote/e2e/world"
	"stimmbote/voting/belenios"
)

// kills is how often somebody dies at a moment that nobody chose, besides the steps.
var kills = flag.Int("kills", 0, "how often the bot and the tellers' machines are killed at random")

// The steps at which each dies in one vote, in their order: the short list in every test, all in the long loops.
var (
	botDies = []string{"opening.before-election", "opening.before-launch", "cast.after-durable", "close.before-hash", "count.after-own-share", "close.after-end"}
	botAll  = []string{
		"opening.before-election", "opening.before-launch", "cast.before-durable", "cast.after-durable", "close.before-hash", "count.after-own-share",
		"close.after-hash", "close.after-count", "close.before-outcome", "close.after-end", "close.before-renewal",
	}
	botArchive = []string{"close.before-archive"} // in a vote of its own: outcomes and archive go out side by side
	kayaDies   = []string{"keyholder.key", "keyholder.confirmed", "keyholder.verified", "keyholder.share", "keyholder.before-erase"}
	lenzDies   = []string{"keyholder.key-stored", "keyholder.confirmed-stored", "keyholder.share-stored"}
)

// process is the bot or a machine.
type process interface {
	Launch() error
	Start(ctx context.Context) error
	Ended(ctx context.Context, within time.Duration) (*os.ProcessState, error)
}

// dying starts a process that dies at each step in turn, and is started anew each time. It returns when it has
// died at all, and runs as usual.
func dying(ctx context.Context, p process, become func(step string), steps []string) error {
	for i, step := range append(steps, "") {
		become(step)
		if step == "" {
			return p.Start(ctx)
		}
		if err := p.Launch(); err != nil {
			return fmt.Errorf("starting after %d of %v: %w", i, steps, err)
		}
		state, err := p.Ended(ctx, time.Minute)
		if err != nil {
			return fmt.Errorf("waiting for its death at %s: %w", step, err)
		}
		if status, ok := state.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGKILL {
			return fmt.Errorf("at %s it ended otherwise: %s", step, state)
		}
	}
	return nil
}

// TestKilled holds a vote in which the bot and the machines of both tellers die, as by kill -9, at each step of opening,
// casting, closing and releasing: what was acknowledged counts, and everybody gives one key and one part.
func TestKilled(t *testing.T) {
	e := begin(t, quick)
	crash, sound, steps := e.faulty(), e.Bot.Binary, botDies
	if *kills > 0 {
		steps = botAll
	}
	dies := func(p process, steps []string, set func(binary string, env []string)) func(ctx context.Context) error {
		return func(ctx context.Context) error {
			return dying(ctx, p, func(step string) { set(become(sound, crash, step)) }, steps)
		}
	}
	bot := func(steps []string) func(ctx context.Context) error {
		return dies(e.Bot, steps, func(binary string, env []string) { e.Bot.Binary, e.Bot.Env = binary, env })
	}
	e.votesWhile("Does it survive its steps?", func(ctx context.Context) error {
		for _, stop := range []func() error{e.Bot.Stop, e.Keyholders["kaya"].Stop, e.Keyholders["lenz"].Stop} {
			if err := stop(); err != nil {
				return err
			}
		}
		all, ctx := errgroup.WithContext(ctx)
		all.Go(func() error { return bot(steps)(ctx) })
		for name, steps := range map[string][]string{"kaya": kayaDies, "lenz": lenzDies} {
			k := e.Keyholders[name]
			all.Go(func() error {
				return dies(k, steps, func(binary string, env []string) { k.Binary, k.Env = binary, env })(ctx)
			})
		}
		return all.Wait()
	})
	if *kills > 0 {
		e.votesWhile("Does it survive its archive?", func(ctx context.Context) error {
			return errors.Join(e.Bot.Stop(), bot(botArchive)(ctx))
		})
	}
	for n := 0; n < *kills; n += killsOfVote {
		e.votesWhile(fmt.Sprintf("And after %d deaths?", n), e.killAnybody)
		t.Logf("killed or frozen %d times, and every answer counts once", n+killsOfVote)
	}
}

// become is what runs, and with which environment, so that it dies at a step.
func become(sound, crash, step string) (binary string, env []string) {
	if step == "" {
		return sound, nil
	}
	return crash, []string{"STIMMBOTE_CRASH=" + step}
}

// killsOfVote is how many random deaths a vote sees.
const killsOfVote = 12

// killAnybody kills or freezes the bot and the machines, at random.
func (e *evening) killAnybody(ctx context.Context) error {
	for range killsOfVote {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(300*time.Millisecond + rand.N(1500*time.Millisecond)):
		}
		k := e.Keyholders[world.Tellers[rand.IntN(len(world.Tellers))]]
		var err error
		switch rand.IntN(4) {
		case 0:
			err = e.Bot.Kill(ctx)
		case 1: // nothing comes through for a moment
			err = k.Freeze()
			time.Sleep(rand.N(3 * time.Second))
			err = errors.Join(err, k.Thaw())
		default:
			k.Kill()
			err = k.Start(ctx)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

var receipt = regexp.MustCompile(`(?i)understood: (yes|no|abstain)\b[\s\S]*code: (\S+)`)

// votesWhile holds a vote with answers in the direct chat while something goes wrong, and looks that nothing is lost
// and nothing happens twice.
func (e *evening) votesWhile(question string, wrong func(ctx context.Context) error) {
	e.t.Helper()
	from := e.asks(question)
	var goes errgroup.Group
	goes.Go(func() error { return wrong(e.ctx) })
	e.says("chair", world.Group, "start")
	answers := e.everybodyVotes(question)
	e.says("chair", world.Group, "!close")
	file := e.archive()
	if err := goes.Wait(); err != nil {
		e.t.Fatal(err)
	}
	e.counts(question, file, from, answers)
}

// asks has the chair draft a vote, and returns where it begins in what the chair reads.
func (e *evening) asks(question string) (from int) {
	e.t.Helper()
	for _, p := range e.People {
		p.Inbox.Skip()
	}
	from = e.People[world.Chair].Inbox.Len()
	e.says("chair", world.Group, "!vote "+question)
	e.hears("chair", world.Group, `(?s)Draft.*`+regexp.QuoteMeta(question))
	return from
}

// archive waits for that of the vote that was closed, and returns its file.
func (e *evening) archive() string {
	e.t.Helper()
	return e.hearsWithin("chair", world.Group, `^\S+\.bel$`, 3*time.Minute).File
}

// counts looks that each answer is in the archive of a vote, that the machines found it right, and nothing was said twice.
func (e *evening) counts(question, file string, from int, answers []int) {
	t := e.t
	t.Helper()
	for _, name := range world.Tellers {
		e.machineSays(e.Keyholders[name], `Counted again, \d ballots: the result is right.*\n?.*`+regexp.QuoteMeta(question))
	}
	e.judged[file] = true
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	report, err := belenios.Verify(data)
	if err != nil || report.Status != belenios.Complete || !slices.Equal(report.Sums[0], answers) {
		t.Errorf("%s: the archive has %+v, acknowledged were %v; %v", question, report, answers, err)
	}
	e.saidOnce(e.People[world.Chair], from, question)
}

// everybodyVotes lets all vote until each has a receipt, and returns how many chose what.
func (e *evening) everybodyVotes(question string) []int {
	e.t.Helper()
	choices := []string{"yes", "no", "abstain"}
	counted := make([]int, len(choices))
	var mu sync.Mutex
	var all errgroup.Group
	for name, p := range e.People {
		all.Go(func() error {
			if _, err := p.Inbox.Wait(e.ctx, world.Direct, matching(regexp.QuoteMeta(question)+`[\s\S]*1 = Yes`), 3*time.Minute); err != nil {
				return fmt.Errorf("%s gets no ballot: %w", name, err)
			}
			n := rand.IntN(len(choices))
			for {
				if _, err := p.Say(e.ctx, world.Direct, fmt.Sprint(n+1)); err != nil {
					return err
				}
				m, err := p.Inbox.Wait(e.ctx, world.Direct, matching(`(?i)understood: |not counted`), 30*time.Second)
				if err == nil && receipt.MatchString(m.Body) {
					break
				}
				if err != nil && !errors.Is(err, world.ErrNothing) {
					return fmt.Errorf("%s gets no receipt: %w", name, err)
				}
			}
			mu.Lock()
			defer mu.Unlock()
			counted[n]++
			return nil
		})
	}
	if err := all.Wait(); err != nil {
		e.t.Fatal(err)
	}
	return counted
}

// saidOnce wants each step of a vote once in the group: one key and one part of each, one hash, one result.
func (e *evening) saidOnce(p *world.Person, from int, question string) {
	e.t.Helper()
	said := map[string]int{}
	for _, m := range p.Inbox.All()[from:] {
		if m.Chat != world.Group || m.Edits != "" || !m.Bot && !m.Holder {
			continue
		}
		for _, what := range onceEach {
			if strings.Contains(m.Body, what) {
				said[m.Sender.Localpart()+": "+what]++
			}
		}
		if filepath.Ext(m.File) == ".bel" {
			said["stimmbote: the archive"]++
		}
		if strings.ContainsAny(m.Body, "🔴⛔") {
			e.t.Errorf("%s: %s says %s", question, m.Sender, m.Body)
		}
	}
	want := map[string]int{
		"stimmbote: My part of the opening": 1, "stimmbote: losed hash": 1, "stimmbote: the archive": 1, "stimmbote: This vote is called": 1,
	}
	for _, name := range world.Tellers {
		for _, what := range []string{"My key for this vote", "My key is in this vote", "gave my part of the opening", "Counted again"} {
			want[name+"-keys: "+what] = 1
		}
	}
	for what, n := range want {
		if said[what] != n {
			e.t.Errorf("%s: the group read %d times %q, want %d", question, said[what], what, n)
		}
	}
}

// onceEach are what is said once in a vote.
var onceEach = []string{
	"My key for this vote", "My key is in this vote", "gave my part of the opening", "Counted again", "My part of the opening", "losed hash", "This vote is called",
}
