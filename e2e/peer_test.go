package e2e

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"testing"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/id"

	"stimmbote/e2e/peer"
	"stimmbote/e2e/world"
)

// stranger is a member of the group whose client is not ours.
type stranger struct {
	*peer.Peer
	bot   string
	since int64 // when the bot knew that it was there: what was said to those of before may not be for it
}

// reads waits for a message of the bot and wants it to be shown without any shield.
func (s *stranger) reads(ctx context.Context, t *testing.T, room, pattern string) peer.Event {
	t.Helper()
	re := regexp.MustCompile(pattern)
	e, err := s.Wait(ctx, func(e peer.Event) bool {
		return e.On == "event" && e.Sender == s.bot && (room == "" || e.Room == room) && re.MatchString(e.Body)
	})
	if err != nil {
		t.Fatalf("it does not read %s: %v", pattern, err)
	}
	return e
}

// readEverything wants every message of the bot to be readable, encrypted, and without a shield. A homeserver may
// bring a message before its key: what counts is how it is shown once the key has come.
func (s *stranger) readEverything(ctx context.Context, t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	unread := s.unread()
	for len(unread) > 0 {
		late := slices.Collect(maps.Keys(unread))[0]
		_, err := s.Wait(ctx, func(e peer.Event) bool { return e.On == "event" && e.Event == late })
		if err != nil {
			break
		}
		unread = s.unread()
	}
	for _, e := range unread {
		t.Errorf("a message of the bot, %d ms after it knew of them, cannot be read: %s in %s", e.At-s.since, e.Reason, e.Room)
	}
	n := 0
	for _, e := range s.Events() {
		if e.Sender != s.bot || e.State || e.At < s.since || e.On != "event" || e.Type == "m.room.redaction" {
			continue
		}
		if !e.Encrypted || e.Shield != "none" {
			t.Errorf("encrypted %t, shield %q: %s", e.Encrypted, e.Shield, e.Body)
		}
		n++
	}
	if n < 5 {
		t.Errorf("it read %d messages of the bot, want all of a vote", n)
	}
}

// unread is what the bot said and what cannot be read, by event.
func (s *stranger) unread() map[string]peer.Event {
	unread := make(map[string]peer.Event)
	for _, e := range s.Events() {
		switch {
		case e.Sender != s.bot || e.State || e.At < s.since:
		case e.On == "unreadable":
			unread[e.Event] = e
		case e.On == "event":
			delete(unread, e.Event)
		}
	}
	return unread
}

// An independent strict client reads everything that the bot says in the group and in the direct
// chat, there also what was said between the bot's invitation and its coming, and its vote counts.
// (In the group this client shows nothing of what anybody but its inviter says before it comes in,
// whoever's client they have: it does not know their devices then, and does not look again. And nobody
// encrypts for somebody of whom their homeserver has not told them yet.)
func TestAStrictClientReadsEverything(t *testing.T) {
	w, ctx := shared(t), limit(t, 8*time.Minute)
	chair := w.People[world.Chair]
	user, password, err := w.Homeserver.Account(ctx, "stranger")
	if err != nil {
		t.Fatal(err)
	}
	p, err := peer.Start(ctx, w.Repo, w.Homeserver.URL, user, password)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Stop)
	s := &stranger{Peer: p, bot: w.Bot.ID.String()}
	group := string(w.Group())

	if _, err := chair.Client.InviteUser(ctx, w.Group(), &mautrix.ReqInviteUser{UserID: id.UserID(p.ID)}); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Wait(ctx, func(e peer.Event) bool { return e.On == "invited" && e.Room == group }); err != nil {
		t.Fatal(err)
	}
	if err := p.Join(ctx, group); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // the next tests have the group as it was
		if err := p.Leave(context.WithoutCancel(ctx), group); err != nil {
			t.Error(err)
		}
	})
	if _, err := p.Say(ctx, group, "!ping"); err != nil {
		t.Fatal(err)
	}
	s.since = s.reads(ctx, t, group, `(?i)the bot works`).At

	begin(ctx, t, w, "Do strangers count?")
	invitation, err := p.Wait(ctx, func(e peer.Event) bool { return e.On == "invited" && e.Sender == s.bot })
	if err != nil {
		t.Fatal(err)
	}
	// begin has returned: the ballots were sent, this one into a room that nobody has entered yet.
	if err := p.Join(ctx, invitation.Room); err != nil {
		t.Fatal(err)
	}
	s.reads(ctx, t, invitation.Room, `(?i)ballot: do strangers count\?[\s\S]*1 = yes`)
	if _, err := p.Say(ctx, invitation.Room, "1"); err != nil {
		t.Fatal(err)
	}
	s.reads(ctx, t, invitation.Room, `(?i)understood: yes\b`)
	for _, name := range world.Everybody()[:4] {
		vote(ctx, t, w.People[name], "2", "no")
	}
	say(ctx, t, chair, world.Group, "!close")
	hear(ctx, t, chair, world.Group, `(?i)not voted yet`)
	say(ctx, t, chair, world.Group, "!close")
	s.reads(ctx, t, group, `(?i)closed hash`)
	s.reads(ctx, t, group, `(?i)result[\s\S]*yes: 1\b[\s\S]*no: 4\b`)
	s.reads(ctx, t, invitation.Room, `(?i)counted: your vote is in the box`)
	s.readEverything(ctx, t)
}
