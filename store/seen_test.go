package store

import (
	"testing"
	"time"
)

func TestSeenCountsAttemptsUntilHandled(t *testing.T) {
	s := fresh(t)
	ctx := t.Context()
	for want := 1; want <= 2; want++ {
		if n, err := s.TryEvent(ctx, "$e"); err != nil || n != want {
			t.Fatalf("attempt %d: got %d, %v", want, n, err)
		}
	}
	if err := s.UntryEvent(ctx, "$e"); err != nil {
		t.Fatal(err)
	}
	if n, err := s.TryEvent(ctx, "$e"); err != nil || n != 2 {
		t.Errorf("after an attempt was taken back: got %d, %v, want 2", n, err)
	}
	if handled, err := s.Handled(ctx, "$e"); err != nil || handled {
		t.Errorf("tried only: handled = %v, %v", handled, err)
	}
	if err := s.MarkHandled(ctx, "$e"); err != nil {
		t.Fatal(err)
	}
	if handled, err := s.Handled(ctx, "$e"); err != nil || !handled {
		t.Errorf("marked: handled = %v, %v", handled, err)
	}
	if err := s.PurgeSeen(ctx, time.Now()); err != nil {
		t.Fatal(err)
	}
	if handled, _ := s.Handled(ctx, "$e"); !handled {
		t.Error("purged on the day it was seen")
	}
	if err := s.PurgeSeen(ctx, time.Now().Add(24*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if handled, _ := s.Handled(ctx, "$e"); handled {
		t.Error("an old event is still known")
	}
}

func TestLateWaitsForItsSession(t *testing.T) {
	s := fresh(t)
	ctx := t.Context()
	for _, l := range []Late{
		{Event: "$1", Room: "!r", Session: "one", Raw: []byte("first")},
		{Event: "$2", Room: "!r", Session: "two", Raw: []byte("second")},
		{Event: "$1", Room: "!r", Session: "one", Raw: []byte("again")},
	} {
		if err := s.PutLate(ctx, l); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.LateBySession(ctx, "!r", "one")
	if err != nil || len(got) != 1 || string(got[0].Raw) != "first" {
		t.Errorf("of session one: %v, %v", got, err)
	}
	if got, err := s.LateBySession(ctx, "!elsewhere", "one"); err != nil || len(got) != 0 {
		t.Errorf("of another room: %v, %v", got, err)
	}
	if err := s.DropLate(ctx, "$1"); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Late(ctx); err != nil || len(got) != 1 || got[0].Event != "$2" {
		t.Errorf("after dropping one: %v, %v", got, err)
	}
	if err := s.PurgeLate(ctx, time.Now().Add(24*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Late(ctx); err != nil || len(got) != 0 {
		t.Errorf("after purging: %v, %v", got, err)
	}
}
