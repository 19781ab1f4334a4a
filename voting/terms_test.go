package voting_test

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"stimmbote/voting"
)

// Where nothing is said, or what was said is lost, nobody's answer is open.
func TestNothingUnlabelledIsOpen(t *testing.T) {
	var terms voting.Terms
	if terms.Level != voting.Confidential || terms.Level.String() != "confidential" {
		t.Errorf("the level of no terms is %s", terms.Level)
	}
	for text, want := range map[string]bool{`{}`: true, `{"level":"open"}`: true, `{"level":"secret"}`: false, `{"level":"shared"}`: false, `{"level":1}`: false} {
		var got voting.Terms
		err := json.Unmarshal([]byte(text), &got)
		if (err == nil) != want || (got.Level == voting.Open) != (text == `{"level":"open"}`) {
			t.Errorf("%s: %s, %v", text, got.Level, err)
		}
	}
	if text, err := json.Marshal(voting.Terms{Level: 7}); err == nil {
		t.Errorf("a level that there is not: %s", text)
	}
	w := newWorld(t)
	if p := w.again().draft(5); p.Level() != voting.Confidential {
		t.Errorf("a draft without terms is %s", p.Level())
	}
}

func TestTermsAreKept(t *testing.T) {
	w := newWorld(t)
	d := motion(group, members(6)...)
	d.Terms = voting.Terms{NoRevote: true, HideVoters: true, Picked: true, Until: opening.Add(90*time.Minute + time.Millisecond), Objection: time.Minute}
	p, err := w.Draft(t.Context(), d)
	check(t, err)
	w = w.again()
	p, err = w.Start(t.Context(), w.prepare(p.ID), opening)
	check(t, err)
	d.Terms.Until = opening.Add(90 * time.Minute)
	for range 2 {
		if p.Terms != d.Terms || !p.Ends.Equal(d.Terms.Until) || p.Number != 1 {
			t.Errorf("got %+v until %v, number %d", p.Terms, p.Ends, p.Number)
		}
		w = w.again()
		p, err = w.Poll(t.Context(), p.ID)
		check(t, err)
	}
}

func TestTermsThatCannotBe(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		name         string
		terms        voting.Terms
		draft, start error
		ends         time.Duration
	}{
		{"none", voting.Terms{}, nil, nil, voting.MaxOpen},
		{"ten minutes", voting.Terms{Lasts: 10 * time.Minute}, nil, nil, 10 * time.Minute},
		{"until then", voting.Terms{Until: opening.Add(time.Hour)}, nil, nil, time.Hour},
		{"as long as can be", voting.Terms{Lasts: voting.MaxOpen}, nil, nil, voting.MaxOpen},
		{"longer", voting.Terms{Lasts: voting.MaxOpen + 1}, voting.ErrTooLong, nil, 0},
		{"until much later", voting.Terms{Until: opening.Add(voting.MaxOpen + time.Hour)}, nil, voting.ErrTooLong, 0},
		{"until now", voting.Terms{Until: opening}, nil, voting.ErrOver, 0},
		{"both", voting.Terms{Lasts: 1, Until: opening}, voting.ErrTerms, nil, 0},
		{"less than nothing", voting.Terms{Lasts: -1}, voting.ErrTerms, nil, 0},
		{"objections to the past", voting.Terms{Objection: -1}, voting.ErrTerms, nil, 0},
		{"objections for ever", voting.Terms{Objection: time.Hour * 24 * 8}, voting.ErrTooLong, nil, 0},
		{"no such level", voting.Terms{Level: 2}, voting.ErrTerms, nil, 0},
	} {
		d := motion(group, members(5)...)
		d.Terms = c.terms
		p, err := w.Draft(t.Context(), d)
		if !errors.Is(err, c.draft) {
			t.Errorf("%s: drafted: %v, want %v", c.name, err, c.draft)
		}
		if err != nil {
			continue
		}
		p, err = w.Start(t.Context(), w.prepare(p.ID), opening)
		if !errors.Is(err, c.start) || err == nil && !p.Ends.Equal(opening.Add(c.ends)) {
			t.Errorf("%s: started: %v, want %v; ends %+v", c.name, err, c.start, p)
		}
	}
}

func TestExtend(t *testing.T) {
	w := newWorld(t)
	draft := w.draft(5)
	extend := func(until time.Time) error { return second(w.Extend(t.Context(), draft.ID, until)) }
	if err := extend(opening.Add(time.Hour)); !errors.Is(err, voting.ErrNotOpen) {
		t.Errorf("a draft: %v", err)
	}
	check(t, second(w.Start(t.Context(), w.prepare(draft.ID), opening)))
	check(t, extend(opening.Add(time.Hour)))
	check(t, extend(opening.Add(2*time.Hour)))
	if err := extend(opening.Add(voting.MaxOpen + 2*time.Second)); !errors.Is(err, voting.ErrTooLong) {
		t.Errorf("for ever: %v", err)
	}
	if err := extend(opening); !errors.Is(err, voting.ErrOver) {
		t.Errorf("to where it began: %v", err)
	}
	w = w.again()
	if p, err := w.Poll(t.Context(), draft.ID); err != nil || !p.Ends.Equal(opening.Add(2*time.Hour)) {
		t.Errorf("ends %+v, %v", p, err)
	}
	w.vote(draft.ID, 0, 0, 0, 0, 0)
	w.close(draft.ID)
	if err := extend(opening.Add(3 * time.Hour)); !errors.Is(err, voting.ErrNotOpen) {
		t.Errorf("after the close: %v", err)
	}
}

// Several polls may be open for one member; the first one counts in a place, rehearsals do not.
func TestSeveralOpenPolls(t *testing.T) {
	w := newWorld(t)
	var want []voting.ID
	for i, place := range []voting.Place{group, "!other:x", group, group} {
		d := motion(place, members(5+i)...)
		d.Terms.Rehearsal = i == 2
		p, err := w.Draft(t.Context(), d)
		check(t, err)
		p, err = w.Start(t.Context(), w.prepare(p.ID), opening.Add(time.Duration(-i)*time.Minute))
		check(t, err)
		if number := []int{1, 1, 0, 2}[i]; p.Number != number {
			t.Errorf("poll %d has number %d, want %d", i, p.Number, number)
		}
		want = append([]voting.ID{p.ID}, want...)
	}
	for m, want := range map[voting.Member][]voting.ID{asker: want, members(8)[6]: want[:2], "@x:example.org": nil} {
		open, err := w.OpenTo(t.Context(), m)
		check(t, err)
		var got []voting.ID
		for _, p := range open {
			got = append(got, p.ID)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", m, got, want)
		}
	}
}

func TestTheFirstVoteCounts(t *testing.T) {
	w := newWorld(t)
	d := motion(group, members(5)...)
	d.Terms.NoRevote = true
	p, err := w.Draft(t.Context(), d)
	check(t, err)
	check(t, second(w.Start(t.Context(), w.prepare(p.ID), opening)))
	later := w.fold(p.ID, asker, voting.No)
	first := w.vote(p.ID, voting.Yes, voting.Yes, voting.Yes, voting.Yes, voting.Yes)
	for range 2 {
		if _, err := w.Cast(t.Context(), later); !errors.Is(err, voting.ErrVoted) {
			t.Fatalf("a second vote: %v", err)
		}
		w = w.again()
		later = w.fold(p.ID, asker, voting.No)
	}
	w.close(p.ID)
	counted, _ := w.tally(p.ID)
	code, ok, err := w.Outcome(t.Context(), p.ID, asker)
	if counted.Result.Sums[voting.Yes] != 5 || code != first[0].Code || !ok || err != nil {
		t.Errorf("result %+v, %s, %v, %v", counted.Result, code, ok, err)
	}
}
