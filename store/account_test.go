package store

import (
	"reflect"
	"testing"
)

func TestAccountSurvivesReopening(t *testing.T) {
	dir := t.TempDir()
	s := reopen(t, dir)
	if a, err := s.Account(t.Context()); a != nil || err != nil {
		t.Fatalf("fresh store: %v, %v", a, err)
	}
	want := Account{User: "@bot:example.org", Device: "DEV", Token: []byte{1, 2}}
	if err := s.PutAccount(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	want.Recovery = []byte{3}
	if err := s.PutAccount(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := reopen(t, dir).Account(t.Context())
	if err != nil || !reflect.DeepEqual(*got, want) {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
}

func TestDirect(t *testing.T) {
	s := fresh(t)
	if d, err := s.Direct(t.Context(), "@a:x"); d != nil || err != nil {
		t.Fatalf("fresh store: %v, %v", d, err)
	}
	steps := []struct {
		do   func() error
		want Direct
	}{
		{func() error { return s.PutDirect(t.Context(), Direct{Person: "@a:x", Room: "!1"}) }, Direct{Person: "@a:x", Room: "!1"}},
		{func() error { return s.InvitedDirect(t.Context(), "@a:x", "!other") }, Direct{Person: "@a:x", Room: "!1"}},
		{func() error { return s.InvitedDirect(t.Context(), "@a:x", "!1") }, Direct{Person: "@a:x", Room: "!1", Invited: true}},
		{func() error { return s.PutDirect(t.Context(), Direct{Person: "@a:x", Room: "!2"}) }, Direct{Person: "@a:x", Room: "!2"}},
	}
	for i, step := range steps {
		if err := step.do(); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Direct(t.Context(), "@a:x"); err != nil || *got != step.want {
			t.Errorf("step %d: got %+v, %v, want %+v", i, got, err, step.want)
		}
	}
}
