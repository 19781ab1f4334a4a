package world

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func says(text string) func(Message) bool {
	return func(m Message) bool { return strings.Contains(m.Body, text) }
}

func TestInboxCursor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newInbox()
		wait := func(chat Chat, text, want string) {
			t.Helper()
			m, err := b.Wait(t.Context(), chat, says(text), 30*time.Second)
			switch {
			case want == "" && !errors.Is(err, ErrNothing):
				t.Errorf("waiting for %q in %s: %+v, %v; want nothing", text, chat, m, err)
			case want != "" && m.Body != want:
				t.Errorf("waiting for %q in %s: %+v, %v; want %q", text, chat, m, err, want)
			}
		}
		for _, m := range []Message{
			{Chat: Group, Bot: true, Body: "one"},
			{Chat: Group, Body: "two of another person"},
			{Chat: Direct, Bot: true, Body: "two in the direct chat"},
			{Chat: Group, Bot: true, Body: "two", Unreadable: "no key"},
			{Chat: Group, Bot: true, Body: "three"},
			{Chat: Group, Bot: true, Body: "four, new version of one", Edits: "$one"},
		} {
			b.add(m)
		}
		wait(Group, "three", "three")                  // skips what does not match
		wait(Group, "one", "four, new version of one") // never looks back, sees edits
		wait(Group, "two", "")                         // others' and unreadable ones do not count
		wait(Direct, "two", "two in the direct chat")  // a cursor for each chat
		wait(Group, "four", "")                        // each message once
		time.AfterFunc(29*time.Second, func() { b.add(Message{Chat: Group, Bot: true, Body: "late"}) })
		wait(Group, "late", "late")
		time.AfterFunc(31*time.Second, func() { b.add(Message{Chat: Group, Bot: true, Body: "too late"}) })
		wait(Group, "too late", "")
		wait(Group, "too late", "too late")
	})
}

func TestInboxArrives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newInbox()
		b.add(Message{Chat: Group, Bot: true, Body: "old error"})
		if m, err := b.Arrives(t.Context(), Group, says("error"), 3*time.Second); !errors.Is(err, ErrNothing) {
			t.Errorf("an old message arrives: %+v, %v", m, err)
		}
		time.AfterFunc(2*time.Second, func() { b.add(Message{Chat: Group, Bot: true, Body: "new error"}) })
		if m, err := b.Arrives(t.Context(), Group, says("error"), 3*time.Second); m.Body != "new error" {
			t.Errorf("%+v, %v; want the new error", m, err)
		}
		if m, err := b.Wait(t.Context(), Group, says("error"), 0); err != nil && m.Body != "old error" {
			t.Errorf("the cursor was moved: %+v, %v", m, err)
		}
		if b.Len() != 2 {
			t.Errorf("%d messages", b.Len())
		}
	})
}

func TestInboxNewest(t *testing.T) {
	b := newInbox()
	if b.Link() != "" || b.File() != "" {
		t.Error("an empty inbox has a link or a file")
	}
	for _, m := range []Message{
		{Body: "see http://127.0.0.1:1/r/a#old and https://x.example/r/a#k_-9\nfor more"},
		{File: "/w/1.bel", Body: "1.bel"},
		{Own: true, Body: "http://mine.example"},
		{File: "/w/2.bel", Body: "2.bel"},
		{Body: "nothing here: http:// or ftp://x"},
	} {
		b.add(m)
	}
	if got, want := b.Link(), "https://x.example/r/a#k_-9"; got != want {
		t.Errorf("link %s, want %s", got, want)
	}
	if got, want := b.File(), "/w/2.bel"; got != want {
		t.Errorf("file %s, want %s", got, want)
	}
}

func TestSave(t *testing.T) {
	w := &World{Dir: t.TempDir()}
	for _, c := range []struct{ name, data, want string }{
		{"a.bel", "1", "a.bel"},
		{"a.bel", "1", "a.bel"},
		{"a.bel", "2", "a-2.bel"},
		{"a.bel", "3", "a-3.bel"},
		{"../../x y$(z)", "1", "x_y_z_"},
		{"..", "1", "file"},
		{"-rf", "1", "rf"},
		{"", "1", "file"},
		{"bin", "1", "bin"},
	} {
		path, err := w.save(c.name, []byte(c.data))
		if err != nil || path != w.Dir+"/"+c.want {
			t.Errorf("%q is saved as %s, %v; want %s", c.name, path, err, c.want)
		}
	}
}
