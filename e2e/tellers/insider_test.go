package tellers

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"stimmbote/e2e/attacker"
	"stimmbote/e2e/world"
	"stimmbote/voting/belenios"
)

// attacked is in how many secret votes whoever runs the bot tries to find out who voted how.
var attacked = flag.Int("attacked", 3, "in how many secret votes whoever runs the bot looks for answers")

// insider is whoever runs the bot, while votes are open.
type insider struct {
	*evening
	dir     string
	copies  int
	polls   []attacker.Poll
	truth   [][]int
	stolen  attacker.Evidence
	bots    map[string][]*belenios.Key // what the bot has of the keys of votes
	tellers map[string][]*belenios.Key // what it has not
}

// TestInsider: of a secret vote, whoever runs the bot finds out no more than who knows the roll, who voted and the result,
// with everything that the bot has while it is open: its database, its key files and all they open, its memory, its most
// talkative log, and what its account reads. With one teller it is no more; with both, everything.
func TestInsider(t *testing.T) {
	e := beginWith(t, func(config map[string]any) {
		config["log"] = map[string]any{"level": "trace"}
		config["poll"] = map[string]any{"group": "ed25519"}
	})
	in := &insider{
		evening: e, dir: t.TempDir(), bots: map[string][]*belenios.Key{}, tellers: map[string][]*belenios.Key{},
		stolen: attacker.Evidence{Events: map[string]attacker.Event{}},
	}
	for n := range *attacked {
		in.holds(n)
	}
	e.rechecks(8) // one archive, which is in the other group than those of TestTellers
	log, err := os.ReadFile(filepath.Join(e.Dir, "bot", "log"))
	if err != nil {
		t.Fatal(err)
	}
	in.stolen.Log = log
	guesses := attacker.Guesses(in.polls, in.stolen)
	for _, c := range []struct {
		who   string
		keys  func(poll string) []*belenios.Key
		leaks bool
	}{
		{"the bot alone", func(p string) []*belenios.Key { return in.bots[p] }, false},
		{"the bot and one teller", func(p string) []*belenios.Key { return append(slices.Clone(in.bots[p]), in.tellers[p][0]) }, false},
		{"both tellers", func(p string) []*belenios.Key { return in.tellers[p] }, false},
		{"the bot and both tellers", func(p string) []*belenios.Key { return append(slices.Clone(in.bots[p]), in.tellers[p]...) }, true},
	} {
		keys := map[string][]*belenios.Key{}
		for _, p := range in.polls {
			keys[p.ID] = c.keys(p.ID)
		}
		verdicts := attacker.Judge(in.polls, in.truth, append(slices.Clone(guesses), attacker.Opened(in.polls, keys)))
		best := verdicts[0]
		t.Logf("%s: %d votes, %d methods, at best %d of %d answers, by %s: p = %.2g", c.who, len(in.polls), len(verdicts), best.Hits, best.Ballots, best.Method, best.P)
		all := slices.ContainsFunc(verdicts, func(v attacker.Verdict) bool { return v.Hits == v.Ballots })
		if c.leaks && !all || !c.leaks && best.Leaks {
			t.Errorf("%s: by %q found %d of %d answers, p = %.2g", c.who, best.Method, best.Hits, best.Ballots, best.P)
		}
	}
}

// holds holds a secret vote in which everybody chooses at random, and takes away what can be had.
func (in *insider) holds(n int) {
	t, chair := in.t, in.People[world.Chair]
	t.Helper()
	p := attacker.Poll{}
	for i, bird := range []string{"Amsel", "Rotkehlchen", "Zaunkoenig mit sehr langem Namen"} {
		p.Options = append(p.Options, fmt.Sprintf("%s-%d-%d", bird, n, i))
	}
	question := fmt.Sprintf("Bird of the year %d?", n)
	in.says("chair", world.Group, "!vote "+question+" "+strings.Join(p.Options, " | ")+" --level secret")
	in.hears("chair", world.Group, `(?s)Draft.*`+regexp.QuoteMeta(question)+`.*Secret: nobody`)
	in.says("chair", world.Group, "start")
	in.hears("chair", world.Group, `(?i)voting is open`)
	names := append(world.Everybody(), world.Tellers...)
	p.Voters, in.truth = make([]attacker.Voter, len(names)), append(in.truth, make([]int, len(names)))
	half := len(names) / 2
	in.cast(question, names[:half], p.Voters[:half], in.truth[n][:half])
	in.loot()
	in.cast(question, names[half:], p.Voters[half:], in.truth[n][half:])
	in.loot()
	in.says("chair", world.Group, "!close")
	file := in.hearsWithin("chair", world.Group, `^\S+\.bel$`, time.Minute).File
	in.take(file, &p, in.truth[n])
	in.polls = append(in.polls, p)
	for _, k := range in.Keyholders {
		in.machineSays(k, `Counted again, 8 ballots.*`+regexp.QuoteMeta(question))
	}
	chair.Inbox.Skip()
}

var sealingLink = regexp.MustCompile(`http://localhost:\d+/booth\.html#\S+`)

// cast has some people seal their votes, all at once.
func (in *insider) cast(question string, names []string, voters []attacker.Voter, truth []int) {
	t := in.t
	t.Helper()
	var all errgroup.Group
	for i, name := range names {
		p := in.People[name]
		ballot := in.hears(name, world.Direct, `(?s)`+regexp.QuoteMeta(question)+`.*booth\.html#`)
		all.Go(func() error {
			before := p.Inbox.Len()
			truth[i] = rand.IntN(3)
			said, err := in.Bot.Command("ballot", "--link", sealingLink.FindString(ballot.Body), "--choice", fmt.Sprint(truth[i]+1)).CombinedOutput()
			if err != nil {
				return fmt.Errorf("%s casts: %w\n%s", name, err, said)
			}
			receipt, err := p.Inbox.Wait(in.ctx, world.Direct, matching(`(?i)your sealed vote[\s\S]*code: \S+`), 30*time.Second)
			if err != nil {
				return fmt.Errorf("%s has no receipt: %w", name, err)
			}
			voters[i] = attacker.Voter{User: p.ID.String(), Room: receipt.Room.String(), Ballot: []byte(receipt.Body)}
			for _, m := range p.Inbox.All()[before:] {
				if m.Bot && m.Chat == world.Direct {
					voters[i].Said = append(voters[i].Said, m.ID.String())
				}
			}
			return nil
		})
	}
	if err := all.Wait(); err != nil {
		t.Fatal(err)
	}
}

// take reads the archive that the group was given, and what the homeserver has.
func (in *insider) take(file string, p *attacker.Poll, truth []int) {
	t := in.t
	t.Helper()
	archive, err := attacker.Open(file)
	if err == nil {
		err = p.Tell(archive, truth)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, person := range in.People {
		for _, m := range person.Inbox.All() {
			if m.Bot && m.Chat == world.Direct {
				in.stolen.Events[m.ID.String()] = attacker.Event{Sender: m.Sender.String(), Type: string(m.Type), At: m.At.UnixMilli(), Size: len(m.Body)}
			}
		}
	}
}
