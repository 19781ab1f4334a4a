package policy

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"stimmbote/store"
	"stimmbote/voting"
	"stimmbote/voting/belenios"
	"stimmbote/voting/parley"
)

const (
	bot   = "@bot:x"
	kaya  = "@kaya:x"
	lenz  = "@lenz:x"
	kayas = "@kaya-box:x"
	lenzs = "@lenz-box:x"
	mine  = voting.Member(kaya)
	least = 5
)

var (
	people = []string{"@anna:x", "@bernd:x", "@clara:x", "@deniz:x", kaya, lenz}
	start  = time.Unix(1_800_000_000, 0).UTC()
)

// evening is a vote with tellers on a real database, as the machine of one of them sees it.
type evening struct {
	t     *testing.T
	polls *voting.Polls
	poll  *voting.Poll
	own   *belenios.Key
	other *belenios.Key
	group Group
	agreed
	watched Watched
	ballots Ballots
	share   string
}

type agreed = Agreed

func must[T any](v T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// held is an evening up to the bot's part of the decryption.
func held(t *testing.T) (*evening, parley.Setup) {
	t.Helper()
	s := must(store.Open(t.Context(), t.TempDir(), zerolog.Nop()))(t)
	t.Cleanup(func() { _ = s.Close() })
	v := must(store.OpenVault(filepath.Join(t.TempDir(), "keys")))(t)
	e := &evening{t: t, polls: voting.New(s, v, rand.Reader, voting.Defaults())}
	roll := make([]voting.Member, len(people))
	for i, p := range people {
		roll[i] = voting.Member(p)
	}
	tellers := voting.TellersOf([]voting.Teller{{Owner: kaya, Account: kayas}, {Owner: lenz, Account: lenzs}})
	e.poll = must(e.polls.Draft(t.Context(), voting.Draft{
		Place: "!group:x", Asker: "@anna:x", Question: "Motion 12?", Answers: []string{"Yes", "No", "Abstain"}, Roll: roll,
		Terms: voting.Terms{Tellers: tellers, Lasts: voting.TellersLast},
	}))(t)
	e.poll = must(e.polls.Ask(t.Context(), e.poll.ID))(t)
	e.own, e.other = must(belenios.NewKey(rand.Reader, e.poll.Group))(t), must(belenios.NewKey(rand.Reader, e.poll.Group))(t)
	own, other := must(e.own.Public(rand.Reader))(t), must(e.other.Public(rand.Reader))(t)
	trustee := must(e.polls.OwnKey(t.Context(), e.poll.ID))(t)
	e.group = Group{Members: append(slices.Clone(people), bot, kayas, lenzs), Bot: bot, Self: kayas, Owner: mine, Least: least}
	e.agreed = Agreed{Poll: e.poll.ID, Own: string(own), Keys: map[string]string{lenzs: string(other)}, Question: parley.Question{
		Group: e.poll.Group, Asker: "@anna:x", Asked: e.poll.Asked, Rule: e.poll.Rule, Terms: e.poll.Terms, Least: e.poll.Least,
		Roll: people, Trustee: string(trustee),
	}}
	must(e.polls.TakeKey(t.Context(), e.poll.ID, kayas, own))(t)
	must(e.polls.TakeKey(t.Context(), e.poll.ID, lenzs, other))(t)
	e.poll = must(e.polls.Compose(t.Context(), e.poll.ID, start))(t)
	papers := must(e.polls.Papers(t.Context(), e.poll.ID))(t)
	setup := parley.Setup{
		Election: string(papers.Election), Trustees: string(papers.Trustees), Credentials: string(papers.Credentials),
		Opened: e.poll.Opened, Ends: e.poll.Ends,
	}
	for _, account := range []string{kayas, lenzs} {
		must(e.polls.Confirm(t.Context(), e.poll.ID, account, e.poll.Fingerprint))(t)
	}
	e.poll = must(e.polls.Launch(t.Context(), e.poll.ID))(t)
	for _, m := range roll[:5] {
		must(e.polls.Cast(t.Context(), must(e.polls.Fold(t.Context(), e.poll.ID, m, voting.Yes))(t)))(t)
	}
	e.poll = must(e.polls.Close(t.Context(), e.poll.ID, e.poll.Ends))(t)
	e.share = string(must(e.polls.OwnShare(t.Context(), e.poll.ID, e.poll.Ends))(t))
	e.ballots = Ballots{Hash: e.poll.ClosedHash, Voted: people[:5], Archive: must(e.polls.Closing(t.Context(), e.poll.ID))(t)}
	e.watched = Watched{
		Poll: e.poll.ID, Question: e.Question, Fingerprint: e.poll.Fingerprint, Credentials: credentialsOf(t, setup), Ends: e.poll.Ends, ClosedAt: e.poll.Ends,
	}
	return e, setup
}

func TestAsk(t *testing.T) {
	e, _ := held(t)
	for want, spoil := range map[Rule]func(q *parley.Question, g *Group){
		"":      func(*parley.Question, *Group) {},
		NotMine: func(_ *parley.Question, g *Group) { g.Self = "@kaya-other:x" },
		Terms:   func(q *parley.Question, _ *Group) { q.Terms.HideVoters = true },
		Few:     func(q *parley.Question, _ *Group) { q.Least = least - 1 },
		Roll:    func(q *parley.Question, _ *Group) { q.Roll = append(slices.Clone(q.Roll), "@stranger:x") },
		Clock:   func(q *parley.Question, _ *Group) { q.Terms.Lasts, q.Terms.Until = 0, start.Add(-time.Minute) },
	} {
		q, g := e.Question, e.group
		spoil(&q, &g)
		if got := Ask(q, g, start); !is(got, want) {
			t.Errorf("%q: %v", want, got)
		}
	}
	unheard := e.Question
	unheard.Group = "BELENIOS-9999"
	if got := Ask(unheard, e.group, start); !is(got, Terms) {
		t.Errorf("a group that nobody knows: %v", got)
	}
	for name, spoil := range map[string]func(q *parley.Question, g *Group){
		"twice on the roll":     func(q *parley.Question, _ *Group) { q.Roll = append(slices.Clone(q.Roll), lenz) },
		"unsorted":              func(q *parley.Question, _ *Group) { q.Roll = []string{lenz, kaya, "@anna:x", "@bernd:x", "@clara:x"} },
		"a machine on the roll": func(q *parley.Question, _ *Group) { q.Roll = slices.Sorted(slices.Values(append(people, lenzs))) },
		"the bot on the roll":   func(q *parley.Question, _ *Group) { q.Roll = slices.Sorted(slices.Values(append(people, bot))) },
	} {
		q, g := e.Question, e.group
		spoil(&q, &g)
		if got := Ask(q, g, start); !is(got, Roll) {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestCompare(t *testing.T) {
	e, setup := held(t)
	evil := must(belenios.NewKey(rand.Reader, e.poll.Group))(t)
	public := string(must(evil.Public(rand.Reader))(t))
	// rebuilt is the election as a bot would post it that changed something beforehand.
	rebuilt := func(s *parley.Setup, p belenios.Parameters, keys []string, credentials []string) {
		var trustees []belenios.Trustee
		for _, key := range keys {
			trustees = append(trustees, belenios.Single([]byte(key)))
		}
		made := must(belenios.NewSetup(p, trustees, credentials))(t)
		s.Election, s.Trustees, s.Credentials = string(made.Election), string(made.Trustees), string(made.Credentials)
	}
	credentials := must(belenios.Open(belenios.Setup{
		Election: []byte(setup.Election), Trustees: []byte(setup.Trustees), Credentials: []byte(setup.Credentials),
	}))(t).Credentials()
	right := voting.ParametersOf(e.Poll, e.Question.Group, e.Question.Asked, belenios.RollHash(people))
	keys := []string{e.Question.Trustee, e.Own, e.Keys[lenzs]}
	other := right
	other.Questions = slices.Clone(right.Questions)
	other.Questions[0].Text = "Motion 13?"
	foreign := right
	foreign.CredentialAuthority = belenios.RollHash(people[:5])
	renamed := right
	renamed.Name = "Motion 13?"
	for name, c := range map[string]struct {
		want  Rule
		spoil func(s *parley.Setup)
	}{
		"right":                       {"", func(*parley.Setup) {}},
		"not an election":             {Election, func(s *parley.Setup) { s.Election += " " }},
		"another key in place of his": {Keys, func(s *parley.Setup) { rebuilt(s, right, []string{keys[0], keys[1], public}, credentials) }},
		"another key in place of own": {Keys, func(s *parley.Setup) { rebuilt(s, right, []string{keys[0], public, keys[2]}, credentials) }},
		"another key of the bot":      {Keys, func(s *parley.Setup) { rebuilt(s, right, []string{public, keys[1], keys[2]}, credentials) }},
		"a key too many":              {Keys, func(s *parley.Setup) { rebuilt(s, right, append(slices.Clone(keys), public), credentials) }},
		"a key too few":               {Keys, func(s *parley.Setup) { rebuilt(s, right, keys[:2], credentials) }},
		"another question":            {Question, func(s *parley.Setup) { rebuilt(s, other, keys, credentials) }},
		"another roll":                {Roll, func(s *parley.Setup) { rebuilt(s, foreign, keys, credentials) }},
		"a credential too many":       {Unequal, func(s *parley.Setup) { rebuilt(s, right, keys, append(slices.Clone(credentials), credential(t, e))) }},
		"a credential that weighs": {Unequal, func(s *parley.Setup) {
			rebuilt(s, right, keys, append(slices.Clone(credentials[1:]), credentials[0]+",7"))
		}},
		"another name":      {Election, func(s *parley.Setup) { rebuilt(s, renamed, keys, credentials) }},
		"ends later":        {Clock, func(s *parley.Setup) { s.Ends = s.Ends.Add(time.Hour) }},
		"ends earlier":      {Clock, func(s *parley.Setup) { s.Ends = s.Ends.Add(-time.Minute) }},
		"opened long ago":   {Clock, func(s *parley.Setup) { s.Opened, s.Ends = s.Opened.Add(-time.Hour), s.Ends.Add(-time.Hour) }},
		"opened soon":       {Clock, func(s *parley.Setup) { s.Opened, s.Ends = s.Opened.Add(2*time.Minute), s.Ends.Add(2*time.Minute) }},
		"opened next year ": {Clock, func(s *parley.Setup) { s.Opened, s.Ends = s.Opened.AddDate(1, 0, 0), s.Ends.AddDate(1, 0, 0) }},
	} {
		s := setup
		c.spoil(&s)
		found, err := Compare(s, e.agreed, kayas, start)
		if !is(err, c.want) || (c.want == "") != (found.Fingerprint == e.poll.Fingerprint) {
			t.Errorf("%s: %v, %v", name, err, found)
		}
	}
	unheard := e.agreed
	unheard.Keys = map[string]string{}
	if _, err := Compare(setup, unheard, kayas, start); !is(err, Keys) {
		t.Errorf("a key that nobody published: %v", err)
	}
}

// credentialsOf is the hash of those in a setup.
func credentialsOf(t *testing.T, s parley.Setup) string {
	t.Helper()
	election := must(belenios.Open(belenios.Setup{Election: []byte(s.Election), Trustees: []byte(s.Trustees), Credentials: []byte(s.Credentials)}))(t)
	return Credentials(election.Credentials())
}

// credential is one of nobody.
func credential(t *testing.T, e *evening) string {
	t.Helper()
	token := must(belenios.NewCredential(rand.Reader))(t)
	return must(belenios.PublicCredential(e.poll.Group, string(e.poll.ID), token))(t)
}

func TestVerify(t *testing.T) {
	e, _ := held(t)
	for name, c := range map[string]struct {
		want  Rule
		spoil func(b *Ballots, w *Watched)
	}{
		"right":                {"", func(*Ballots, *Watched) {}},
		"never confirmed":      {OtherVote, func(_ *Ballots, w *Watched) { w.Fingerprint = "" }},
		"another election":     {OtherVote, func(_ *Ballots, w *Watched) { w.Fingerprint = strings.Repeat("A", 43) }},
		"cut off":              {Archive, func(b *Ballots, _ *Watched) { b.Archive = b.Archive[:len(b.Archive)-512] }},
		"a bit":                {Archive, func(b *Ballots, _ *Watched) { b.Archive = flipped(b.Archive) }},
		"another roll":         {Roll, func(_ *Ballots, w *Watched) { w.Question.Roll = people[:5] }},
		"other credentials":    {Unequal, func(_ *Ballots, w *Watched) { w.Credentials = Credentials(nil) }},
		"another hash":         {ClosedHash, func(b *Ballots, _ *Watched) { b.Hash = strings.Repeat("0", 64) }},
		"no voters":            {Voters, func(b *Ballots, _ *Watched) { b.Voted = nil }},
		"a voter too few":      {Voters, func(b *Ballots, _ *Watched) { b.Voted = people[:4] }},
		"a voter too many":     {Voters, func(b *Ballots, _ *Watched) { b.Voted = people }},
		"a stranger voted":     {Voters, func(b *Ballots, _ *Watched) { b.Voted = append([]string{"@aaa:x"}, people[:4]...) }},
		"somebody voted twice": {Voters, func(b *Ballots, _ *Watched) { b.Voted = append([]string{people[0]}, people[:4]...) }},
		"too few":              {TooFew, func(_ *Ballots, w *Watched) { w.Question.Least = 6 }},
	} {
		b, w := e.ballots, e.watched
		c.spoil(&b, &w)
		if _, err := Verify(b, w); !is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWaits(t *testing.T) {
	e, _ := held(t)
	audit := must(Verify(e.ballots, e.watched))(t)
	for name, c := range map[string]struct {
		want  Rule
		spoil func(w *Watched)
	}{
		"nothing":          {"", func(*Watched) {}},
		"an alarm":         {Alarmed, func(w *Watched) { w.Alarmed = true }},
		"a halt":           {Halted, func(w *Watched) { w.Halted = true }},
		"an objection":     {Objected, func(w *Watched) { w.Objected = true }},
		"before its time":  {Early, func(w *Watched) { w.ClosedAt = w.Ends.Add(-2 * time.Minute) }},
		"a clock ahead":    {"", func(w *Watched) { w.ClosedAt = w.Ends.Add(-20 * time.Second) }},
		"moved":            {Extended, func(w *Watched) { w.Moved = true }},
		"moved, closed":    {"", func(w *Watched) { w.Moved, w.CloseSaid = true, w.Ends }},
		"long after":       {Late, func(w *Watched) { w.ClosedOn = w.Ends.Add(11 * time.Minute) }},
		"heard long after": {"", func(w *Watched) { w.ClosedAt, w.ClosedOn = w.Ends.Add(time.Hour), w.Ends.Add(time.Second) }},
		"closed at a wish": {"", func(w *Watched) { w.ClosedAt, w.CloseSaid = w.Ends.Add(-2*time.Minute), w.Ends }},
	} {
		w := e.watched
		c.spoil(&w)
		err := Waits(audit, w)
		if !is(err, c.want) || c.want != "" && !c.want.Heals() {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func flipped(archive []byte) []byte {
	other := bytes.Clone(archive)
	other[len(other)/2] ^= 1
	return other
}

func TestRelease(t *testing.T) {
	e, _ := held(t)
	audit := must(Verify(e.ballots, e.watched))(t)
	if err := Release(audit, e.share); err != nil {
		t.Errorf("a right part of the bot: %v", err)
	}
	teller := must(audit.Election().Decrypt(rand.Reader, audit.Sum(), e.own))(t)
	for name, share := range map[string]string{"none": "", "of another": string(teller.Body), "changed": strings.Replace(e.share, "1", "2", 1)} {
		if err := Release(audit, share); !is(err, BotShare) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got, want := Opens(e.watched), e.watched.ClosedAt; !got.Equal(want) {
		t.Errorf("opens at %v, want %v", got, want)
	}
	before := e.watched
	before.ClosedAt = before.Ends.Add(-20 * time.Second)
	if got, want := Opens(before), before.Ends; !got.Equal(want) {
		t.Errorf("closed by a clock that is ahead, it opens at %v, want %v", got, want)
	}
	before.CloseSaid = before.ClosedAt
	if got, want := Opens(before), before.ClosedAt; !got.Equal(want) {
		t.Errorf("closed at a wish, it opens at %v, want %v", got, want)
	}
}

func TestRecount(t *testing.T) {
	e, _ := held(t)
	audit := must(Verify(e.ballots, e.watched))(t)
	for account, key := range map[string]*belenios.Key{kayas: e.own, lenzs: e.other} {
		share := must(audit.Election().Decrypt(rand.Reader, audit.Sum(), key))(t)
		must(e.polls.TakeShare(t.Context(), e.poll.ID, account, share.Body))(t)
	}
	_, archive, err := e.polls.Tally(t.Context(), e.poll.ID, e.poll.Ends)
	if err != nil {
		t.Fatal(err)
	}
	report := must(Recount(audit, archive, e.ballots.Hash, e.watched))(t)
	if got, want := fmt.Sprint(report.Sums), "[[5 0 0]]"; got != want {
		t.Errorf("counted %s, want %s", got, want)
	}
	other, _ := held(t)
	if report, err := Recount(must(Verify(other.ballots, other.watched))(t), archive, e.ballots.Hash, e.watched); err != nil || report.Counted != 5 {
		t.Errorf("beside an audit of other ballots: %v", err)
	}
	for name, c := range map[string]struct {
		archive []byte
		hash    string
	}{
		"without a result": {e.ballots.Archive, e.ballots.Hash},
		"a bit":            {flipped(archive), e.ballots.Hash},
		"a later bit":      {append(slices.Clone(e.ballots.Archive), flipped(archive[len(e.ballots.Archive):])...), e.ballots.Hash},
		"other ballots":    {archive, strings.Repeat("0", 64)},
	} {
		if _, err := Recount(audit, c.archive, c.hash, e.watched); !is(err, ResultWrong) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// is says whether an error is a rule; "" stands for none.
func is(err error, want Rule) bool {
	if want == "" {
		return err == nil
	}
	return errors.Is(err, want)
}
