package bot

import (
	"testing"
	"time"

	"stimmbote/chat"
)

func TestTheAppsOwnCall(t *testing.T) {
	w := newWorld(t, "en")
	calling := func(id, name string) {
		t.Helper()
		w.notices(chat.Notice{Kind: chat.Calling, ID: id, Room: group, Person: user(name)})
	}
	calling("$1", "otherbot")
	w.silent()
	calling("$2", "anna")
	w.expect(`^Some of you are in the app's call\. !call opens a meeting`, "group")
	calling("$2", "anna")
	calling("$3", "bernd")
	w.restart()
	w.now = w.now.Add(appCallOver - time.Second)
	calling("$4", "anna") // they are still in
	w.silent()
	w.says("chair", "!call")
	w.new()
	w.now = w.now.Add(appCallOver)
	calling("$5", "clara")
	s := w.new()
	if m := find(s, "group", `^Some of you are in the app's call\. Our meeting, with guests and votes, is here:\nhttp://127\.0\.0\.1:8480/r/gruene-strasse#\S{22}$`); len(s) != 1 || m == nil || !m.Notice {
		t.Errorf("with a call:\n%s", list(s))
	}
	w.line.plainRoom = true
	w.now = w.now.Add(appCallOver)
	calling("$6", "clara")
	w.expect(`/r/gruene-strasse#(?s).*can read the link as well`, "group")
	w.bot.PublicURL = ""
	w.now = w.now.Add(appCallOver)
	calling("$7", "clara")
	w.silent()
}

// Who was removed has the link: the card says so until there is another one.
func TestTheLinkOfWhoWasRemoved(t *testing.T) {
	w := newWorld(t, "en")
	removed := chat.Notice{Kind: chat.SentOut, ID: "$1", Room: group, Person: user("eva")}
	w.notices(removed)
	w.silent()
	w.says("chair", "!call")
	w.new()
	w.leave("eva")
	w.notices(removed)
	s := w.new()
	if len(s) != 1 || s[0].Edits == "" || find(s, "group", `still has the link\. !call link new`) == nil {
		t.Errorf("the card:\n%s", list(s))
	}
	w.restart()
	w.says("anna", "!call")
	w.expect(`still has the link`, "group")
	w.says("chair", "!call link new")
	s = w.new()
	if find(s, "group", `The link is always the same`) == nil || find(s, "group", `still has the link`) != nil {
		t.Errorf("a new link:\n%s", list(s))
	}
}
