package bot

import (
	"crypto/rand"
	"errors"
	"regexp"
	"strings"
	"testing"

	"stimmbote/chat"
	"stimmbote/voting"
	"stimmbote/voting/belenios"
)

const aHash = "3f1a"

// withBooth is a world whose program has a ballot page.
func withBooth(t *testing.T) *world {
	w := newWorld(t, "en")
	w.bot.BoothHash = aHash
	return w
}

// linkOf is the link in the last ballot of somebody: what stands before and behind the #.
func (w *world) linkOf(name string) (page, token, fingerprint, address string) {
	w.t.Helper()
	for i := len(w.sent) - 1; i >= 0; i-- {
		s := w.sent[i]
		link := regexp.MustCompile(`(\S+)#([^.\s]+)\.([^.\s]+)\.?(\S*)`).FindStringSubmatch(s.Plain)
		if s.to() == name && link != nil {
			if !strings.Contains(s.HTML, `<a href="`+link[0]+`">Open the ballot</a>`) {
				w.t.Errorf("the link cannot be tapped: %s", s.HTML)
			}
			return link[1], link[2], link[3], link[4]
		}
	}
	w.t.Fatalf("%s has no link:\n%s", name, list(w.sent))
	return "", "", "", ""
}

// sealed is the ballot that the page makes for whoever opens the link of name.
func (w *world) sealed(name string, answer int) []byte {
	w.t.Helper()
	_, token, fingerprint, _ := w.linkOf(name)
	sheet, err := w.bot.Sheet(w.t.Context(), w.poll().ID)
	if err != nil {
		w.t.Fatal(err)
	}
	e, err := belenios.Open(sheet.Papers)
	if err != nil || e.Fingerprint() != fingerprint {
		w.t.Fatalf("the link names %s, not %s: %v", fingerprint, e.Fingerprint(), err)
	}
	vote, err := e.Questions()[0].Choose(answer)
	if err != nil {
		w.t.Fatal(err)
	}
	ballot, err := e.Seal(rand.Reader, token, [][]int{vote})
	if err != nil {
		w.t.Fatal(err)
	}
	return ballot
}

func (w *world) casts(ballot []byte) (voting.Receipt, error) {
	w.t.Helper()
	r, err := w.bot.CastSealed(w.t.Context(), w.poll().ID, ballot)
	w.settle()
	return r, err
}

// A vote over the link and one in the chat are one vote of one person, and both are told in the chat.
func TestVoteOverTheLink(t *testing.T) {
	t.Parallel()
	w := withBooth(t)
	w.opened("Shall we?")
	page, token, fingerprint, address := w.linkOf("anna")
	if own := "http://127.0.0.1:8480/v/" + string(w.poll().ID); page != own || fingerprint != w.poll().Fingerprint || address != "" {
		t.Errorf("the link is %s # %s . %s . %s, want %s", page, token, fingerprint, address, own)
	}
	if find(w.sent, "group", `Checksum of the ballot page \(SHA-256\): `+aHash) == nil {
		t.Errorf("the group does not know the page:\n%s", list(w.sent))
	}
	r, err := w.casts(w.sealed("anna", voting.Yes))
	if err != nil || r.Replaced || !r.Unread {
		t.Fatalf("%+v, %v", r, err)
	}
	words := strings.Join(voting.Words(r.Tracker, "en"), "-")
	w.expect(`(?s)^✅ Your sealed vote is in the ballot box\. I do not know what you chose\..*Check words: `+words+` · Code: `+r.Code, "anna")
	w.tells("anna", "2")
	w.expect(`(?s)^✅ Understood: No.*Your earlier vote`, "anna")
	r, err = w.casts(w.sealed("anna", voting.Yes))
	if err != nil || !r.Replaced {
		t.Errorf("%+v, %v", r, err)
	}
	w.expect(`(?s)^✅ Your sealed vote.*Your earlier vote`, "anna")
	for _, name := range people[1:] {
		w.tells(name, "1")
	}
	w.bot.Board = true
	w.says("chair", "!close")
	w.expect(`(?s)adopted.*6.*http://127\.0\.0\.1:8480/p/\w+`, "group")
}

// The receipt and the vote are one: what breaks off in between leaves neither, and a retry both once.
func TestSealedVoteInOnePiece(t *testing.T) {
	t.Parallel()
	w := withBooth(t)
	w.opened("Shall we?")
	ballot := w.sealed("anna", voting.Yes)
	w.hook = func(name string) {
		if name == "cast.before-durable" {
			panic("the process dies")
		}
	}
	func() {
		defer func() { _ = recover() }()
		_, _ = w.bot.CastSealed(w.t.Context(), w.poll().ID, ballot)
	}()
	w.hook = nil
	w.restart()
	w.settle()
	w.silent()
	for i := range 2 {
		if r, err := w.casts(ballot); err != nil || r.Again != (i == 1) {
			t.Errorf("try %d: %+v, %v", i, r, err)
		}
	}
	receipts := 0
	for _, s := range w.new() {
		if s.to() == "anna" {
			receipts++
		}
	}
	if receipts != 1 {
		t.Errorf("%d receipts, want 1", receipts)
	}
}

func TestSealedVoteOfWhoLeft(t *testing.T) {
	t.Parallel()
	w := withBooth(t)
	w.opened("Shall we?")
	ballot := w.sealed("anna", voting.Yes)
	w.leave("anna")
	if _, err := w.casts(ballot); !errors.Is(err, &voting.Refusal{Key: "refusal.ballot.left"}) {
		t.Errorf("whoever left: %v", err)
	}
	w.silent()
}

// Where the link is the only way, an answer in the chat is refused with the link beside it, taken
// back, and can be opened by nobody.
func TestOnlySealed(t *testing.T) {
	t.Parallel()
	w := withBooth(t)
	w.says("chair", "!vote Shall we? --sealed")
	w.expect(`(?s)Draft.*Sealed only: people vote over the link`, "group")
	w.says("chair", "start")
	fresh := w.new()
	if find(fresh, "anna", `Please vote in the browser; the link is for you alone: http`) == nil || find(fresh, "anna", "Reply with the number") != nil {
		t.Errorf("the ballot is\n%s", list(fresh))
	}
	said := w.message("anna", "1", true)
	w.hear(said)
	fresh = w.new()
	refused := find(fresh, "anna", `(?s)^⚠️ In this vote there are no answers here.*Please vote in the browser; the link is for you alone: http`)
	if refused == nil || !refused.Secret {
		t.Errorf("an answer in the chat:\n%s", list(fresh))
	}
	if !strings.Contains(list(fresh), "redacts "+said.ID) || w.line.burned[len(w.line.burned)-1] != said.ID {
		t.Errorf("the answer stays:\n%s%q", list(fresh), w.line.burned)
	}
	w.tells("anna", "perhaps")
	w.expect(`(?s)^⚠️ In this vote there are no answers here.*http`, "anna")
	if cast, _, err := w.bot.Polls.Turnout(t.Context(), w.poll().ID); cast != 0 || err != nil {
		t.Errorf("%d ballots, %v", cast, err)
	}
	if _, err := w.bot.Polls.FoldChoice(t.Context(), w.poll().ID, "@anna:x", voting.Choice{Options: []int{0}}); !errors.Is(err, voting.ErrOnlySealed) {
		t.Errorf("sealed by the bot: %v", err)
	}
	if _, err := w.casts(w.sealed("anna", voting.Yes)); err != nil {
		t.Error(err)
	}
	w.expect(`^✅ Your sealed vote`, "anna")
}

func TestNoBooth(t *testing.T) {
	t.Parallel()
	w := withBooth(t)
	w.says("chair", "!vote Shall we? --sealed --open")
	w.expect(`^An open vote cannot be sealed`, "group")
	w.says("chair", "!vote Shall we? --booth nowhere")
	w.expect(`--booth nowhere\. For example: --booth https://example\.org/booth\.html`, "group")
	w.bot.PublicURL = ""
	w.says("chair", "!vote Shall we? --sealed")
	w.expect(`^Sealed votes are not possible here: .*web\.public_url`, "group")
	w.says("chair", "!vote Shall we?")
	w.expect(`(?s)^🗳️ Draft.*In the direct chat only: .*web\.public_url`, "group")
	w.says("chair", "start")
	if fresh := w.new(); find(fresh, "anna", `1 = Yes`) == nil || strings.Contains(list(fresh), "#") || strings.Contains(list(fresh), aHash) {
		t.Errorf("without an address:\n%s", list(fresh))
	}
}

// The page can be elsewhere: then the link names the bot's address as well.
func TestBoothElsewhere(t *testing.T) {
	t.Parallel()
	w := withBooth(t)
	w.bot.BoothURL = "https://club.example/booth.html"
	w.opened("Shall we?")
	page, _, _, address := w.linkOf("anna")
	if page != "https://club.example/booth.html" || address != "http://127.0.0.1:8480/v/"+string(w.poll().ID) {
		t.Errorf("the link leads to %s and names %s", page, address)
	}
	w.closes("chair")
	w.says("chair", "!vote And now? --booth https://other.example/b?x=1")
	w.expect(`(?s)Ballot page: https://other\.example/b\?x=1`, "group")
	w.says("chair", "start")
	if page, _, _, _ := w.linkOf("bernd"); page != "https://other.example/b?x=1" {
		t.Errorf("the link leads to %s", page)
	}
}

// A page that does not reach the bot shows the ballot to be sent in the direct chat, as a text or a file.
func TestPasted(t *testing.T) {
	t.Parallel()
	w := withBooth(t)
	w.opened("Shall we?")
	ballot := string(w.sealed("anna", voting.Yes))
	w.tells("bernd", ballot)
	w.expect(`^This ballot is of nobody who may vote here`, "bernd")
	w.tells("anna", ballot[:len(ballot)-5])
	w.expect(`^This is not a complete ballot`, "anna")
	w.tells("anna", "```json\n"+ballot+"\n```")
	w.expect(`^✅ Your sealed vote`, "anna")
	w.tells("anna", ballot)
	w.expect(`^Exactly this ballot is in the ballot box already`, "anna")
	m := w.message("bernd", "", true)
	m.Kind, m.File = chat.Attachment, &chat.Attached{}
	w.line.file = w.sealed("bernd", voting.No)
	w.hear(m)
	w.expect(`^✅ Your sealed vote`, "bernd")
	m = w.message("clara", "", true)
	m.Kind, m.File = chat.Attachment, &chat.Attached{}
	w.line.file = []byte("GIF89a")
	w.hear(m)
	w.expect(`only send|Please send`, "clara")
	for _, s := range w.sent {
		if s.Redacts != "" {
			t.Errorf("a sealed ballot was taken back: %s", s.Redacts)
		}
	}
	if cast, _, err := w.bot.Polls.Turnout(t.Context(), w.poll().ID); cast != 2 || err != nil {
		t.Errorf("%d ballots, %v", cast, err)
	}
	late := string(w.sealed("clara", voting.Yes))
	w.now = w.poll().Ends
	w.tells("clara", late)
	w.expect(`^⚠️ Not counted\. The time of this vote is over\. Whoever began it may extend it`, "clara")
	w.says("chair", "end")
	w.tells("clara", late)
	w.expect(`^The vote is over\. This ballot does not count`, "clara")
}
