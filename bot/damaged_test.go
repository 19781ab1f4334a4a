package bot

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"stimmbote/chat"
	"stimmbote/voting"
	"stimmbote/voting/box"
)

// damage changes a ballot in the box, as a disk might.
func (w *world) damage() {
	w.t.Helper()
	id := string(w.poll().ID)
	places, err := w.store.Places(w.t.Context(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	p := places[slices.IndexFunc(places, func(p box.Place) bool { return p.Ballot[0] != 0 })]
	p.Ballot[bytes.Index(p.Ballot, []byte("proof"))+30] ^= 1
	if err := w.store.PutPlace(w.t.Context(), id, p); err != nil {
		w.t.Fatal(err)
	}
}

// Whoever's ballot was damaged is asked to vote again before anything is closed, and the vote stays open
// until then.
func TestADamagedBallotIsAskedForAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.opened("One?")
	for _, name := range people {
		w.tells(name, "1")
	}
	w.new()
	w.damage()
	w.says("chair", "!close")
	fresh := w.new()
	if find(fresh, "group", `^⚠️ 1 ballot was damaged on my disk and does not count: One\?`) == nil || find(fresh, "group", `closed`) != nil {
		t.Errorf("after the damage:\n%s", list(fresh))
	}
	var asked strings.Builder
	for _, name := range people {
		if find(fresh, name, `^⚠️ Your vote was damaged on my disk and does not count: One\?\nPlease vote again`) != nil {
			asked.WriteString(name)
		}
	}
	if !slices.Contains(people, asked.String()) {
		t.Fatalf("asked is %q:\n%s", asked.String(), list(fresh))
	}
	w.tells(asked.String(), "2")
	w.expect(`^✅ Understood: No\.`, asked.String())
	w.says("chair", "!close")
	w.expect(`^Result: adopted[\s\S]*Yes: 5[\s\S]*No: 1`, "group")
}

// TestANewMinuteAfterADamagedBallot: a vote whose minute is over is about to close when a ballot is found damaged. Once that
// is cast anew, the minute is said anew and runs from then on, after a restart and after a second damage too.
func TestANewMinuteAfterADamagedBallot(t *testing.T) {
	t.Parallel()
	const minute = `^All 6 votes are in\. I close in 60 seconds`
	w := newWorld(t, "en")
	w.opened("One?")
	w.new()
	for _, name := range people {
		w.tells(name, "1")
	}
	w.expect(minute, "group")
	for range 2 {
		w.damage()
		w.now = w.now.Add(grace)
		w.settle()
		fresh := w.new()
		i := slices.IndexFunc(people, func(name string) bool { return find(fresh, name, `was damaged on my disk`) != nil })
		if i < 0 {
			t.Fatalf("nobody is asked:\n%s", list(fresh))
		}
		w.now = w.now.Add(grace / 2)
		w.tells(people[i], "2")
		if fresh := w.new(); find(fresh, "group", minute) == nil || w.poll().State != voting.StateOpen {
			t.Fatalf("after the new answer:\n%s", list(fresh))
		}
		w.now = w.now.Add(grace - time.Second)
		w.restart() // the minute begins anew
		w.settle()
		if w.now = w.now.Add(grace - time.Second); w.poll().State != voting.StateOpen {
			t.Fatal("it is closed before the minute is over")
		}
		w.settle()
		w.new()
	}
	w.now = w.now.Add(time.Second)
	w.settle()
	w.expect(`^Result: adopted`, "group")
}

// TestADamagedFinalBallot damages a ballot where the first vote counts: whoever's it was is reminded, gets the ballot on a new
// device, and may vote again; nobody else may.
func TestADamagedFinalBallot(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.opened("One? --no-revote --for 30m")
	for _, name := range people {
		w.tells(name, "1")
		w.tells(name, "OK")
	}
	w.damage()
	w.new()
	w.says("chair", "!close")
	fresh := w.new()
	i := slices.IndexFunc(people, func(name string) bool { return find(fresh, name, `was damaged on my disk`) != nil })
	if i < 0 {
		t.Fatalf("nobody is asked:\n%s", list(fresh))
	}
	whose := people[i]
	w.notices(chat.Notice{ID: "$joined", Kind: chat.Met, Room: "!other:x", Person: user(whose)})
	w.expect(`^🗳️ Ballot: One\?`, whose)
	w.now = w.now.Add(26 * time.Minute)
	w.settle()
	w.expect(`^⏳ Your vote is still missing`, whose)
	w.tells(whose, "2")
	w.expect(`^You choose: No`, whose)
	w.tells(people[(i+1)%len(people)], "2")
	w.expect(`^You have voted already`, people[(i+1)%len(people)])
	w.tells(whose, "OK")
	fresh = w.new()
	if find(fresh, whose, `^✅ No\. Your vote is in`) == nil || find(fresh, "group", `^All 6 votes are in\. I close in 60 seconds`) == nil {
		t.Errorf("after the new vote:\n%s", list(fresh))
	}
	w.now = w.now.Add(grace)
	w.settle()
	w.expect(`^Result: adopted[\s\S]*Yes: 5[\s\S]*No: 1`, "group")
}
