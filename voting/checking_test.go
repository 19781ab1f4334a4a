package voting_test

import (
	"crypto/rand"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"stimmbote/voting"
	"stimmbote/voting/belenios"
)

// A ballot is found by its code and its words as long as it would count: while the poll is open,
// after the close and in the archive that is kept.
func TestCheck(t *testing.T) {
	w := newWorld(t)
	p := w.open(6)
	replaced := w.vote(p.ID, voting.No)[0]
	r := w.vote(p.ID, voting.Yes, voting.No, voting.Yes, voting.Abstain, voting.No)[0]
	other := w.open(5)
	there := w.vote(other.ID, voting.Yes)[0]
	w.draft(5)
	w.start(5, voting.Terms{Level: voting.Open})
	german, english := voting.Words(r.Tracker, "de"), voting.Words(r.Tracker, "en")
	if len(german) != 3 || len(english) != 3 || slices.Equal(german, english) || voting.Words("x", "de") != nil {
		t.Fatalf("words %v, %v", german, english)
	}
	look := func(when string) {
		t.Helper()
		for _, text := range []string{
			r.Code, strings.ToLower(r.Code), "code: "[:0] + strings.ReplaceAll(r.Code, "-", " "),
			strings.Join(german, " "), strings.ToUpper(strings.Join(english, ", ")) + ".",
		} {
			found, err := w.Check(t.Context(), text)
			if err != nil || found.Poll == nil || found.Poll.ID != p.ID || found.Tracker != r.Tracker || found.Code != r.Code || found.Several {
				t.Errorf("%s: %q: %+v, %v", when, text, found, err)
			}
		}
		if found, err := w.Check(t.Context(), replaced.Code); err != nil || found.Poll != nil {
			t.Errorf("%s: what was replaced: %+v, %v", when, found, err)
		}
		if found, err := w.Check(t.Context(), there.Code); err != nil || found.Poll == nil || found.Poll.ID != other.ID {
			t.Errorf("%s: in another poll: %+v, %v", when, found, err)
		}
		if found, err := w.Check(t.Context(), "AAAA-AAAA-AAAA-AAAA"); err != nil || found.Poll != nil || found.Several {
			t.Errorf("%s: what there is not: %+v, %v", when, found, err)
		}
		for _, text := range []string{"", "ja", "AAAA", "AAAA-AAAA-AAAA-AAAA-AAAA", "these are words"} {
			if found, err := w.Check(t.Context(), text); !errors.Is(err, voting.ErrNoCode) {
				t.Errorf("%s: %q: %+v, %v", when, text, found, err)
			}
		}
	}
	look("open")
	w.close(p.ID)
	look("closed")
	w.tally(p.ID)
	look("counted")
	check(t, w.Forget(t.Context(), p.ID))
	look("done")
	look("done, once more")
	w = w.again()
	look("done, after a restart")
}

// What is said of a ballot comes from the ballot as it lies there, whatever crashed.
func TestReceiptsComeFromTheBallots(t *testing.T) {
	w := newWorld(t)
	p := w.open(6)
	receipts := w.vote(p.ID, voting.Yes, voting.No, voting.Yes, voting.Abstain, voting.No)
	public := w.start(5, voting.Terms{Level: voting.Open})
	w.vote(public.ID, voting.Yes)
	look := func() {
		t.Helper()
		w = w.again()
		for i, m := range members(6) {
			r, ok, err := w.Receipt(t.Context(), p.ID, m)
			if err != nil || ok != (i < 5) || ok && (r.Tracker != receipts[i].Tracker || r.Code != belenios.Code(r.Tracker)) {
				t.Errorf("%s: %+v, %v, %v", m, r, ok, err)
			}
			if r, ok, err := w.Receipt(t.Context(), public.ID, m); i < 5 && (err != nil || ok != (i == 0) || r.Code != "") {
				t.Errorf("%s, openly: %+v, %v, %v", m, r, ok, err)
			}
		}
		if _, _, err := w.Receipt(t.Context(), p.ID, "@stranger:x"); !errors.Is(err, voting.ErrNotEntitled) {
			t.Errorf("a stranger: %v", err)
		}
	}
	look()
	w.close(p.ID)
	look()
	w.tally(p.ID)
	w.close(public.ID)
	look()
	check(t, w.Forget(t.Context(), p.ID))
	if _, _, err := w.Receipt(t.Context(), p.ID, asker); err == nil {
		t.Error("a receipt at the end")
	}
}

func TestEarlierPolls(t *testing.T) {
	w := newWorld(t)
	over := func(p *voting.Poll) *voting.Poll {
		t.Helper()
		w.vote(p.ID, 0, 0, 0, 0, 0)
		w.close(p.ID)
		w.tally(p.ID)
		check(t, w.Forget(t.Context(), p.ID))
		return p
	}
	first := over(w.open(5))
	over(w.start(5, voting.Terms{Rehearsal: true}))
	ended := w.open(5)
	check(t, w.Discard(t.Context(), ended.ID))
	public := over(w.start(5, voting.Terms{Level: voting.Open}))
	running := w.open(5)
	check(t, w.Cancel(t.Context(), w.draft(5).ID))
	earlier := func(place voting.Place, n int, want ...voting.ID) {
		t.Helper()
		polls, err := w.Earlier(t.Context(), place, n)
		check(t, err)
		var got []voting.ID
		for _, p := range polls {
			got = append(got, p.ID)
		}
		if !slices.Equal(got, want) {
			t.Errorf("earlier in %s: %v, want %v", place, got, want)
		}
	}
	earlier(group, 10, public.ID, ended.ID, first.ID)
	earlier(group, 2, public.ID, ended.ID)
	for n, want := range []voting.ID{"", first.ID, ended.ID, public.ID, running.ID, ""} {
		p, err := w.Numbered(t.Context(), group, n)
		if n > 0 && want != "" && (err != nil || p.ID != want || p.Number != n) || want == "" && n > 0 && !errors.Is(err, voting.ErrUnknown) {
			t.Errorf("number %d: %+v, %v", n, p, err)
		}
	}
	check(t, w.Move(t.Context(), group, "!new:x"))
	earlier(group, 10)
	earlier("!new:x", 10, public.ID, ended.ID, first.ID)
}

// What is over for long is deleted, numbers go on, and what somebody objected to stays.
func TestRetire(t *testing.T) {
	w := newWorld(t)
	over := func() *voting.Poll {
		p := w.open(5)
		w.vote(p.ID, 0, 0, 0, 0, 0)
		w.close(p.ID)
		w.tally(p.ID)
		return p
	}
	old, objected, unfinished, open := over(), over(), over(), w.open(5)
	cancelled := w.draft(5)
	draft := w.draft(5)
	check(t, second(w.Object(t.Context(), objected.ID, asker, "no", closing)))
	check(t, second(w.Proceed(t.Context(), objected.ID)))
	check(t, w.Forget(t.Context(), old.ID))
	check(t, w.Forget(t.Context(), objected.ID))
	check(t, w.Cancel(t.Context(), cancelled.ID))
	receipt, err := w.Check(t.Context(), "AAAA-AAAA-AAAA-AAAA") // reads the archives
	check(t, err)
	keep := 180 * 24 * time.Hour
	check(t, w.Retire(t.Context(), closing.Add(keep)))
	for _, p := range []*voting.Poll{old, objected, unfinished, open, draft} {
		check(t, second(w.Poll(t.Context(), p.ID)))
	}
	check(t, w.Retire(t.Context(), closing.Add(keep+time.Second)))
	for _, p := range []*voting.Poll{objected, unfinished, open, draft} {
		check(t, second(w.Poll(t.Context(), p.ID)))
	}
	for _, p := range []*voting.Poll{old, cancelled} {
		if _, err := w.Poll(t.Context(), p.ID); !errors.Is(err, voting.ErrUnknown) {
			t.Errorf("%s: %v", p.ID, err)
		}
	}
	check(t, w.store.Scrub(t.Context()))
	if found := w.find(string(old.ID)); found != nil {
		t.Errorf("it is left in %v, %+v", found, receipt)
	}
	if p := w.open(5); p.Number != 5 {
		t.Errorf("number %d", p.Number)
	}
}

func TestConfig(t *testing.T) {
	for _, c := range []struct {
		change func(c *voting.Config)
		ok     bool
	}{
		{func(*voting.Config) {}, true},
		{func(c *voting.Config) { c.MinBallots = 3 }, true},
		{func(c *voting.Config) { c.MinBallots = 2 }, false},
		{func(c *voting.Config) { c.Keep = 0 }, false},
		{func(c *voting.Config) { c.Group = "x" }, false},
	} {
		cfg := voting.Defaults()
		c.change(&cfg)
		if err := cfg.Validate(); (err == nil) != c.ok {
			t.Errorf("%+v: %v", cfg, err)
		}
	}
}

// The configuration may ask for fewer ballots, and for more.
func TestLeastBallots(t *testing.T) {
	w := newWorld(t)
	for _, least := range []int{3, 6} {
		cfg := voting.Defaults()
		cfg.MinBallots = least
		w.Polls = voting.New(w.store, w.vault, rand.Reader, cfg)
		if _, err := w.Draft(t.Context(), motion(group, members(least-1)...)); !errors.Is(err, voting.ErrSmallGroup) {
			t.Errorf("%d on the roll: %v", least-1, err)
		}
		p := w.open(least)
		w.vote(p.ID, make([]int, least-1)...)
		if _, err := w.Close(t.Context(), p.ID, closing); !errors.Is(err, voting.ErrTooFew) || p.Least != least {
			t.Errorf("%d ballots: %v", least-1, err)
		}
		w.vote(p.ID, make([]int, least)...)
		w.close(p.ID)
		w.tally(p.ID)
	}
}

// Words that fit two ballots name neither.
func TestCheckWordsOfTwo(t *testing.T) {
	w := newWorld(t)
	p, other := w.open(5), w.open(5)
	r := w.vote(p.ID, voting.Yes)[0]
	places, err := w.store.Places(t.Context(), string(p.ID))
	check(t, err)
	theirs, err := w.store.Places(t.Context(), string(other.ID))
	check(t, err)
	for _, place := range places {
		if place.Ballot[0] != 0 { // a ballot with the same words is hard to come by
			place.Credential = theirs[0].Credential
			check(t, w.store.PutPlace(t.Context(), string(other.ID), place))
		}
	}
	found, err := w.Check(t.Context(), strings.Join(voting.Words(r.Tracker, "en"), " "))
	if err != nil || !found.Several || found.Poll != nil {
		t.Errorf("found %+v, %v", found, err)
	}
}
