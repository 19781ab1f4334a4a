package e2e

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"stimmbote/e2e/world"
	"stimmbote/voting/belenios"
)

const (
	voters    = 30
	killsEach = 2 // in each of the two parts of a vote before its close
)

// stepsOfClose are the moments at which the bot dies in each close, one after the other.
var stepsOfClose = []string{
	"close.before-hash", "close.after-hash", "close.after-count", "close.before-outcome",
	"close.before-archive", "close.after-end", "close.before-renewal",
}

var understood = regexp.MustCompile(`(?i)understood: (yes|no|abstain)\b[\s\S]*code: (\S+)`)

// voter is somebody who votes while the bot dies again and again, and what they said.
type voter struct {
	*world.Person
	from    int
	answers []string
}

// TestVoteUnderKills holds votes of thirty and kills the bot, as by kill -9, again and again: while
// ballots go out, while people answer and answer anew, and at each step of the close. Whoever is
// not answered, or is told that it does not count, answers again. What was acknowledged last counts
// under the code of its receipt, no two receipts have one code, and the group is told each thing once.
func TestVoteUnderKills(t *testing.T) {
	t.Parallel() // in a world of its own
	crowds.Lock()
	t.Cleanup(crowds.Unlock) // once its world is over
	turn(t)
	ctx := limit(t, 5*time.Minute+time.Duration(*kills)*20*time.Second)
	crash := crashBinary(ctx, t)
	w, people := crowd(ctx, t, voters)
	for n, round := 0, 1; n < 2**kills-1; round++ {
		n += voteUnderKills(ctx, t, w, crash, people, fmt.Sprintf("Question %d?", round))
		t.Logf("vote %d of %d members: killed %d times in all", round, len(people), n)
	}
}

// killing does something while the bot is killed again and again, and returns how often it was. It lives
// for more than half a second: a message in whose handling it dies three times is left out.
func killing(ctx context.Context, t *testing.T, w *world.World, do func(ctx context.Context) error) int {
	t.Helper()
	var all errgroup.Group
	all.Go(func() error { return do(ctx) })
	for range killsEach {
		pause := time.NewTimer(700*time.Millisecond + rand.N(time.Second))
		select {
		case <-pause.C:
		case <-ctx.Done():
		}
		if err := w.Bot.Kill(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if err := all.Wait(); err != nil {
		t.Fatal(err)
	}
	return killsEach
}

// closing closes the vote in the build that kills itself, at each step of the close in turn.
func closing(ctx context.Context, t *testing.T, w *world.World, crash string) int {
	t.Helper()
	usual := w.Bot.Binary
	defer func() { w.Bot.Binary, w.Bot.Env = usual, nil }()
	if err := w.Bot.Stop(); err != nil {
		t.Fatal(err)
	}
	say(ctx, t, w.People[world.Chair], world.Group, "!close")
	w.Bot.Binary = crash
	for _, step := range stepsOfClose {
		w.Bot.Env = []string{"STIMMBOTE_CRASH=" + step}
		if err := w.Bot.Launch(); err != nil {
			t.Fatal(err)
		}
		killed(ctx, t, w, step)
	}
	w.Bot.Binary, w.Bot.Env = usual, nil
	if err := w.Bot.Start(ctx); err != nil {
		t.Fatal(err)
	}
	return len(stepsOfClose)
}

// voteUnderKills holds one vote.
func voteUnderKills(ctx context.Context, t *testing.T, w *world.World, crash string, people []*world.Person, question string) (n int) {
	t.Helper()
	chair := w.People[world.Chair]
	var all []*voter
	for _, p := range people {
		p.Inbox.Skip()
		all = append(all, &voter{Person: p, from: p.Inbox.Len()})
	}
	from := chair.Inbox.Len()
	say(ctx, t, chair, world.Group, "!vote "+question)
	hear(ctx, t, chair, world.Group, `(?i)draft[\s\S]*`+regexp.QuoteMeta(question))
	say(ctx, t, chair, world.Group, "start")
	n += killing(ctx, t, w, func(ctx context.Context) error {
		return each(all, func(v *voter) error { return v.reads(ctx, `(?i)`+regexp.QuoteMeta(question)+`[\s\S]*1 = yes`) })
	})
	n += killing(ctx, t, w, func(ctx context.Context) error {
		return each(all, func(v *voter) error {
			for range 1 + rand.IntN(2) {
				if err := v.votes(ctx, 1+rand.IntN(3)); err != nil {
					return err
				}
			}
			return nil
		})
	})
	n += closing(ctx, t, w, crash)
	if err := each(all, func(v *voter) error { return v.reads(ctx, `(?i)counted`) }); err != nil {
		t.Fatal(err)
	}
	archive := hear(ctx, t, chair, world.Group, `^\S+\.bel$`).File
	counted, sent := make([]int, 3), 0
	for _, v := range all {
		counted[slices.Index(choices, v.answers[len(v.answers)-1])]++
		sent += len(v.answers)
		v.toldOnce(t)
	}
	data, err := os.ReadFile(archive)
	if err != nil {
		t.Fatal(err)
	}
	report, err := belenios.Verify(data)
	if err != nil || !slices.Equal(report.Sums[0], counted) {
		t.Errorf("%s: the archive has %v, the last answers were %v; %v", question, report.Sums, counted, err)
	}
	closedOnce(t, w, chair, from)
	t.Logf("%s: %d answers, counted %v", question, sent, counted)
	return n
}

var choices = []string{"yes", "no", "abstain"}

// each does something for all voters at once.
func each(all []*voter, do func(v *voter) error) error {
	var group sync.WaitGroup
	problems := make([]error, len(all))
	for i, v := range all {
		group.Go(func() { problems[i] = do(v) })
	}
	group.Wait()
	return errors.Join(problems...)
}

// votes answers until it is acknowledged: again, if it came late or in the moment of a death.
func (v *voter) votes(ctx context.Context, n int) error {
	for {
		v.answers = append(v.answers, choices[n-1])
		if _, err := v.Say(ctx, world.Direct, fmt.Sprint(n)); err != nil {
			return err
		}
		m, err := v.Inbox.Wait(ctx, world.Direct, matches(`(?i)understood: `+choices[n-1]+`|not counted`), 20*time.Second)
		if err == nil && understood.MatchString(m.Body) {
			return nil
		}
		if err != nil && !errors.Is(err, world.ErrNothing) {
			return fmt.Errorf("%s voted %v: %w", v.Name, v.answers, err)
		}
	}
}

// reads waits for something in the direct chat.
func (v *voter) reads(ctx context.Context, pattern string) error {
	if _, err := v.Inbox.Wait(ctx, world.Direct, matches(pattern), 2*time.Minute); err != nil {
		return fmt.Errorf("%s waits for %s: %w", v.Name, pattern, err)
	}
	return nil
}

// toldOnce wants at most one receipt for each answer, in their order, each with a code of its own, and the
// last code once more after the close.
func (v *voter) toldOnce(t *testing.T) {
	t.Helper()
	var answers, codes []string
	for _, m := range v.Inbox.All()[v.from:] {
		if found := understood.FindStringSubmatch(m.Body); found != nil && m.Bot && m.Chat == world.Direct {
			answers, codes = append(answers, strings.ToLower(found[1])), append(codes, found[2])
		}
	}
	if !inOrder(answers, v.answers) || len(slices.Compact(slices.Sorted(slices.Values(codes)))) != len(codes) {
		t.Errorf("%s answered %v and has receipts for %v with codes %v", v.Name, v.answers, answers, codes)
		return
	}
	if n := count(v.Person, v.from, world.Direct, `(?i)counted[\s\S]*`+regexp.QuoteMeta(codes[len(codes)-1])); n != 1 {
		t.Errorf("%s was told %d times that %s is counted", v.Name, n, codes[len(codes)-1])
	}
}

// inOrder says whether some are among all, in the same order, and the last is the last.
func inOrder(some, all []string) bool {
	if len(some) == 0 || some[len(some)-1] != all[len(all)-1] {
		return false
	}
	for _, one := range some {
		i := slices.Index(all, one)
		if i < 0 {
			return false
		}
		all = all[i+1:]
	}
	return true
}
