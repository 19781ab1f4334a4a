package bot

import (
	"strings"
	"testing"
	"time"

	"stimmbote/chat"
	"stimmbote/store"
)

var joined = chat.Notice{Kind: chat.Joined, ID: "$joined", Room: group, Person: user("chair")}

func TestGreeting(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.line.power[myself] = 50
	w.notices(joined)
	s := w.new()
	if len(s) != 1 || find(s, "group", `(?s)!call.*!vote.*I could read everything.*Write yes and I open the direct chats with 6 members now`) == nil ||
		strings.Contains(s[0].Plain, "⚠️") || s[0].Notice {
		t.Errorf("greeting:\n%s", list(s))
	}
	w.notices(joined)
	w.restart()
	w.notices(joined)
	w.silent()
	w.line.power[myself], w.line.plainRoom = 0, true
	again := joined
	again.ID = "$joined2"
	w.notices(again)
	w.expect(`(?s)Encryption is missing.*right to remove messages is missing`, "group")
}

func TestDirectChatsAreOpened(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.says("eva", "yes")
	w.notices(joined)
	w.new()
	w.says("bernd", "Good evening.")
	w.says("bernd", "yes") // in a talk that went on
	w.restart()
	if len(w.line.met) != 0 {
		t.Fatalf("met %v", w.line.met)
	}
	w.line.progress = chat.Progress{Waiting: 6, ETA: 200 * time.Second}
	w.says("anna", "Yes!")
	w.expect(`(?s)^0 of 6 invitations are sent\.\nAbout 3½ more minutes\.\nPlease accept`, "group")
	if got := strings.Join(w.line.met, " "); got != "@anna:x @bernd:x @chair:x @clara:x @deniz:x @eva:x" {
		t.Errorf("met %s", got)
	}
	w.says("clara", "yes")
	w.silent()
	w.line.progress = chat.Progress{Waiting: 2, Sent: 4, ETA: time.Minute}
	w.settle()
	w.silent()
	w.now = w.now.Add(progressPause)
	w.settle()
	s := w.new()
	if len(s) != 1 || s[0].Edits == "" || find(s, "group", `^4 of 6 invitations are sent\.\nAbout 60 more seconds\.`) == nil {
		t.Errorf("progress:\n%s", list(s))
	}
	w.restart()
	w.line.progress = chat.Progress{Sent: 5, Given: 1, Accepted: 3}
	w.settle()
	w.now = w.now.Add(progressPause)
	w.settle()
	w.expect(`^5 of 6 invitations are sent, 3 accepted\.\nI cannot reach 1 member\.`, "group")
	w.now = w.now.Add(time.Hour)
	w.settle()
	w.silent()
}

func TestTheGreetingIsAnsweredInItsThreadToo(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "de")
	w.notices(joined)
	w.says("anna", "Wer ist das?")
	m := w.message("anna", "ja", false)
	m.Thread = "$greeting/$joined"
	w.hear(m)
	if len(w.line.met) != 6 {
		t.Errorf("met %v", w.line.met)
	}

	w = newWorld(t, "de")
	w.notices(joined)
	w.now = w.now.Add(greetingHolds + time.Second)
	w.says("anna", "ja")
	if len(w.line.met) != 0 {
		t.Errorf("after a long time met %v", w.line.met)
	}
}

// The last word comes when it is so, and not long after because of a correction just before; if it takes longer than
// foretold, that is said.
func TestTheLastWordComesInTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.notices(joined)
	w.new()
	w.line.progress = chat.Progress{Waiting: 6, ETA: 40 * time.Second}
	w.says("anna", "yes")
	w.new()
	later := func(by time.Duration, p chat.Progress) {
		w.now, w.line.progress = w.now.Add(by), p
		w.settle()
	}
	later(0, w.line.progress)
	later(progressPause, chat.Progress{Waiting: 1, Sent: 5, ETA: 8 * time.Second})
	w.silent()
	later(8*time.Second, chat.Progress{Waiting: 1, Sent: 5, ETA: 2 * time.Second})
	w.silent()
	later(7*time.Second, chat.Progress{Waiting: 1, Sent: 5, ETA: 9 * time.Second})
	w.expect(`^5 of 6 invitations are sent\.\nAbout 9 more seconds`, "group")
	later(progressPause, chat.Progress{Waiting: 1, Sent: 5, ETA: 5 * time.Second})
	w.silent()
	later(5*time.Second, chat.Progress{Sent: 6})
	w.expect(`^6 of 6 invitations are sent`, "group")
	w.silent()
}

// TestWhoComesIsGivenWhatIsOpen lets people come into their direct chats at various times.
func TestWhoComesIsGivenWhatIsOpen(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	met := chat.Notice{Kind: chat.Met, ID: "$met1", Room: "!dm-anna:x", Person: user("anna")}
	w.notices(met)
	w.notices(met)
	if s := w.new(); len(s) != 1 || find(s, "anna", `^Hello\. In this direct chat you get your ballot`) == nil {
		t.Errorf("greeting:\n%s", list(s))
	}
	w.says("chair", "!vote One?")
	w.says("chair", "start")
	w.new()
	sentTo(w, ballotKey(w.poll().ID, "@bernd:x"), "!dm-bernd:x")
	w.notices(chat.Notice{Kind: chat.Met, ID: "$met2", Room: "!dm-bernd:x", Person: user("bernd")})
	if s := w.new(); len(s) != 1 || find(s, "bernd", `^Hello`) == nil {
		t.Errorf("who has the ballot in this chat:\n%s", list(s))
	}
	w.notices(chat.Notice{Kind: chat.Met, ID: "$met3", Room: "!own-bernd:x", Person: user("bernd")})
	if s := find(w.new(), "bernd", `^🗳️ Ballot: One\?`); s == nil || !s.Secret {
		t.Error("who has the ballot in another chat does not get it again")
	}
	device := chat.Notice{Kind: chat.NewDevice, ID: "$device", Person: user("clara")}
	w.notices(device)
	w.notices(device)
	if s := w.new(); len(s) != 1 || find(s, "clara", `^🗳️ Ballot: One\?`) == nil {
		t.Errorf("a new device:\n%s", list(s))
	}
	w.tells("clara", "1")
	w.new()
	device.ID = "$device2"
	w.notices(device)
	w.silent()
}

// TestWhatWaitsDoesNotComeTwice comes into a direct chat before the ballot is sent there.
func TestWhatWaitsDoesNotComeTwice(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.says("chair", "!vote One?")
	if err := w.bot.Said(t.Context(), w.message("chair", "start", false)); err != nil {
		t.Fatal(err)
	}
	w.deliver() // the anchors
	w.step()    // queues the ballots
	for _, n := range []chat.Notice{
		{Kind: chat.Met, ID: "$met", Room: "!dm-anna:x", Person: user("anna")},
		{Kind: chat.NewDevice, ID: "$device", Person: user("anna")},
	} {
		if err := w.bot.Noticed(t.Context(), n); err != nil {
			t.Fatal(err)
		}
	}
	w.settle()
	ballots := 0
	for _, s := range w.new() {
		if s.to() == "anna" && strings.HasPrefix(s.Plain, "🗳️ Ballot") {
			ballots++
		}
	}
	if ballots != 1 {
		t.Errorf("anna got %d ballots", ballots)
	}
}

// sentTo notes in which room a delivery was made.
func sentTo(w *world, key, room string) {
	w.t.Helper()
	if err := w.store.SettleOutgoing(w.t.Context(), key, store.OutgoingSent, room, "$"+key); err != nil {
		w.t.Fatal(err)
	}
}

func TestHello(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "de")
	w.tells("anna", "hallo")
	w.expect(`^Gerade gibt es keine Abstimmung`, "anna")
	w.opened("Eins?")
	w.tells("anna", "Hallo!")
	w.silent() // a moment ago
	w.now = w.now.Add(helloWithin)
	w.tells("anna", "Hallo!")
	w.expect(`^🗳️ Stimmzettel: Eins\?`, "anna")
	w.tells("anna", "Guten Abend")
	w.silent() // a moment ago
	w.tells("anna", "1")
	w.new()
	w.now = w.now.Add(time.Hour)
	w.tells("anna", "Hallo")
	w.expect(`^Ihre Stimme von vorhin bleibt in der Urne`, "anna")
	w.tells("stranger", "Guten Tag!")
	w.expect(`^Gerade gibt es keine Abstimmung`, "stranger")
}

func TestOtherNotices(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.bot.Config.Admin, w.bot.Config.Contact = user("admin"), "Office, 0"
	w.bot.Config.Ignore = append(w.bot.Config.Ignore, user("bridge"))
	w.notices(chat.Notice{Kind: chat.Refused, ID: "$a", Room: "!other:y", Person: user("stranger")})
	w.notices(chat.Notice{Kind: chat.Refused, ID: "$b", Room: "!third:y", Person: user("stranger")})
	if s := w.new(); len(s) != 1 || find(s, "stranger", `^You invited me.*\nHelp: Office, 0$`) == nil {
		t.Errorf("refused:\n%s", list(s))
	}
	for _, id := range []string{"$c", "$d"} {
		w.notices(chat.Notice{Kind: chat.Unreadable, ID: id, Room: group, Person: user("anna")})
	}
	if s := w.new(); len(s) != 1 || find(s, "group", `^Anna, I could not decrypt`) == nil {
		t.Errorf("unreadable:\n%s", list(s))
	}
	w.now = w.now.Add(time.Hour)
	if err := w.store.PutDirect(t.Context(), store.Direct{Person: user("anna"), Room: "!dm-anna:x", Invited: true}); err != nil {
		t.Fatal(err)
	}
	w.notices(chat.Notice{Kind: chat.Unreadable, ID: "$e", Room: "!dm-anna:x", Person: user("anna")})
	w.expect(`^I could not decrypt a message of yours`, "anna")
	w.notices(chat.Notice{Kind: chat.Unreadable, ID: "$f", Room: group, Person: user("bridge")})
	w.silent()
	w.notices(chat.Notice{Kind: chat.Limited, ID: "$g", To: "curl -X POST …"})
	w.expect(`(?s)slows me down.*\ncurl -X POST …$`, "admin")
	if log := w.log.String(); !strings.Contains(log, "curl -X POST") {
		t.Errorf("logged: %s", log)
	}
	w.bot.Config.Admin = ""
	w.notices(chat.Notice{Kind: chat.Limited, ID: "$h", To: "curl"})
	w.silent()
}
