package bot

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"stimmbote/chat"
)

func TestProbe(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.line.power[user("chair")] = 100
	w.says("eva", "!probe")
	w.expect(`^Those who can do that here: Chair\.`, "group")
	w.says("chair", "!probe --end")
	w.expect(`^No probe is running`, "group")
	w.says("chair", "!contact Lenz, 0171")
	w.new()
	w.line.progress = chat.Progress{Waiting: 6, ETA: time.Minute}
	w.says("chair", "!probe")
	fresh := w.new()
	w.line.progress = chat.Progress{}
	if len(fresh) != 7 || find(fresh, "group", `^👋 Probe: 0 of 6 reachable\nI am asking 6 members\.\nAbout 60 more seconds\.\nPlease look`) == nil {
		t.Errorf("begun:\n%s", list(fresh))
	}
	if s := find(fresh, "eva", `(?s)^👋 Probe.*with one word.*Help: Lenz`); s == nil || !s.Secret {
		t.Errorf("asked:\n%s", list(fresh))
	}

	for i, word := range []string{"here", "Yes!", "hello"} {
		w.tells(people[i], word)
		w.expect(fmt.Sprintf(`^👋 Probe: %d of 6 reachable`, i+1), "group")
	}
	w.tells("anna", "thanks")
	w.tells("anna", "here")
	if s := list(w.new()); strings.Contains(s, "you can be reached") || strings.Contains(s, "of 6") {
		t.Errorf("after the answer:\n%s", s)
	}
	m := w.message("clara", "here", true)
	m.Trusted = false
	w.hear(m)
	w.expect(`^⚠️ Your answer is here, but your device is not verified.*\nHelp: Lenz, 0171$`, "clara")
	m = w.message("deniz", "here", true)
	m.Encrypted, m.Trusted = false, false
	w.hear(m)
	w.expect(`^⚠️ Your answer is here, but it is not encrypted`, "deniz")
	w.tells("deniz", "1")
	w.expect(`^No vote is open for you`, "deniz") // a number is an answer to a ballot only

	w.restart()
	w.line.reach[user("eva")] = chat.Invited
	w.now = w.now.Add(probeFirst)
	w.settle()
	fresh = w.new()
	if find(fresh, "chair", `^👋 Probe: 3 of 6 reachable\nAccept the invitation to the direct chat: Eva\nUse an app that encrypts: Deniz\nVerify the device \(.*\): Clara\n!probe`) == nil || len(fresh) != 1 {
		t.Errorf("after a while:\n%s", list(fresh))
	}
	w.line.power[user("bernd")] = 50
	w.leave("deniz")
	w.says("bernd", "!probe")
	fresh = w.new()
	if find(fresh, "group", `^👋 Probe: 3 of 6 reachable`) == nil || find(fresh, "bernd", `No longer in the group: @deniz:x`) == nil || find(fresh, "chair", ``) != nil {
		t.Errorf("asked again:\n%s", list(fresh))
	}
	if names := list(fresh); strings.Contains(find(fresh, "group", ``).Plain, "deniz") {
		t.Errorf("names in the group:\n%s", names)
	}
	for _, name := range []string{"clara", "deniz", "eva"} {
		w.tells(name, "here")
	}
	fresh = w.new()
	if find(fresh, "group", `^👋 Probe: 6 of 6 reachable\nEverybody can be reached\.`) == nil || find(fresh, "chair", ``) != nil {
		t.Errorf("at the end:\n%s", list(fresh))
	}
	w.says("chair", "!probe --end")
	w.expect(`^No probe is running`, "group")
	if log := w.log.String(); log != "" {
		t.Errorf("logged: %s", log)
	}
}

func TestProbeEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.says("chair", "!probe")
	w.tells("anna", "here")
	w.new()
	w.now = w.now.Add(probeLasts)
	w.line.reach[user("eva")] = chat.Unsigned
	w.settle()
	fresh := w.new()
	if find(fresh, "group", `^👋 Probe: 1 of 6 reachable\nThe probe is over\.`) == nil || find(fresh, "chair", `(?m)Verify the device \(.*\): Eva$`) == nil {
		t.Errorf("after a day:\n%s", list(fresh))
	}
	w.says("chair", "!probe")
	w.new()
	w.says("chair", "!vote One?")
	w.says("chair", "start")
	fresh = w.new()
	if find(fresh, "group", `^👋 Probe: 0 of 6 reachable\nThe probe is over\.`) == nil || find(fresh, "eva", `^🗳️ Ballot`) == nil {
		t.Errorf("a vote begins:\n%s", list(fresh))
	}
	w.says("chair", "!probe")
	w.expect(`^A vote is open here`, "group")
	w.tells("anna", "yes")
	w.expect(`Understood: Yes`, "anna")
	w.tells("bernd", "here")
	w.expect(`^I did not understand`, "bernd")
}

// TestEverybodyIsProbedOnce dies between the question and the answer, again and again.
func TestEverybodyIsProbedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	m := w.message("chair", "!probe", false)
	for range 3 {
		if err := w.bot.Said(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		w.restart()
	}
	w.settle()
	for range 3 {
		w.hear(m)
		w.restart()
	}
	asked := make(map[string]int)
	for _, s := range w.new() {
		if strings.Contains(s.Plain, "with one word") {
			asked[s.to()]++
		}
	}
	for _, name := range people {
		if asked[name] != 1 {
			t.Errorf("%s was asked %d times", name, asked[name])
		}
	}
	w.line.reach[user("anna")] = chat.Reachable
	answer := w.message("anna", "here", true)
	for range 3 {
		w.hear(answer)
		w.restart()
	}
	if got := strings.Count(list(w.new()), "you can be reached"); got != 1 {
		t.Errorf("thanked %d times", got)
	}
	w.notices(chat.Notice{Kind: chat.NewDevice, ID: "$new", Person: user("bernd")})
	w.expect(`^👋 Probe for the next vote`, "bernd")
	w.notices(chat.Notice{Kind: chat.NewDevice, ID: "$new2", Person: user("anna")})
	w.silent()
}

// TestProbeAndVoteOfTwoGroups lets somebody be asked by both at once.
func TestProbeAndVoteOfTwoGroups(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.opened("One?")
	const second = "!second:x"
	w.line.members[second] = w.line.members[group][:3] // the bot, anna, bernd
	m := w.message("anna", "!probe", false)
	m.Room = second
	w.hear(m)
	w.new()
	w.tells("bernd", "here")
	w.expect(`you can be reached`, "bernd")
	w.tells("anna", "yes")
	w.expect(`Understood: Yes`, "anna")
	w.tells("anna", "here")
	fresh := w.new()
	if find(fresh, "anna", `you can be reached`) == nil || find(fresh, "group", `2 of 2 reachable`) == nil {
		t.Errorf("answered both:\n%s", list(fresh))
	}
	w.now = w.now.Add(time.Hour)
	w.settle()
	w.silent()
}
