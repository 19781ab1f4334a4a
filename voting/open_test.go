package voting_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"stimmbote/voting"
)

// An open vote of any kind goes the same way, without mathematics: a list in the place of an archive.
func TestOpenVotes(t *testing.T) {
	for _, c := range kinds {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			p, err := w.Draft(t.Context(), voting.Draft{
				Place: group, Asker: asker, Asked: c.asked, Rule: c.rule, Roll: members(6), Terms: voting.Terms{Level: voting.Open},
			})
			check(t, err)
			p, err = w.Start(t.Context(), w.prepare(p.ID), opening)
			check(t, err)
			if p.Level() != voting.Open || p.Fingerprint != "" || p.RollHash == "" || p.Number != 1 {
				t.Errorf("opened: %+v", p)
			}
			if token, err := w.Token(t.Context(), p.ID, asker); token != "" || err != nil {
				t.Errorf("token %q, %v", token, err)
			}
			var want []voting.Named
			for i, m := range members(len(c.choices)) {
				e, err := w.FoldChoice(t.Context(), p.ID, m, c.choices[len(c.choices)-1-i])
				check(t, err)
				check(t, second(w.Cast(t.Context(), e)))
				e, err = w.FoldChoice(t.Context(), p.ID, m, c.choices[i])
				check(t, err)
				r, err := w.Cast(t.Context(), e)
				if err != nil || !r.Replaced || r.Code != "" || r.Tracker != "" || !reflect.DeepEqual(r.Choice, c.choices[i]) {
					t.Fatalf("receipt %+v, %v", r, err)
				}
				want = append(want, voting.Named{Member: m, Choice: c.choices[i]})
			}
			if _, err := w.FoldChoice(t.Context(), p.ID, asker, voting.Choice{Options: []int{9}}); !errors.Is(err, voting.ErrAnswer) {
				t.Errorf("an answer that there is not: %v", err)
			}
			if _, err := w.Fold(t.Context(), p.ID, "@stranger:x", 0); !errors.Is(err, voting.ErrNotEntitled) {
				t.Errorf("a stranger: %v", err)
			}
			w = w.again()
			if n := w.turnout(p.ID); n != 5 {
				t.Errorf("%d answers", n)
			}
			closed := w.close(p.ID)
			voted, err := w.Voted(t.Context(), p.ID)
			if err != nil || !slices.Equal(voted, members(5)) || closed.ClosedHash != "" {
				t.Errorf("voted: %v, %v; closed hash %s", voted, err, closed.ClosedHash)
			}
			w = w.again()
			counted, archive := w.tally(p.ID)
			r := counted.Result
			if archive != nil || r.Verdict.Outcome != c.outcome || !slices.Equal(r.Verdict.Winners, c.winners) || !slices.Equal(r.Sums, c.sums) ||
				r.Count.Cast != 5 || r.Entitled != 6 || fmt.Sprint(r.Named) != fmt.Sprint(want) {
				t.Errorf("result %+v, %v", r, r.Verdict)
			}
			for i, m := range members(6) {
				if code, ok, err := w.Outcome(t.Context(), p.ID, m); code != "" || ok != (i < 5) || err != nil {
					t.Errorf("%s: %q, %v, %v", m, code, ok, err)
				}
			}
			check(t, w.Forget(t.Context(), p.ID))
			check(t, w.Sweep(t.Context()))
			if done, _ := w.tally(p.ID); fmt.Sprint(done.Result.Named) != fmt.Sprint(want) || len(w.keyFiles()) != 0 {
				t.Errorf("at the end: %+v, key files %v", done.Result, w.keyFiles())
			}
		})
	}
}

// Until the close nobody reads an open answer from the files, and five are not needed.
func TestOpenAnswersWaitSealed(t *testing.T) {
	w := newWorld(t)
	d := motion(group, members(2)...)
	d.Terms = voting.Terms{Level: voting.Open, NoRevote: true}
	d.Asked = voting.Question{Kind: voting.KindChoice, Text: "Who?", Options: []string{"Anna", "Ben"}}
	p, err := w.Draft(t.Context(), d)
	check(t, err)
	p, err = w.Start(t.Context(), w.prepare(p.ID), opening)
	check(t, err)
	size := func() int {
		paper, err := w.store.Paper(t.Context(), p.ID, "answers")
		check(t, err)
		return len(paper)
	}
	before := size()
	w.vote(p.ID, 1)
	if _, err := w.Cast(t.Context(), w.fold(p.ID, asker, 0)); !errors.Is(err, voting.ErrVoted) {
		t.Errorf("a second answer: %v", err)
	}
	if now := size(); now != before {
		t.Errorf("the paper has %d bytes, and had %d", now, before)
	}
	check(t, w.store.Scrub(t.Context()))
	if found := w.find(`"Options"`); found != nil {
		t.Errorf("an answer lies in %v", found)
	}
	w.close(p.ID)
	counted, _ := w.tally(p.ID)
	if r := counted.Result; len(r.Named) != 1 || r.Named[0].Member != asker || !slices.Equal(r.Sums, []int{0, 1}) {
		t.Errorf("result %+v", r)
	}
	if _, err := w.Draft(t.Context(), voting.Draft{Place: group, Asked: d.Asked, Terms: d.Terms}); !errors.Is(err, voting.ErrSmallGroup) {
		t.Errorf("for nobody: %v", err)
	}
}

// A rehearsal goes like the real thing with any number of people, has no number and leaves no archive.
func TestRehearsals(t *testing.T) {
	for cast := range 3 {
		w := newWorld(t)
		p := w.start(2, voting.Terms{Rehearsal: true})
		w.vote(p.ID, make([]int, cast)...)
		w.close(p.ID)
		counted, archive := w.tally(p.ID)
		if archive != nil || counted.Number != 0 || counted.Result.Sums[voting.Yes] != cast || counted.ClosedHash == "" {
			t.Errorf("%d ballots: %+v, %d bytes", cast, counted, len(archive))
		}
		if code, ok, err := w.Outcome(t.Context(), p.ID, asker); ok != (cast > 0) || (code != "") != ok || err != nil {
			t.Errorf("%d ballots: outcome %q, %v, %v", cast, code, ok, err)
		}
		check(t, w.Forget(t.Context(), p.ID))
		check(t, w.store.Scrub(t.Context()))
		if found := w.find(`"choices"`); found != nil {
			t.Errorf("ballots are left in %s", strings.Join(found, ", "))
		}
	}
}
