package tellers

import (
	"bufio"
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	_ "github.com/mattn/go-sqlite3" // which the bot's database is of
	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"stimmbote/e2e/attacker"
	"stimmbote/e2e/world"
	"stimmbote/store"
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
	t.Parallel()
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
	e.rechecks() // one archive, which is in the other group than those of the other tests
	log, err := os.ReadFile(filepath.Join(e.Dir, "bot", "log"))
	if err != nil {
		t.Fatal(err)
	}
	in.stolen.Log = log
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
		evidence := in.stolen
		evidence.Keys = map[string][]*belenios.Key{}
		for _, p := range in.polls {
			evidence.Keys[p.ID] = c.keys(p.ID)
		}
		verdicts := attacker.Judge(in.polls, in.truth, attacker.Guesses(in.polls, evidence))
		best := verdicts[0]
		t.Logf("%s: %d votes, %d methods, at best %d of %d answers, by %s: p = %.2g", c.who, len(in.polls), len(verdicts), best.Hits, best.Ballots, best.Method, best.P)
		if best.Leaks != c.leaks || c.leaks && best.Hits != best.Ballots {
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

// loot copies everything that the bot has at this moment, and the tellers' keys for comparison.
func (in *insider) loot() {
	t := in.t
	t.Helper()
	in.copies++
	folder := filepath.Join(in.Dir, "bot", "store")
	to := filepath.Join(in.dir, fmt.Sprintf("%d.db", in.copies))
	for _, tail := range []string{"", "-wal"} {
		data, err := os.ReadFile(filepath.Join(folder, "stimmbote.db"+tail))
		if err != nil {
			t.Fatal(err)
		}
		in.keep(to+tail, data)
		in.keep(to+tail+".raw", data)
		in.stolen.Files = append(in.stolen.Files, to+tail+".raw")
	}
	in.stolen.Backups = append(in.stolen.Backups, to)
	memory, err := memoryOf(in.Bot.Pid())
	if err != nil || len(memory) < 1<<20 {
		t.Fatalf("the bot's memory: %d bytes, %v", len(memory), err)
	}
	in.keep(to+".memory", memory)
	in.keep(to+".opened", in.unsealed(to, filepath.Join(folder, "keys")))
	in.stolen.Files = append(in.stolen.Files, to+".memory", to+".opened")
	for name, k := range in.Keyholders {
		for _, secret := range in.keysOf(k) {
			if bytes.Contains(memory, secret) {
				t.Errorf("the key of %s is in the bot's memory", name)
			}
		}
	}
}

func (in *insider) keep(path string, data []byte) {
	in.t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		in.t.Fatal(err)
	}
}

// unsealed is everything in a database that its key files open, or may open: whoever has the key need not know what a
// sealed piece was bound to. The bot's keys of votes are taken note of.
func (in *insider) unsealed(database, keys string) []byte {
	t := in.t
	t.Helper()
	var all bytes.Buffer
	files, err := filepath.Glob(filepath.Join(keys, "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no key files: %v", err)
	}
	db, err := sql.Open("sqlite3", "file:"+database)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, query := range []string{
		`SELECT poll, name, content FROM paper`, `SELECT poll, '', sealed FROM token`, `SELECT grp, kind, payload FROM outbox`, `SELECT scope, name, value FROM setting`,
	} {
		rows, err := db.QueryContext(in.ctx, query)
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var poll, name sql.NullString
			var sealed []byte
			if err := rows.Scan(&poll, &name, &sealed); err != nil {
				t.Fatal(err)
			}
			for _, file := range files {
				key, err := os.ReadFile(file)
				if err != nil {
					continue // it is being renewed
				}
				plain := opened(key, sealed)
				fmt.Fprintf(&all, "%s %s %s\n", poll.String, name.String, plain)
				if key, err := belenios.ParseKey(belenios.Ed25519, plain); name.String == "key" && err == nil {
					in.bots[poll.String] = []*belenios.Key{key}
				}
			}
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			t.Fatal(err)
		}
	}
	if len(in.bots) == 0 {
		t.Fatal("the bot's own key is not found: the attacker cannot do what it is for")
	}
	return all.Bytes()
}

// opened is what AES-GCM sealed with a key, whatever it was bound to.
func opened(key, sealed []byte) []byte {
	block, err := aes.NewCipher(key)
	if err != nil || len(sealed) < 12+16 {
		return nil
	}
	plain := make([]byte, len(sealed)-12-16)
	cipher.NewCTR(block, append(bytes.Clone(sealed[:12]), 0, 0, 0, 2)).XORKeyStream(plain, sealed[12:len(sealed)-16])
	return plain
}

// keysOf are the keys of the votes that a machine has now.
func (in *insider) keysOf(k *world.Keyholder) map[string][]byte {
	t := in.t
	t.Helper()
	folder := filepath.Join(filepath.Dir(k.Config), "store")
	st, err := store.Look(folder, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	all, err := st.HeldAll(in.ctx)
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string][]byte{}
	for _, h := range all {
		if h.Secret == nil {
			continue
		}
		plain, err := store.LookVault(filepath.Join(folder, "keys")).Open("teller-"+h.Poll, "key", h.Secret)
		if err != nil {
			t.Fatal(err)
		}
		keys[h.Poll] = plain
		key, err := belenios.ParseKey(belenios.Ed25519, plain)
		if err != nil {
			t.Fatal(err)
		}
		if in.tellers[h.Poll] == nil {
			in.tellers[h.Poll] = make([]*belenios.Key, len(world.Tellers))
		}
		in.tellers[h.Poll][slices.Index(world.Tellers, strings.TrimSuffix(k.ID.Localpart(), "-keys"))] = key
	}
	return keys
}

// memoryOf is what a process may write to, as it is now.
func memoryOf(pid int) ([]byte, error) {
	maps, err := os.Open(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		return nil, err
	}
	defer maps.Close()
	memory, err := os.Open(fmt.Sprintf("/proc/%d/mem", pid))
	if err != nil {
		return nil, err
	}
	defer memory.Close()
	var all bytes.Buffer
	for lines := bufio.NewScanner(maps); lines.Scan(); {
		var from, to int64
		var may string
		if _, err := fmt.Sscanf(lines.Text(), "%x-%x %s", &from, &to, &may); err != nil || !strings.HasPrefix(may, "rw") {
			continue
		}
		_, _ = io.Copy(&all, io.NewSectionReader(memory, from, to-from)) // what was never used has nothing behind it
	}
	return all.Bytes(), nil
}

var codeOfReceipt = regexp.MustCompile(`(?i)code: (\S+)`)

// take reads the archive that the group was given: the result, and whose each ballot is, which the attacker is told.
func (in *insider) take(file string, p *attacker.Poll, truth []int) {
	t := in.t
	t.Helper()
	archive, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	report, err := belenios.Verify(archive)
	if err != nil {
		t.Fatal(err)
	}
	contents, err := belenios.Read(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		t.Fatal(err)
	}
	p.ID, p.Archive, p.Sums = report.UUID, archive, report.Sums[0][:len(p.Options)]
	chosen := make([]int, len(p.Options))
	for i := range p.Voters {
		chosen[truth[i]]++
		code := codeOfReceipt.FindSubmatch(p.Voters[i].Ballot)
		at := slices.IndexFunc(contents.Ballots, func(b []byte) bool {
			return code != nil && belenios.Code(belenios.Tracker(b)) == string(code[1])
		})
		if at < 0 {
			t.Fatalf("no ballot has the code of the receipt %q", p.Voters[i].Ballot)
		}
		p.Voters[i].Ballot = contents.Ballots[at]
	}
	if !slices.Equal(chosen, p.Sums) {
		t.Errorf("the result is %v, and %v was chosen", p.Sums, chosen)
	}
	for _, person := range in.People {
		for _, m := range person.Inbox.All() {
			if m.Bot && m.Chat == world.Direct {
				in.stolen.Events[m.ID.String()] = attacker.Event{Sender: m.Sender.String(), Type: string(m.Type), At: m.At.UnixMilli(), Size: len(m.Body)}
			}
		}
	}
}
