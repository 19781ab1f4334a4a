package voting_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"slices"
	"testing"
	"time"

	"stimmbote/voting"
	"stimmbote/voting/belenios"
)

const kayas, lenzs = "@kaya-box:example.org", "@lenz-box:example.org"

func withTellers() voting.Terms {
	return voting.Terms{Tellers: voting.TellersOf([]voting.Teller{
		{Owner: "@member0:example.org", Account: kayas}, {Owner: "@member1:example.org", Account: lenzs},
	})}
}

// keys are those of the tellers, by account.
func (w *world) keys(p *voting.Poll) (keys map[string]*belenios.Key, publics map[string][]byte) {
	w.t.Helper()
	keys, publics = make(map[string]*belenios.Key), make(map[string][]byte)
	for _, account := range []string{kayas, lenzs} {
		key, err := belenios.NewKey(rand.Reader, p.Group)
		check(w.t, err)
		public, err := key.Public(rand.Reader)
		check(w.t, err)
		keys[account], publics[account] = key, public
	}
	return keys, publics
}

// TestTellers takes a poll with tellers through its life, reopening the database at each step, and
// tries at each what is not due.
func TestTellers(t *testing.T) {
	w := newWorld(t)
	draft := motion(group, members(6)...)
	draft.Terms = withTellers()
	p, err := w.Draft(t.Context(), draft)
	check(t, err)
	if p.Level() != voting.Shared {
		t.Errorf("the level is %v", p.Level())
	}
	if _, err := w.Prepare(t.Context(), p.ID); !errors.Is(err, voting.ErrNotDraft) {
		t.Errorf("prepared without its tellers: %v", err)
	}
	keys, publics := w.keys(p)
	if _, err := w.TakeKey(t.Context(), p.ID, kayas, publics[kayas]); !errors.Is(err, voting.ErrNotDraft) {
		t.Errorf("a key before it was asked for: %v", err)
	}
	p, err = w.Ask(t.Context(), p.ID)
	check(t, err)
	own, err := w.OwnKey(t.Context(), p.ID)
	check(t, err)
	w = w.again()
	_, err = w.Ask(t.Context(), p.ID)
	check(t, err)
	if again, err := w.OwnKey(t.Context(), p.ID); err != nil || string(again) != string(own) {
		t.Errorf("asking again made another key: %v", err)
	}
	if _, err := w.Compose(t.Context(), p.ID, opening); !errors.Is(err, voting.ErrWaits) {
		t.Errorf("composed without the tellers' keys: %v", err)
	}
	if _, err := w.TakeKey(t.Context(), p.ID, "@member3:example.org", publics[kayas]); !errors.Is(err, voting.ErrNoTeller) {
		t.Errorf("a key of no teller: %v", err)
	}
	for _, account := range []string{kayas, lenzs, lenzs} {
		_, err := w.TakeKey(t.Context(), p.ID, account, publics[account])
		check(t, err)
	}
	if _, err := w.TakeKey(t.Context(), p.ID, kayas, publics[lenzs]); !errors.Is(err, voting.ErrChanged) {
		t.Errorf("a second key: %v", err)
	}
	p, err = w.Compose(t.Context(), p.ID, opening)
	check(t, err)
	w = w.again()
	if _, err := w.Launch(t.Context(), p.ID); !errors.Is(err, voting.ErrWaits) {
		t.Errorf("opened before the tellers compared it: %v", err)
	}
	if _, err := w.Confirm(t.Context(), p.ID, kayas, "another"); !errors.Is(err, voting.ErrChanged) {
		t.Errorf("another election was confirmed: %v", err)
	}
	if _, err := w.Fold(t.Context(), p.ID, asker, voting.Yes); !errors.Is(err, voting.ErrNotOpen) {
		t.Errorf("a ballot before the opening: %v", err)
	}
	for _, account := range []string{kayas, lenzs} {
		_, err := w.Confirm(t.Context(), p.ID, account, p.Fingerprint)
		check(t, err)
	}
	p, err = w.Launch(t.Context(), p.ID)
	check(t, err)
	w.vote(p.ID, voting.Yes, voting.Yes, voting.No, voting.Yes, voting.Abstain)
	if _, err := w.OwnShare(t.Context(), p.ID, opening); !errors.Is(err, voting.ErrNotClosed) {
		t.Errorf("a part before the close: %v", err)
	}
	p = w.close(p.ID)
	w.release(p, keys)
}

// release opens the sum of a closed poll with everybody's part.
func (w *world) release(p *voting.Poll, keys map[string]*belenios.Key) {
	t := w.t
	t.Helper()
	first, err := w.OwnShare(t.Context(), p.ID, closing)
	check(t, err)
	w = w.again()
	if again, err := w.OwnShare(t.Context(), p.ID, closing); err != nil || string(again) != string(first) {
		t.Errorf("the part was made anew: %v", err)
	}
	archive, err := w.Closing(t.Context(), p.ID)
	check(t, err)
	audit, err := belenios.AuditBallots(archive)
	check(t, err)
	for _, account := range []string{kayas, lenzs} {
		if _, _, err := w.Tally(t.Context(), p.ID, closing); !errors.Is(err, voting.ErrWaits) {
			t.Errorf("counted without the part of %s: %v", account, err)
		}
		if _, err := w.TakeShare(t.Context(), p.ID, account, first); err == nil {
			t.Errorf("the bot's part was taken for that of %s", account)
		}
		share, err := audit.Election().Decrypt(rand.Reader, audit.Sum(), keys[account])
		check(t, err)
		_, err = w.TakeShare(t.Context(), p.ID, account, share.Body)
		check(t, err)
	}
	changed := bytes.Clone(archive) // after they were verified, too
	changed[len(changed)/2] ^= 1
	check(t, w.store.PutPaper(t.Context(), p.ID, "ballots", changed))
	if _, _, err := w.Tally(t.Context(), p.ID, closing); !errors.Is(err, voting.ErrChanged) {
		t.Errorf("counted with a byte changed: %v", err)
	}
	check(t, w.store.PutPaper(t.Context(), p.ID, "ballots", archive))
	counted, archive := w.tally(p.ID)
	if got := counted.Result.Sums; !slices.Equal(got, []int{3, 1, 1}) {
		t.Errorf("counted %v", got)
	}
	if report, err := belenios.Verify(archive); err != nil || report.Status != belenios.Complete {
		t.Errorf("the archive: %v", err)
	}
	check(t, w.Forget(t.Context(), p.ID))
}

// TestTellersWithdraw ends a poll that was never opened.
func TestTellersWithdraw(t *testing.T) {
	w := newWorld(t)
	draft := motion(group, members(5)...)
	draft.Terms = withTellers()
	p, err := w.Draft(t.Context(), draft)
	check(t, err)
	_, err = w.Ask(t.Context(), p.ID)
	check(t, err)
	check(t, w.Withdraw(t.Context(), p.ID))
	check(t, w.Sweep(t.Context()))
	if names, err := w.vault.Names(); err != nil || len(names) > 0 {
		t.Errorf("key files are left: %v, %v", names, err)
	}
	if got := w.state(p.ID); got != voting.StateCancelled {
		t.Errorf("it is %s", got)
	}
}

func TestTellersThatCannotBe(t *testing.T) {
	one := voting.Teller{Owner: "@a:x", Account: "@a-box:x"}
	for name, terms := range map[string]voting.Terms{
		"open":         {Level: voting.Open, Tellers: withTellers().Tellers},
		"claimed":      {Level: voting.Shared},
		"rehearsal":    {Rehearsal: true, Tellers: withTellers().Tellers},
		"hidden":       {HideVoters: true, Tellers: withTellers().Tellers},
		"one":          {Tellers: voting.TellersOf([]voting.Teller{one})},
		"one twice":    {Tellers: voting.TellersOf([]voting.Teller{one, one})},
		"no machine":   {Tellers: voting.TellersOf([]voting.Teller{one, {Owner: "@b:x"}})},
		"four of them": {Tellers: withTellers().Tellers + "\n@c:x @c-box:x\n@d:x @d-box:x"},
	} {
		if err := terms.Check(); err == nil {
			t.Errorf("%s: held", name)
		}
	}
	long := voting.Terms{Tellers: withTellers().Tellers, Lasts: time.Hour}
	check(t, long.Check())
	if got := voting.Said("", "de"); got != "" {
		t.Errorf("no fingerprint is said as %q", got)
	}
}

// TestLevelFollows from how a poll is held, whatever anybody calls it.
func TestLevelFollows(t *testing.T) {
	tellers := withTellers().Tellers
	for _, test := range []struct {
		terms voting.Terms
		want  voting.Level
	}{
		{voting.Terms{}, voting.Confidential},
		{voting.Terms{OnlySealed: true, Booth: "https://club.example/booth.html"}, voting.Confidential},
		{voting.Terms{Tellers: tellers}, voting.Shared},
		{voting.Terms{Tellers: tellers, OnlySealed: true}, voting.Shared},
		{voting.Terms{Tellers: tellers, Booth: "https://club.example/booth.html"}, voting.Shared},
		{voting.Terms{Tellers: tellers, OnlySealed: true, Booth: "https://club.example/booth.html"}, voting.Secret},
		{voting.Terms{Level: voting.Open, OnlySealed: true}, voting.Open},
	} {
		if got := test.terms.Secrecy(); got != test.want {
			t.Errorf("%+v is %v, want %v", test.terms, got, test.want)
		}
	}
}
