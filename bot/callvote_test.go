package bot

import (
	"context"
	"strings"
	"testing"

	"stimmbote/store"
)

// Those in the call learn of a vote when it opens and when it is over, each once, and a member gets their own ballot.
func TestVotesAreToldInTheCall(t *testing.T) {
	w := newWorld(t, "en")
	w.bot.BoothHash = "hash"
	at := &doorway{}
	w.bot.Doors = at
	w.says("chair", "!call")
	w.inCallAre([]string{"anna", "chair"}, []string{"Gustav"})
	c, err := w.store.CallByRoom(t.Context(), group)
	if err != nil {
		t.Fatal(err)
	}
	votes := func(badge string) []store.Vote {
		t.Helper()
		all, err := w.bot.Votes(context.Background(), *c, badge)
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	annas, err := w.bot.badge(c, user("anna"))
	if err != nil {
		t.Fatal(err)
	}
	bernds, _ := w.bot.badge(c, user("bernd"))
	w.says("chair", "!vote Motion 12? --who @anna,@clara,@deniz,@eva,@chair --for 10m")
	if len(votes(annas)) > 0 || at.told != 1 {
		t.Errorf("told %d times before the vote, when they came", at.told)
	}
	w.says("chair", "start")
	if at.told != 2 {
		t.Errorf("told %d times", at.told)
	}
	p := w.poll()
	token, err := w.bot.Polls.Token(t.Context(), p.ID, "@anna:x")
	if err != nil {
		t.Fatal(err)
	}
	got := votes(annas)
	if len(got) != 1 || got[0].Title != "Motion 12?" || !got[0].Until.Equal(p.Ends) || got[0].Ballot != w.bot.boothLink(p, token) || !strings.Contains(got[0].Ballot, token) {
		t.Errorf("Anna's votes: %+v", got)
	}
	for _, badge := range []string{"", "forged", bernds} {
		if got := votes(badge); len(got) != 1 || got[0].Ballot != "" || got[0].ID != string(p.ID) {
			t.Errorf("with %q: %+v", badge, got)
		}
	}
	w.leave("anna")
	w.now = w.now.Add(crewFresh)
	w.settle()
	if at.told != 3 {
		t.Errorf("one has left the group: told %d times", at.told)
	}
	if got := votes(annas); len(got) != 1 || got[0].Ballot != "" {
		t.Errorf("who has left: %+v", got)
	}
	w.join("anna")
	w.says("chair", "!extend 5m")
	if at.told != 4 { // who has come back is told in the same step
		t.Errorf("another deadline: told %d times", at.told)
	}
	w.says("chair", "!cancel")
	if at.told != 5 || len(votes(annas)) > 0 {
		t.Errorf("it is over: told %d times, %+v", at.told, votes(annas))
	}
	w.settle()
	if at.told != 5 {
		t.Error("told again of nothing")
	}
}
