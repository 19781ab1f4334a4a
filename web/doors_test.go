package web

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"stimmbote/i18n"
	"stimmbote/media"
	"stimmbote/store"
)

// lobby is a call with a group and a media server that only remembers.
type lobby struct {
	t      *testing.T
	mu     sync.Mutex // of what several do at once: to come in, to be told, to wait
	call   store.Call
	other  store.Call // of another group, at /r/y
	people []media.Person
	done   []string
	waits  []string
	tokens []string
	votes  []store.Vote
	told   []media.Message
	lost   error                  // nobody knows who is in the group
	full   bool                   // nobody more comes in
	slow   bool                   // who was let in is not in yet
	doubt  store.Doubt            // about who says that they are Anna
	is     map[string]media.Badge // what those of a mark are now, where that is something else
	*Server
}

func (l *lobby) CallByName(_ context.Context, name string) (*store.Call, error) {
	c := l.call
	if name == "y" {
		c = l.other
	}
	return &c, nil
}

func (l *lobby) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "signalling") })
}

func (l *lobby) Token(room, identity, name string, _ time.Duration) (string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.slow {
		l.people = append(l.people, media.Person{Identity: identity, Name: name})
	}
	l.tokens = append(l.tokens, name+" "+string(media.BadgeOf(identity)))
	return "token", nil
}

func (l *lobby) Present(string) []media.Person {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.people)
}

func (l *lobby) Full(context.Context, string) bool { return l.full }

func (l *lobby) Remove(_ context.Context, _, who string) error { return l.did("remove " + who) }

func (l *lobby) Mute(_ context.Context, _, who, _ string) error { return l.did("mute " + who) }

func (l *lobby) Send(_ context.Context, _ string, m media.Message) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.told = append(l.told, m)
	return nil
}

func (l *lobby) Votes(_ context.Context, _ store.Call, badge string) (votes []store.Vote, _ error) {
	for _, v := range l.votes {
		if v.Ballot += badge; badge == "" {
			v.Ballot = ""
		}
		votes = append(votes, v)
	}
	return votes, nil
}

func (l *lobby) did(what string) error {
	l.done = append(l.done, what)
	return nil
}

func (l *lobby) Standing(_ context.Context, _ store.Call, people []media.Person) map[string]media.Badge {
	standing := make(map[string]media.Badge)
	for _, p := range people {
		standing[p.Identity] = cmp.Or(l.is[media.MarkOf(p.Identity)], media.BadgeOf(p.Identity))
	}
	return standing
}

func (l *lobby) Badge(_ context.Context, _ store.Call, badge string) (media.Bearer, error) {
	if l.lost != nil {
		return media.Bearer{}, l.lost
	}
	who := map[string]media.Bearer{"chair's": {Name: "Chair", Badge: media.Chair, Mark: "CC"}, "anna's": {Name: "Anna", Badge: media.Member, Mark: "AA"}}[badge]
	if now, other := l.is[who.Mark]; other {
		who.Badge = now
	}
	if who.Badge == media.Guest {
		return media.Bearer{}, nil
	}
	return who, nil
}

func (l *lobby) Taken(_ context.Context, _ store.Call, name string) (*store.Doubt, error) {
	if l.lost != nil {
		return nil, l.lost
	}
	if !strings.EqualFold(name, "anna") {
		return nil, nil
	}
	return &l.doubt, nil
}

func (l *lobby) Answered(ticket string) *store.Doubt {
	if ticket == "" || ticket != l.doubt.Ticket {
		return nil
	}
	return &l.doubt
}

func (l *lobby) Lock(_ context.Context, _ store.Call, locked bool) error {
	l.call.Locked = locked
	return nil
}

func (l *lobby) Waiting(_ string, names []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waits = names
}

func newLobby(t *testing.T, entry store.Entry) *lobby {
	t.Helper()
	door, err := media.Door(linkKey)
	if err != nil {
		t.Fatal(err)
	}
	texts, err := i18n.Load("en")
	if err != nil {
		t.Fatal(err)
	}
	l := &lobby{t: t, call: store.Call{Name: "x", Title: "X", Door: media.DoorHash(door), Entry: entry}}
	l.Server = New(Defaults(), Options{Calls: l, Media: l, Group: l, Texts: texts, Secret: []byte("secret")}, zerolog.Nop())
	return l
}

// got is an answer of the call's page.
type got struct {
	Status                                                 int
	Key, Token, Wait, Ticket, Identity, Pass, Badge, Title string
	Name, Number, Keep, Note, You                          string
	Unsure                                                 bool
	Hands                                                  []string
	Waiting                                                []shownWaiter
	Locked, Chair                                          bool
	Badges                                                 map[string]media.Badge
	Votes                                                  []shownVote
}

// asks sends a request with the right door.
func (l *lobby) asks(what string, r request) (g got) {
	l.t.Helper()
	return l.asksAt("x", linkKey, what, r)
}

// asksAt sends a request to the call of a name, with the door value of a key.
func (l *lobby) asksAt(name, key, what string, r request) (g got) {
	l.t.Helper()
	r.Door, _ = media.Door(key)
	body, _ := json.Marshal(r)
	status, answered, _ := ask(l.t, l.Server, "POST", "/r/"+name+"/"+what, "application/json", string(body))
	if err := json.Unmarshal([]byte(answered), &g); err != nil {
		l.t.Fatalf("%s: %v in %q", what, err, answered)
	}
	g.Status = status
	return g
}

// as is a request of somebody who is in.
func (g got) as(r request) request {
	r.Identity, r.Pass = g.Identity, g.Pass
	return r
}

func TestNamesAndBadges(t *testing.T) {
	l := newLobby(t, store.EntryOpen)
	for _, test := range []struct {
		name, badge string
		status      int
		want        string
	}{
		{"Gustav", "", 200, "Gustav guest"},
		{"gustav", "", 200, "gustav (2) guest"},
		{"Anna", "", 409, "error.taken"},
		{"Somebody", "anna's", 200, "Anna member"},
		{"", "chair's", 200, "Chair chair"},
		{"Gustav", "forged", 410, "error.badge"},
		{" ", "", 400, "error.name"},
	} {
		l.tokens = nil
		g := l.asks("join", request{Name: test.name, Badge: test.badge})
		got := g.Key
		if len(l.tokens) > 0 {
			got = l.tokens[0]
		}
		if g.Status != test.status || got != test.want {
			t.Errorf("%q with %q: %d %q, want %d %q", test.name, test.badge, g.Status, got, test.status, test.want)
		}
	}
}

func TestKnocking(t *testing.T) {
	l := newLobby(t, store.EntryKnock)
	chair := l.asks("join", request{Badge: "chair's"})
	if anna := l.asks("join", request{Badge: "anna's"}); anna.Token == "" {
		t.Fatalf("a member waits: %+v", anna)
	}
	gustav, heidi := l.asks("join", request{Name: "Gustav"}), l.asks("join", request{Name: "Heidi"})
	if gustav.Status != 202 || gustav.Wait != "knock" || gustav.Token != "" || !slices.Equal(l.waits, []string{"Gustav", "Heidi"}) {
		t.Fatalf("a guest does not wait: %+v, %v", gustav, l.waits)
	}
	if g := l.asks("wait", request{Ticket: gustav.Ticket}); g.Status != 202 || g.Token != "" {
		t.Errorf("let in by nobody: %+v", g)
	}
	if g := l.asks("wait", request{Ticket: "made up"}); g.Status != 410 || g.Token != "" {
		t.Errorf("let in with a ticket that is none: %+v", g)
	}
	waiting := l.asks("act", chair.as(request{Badge: "chair's", Do: "state"})).Waiting
	if len(waiting) != 2 || waiting[0].Name != "Gustav" || waiting[1].Name != "Heidi" {
		t.Fatalf("%+v wait", waiting)
	}
	for i, ticket := range []string{gustav.Ticket, heidi.Ticket} {
		if g := l.asks("wait", request{Ticket: waiting[i].ID}); waiting[i].ID == ticket || g.Status != 410 {
			t.Errorf("whoever may let %s in could come in in their place: %+v", waiting[i].Name, g)
		}
	}
	if g := l.asks("act", chair.as(request{Badge: "chair's", Do: "admit", Who: waiting[0].ID})); g.Status != 200 || len(g.Waiting) != 1 || g.Waiting[0].Name != "Heidi" {
		t.Errorf("admitting: %+v", g)
	}
	l.asks("act", chair.as(request{Badge: "chair's", Do: "reject", Who: waiting[1].ID}))
	l.full = true
	if g := l.asks("wait", request{Ticket: gustav.Ticket}); g.Status != 202 || g.Token != "" {
		t.Errorf("let into a full call, or sent away from it: %+v", g)
	}
	l.full = false
	if g := l.asks("wait", request{Ticket: gustav.Ticket}); g.Token == "" || g.Badge != "guest" {
		t.Errorf("not let in: %+v", g)
	}
	if g := l.asks("wait", request{Ticket: gustav.Ticket}); g.Token != "" {
		t.Error("one ticket lets two in")
	}
	if g := l.asks("wait", request{Ticket: heidi.Ticket}); g.Status != 410 || g.Key != "error.away" {
		t.Errorf("not sent away: %+v", g)
	}

	// From the chat, by name; who stops asking is forgotten.
	ida := l.asks("join", request{Name: "Ida"})
	l.asks("join", request{Name: "Karl"})
	if in := l.LetIn(l.call.MediaRoom(), "ida"); !slices.Equal(in, []string{"Ida"}) {
		t.Errorf("let in %v", in)
	}
	if g := l.asks("wait", request{Ticket: ida.Ticket}); g.Token == "" {
		t.Errorf("not let in from the chat: %+v", g)
	}
	l.halls.now = func() time.Time { return time.Now().Add(2 * waiterGone) }
	if changed := l.halls.sweep(l.Present); len(changed) != 1 || len(l.halls.undecided(l.call.MediaRoom())) != 0 {
		t.Errorf("who went away still waits: %v", changed)
	}
}

func TestBoardBegins(t *testing.T) {
	l := newLobby(t, store.EntryBoard)
	anna := l.asks("join", request{Badge: "anna's"})
	if anna.Wait != "board" {
		t.Fatalf("%+v", anna)
	}
	l.asks("join", request{Badge: "chair's"})
	if g := l.asks("wait", request{Ticket: anna.Ticket}); g.Token == "" || g.Badge != "member" {
		t.Errorf("the board is in, and a member waits: %+v", g)
	}
	if g := l.asks("join", request{Name: "Gustav"}); g.Token == "" {
		t.Errorf("the board is in, and a guest waits: %+v", g)
	}
}

// Whoever comes to a full call reads that, not that there is something wrong with their network.
func TestFullCall(t *testing.T) {
	l := newLobby(t, store.EntryOpen)
	l.full = true
	if got := l.asks("join", request{Name: "Uwe"}); got.Status != http.StatusServiceUnavailable || got.Key != "error.full" || got.Token != "" {
		t.Errorf("at a full call: %+v", got)
	}
	l.full = false
	if got := l.asks("join", request{Name: "Uwe"}); got.Status != http.StatusOK || got.Token == "" {
		t.Errorf("once there is a place: %+v", got)
	}
}

func TestLockedDoor(t *testing.T) {
	l := newLobby(t, store.EntryKnock)
	gustav := l.asks("join", request{Name: "Gustav"})
	l.call.Locked = true
	if g := l.asks("wait", request{Ticket: gustav.Ticket}); g.Status != 423 {
		t.Errorf("who waits learns nothing of the lock: %+v", g)
	}
	if g := l.asks("join", request{Badge: "anna's"}); g.Status != 423 || g.Token != "" {
		t.Errorf("a member comes in: %+v", g)
	}
	if g := l.asks("join", request{Badge: "chair's"}); g.Token == "" {
		t.Errorf("the chair is locked out: %+v", g)
	}
}

// A guest does nothing to others by messages made by hand, with whatever pass and badge.
func TestActing(t *testing.T) {
	l := newLobby(t, store.EntryOpen)
	chair, anna, gustav := l.asks("join", request{Badge: "chair's"}), l.asks("join", request{Badge: "anna's"}), l.asks("join", request{Name: "Gustav"})
	deeds := []string{"mute", "mute-all", "remove", "lock", "unlock", "admit", "admit-all", "reject", "lower"}
	for _, do := range deeds {
		for _, r := range []request{
			gustav.as(request{Do: do, Who: anna.Identity}),
			gustav.as(request{Do: do, Who: anna.Identity, Badge: "forged"}),
			anna.as(request{Do: do, Who: gustav.Identity, Badge: "anna's"}),
			{Do: do, Who: anna.Identity, Identity: chair.Identity, Pass: gustav.Pass},
			{Do: do, Who: anna.Identity, Identity: chair.Identity, Pass: gustav.Pass, Badge: "chair's"},
			{Do: do, Who: anna.Identity},
		} {
			if g := l.asks("act", r); g.Status != 403 || g.Key != "error.may" {
				t.Errorf("%+v: %+v", r, g)
			}
		}
	}
	if len(l.done) > 0 || l.call.Locked {
		t.Fatalf("done: %v", l.done)
	}

	l.asks("act", gustav.as(request{Do: "hand"}))
	l.asks("act", anna.as(request{Do: "hand"}))
	if g := l.asks("act", gustav.as(request{Do: "hand"})); !slices.Equal(g.Hands, []string{gustav.Identity, anna.Identity}) || g.Chair || g.Waiting != nil {
		t.Errorf("hands: %+v", g)
	}
	if g := l.asks("act", chair.as(request{Do: "lower", Who: gustav.Identity, Badge: "chair's"})); !slices.Equal(g.Hands, []string{anna.Identity}) || !g.Chair {
		t.Errorf("hands: %+v", g)
	}
	if g := l.asks("act", chair.as(request{Do: "dance", Badge: "chair's"})); g.Status != 400 {
		t.Errorf("dancing: %+v", g)
	}
	for _, do := range deeds[:4] {
		if g := l.asks("act", chair.as(request{Do: do, Who: gustav.Identity, Badge: "chair's"})); g.Status != 200 {
			t.Errorf("%s: %+v", do, g)
		}
	}
	want := []string{"mute " + gustav.Identity, "mute " + anna.Identity, "mute " + gustav.Identity, "remove " + gustav.Identity}
	if !slices.Equal(l.done, want) || !l.call.Locked {
		t.Errorf("done %v, want %v and the lock", l.done, want)
	}
	// Who was sent out has no say, and comes back with no token of before.
	if g := l.asks("act", gustav.as(request{Do: "hand"})); g.Status != 403 {
		t.Errorf("who was removed raises a hand: %+v", g)
	}
	for identity, want := range map[string]int{gustav.Identity: 401, anna.Identity: 200} {
		token := "e30." + base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, `{"sub":%q}`, identity)) + ".c2ln"
		if status, _, _ := ask(t, l.Server, "GET", "/rtc?access_token="+token, "", ""); status != want {
			t.Errorf("%s: %d, want %d", identity, status, want)
		}
	}
}

// Who asks to come in and does not connect raises no hand, and the hands of those who have gone keep nobody's down.
func TestHandsOfNobody(t *testing.T) {
	l := newLobby(t, store.EntryOpen)
	anna := l.asks("join", request{Badge: "anna's"})
	l.slow = true
	nobody := l.asks("join", request{Name: "Gustav"})
	if g := l.asks("act", nobody.as(request{Do: "hand"})); g.Status != 200 {
		t.Errorf("who is not in yet: %+v", g)
	}
	room := l.call.MediaRoom()
	if hands := l.halls.of[room].hands; len(hands) > 0 {
		t.Errorf("hands of nobody: %v", hands)
	}
	in := l.people
	for i := range mostHands {
		l.people = append(l.people, media.Person{Identity: fmt.Sprint("gone ", i)})
		l.halls.raise(room, l.people[len(l.people)-1].Identity, l.people)
	}
	if l.halls.raise(room, anna.Identity, l.people); len(l.halls.of[room].hands) != mostHands {
		t.Errorf("%d hands", len(l.halls.of[room].hands))
	}
	l.people = in
	if g := l.asks("act", anna.as(request{Do: "hand"})); !slices.Equal(g.Hands, []string{anna.Identity}) {
		t.Errorf("when all have gone: %+v", g)
	}
}

// A pass stays good over a restart of the program, and is for one identity in one room.
func TestPasses(t *testing.T) {
	a, b, other := newHalls([]byte("secret")), newHalls([]byte("secret")), newHalls(nil)
	pass := a.pass("room", "anna")
	if !b.passes("room", "anna", pass) {
		t.Error("the pass is lost with a restart")
	}
	if b.passes("room", "", b.pass("room", "")) || b.passes("room2", "anna", pass) || b.passes("room", "bernd", pass) || other.passes("room", "anna", pass) {
		t.Error("a pass is good for more than it is made for")
	}
}

// A vote is told to all, what it is about to members, and the link of a ballot to the one whose it is, when they ask.
func TestVotesInTheCall(t *testing.T) {
	l := newLobby(t, store.EntryOpen)
	l.votes = []store.Vote{{ID: "one", Title: "Motion 12?", Ballot: "https://x/v/one#", Until: time.Unix(1800000000, 0)}}
	chair, anna, gustav := l.asks("join", request{Badge: "chair's"}), l.asks("join", request{Badge: "anna's"}), l.asks("join", request{Name: "Gustav"})
	l.told = nil
	l.Refresh(t.Context(), l.call)
	if len(l.told) != 3 {
		t.Fatalf("told %d times", len(l.told))
	}
	for _, m := range l.told {
		body := string(m.Body)
		isGuest := slices.Equal(m.To, []string{gustav.Identity})
		if strings.Contains(body, "/v/") || strings.Contains(body, "Motion") == isGuest || strings.Contains(body, `"one"`) || !strings.Contains(body, `"id":"`) {
			t.Errorf("%v are told %s", m.To, body)
		}
	}
	for _, test := range []struct {
		name string
		r    request
		want string
	}{
		{"her own", anna.as(request{Badge: "anna's"}), "https://x/v/one#anna's"},
		{"the chair's own", chair.as(request{Badge: "chair's"}), "https://x/v/one#chair's"},
		{"a member without the badge", anna.as(request{}), ""},
		{"a guest", gustav.as(request{}), ""},
		{"a guest with a forged badge", gustav.as(request{Badge: "forged"}), ""},
		{"a guest with the badge of somebody who is somebody else here", gustav.as(request{Badge: "anna's"}), ""},
		{"a member with another's badge", anna.as(request{Badge: "chair's"}), ""},
	} {
		test.r.Do = "state"
		g := l.asks("act", test.r)
		if g.Status != 200 || len(g.Votes) != 1 || g.Votes[0].Ballot != test.want {
			t.Errorf("%s: %+v", test.name, g)
		}
	}
	if g := l.asks("act", request{Do: "state", Badge: "anna's", Identity: anna.Identity, Pass: gustav.Pass}); g.Status != 403 || g.Votes != nil {
		t.Errorf("without the pass: %+v", g)
	}
	l.votes = nil
	if g := l.asks("act", anna.as(request{Do: "state", Badge: "anna's"})); g.Votes == nil || len(g.Votes) > 0 {
		t.Errorf("when it is over: %+v", g)
	}
}

// Who types a member's name by the card's link comes in as that member once the member says so, and the browser keeps it.
func TestMembersByTheCardsLink(t *testing.T) {
	l := newLobby(t, store.EntryKnock)
	if g := l.asks("join", request{Name: "Anna"}); g.Status != 409 || g.Key != "error.taken" {
		t.Fatalf("nobody can be asked: %+v", g)
	}
	l.doubt = store.Doubt{Ticket: "ticket", Name: "Anna", Number: "471"}
	g := l.asks("join", request{Name: "Anna"})
	if g.Status != 202 || g.Wait != "you" || g.Number != "471" || g.Token != "" || len(l.waits) > 0 {
		t.Fatalf("%+v, at the door %v", g, l.waits)
	}
	ticket := g.Ticket
	if g = l.asks("wait", request{Ticket: ticket}); g.Status != 202 || g.Wait != "you" || g.Number != "471" || g.Name != "Anna" || g.Ticket != ticket {
		t.Errorf("no answer yet: %+v", g)
	}
	if g := l.asks("wait", request{Ticket: ticket + "x"}); g.Status != 409 || g.Token != "" {
		t.Errorf("another ticket: %+v", g)
	}
	l.doubt.Badge = "anna's"
	if g = l.asks("wait", request{Ticket: ticket}); g.Token == "" || g.Badge != "member" || g.Keep != "anna's" || g.Name != "Anna" {
		t.Errorf("she said yes: %+v", g)
	}
	l.call.Locked = true
	if g = l.asks("wait", request{Ticket: ticket}); g.Status != 423 || g.Token != "" {
		t.Errorf("locked meanwhile: %+v", g)
	}
	l.call.Locked, l.call.Entry, l.people = false, store.EntryBoard, nil
	if g = l.asks("wait", request{Ticket: ticket}); g.Wait != "board" || g.Keep != "anna's" || g.Token != "" {
		t.Errorf("the board is not in: %+v", g)
	}
	l.doubt.Badge = "of before"
	if g = l.asks("wait", request{Ticket: ticket}); g.Status != 410 || g.Token != "" {
		t.Errorf("no member any more: %+v", g)
	}
	l.doubt = store.Doubt{}
	if g = l.asks("wait", request{Ticket: ticket}); g.Status != 409 || g.Key != "error.taken" {
		t.Errorf("over: %+v", g)
	}
	if g := l.asks("join", request{Name: "Gustav"}); g.Keep != "" {
		t.Errorf("a guest keeps %q", g.Keep)
	}
}
