package store

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"stimmbote/voting"
)

func aPoll(id voting.ID, s voting.State) *voting.Poll {
	return &voting.Poll{
		ID: id, Place: "!group:example.org", Asker: "@anna:example.org", Question: "Motion “12” <b>?", Answers: []string{"Ja", "Nein", "Enthaltung"},
		State: s, Group: "BELENIOS-2048", Fingerprint: "f", RollHash: "r", ClosedHash: "c", Number: 3, Ends: time.Unix(1_800_000_600, 0).UTC(),
		Opened: time.Unix(1_800_000_000, 0).UTC(), Result: &voting.Result{Entitled: 6, Counted: 5, Sums: []int{3, 2, 0}, Adopted: true},
	}
}

func putPoll(t *testing.T, s *Store, p *voting.Poll, roll ...string) {
	t.Helper()
	if err := s.PutPoll(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	if err := s.PutRoll(t.Context(), string(p.ID), roll); err != nil {
		t.Fatal(err)
	}
}

func TestPollComesBackAsItWas(t *testing.T) {
	s := fresh(t)
	want := aPoll("p", voting.StateDraft)
	putPoll(t, s, want)
	want.State, want.Closed, want.Result = voting.StateClosed, time.Unix(1_800_000_100, 0).UTC(), nil
	want.Question, want.Answers, want.Number = "Another?", []string{"Yes", "No", "Abstain"}, 4
	putPoll(t, s, want)
	got, err := s.Poll(t.Context(), "p")
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	if p, err := s.Poll(t.Context(), "q"); p != nil || err != nil {
		t.Errorf("unknown: %+v, %v", p, err)
	}
}

func TestLivePollsAndOpenPolls(t *testing.T) {
	s := fresh(t)
	states := []voting.State{
		voting.StateDraft, voting.StateOpen, voting.StateClosed, voting.StateCounted, voting.StateDone, voting.StateCancelled,
	}
	for _, state := range states {
		putPoll(t, s, aPoll(voting.ID(state), state), "@anna:x", "@only-"+string(state)+":x")
	}
	live, err := s.LivePolls(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var ids []voting.ID
	for _, p := range live {
		ids = append(ids, p.ID)
	}
	if want := []voting.ID{"counted", "closed", "open", "draft"}; !slices.Equal(ids, want) {
		t.Errorf("live: %v, want %v", ids, want)
	}
	early := aPoll("early", voting.StateOpen)
	early.Opened = early.Opened.Add(-time.Minute)
	putPoll(t, s, early, "@anna:x")
	for member, want := range map[voting.Member][]voting.ID{
		"@anna:x": {"early", "open"}, "@only-open:x": {"open"}, "@only-draft:x": nil, "@only-done:x": nil, "@nobody:x": nil,
	} {
		if got, err := s.OpenPollsOf(t.Context(), member); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: got %q, %v, want %q", member, got, err, want)
		}
	}
}

func TestRollIsSortedByBytes(t *testing.T) {
	s := fresh(t)
	putPoll(t, s, aPoll("p", voting.StateDraft), "@b:x", "@ä:x", "@B:x", "@a:x")
	got, err := s.Roll(t.Context(), "p")
	if want := []string{"@B:x", "@a:x", "@b:x", "@ä:x"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
	if err := s.PutTokens(t.Context(), "p", []byte("sealed")); err != nil {
		t.Fatal(err)
	}
	if err := s.PutTokens(t.Context(), "p", []byte("others")); err == nil {
		t.Error("tokens were written over")
	}
	if err := s.DropRoll(t.Context(), "p"); err != nil {
		t.Fatal(err)
	}
	roll, err := s.Roll(t.Context(), "p")
	tokens, err2 := s.Tokens(t.Context(), "p")
	if len(roll) != 0 || tokens != nil || err != nil || err2 != nil {
		t.Errorf("after the end: %q, %q, %v, %v", roll, tokens, err, err2)
	}
}

func TestPapers(t *testing.T) {
	s, ctx := fresh(t), t.Context()
	putPoll(t, s, aPoll("p", voting.StateOpen))
	if err := s.PutPaper(ctx, "q", "key", []byte("x")); err == nil {
		t.Error("a paper of no poll was kept")
	}
	for _, content := range []string{"first", "a\x00b\xff"} {
		if err := s.PutPaper(ctx, "p", "key", []byte(content)); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Paper(ctx, "p", "key"); err != nil || string(got) != content {
			t.Errorf("got %q, %v, want %q", got, err, content)
		}
	}
	if err := s.DropPaper(ctx, "p", "key"); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Paper(ctx, "p", "key"); got != nil || err != nil {
		t.Errorf("after it was dropped: %q, %v", got, err)
	}
}

// Each place counts for itself, and what was not committed was not counted.
func TestNumbersOfAPlace(t *testing.T) {
	s, ctx := fresh(t), t.Context()
	errDied := errors.New("died")
	next := func(ctx context.Context, place voting.Place, want int) {
		t.Helper()
		if got, err := s.NextNumber(ctx, place); err != nil || got != want {
			t.Errorf("%s: got %d, %v, want %d", place, got, err, want)
		}
	}
	for want := 1; want < 12; want++ {
		next(ctx, "!a:x", want)
	}
	next(ctx, "!b:x", 1)
	if err := s.Tx(ctx, func(ctx context.Context) error { next(ctx, "!a:x", 12); return errDied }); !errors.Is(err, errDied) {
		t.Fatal(err)
	}
	next(ctx, "!a:x", 12)
	check(t, s.MoveSettings(ctx, "!a:x", "!c:x"))
	next(ctx, "!c:x", 13)
}
