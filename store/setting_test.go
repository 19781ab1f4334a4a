package store

import (
	"slices"
	"testing"
	"time"
)

func TestSettings(t *testing.T) {
	s, ctx := fresh(t), t.Context()
	want := func(scope, name, want string) {
		t.Helper()
		got, err := s.Setting(ctx, scope, name)
		if err != nil || got != want {
			t.Errorf("%s of %s is %q, %v, want %q", name, scope, got, err, want)
		}
	}
	want("!a:x", "language", "")
	check(t, s.PutSetting(ctx, "!a:x", "language", "de"))
	check(t, s.PutSetting(ctx, "!a:x", "language", "en"))
	check(t, s.PutSetting(ctx, "!a:x", "contact", "Lenz"))
	check(t, s.PutSetting(ctx, "!b:x", "contact", "Kaya"))
	want("!a:x", "language", "en")
	check(t, s.MoveSettings(ctx, "!a:x", "!b:x"))
	want("!a:x", "language", "")
	want("!b:x", "language", "en")
	if all, err := s.SettingsNamed(ctx, "contact"); err != nil || len(all) != 1 || all["!b:x"] != "Kaya" {
		t.Errorf("contacts are %v, %v", all, err)
	}
	want("!b:x", "contact", "Kaya")
	check(t, s.PutSetting(ctx, "!b:x", "contact", ""))
	want("!b:x", "contact", "")
}

func TestProbes(t *testing.T) {
	s, ctx := fresh(t), t.Context()
	p := Probe{Room: "!a:x", ID: "one", Asker: "@chair:x", Until: time.UnixMilli(1700000000000)}
	check(t, s.AddProbe(ctx, p, []string{"@b:x", "@a:x"}))
	if s.AddProbe(ctx, Probe{Room: "!a:x", ID: "two"}, nil) == nil {
		t.Error("a second probe in a group")
	}
	got, err := s.ProbeIn(ctx, "!a:x")
	check(t, err)
	if got == nil || *got != p {
		t.Errorf("got %+v, want %+v", got, p)
	}
	for _, step := range []struct {
		state ProbeState
		news  bool
	}{{ProbeUnsigned, true}, {ProbeUnsigned, false}, {ProbeAnswered, true}, {ProbeAnswered, false}, {ProbeUnsigned, false}} {
		if news, err := s.AnswerProbe(ctx, "one", "@a:x", step.state); news != step.news || err != nil {
			t.Errorf("state %d is news: %v, %v, want %v", step.state, news, err, step.news)
		}
	}
	if news, err := s.AnswerProbe(ctx, "one", "@stranger:x", ProbeAnswered); news || err != nil {
		t.Errorf("an answer of somebody who was not asked: %v, %v", news, err)
	}
	asked, err := s.Asked(ctx, "one")
	check(t, err)
	if want := []Asked{{"@a:x", ProbeAnswered}, {"@b:x", ProbeAsked}}; !slices.Equal(asked, want) {
		t.Errorf("asked are %v, want %v", asked, want)
	}
	check(t, s.ExpireProbe(ctx, "one", time.UnixMilli(1700000001000)))
	check(t, s.MoveProbe(ctx, "!a:x", "!b:x"))
	if got, err = s.Probe(ctx, "one"); err != nil || got == nil || got.Until.UnixMilli() != 1700000001000 {
		t.Errorf("ends at %+v, %v", got, err)
	}
	if got, err = s.ProbeIn(ctx, "!b:x"); err != nil || got == nil || got.ID != "one" {
		t.Errorf("after the move: %+v, %v", got, err)
	}
	if of, err := s.ProbesOf(ctx, "@a:x"); err != nil || len(of) != 1 {
		t.Errorf("probes of a person: %v, %v", of, err)
	}
	check(t, s.DropProbe(ctx, "one"))
	if all, err := s.Probes(ctx); err != nil || len(all) != 0 {
		t.Errorf("after the end: %v, %v", all, err)
	}
	if asked, err = s.Asked(ctx, "one"); err != nil || len(asked) != 0 {
		t.Errorf("after the end: %v, %v", asked, err)
	}
}
