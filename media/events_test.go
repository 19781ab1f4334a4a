package media

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// A room that was opened is there before anybody comes and after everybody has gone, until it is closed; what happens in
// it is told in order.
func TestEvents(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var told []string
	w := start(t, func(o *Options) {
		o.Event = func(e Event) {
			mu.Lock()
			defer mu.Unlock()
			if e.At.IsZero() {
				t.Error("without a time")
			}
			told = append(told, map[EventKind]string{Opened: "opened", Came: "came", Went: "went", Closed: "closed"}[e.Kind]+" "+e.Room+" "+e.Person.Identity)
		}
	})
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	is := func(want ...string) {
		t.Helper()
		until(t, func() string {
			mu.Lock()
			defer mu.Unlock()
			if slices.Equal(told, want) {
				return ""
			}
			return "told " + strings.Join(told, ", ")
		})
	}
	must(w.OpenRoom(t.Context(), "r", time.Hour))
	is("opened r ")
	anna := w.enter(t, "r", "anna")
	is("opened r ", "came r anna")
	if people, err := w.People(t.Context(), "r"); err != nil || len(people) != 1 || people[0].Identity != "anna" {
		t.Errorf("in the room are %v, %v", people, err)
	}
	must(w.Remove(t.Context(), "r", "anna"))
	anna.until("out", func() bool { return anna.leave != nil })
	is("opened r ", "came r anna", "went r anna")
	must(w.CloseRoom(t.Context(), "r"))
	is("opened r ", "came r anna", "went r anna", "closed r ")
	if err := w.CloseRoom(t.Context(), "r"); !errors.Is(err, ErrNoRoom) {
		t.Errorf("closed again: %v", err)
	}
	must(w.OpenRoom(t.Context(), "short", time.Nanosecond))
	is("opened r ", "came r anna", "went r anna", "closed r ", "opened short ", "closed short ")
}

// Who does not take events in time loses the newest, and the rooms nothing.
func TestEventsAreBounded(t *testing.T) {
	e := newEvents()
	for range maxEvents + 10 {
		e.note(Opened, "r", Person{})
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	told := 0
	e.run(ctx, func(Event) { told++ })
	if told != maxEvents {
		t.Errorf("told of %d", told)
	}
}
