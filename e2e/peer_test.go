package e2e

import (
	"context"
	"regexp"
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
	since int64 // when it came into the group: what was said before is not for it
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

// readEverything wants every message of the bot to be readable, encrypted, and without a shield.
func (s *stranger) readEverything(t *testing.T) {
	t.Helper()
	n := 0
	for _, e := range s.Events() {
		if e.Sender != s.bot || e.State || e.At < s.since {
			continue
		}
		switch {
		case e.On == "unreadable":
			t.Errorf("a message of the bot cannot be read: %s", e.Reason)
		case e.On == "event" && e.Type == "m.room.redaction":
		case e.On == "event" && (!e.Encrypted || e.Shield != "none"):
			t.Errorf("encrypted %t, shield %q: %s", e.Encrypted, e.Shield, e.Body)
		case e.On == "event":
			n++
		}
	}
	if n < 5 {
		t.Errorf("it read %d messages of the bot, want all of a vote", n)
	}
}

// An independent strict client reads everything that the bot says in the group and in the direct
// chat, there also what was said between the bot's invitation and its coming, and its vote counts.
// (In the group this client shows nothing of what anybody but its inviter says before it comes in,
// whoever's client they have: it does not know their devices then, and does not look again.)
func TestAStrictClientReadsEverything(t *testing.T) {
	ctx, w := limit(t, 4*time.Minute), shared(t)
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
	s.since = time.Now().UnixMilli()
	t.Cleanup(func() { // the next tests have the group as it was
		if err := p.Leave(context.WithoutCancel(ctx), group); err != nil {
			t.Error(err)
		}
	})
	if _, err := p.Say(ctx, group, "!ping"); err != nil {
		t.Fatal(err)
	}
	s.reads(ctx, t, group, `(?i)the bot works`)

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
	s.readEverything(t)
}
