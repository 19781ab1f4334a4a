package store

import (
	"slices"
	"testing"
	"time"
)

func put(t *testing.T, s *Store, list ...Outgoing) {
	t.Helper()
	for _, o := range list {
		if o.Payload == nil {
			o.Payload = []byte("payload of " + o.Key)
		}
		if _, err := s.PutOutgoing(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
}

func due(t *testing.T, s *Store, now time.Time) []string {
	t.Helper()
	list, err := s.DueOutgoing(t.Context(), Leave{Now: now, Need: 2}, 100)
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, o := range list {
		keys = append(keys, o.Key)
	}
	return keys
}

func TestOutboxKeepsTheOrderOfARoute(t *testing.T) {
	s := fresh(t)
	ctx := t.Context()
	now := time.Now()
	put(t, s,
		Outgoing{Key: "z", Route: "a"},
		Outgoing{Key: "y", Route: "a"},
		Outgoing{Key: "x", Route: "b"},
	)
	want := func(when time.Time, keys ...string) {
		t.Helper()
		if got := due(t, s, when); !slices.Equal(got, keys) {
			t.Errorf("due: %v, want %v", got, keys)
		}
	}
	want(now, "z", "x")
	if err := s.DelayOutgoing(ctx, "z", now.Add(time.Second), true); err != nil {
		t.Fatal(err)
	}
	want(now, "x") // y waits behind z
	want(now.Add(2*time.Second), "z", "x")
	if err := s.SettleOutgoing(ctx, "z", OutgoingSent, "!room", "$z"); err != nil {
		t.Fatal(err)
	}
	want(now, "y", "x")
	if err := s.SettleOutgoing(ctx, "y", OutgoingDropped, "", ""); err != nil {
		t.Fatal(err)
	}
	want(now, "x")

	put(t, s, Outgoing{Key: "w", Route: "b"})
	if err := s.RearOutgoing(ctx, "x", 0, now); err != nil {
		t.Fatal(err)
	}
	want(now, "w")
}

func TestOutboxRemembersWhatWasSentAndErasesIt(t *testing.T) {
	s := fresh(t)
	ctx := t.Context()
	put(t, s, Outgoing{Key: "k", Route: "person @a", Person: "@a", Group: "g", Kind: "ballot", Secret: true, Thread: "$t"})
	put(t, s, Outgoing{Key: "k", Route: "person @b", Person: "@b", Kind: "other"})
	if err := s.TryOutgoing(ctx, "k"); err != nil {
		t.Fatal(err)
	}
	o, err := s.Outgoing(ctx, "k")
	if err != nil || o.Kind != "ballot" || o.Tries != 1 || !o.Secret || o.Thread != "$t" || string(o.Payload) != "payload of k" {
		t.Fatalf("waiting: %+v, %v", o, err)
	}
	if n, err := s.PendingOutgoing(ctx, "g"); err != nil || n != 1 {
		t.Errorf("pending: %d, %v, want 1", n, err)
	}
	if err := s.SettleOutgoing(ctx, "k", OutgoingSent, "!dm", "$k"); err != nil {
		t.Fatal(err)
	}
	o, err = s.Outgoing(ctx, "k")
	if err != nil || o.State != OutgoingSent || o.Event != "$k" || o.Room != "!dm" || o.Payload != nil {
		t.Errorf("sent: %+v, %v", o, err)
	}
	var seq int
	if err := s.db.QueryRow(ctx, `SELECT seq FROM outbox WHERE key='k'`).Scan(&seq); err != nil || seq != 0 {
		t.Errorf("what was sent keeps its place in the order: %d, %v", seq, err)
	}
	if n, err := s.PendingOutgoing(ctx, "g"); err != nil || n != 0 {
		t.Errorf("pending: %d, %v, want 0", n, err)
	}
	if _, waiting, err := s.NextOutgoing(ctx); err != nil || waiting {
		t.Errorf("something waits: %v, %v", waiting, err)
	}
	if err := s.ForgetOutgoing(ctx, "g"); err != nil {
		t.Fatal(err)
	}
	if o, err := s.Outgoing(ctx, "k"); o != nil || err != nil {
		t.Errorf("forgotten: %+v, %v", o, err)
	}
}

func TestOutboxPurgesOnlyWhatIsDoneAndBelongsToNoGroup(t *testing.T) {
	s := fresh(t)
	ctx := t.Context()
	put(t, s, Outgoing{Key: "waits", Route: "a"}, Outgoing{Key: "done", Route: "b"}, Outgoing{Key: "grouped", Route: "c", Group: "g"})
	for _, key := range []string{"done", "grouped"} {
		if err := s.SettleOutgoing(ctx, key, OutgoingSent, "!r", "$"+key); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.PurgeOutgoing(ctx, time.Now().Add(24*time.Hour)); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]bool{"waits": true, "done": false, "grouped": true} {
		if o, err := s.Outgoing(ctx, key); err != nil || (o != nil) != want {
			t.Errorf("%s: %+v, %v, want kept = %v", key, o, err, want)
		}
	}
}

func TestAFailureOfARouteCountsForAllThatWaitsInIt(t *testing.T) {
	s := fresh(t)
	ctx := t.Context()
	now := time.Now()
	put(t, s, Outgoing{Key: "1", Route: "a"}, Outgoing{Key: "2", Route: "a"}, Outgoing{Key: "3", Route: "b"})
	if err := s.FailOutgoing(ctx, "1", now.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]int{"1": 1, "2": 1, "3": 0} {
		if o, err := s.Outgoing(ctx, key); err != nil || o.Failures != want {
			t.Errorf("%s: %+v, %v, want %d failures", key, o, err, want)
		}
	}
	if got := due(t, s, now); !slices.Equal(got, []string{"3"}) {
		t.Errorf("due: %v, want what is in the other route", got)
	}
	if err := s.HurryOutgoing(ctx, "a"); err != nil {
		t.Fatal(err)
	}
	if got := due(t, s, now); !slices.Equal(got, []string{"1", "3"}) {
		t.Errorf("due after a hurry: %v, want the first of each route", got)
	}
}

func TestALastingFailureHoldsBackNothing(t *testing.T) {
	s := fresh(t)
	now := time.Now()
	put(t, s, Outgoing{Key: "1", Route: "a", Lasting: true}, Outgoing{Key: "2", Route: "a"})
	for n := range 4 {
		if got := due(t, s, now); got != nil && n > 0 {
			t.Errorf("due after %d failures: %v", n, got)
		}
		if err := s.DelayOutgoing(t.Context(), "1", now.Add(time.Hour), true); err != nil {
			t.Fatal(err)
		}
	}
	if got := due(t, s, now); !slices.Equal(got, []string{"2"}) {
		t.Errorf("due after four failures: %v, want what comes after it", got)
	}
}
