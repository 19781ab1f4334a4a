package store

import (
	"reflect"
	"testing"
	"time"

	"github.com/rs/zerolog"
)

func TestCallIsKeptAndReplaced(t *testing.T) {
	s, err := Open(t.Context(), t.TempDir(), zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if got, err := s.CallByRoom(t.Context(), "!a:x"); got != nil || err != nil {
		t.Fatalf("call of an unknown room: %v, %v, want nil, nil", got, err)
	}
	want := Call{
		Room: "!a:x", Name: "n1", Title: "Choir", Door: []byte{1, 0, 2}, Key: []byte{3}, Card: "k1", Entry: EntryKnock, Locked: true,
		Opened: time.Unix(1_800_000_000, 0).UTC(), Since: time.Unix(1_800_000_060, 0).UTC(), Most: 7,
	}
	for _, card := range []string{"k1", "k2"} {
		want.Card, want.Shown = card, want.Shown+1
		if err := s.PutCall(t.Context(), want); err != nil {
			t.Fatal(err)
		}
		byRoom, err := s.CallByRoom(t.Context(), "!a:x")
		if err != nil || !reflect.DeepEqual(*byRoom, want) {
			t.Errorf("by room: %+v, %v, want %+v", byRoom, err, want)
		}
		byName, err := s.CallByName(t.Context(), "n1")
		if err != nil || !reflect.DeepEqual(*byName, want) {
			t.Errorf("by name: %+v, %v, want %+v", byName, err, want)
		}
	}
	if all, err := s.Calls(t.Context()); err != nil || !reflect.DeepEqual(all, []Call{want}) {
		t.Errorf("all calls: %+v, %v, want %+v alone", all, err, want)
	}
	if room := want.MediaRoom(); room != "010002" {
		t.Errorf("media room %q, want the door's hash", room)
	}
	if err := s.PutCall(t.Context(), Call{Room: "!b:x", Name: "n1", Door: []byte{1}, Key: []byte{1}}); err == nil {
		t.Error("two rooms may share a link's name, want an error")
	}
}
