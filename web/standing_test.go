package web

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"stimmbote/media"
	"stimmbote/store"
)

// Who left the group or was demoted while in the call loses there what came with that, whatever their page shows, and is
// shown to the others as what they are.
func TestRightsEndInTheCall(t *testing.T) {
	l := newLobby(t, store.EntryBoard)
	l.votes = []store.Vote{{ID: "one", Title: "Motion 12?", Ballot: "https://x/v/one#"}}
	chair, anna := l.asks("join", request{Badge: "chair's"}), l.asks("join", request{Badge: "anna's"})
	l.call.Entry = store.EntryKnock
	l.asks("join", request{Name: "Gustav"})
	reads := func(who got) (body string) {
		t.Helper()
		l.told = nil
		l.Refresh(t.Context(), l.call)
		for _, m := range l.told {
			if slices.Contains(m.To, who.Identity) {
				body = string(m.Body)
			}
		}
		return body
	}
	if told := reads(anna); !strings.Contains(told, "Motion") || strings.Contains(told, "badges") {
		t.Errorf("a member reads %s", told)
	}
	if told := reads(chair); !strings.Contains(told, "Gustav") {
		t.Errorf("the chair reads %s", told)
	}
	l.is = map[string]media.Badge{"AA": media.Guest, "CC": media.Member}
	told := reads(anna)
	if strings.Contains(told, "Motion") || !strings.Contains(told, `"`+anna.Identity+`":"guest"`) {
		t.Errorf("who has left reads %s", told)
	}
	if told := reads(chair); strings.Contains(told, "Gustav") || !strings.Contains(told, "Motion") || !strings.Contains(told, `"`+chair.Identity+`":"member"`) {
		t.Errorf("who was demoted reads %s", told)
	}
	if g := l.asks("act", anna.as(request{Badge: "anna's", Do: "state"})); g.Status != 200 || g.Votes[0].Title != "" || g.Votes[0].Ballot != "" || g.Badges[anna.Identity] != media.Guest {
		t.Errorf("who has left asks: %+v", g)
	}
	if g := l.asks("act", chair.as(request{Badge: "chair's", Do: "admit-all"})); g.Status != 403 {
		t.Errorf("who was demoted admits: %+v", g)
	}

	// The board is not in any more, so nobody begins; who waited for it and has left the group does not come in as a member.
	l.call.Entry = store.EntryBoard
	if g := l.asks("join", request{Name: "Heidi"}); g.Wait != "board" {
		t.Errorf("without the board: %+v", g)
	}
	l.is = map[string]media.Badge{"CC": media.Member}
	waits := l.asks("join", request{Badge: "anna's"})
	l.is = map[string]media.Badge{"AA": media.Guest, "CC": media.Chair}
	if g := l.asks("wait", request{Ticket: waits.Ticket}); waits.Wait != "board" || g.Status != 410 || g.Token != "" {
		t.Errorf("who has left while they waited: %+v", g)
	}
}

// Who had looked up the call before it was locked tells how it is now, and nothing of a call by another link.
func TestToldOfTheCallAsItIsNow(t *testing.T) {
	l := newLobby(t, store.EntryOpen)
	l.asks("join", request{Name: "Uwe"})
	before := l.call
	l.call.Locked, l.call.Entry = true, store.EntryKnock
	for _, locked := range []bool{true, false} {
		l.told = nil
		l.Refresh(t.Context(), before)
		if len(l.told) != 1 {
			t.Fatalf("told %d times", len(l.told))
		}
		if told, want := string(l.told[0].Body), fmt.Sprintf(`"locked":%v`, locked); !strings.Contains(told, want) {
			t.Errorf("told %s, want %s", told, want)
		}
		l.call.Door = media.DoorHash("another")
	}
}

// Two guests of one name are told apart, also if both come in the same moment or wait; and a name is free again.
func TestOneNameAtOnce(t *testing.T) {
	l := newLobby(t, store.EntryOpen)
	l.slow = true
	is := func(g got, want string) {
		t.Helper()
		if g.Name != want {
			t.Errorf("came as %q, want %q: %+v", g.Name, want, g)
		}
	}
	first := l.asks("join", request{Name: "Gustav"})
	is(first, "Gustav")
	is(l.asks("join", request{Name: "GUSTAV"}), "GUSTAV (2)")
	is(l.asks("join", request{Name: "Gustav"}), "Gustav (3)")
	l.call.Entry = store.EntryKnock
	waits := l.asks("join", request{Name: "Heidi"})
	is(waits, "Heidi")
	is(l.asks("join", request{Name: "Heidi"}), "Heidi (2)")
	l.LetIn(l.call.MediaRoom(), "Heidi")
	is(l.asks("wait", request{Ticket: waits.Ticket}), "Heidi")
	is(l.asks("join", request{Name: "Heidi"}), "Heidi (3)")

	// Who came in and loads the page anew gets the name that they had.
	l.call.Entry = store.EntryOpen
	l.people = []media.Person{{Identity: first.Identity, Name: "Gustav"}}
	is(l.asks("join", request{Name: "Gustav"}), "Gustav (4)")
	l.Refresh(t.Context(), l.call)
	l.people = nil
	is(l.asks("join", request{Name: "Gustav"}), "Gustav")
	l.halls.now = func() time.Time { return time.Now().Add(claimHolds) }
	is(l.asks("join", request{Name: "Heidi"}), "Heidi") // nobody has come by that name
	l.halls.now = func() time.Time { return time.Now().Add(2 * claimHolds) }
	l.halls.sweep(l.Present)
	if len(l.halls.of) > 0 {
		t.Error("an empty call is kept in mind for ever")
	}
	for range mostClaims + 10 {
		l.asks("join", request{Name: strings.Repeat("x", 1+len(l.tokens)%50)})
	}
	if n := len(l.halls.of[l.call.MediaRoom()].claims); n > mostClaims {
		t.Errorf("%d names are kept in mind", n)
	}
}

// While nobody knows who is in the group, a call goes on: everybody can come in as a guest, and is told why; nobody
// passes for a member.
func TestNobodyKnowsTheGroup(t *testing.T) {
	l := newLobby(t, store.EntryOpen)
	anna := l.asks("join", request{Badge: "anna's"})
	l.lost = errors.New("no way to the homeserver")
	if g := l.asks("look", request{Badge: "chair's"}); g.Status != 200 || !g.Unsure || g.You != "" || g.Title != "X" {
		t.Errorf("at the door: %+v", g)
	}
	if g := l.asks("join", request{Badge: "chair's"}); g.Status != 503 || g.Key != "error.group" || g.Token != "" {
		t.Errorf("with a badge: %+v", g)
	}
	if g := l.asks("join", request{Name: "Gustav"}); g.Token == "" || g.Badge != "guest" || g.Note != "guests" {
		t.Errorf("by name: %+v", g)
	}
	if g := l.asks("act", anna.as(request{Badge: "anna's", Do: "hand"})); g.Status != 200 || len(g.Hands) != 1 {
		t.Errorf("a hand: %+v", g)
	}
	if g := l.asks("act", anna.as(request{Badge: "chair's", Do: "lock"})); g.Status != 403 {
		t.Errorf("the lock: %+v", g)
	}
}

// Who has another group's link, and all that comes with it, gets nothing here: no name, no way in, no right.
func TestLinkOfAnotherGroup(t *testing.T) {
	const otherKey = "BBBBBBBBBBBBBBBBBBBBBA"
	l := newLobby(t, store.EntryKnock)
	door, err := media.Door(otherKey)
	if err != nil {
		t.Fatal(err)
	}
	l.other = store.Call{Room: "!other", Name: "y", Title: "Y", Door: media.DoorHash(door), Entry: store.EntryKnock}
	chair := l.asks("join", request{Badge: "chair's"})
	waits := l.asks("join", request{Name: "Gustav"})
	if g := l.asksAt("y", otherKey, "look", request{}); g.Status != 200 || g.Title != "Y" {
		t.Fatalf("the other group's own link: %+v", g)
	}
	asked := len(l.tokens)
	for _, wrong := range [][2]string{{"y", linkKey}, {"x", otherKey}} {
		for _, what := range []string{"look", "join", "wait", "act"} {
			g := l.asksAt(wrong[0], wrong[1], what, request{Name: "Gustav", Badge: "chair's", Ticket: waits.Ticket, Identity: chair.Identity, Pass: chair.Pass, Do: "lock"})
			if g.Status != 403 || g.Key != "error.link" || g.Title != "" || g.Token != "" {
				t.Errorf("%s at %s with the other's key: %+v", what, wrong[0], g)
			}
		}
	}
	if g := l.asksAt("y", otherKey, "wait", request{Ticket: waits.Ticket}); g.Status != 410 || g.Name != "" {
		t.Errorf("a ticket of the other group's door: %+v", g)
	}
	if g := l.asksAt("y", otherKey, "act", chair.as(request{Badge: "chair's", Do: "lock"})); g.Status != 403 {
		t.Errorf("a pass of the other group's call: %+v", g)
	}
	if len(l.tokens) != asked || len(l.done) > 0 || l.call.Locked {
		t.Errorf("tokens %v, done %v", l.tokens[asked:], l.done)
	}
}
