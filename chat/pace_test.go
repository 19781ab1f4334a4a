package chat

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"stimmbote/store"
)

// inTx queues deliveries at one moment.
func inTx(t *testing.T, r *rig, deliveries ...Delivery) {
	t.Helper()
	if err := r.store.Tx(t.Context(), func(ctx context.Context) error { return r.Queue(ctx, deliveries...) }); err != nil {
		t.Fatal(err)
	}
}

// costOfOne is what a direct room with its invitation and a message takes this machine where nothing is limited.
func costOfOne(t *testing.T) time.Duration {
	t.Helper()
	r := start(t, newHomeserver(t), t.TempDir())
	began := time.Now()
	queue(t, r, Delivery{Key: "one", Person: eve, Kind: "ballot", Secret: true, Group: "g", Lane: Ballot})
	r.sent(t)
	cost := time.Since(began)
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	return cost
}

// As Synapse limits, only faster: the queue learns the pace, says each thing once, is seldom refused, and
// knows when it will be done.
func TestUnderLimitsEverythingIsSaidOnceAndInTime(t *testing.T) {
	const people = 12
	// On a machine that is slower than the limits there is nothing to learn; of slower limits a minute is not enough.
	gap := min(max(time.Second, 5*costOfOne(t)), 3*time.Second)
	hs := newHomeserver(t)
	hs.limits = map[deed]*limit{
		making:   {gap: gap, burst: 4},
		inviting: {gap: gap / 20, burst: 10},
		sending:  {gap: gap * 2 / 25, burst: 9},
	}
	r := open(t, hs, t.TempDir(), Config{Password: password})
	r.second = gap * 2 / 125 // as is a second to Synapse's limits
	r.run(t)
	var all []Delivery
	for n := range people {
		all = append(all, Delivery{Key: fmt.Sprint(n), Person: fmt.Sprintf("@p%d:test", n), Kind: "ballot", Secret: true, Group: "g", Lane: Ballot})
	}
	inTx(t, r, all...)
	eventually(t, func() error {
		r.pace.mu.Lock()
		knows := r.pace.meters[making].gap > gap*9/10 // the first refusal tells less if what was before it took long
		r.pace.mu.Unlock()
		if p, err := r.Progress(t.Context(), "g"); err != nil || p.Sent < 5 || !knows {
			return fmt.Errorf("%+v, it knows the pace: %t, %v", p, knows, err)
		}
		return nil
	})
	p, err := r.Progress(t.Context(), "g")
	if err != nil || p.Waiting+p.Sent != people {
		t.Fatalf("%+v, %v", p, err)
	}
	asked := time.Now()
	r.sent(t)
	took := time.Since(asked)
	if p.ETA < took/2 || p.ETA > took*2 { // how right it is, is a figure: bench/bot measures it
		t.Errorf("it took %v, %v were foretold", took, p.ETA)
	}
	for _, d := range all {
		if said := hs.said(r.directRoomOf(t, hs, d.Person).id, bot); len(said) != 1 {
			t.Errorf("%s was told %d times", d.Person, len(said))
		}
	}
	hs.mu.Lock()
	defer hs.mu.Unlock()
	if hs.refused[making]+hs.refused[sending]+hs.refused[inviting] > people { // several are under way when the first is refused
		t.Errorf("refused %v times", hs.refused)
	}
}

// Of six whose direct rooms are made on Synapse, three wait: six requests for rooms and invitations, a word of greeting
// to two before the last is invited, and a third as much for saying how far it is.
func TestWhatIsSaidMeanwhileIsForetold(t *testing.T) {
	t.Parallel()
	r := open(t, newHomeserver(t), t.TempDir(), Config{Password: password})
	r.second = time.Second
	r.pace.meters[sending] = meter{limited: true, gap: 5 * time.Second, burst: 10, tokens: 1, at: time.Now()}
	got := r.span([]store.Load{{Lane: int(meeting), Own: true, Silent: true, Need: 2, Count: 3, People: 3}})
	if want := 7 * 5 * time.Second * 3 / 2; (got - want).Abs() > time.Second {
		t.Errorf("foretold %v, want %v", got, want)
	}
	got = r.span([]store.Load{{Lane: int(Ballot), Own: true, Need: 2, Count: 3, People: 3}})
	if want := 8 * 5 * time.Second; (got - want).Abs() > time.Second {
		t.Errorf("of ballots, before which nothing is said: foretold %v, want %v", got, want)
	}
}

// A restart asks for nothing before the time that the homeserver named.
func TestTheHomeserversWaitOutlivesARestart(t *testing.T) {
	t.Parallel()
	for _, header := range []bool{false, true} {
		hs := newHomeserver(t)
		dir := t.TempDir()
		rooms := []*fakeRoom{hs.makeRoom(false, anna, bot), hs.makeRoom(false, anna, bot)}
		r := start(t, hs, dir)
		var asked []time.Time
		hs.mu.Lock()
		hs.fault = func(req *http.Request) int {
			if strings.Contains(req.URL.Path, "/send/") {
				if asked = append(asked, time.Now()); len(asked) == 1 {
					return 429
				}
			}
			return 0
		}
		hs.wait, hs.waitInHeader = time.Second, header
		hs.mu.Unlock()
		queue(t, r, Delivery{Key: "1", Room: rooms[0].id})
		eventually(t, func() error {
			if paces, err := r.store.Paces(t.Context()); err != nil || len(paces) == 0 {
				return fmt.Errorf("%v, %v", paces, err)
			}
			return nil
		})
		if err := r.stop(); err != nil {
			t.Fatal(err)
		}
		r = start(t, hs, dir)
		queue(t, r, Delivery{Key: "2", Room: rooms[1].id})
		r.sent(t)
		hs.mu.Lock()
		if len(asked) != 3 {
			t.Errorf("sent %d times, want a refusal and two messages", len(asked))
		} else if wait := asked[1].Sub(asked[0]); wait < time.Second-50*time.Millisecond {
			t.Errorf("the second message came after %v (in a header: %v)", wait, header)
		}
		hs.mu.Unlock()
		if err := r.stop(); err != nil {
			t.Fatal(err)
		}
	}
}

// limitedRig lets the queue find out that it is limited, and say one thing at a time: on a machine that is busy
// with other things, two that are under way may overtake each other.
func limitedRig(t *testing.T, hs *homeserver) (*rig, *fakeRoom) {
	t.Helper()
	hs.limits = map[deed]*limit{sending: {gap: 200 * time.Millisecond, burst: 1e6, first: 1}}
	room := hs.makeRoom(false, anna, bot)
	r := open(t, hs, t.TempDir(), Config{Password: password})
	r.atOnce = 1
	r.run(t)
	queue(t, r, Delivery{Key: "first0", Room: room.id, Kind: "first"})
	r.told(t, 1)
	r.bot.mu.Lock()
	defer r.bot.mu.Unlock()
	r.bot.done = nil
	return r, room
}

// told waits until the bot was told that so many things were said.
func (r *rig) told(t *testing.T, n int) {
	t.Helper()
	eventually(t, func() error {
		r.bot.mu.Lock()
		defer r.bot.mu.Unlock()
		if len(r.bot.done) != n {
			return fmt.Errorf("said %q, want %d things", r.bot.done, n)
		}
		return nil
	})
}

func TestLanesLeaveInTheirOrder(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	r, first := limitedRig(t, hs)
	room := func() string { return hs.makeRoom(false, anna, bot).id }
	inTx(t, r,
		Delivery{Key: "redaction", Room: first.id, Redacts: ByKey("first0"), Lane: Redaction},
		Delivery{Key: "counted", Room: room(), Lane: Counted},
		Delivery{Key: "status", Room: first.id, Edits: "first0", Lane: Status},
		Delivery{Key: "clarification", Room: room()},
		Delivery{Key: "ballot", Room: room(), Lane: Ballot},
		Delivery{Key: "receipt", Room: first.id, Lane: Receipt},
	)
	want := []string{"receipt", "ballot", "clarification", "status", "counted", "redaction"}
	eventually(t, func() error {
		r.bot.mu.Lock()
		defer r.bot.mu.Unlock()
		if !slices.Equal(r.bot.done, want) {
			return fmt.Errorf("said %q, want %q", r.bot.done, want)
		}
		return nil
	})
}

func TestGroupsTakeTurns(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	r, _ := limitedRig(t, hs)
	var all []Delivery
	for _, group := range []string{"A", "B"} {
		for n := range 4 {
			all = append(all, Delivery{Key: fmt.Sprint(group, n), Group: group, Room: hs.makeRoom(false, anna, bot).id})
		}
	}
	inTx(t, r, all...)
	r.told(t, len(all))
	r.bot.mu.Lock()
	defer r.bot.mu.Unlock()
	for n := 0; n+1 < len(r.bot.done); n += 2 {
		if r.bot.done[n][0] == r.bot.done[n+1][0] {
			t.Errorf("in the order %q a group waited for another one", r.bot.done)
			break
		}
	}
}

// Of many edits in short time few are made, one in each pause, and the newest is the last.
func TestEditsAreNoStorm(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	room := hs.makeRoom(false, anna, bot)
	r := open(t, hs, t.TempDir(), Config{Password: password})
	r.second = 100 * time.Millisecond
	r.run(t)
	queue(t, r, Delivery{Key: "card", Room: room.id, Kind: "card"})
	r.sent(t)
	began := time.Now()
	for n := range 30 {
		queue(t, r, Delivery{Key: fmt.Sprint("edit", n), Room: room.id, Kind: fmt.Sprint("edit ", n), Edits: "card", Lane: Status})
		if n == 0 {
			r.sent(t) // of those that still wait only the newest is made, pause or not
		}
	}
	queue(t, r, Delivery{Key: "edit7", Room: room.id, Kind: "edit 7", Edits: "card", Lane: Status}) // queued once more: nothing changes
	r.sent(t)
	said := bodies(hs.said(room.id, bot))
	if most := 2 + int(time.Since(began)/(editPause*r.second)); len(said) > most || said[len(said)-1] != "* edit 29 " {
		t.Errorf("said %d things, at last %q; want at most %d and the newest", len(said), said[len(said)-1], most)
	}
}

func TestTheFirstRefusalIsToldOnceWithTheRemedy(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	hs.limits = map[deed]*limit{sending: {gap: 300 * time.Millisecond, burst: 1}}
	room := hs.makeRoom(false, anna, bot)
	r := start(t, hs, t.TempDir())
	for n := range 4 {
		queue(t, r, Delivery{Key: fmt.Sprint(n), Room: room.id})
	}
	r.sent(t)
	eventually(t, func() error {
		r.bot.mu.Lock()
		defer r.bot.mu.Unlock()
		if len(r.bot.noticed) == 0 {
			return errors.New("nobody was told")
		}
		return nil
	})
	r.bot.mu.Lock()
	defer r.bot.mu.Unlock()
	if n := r.bot.noticed; len(n) != 1 || n[0].Kind != Limited || !strings.Contains(n[0].To, hs.URL+"/_synapse/admin/v1/users/@bot:test/override_ratelimit") {
		t.Errorf("told: %+v", n)
	}
}

func TestTheRemedyFitsTheHomeserver(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"Synapse": "override_ratelimit", "Dendrite": "exempt_user_ids: [\"@bot:test\"]", "Other": "override_ratelimit"} {
		hs := newHomeserver(t)
		hs.name = name
		r := start(t, hs, t.TempDir())
		kind, command, err := r.LiftLimits(t.Context())
		if err != nil || !strings.Contains(command, want) || (kind != strings.ToLower(name) && name != "Other") {
			t.Errorf("%s: %q, %q, %v", name, kind, command, err)
		}
		if err := r.stop(); err != nil {
			t.Fatal(err)
		}
	}
}

// A limit on how often one person may be invited holds nobody else back.
func TestOnesOwnLimitIsOnesOwn(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	r := start(t, hs, t.TempDir())
	hs.mu.Lock()
	hs.wait = 5 * time.Minute
	hs.fault = func(req *http.Request) int {
		if path.Base(req.URL.Path) == eve && req.Method == http.MethodPut {
			return 429
		}
		return 0
	}
	hs.mu.Unlock()
	queue(t, r, Delivery{Key: "eve", Person: eve, Kind: "ballot", Secret: true})
	eventually(t, func() error {
		if at, _, err := r.store.NextOutgoing(t.Context()); err != nil || time.Until(at) < time.Minute {
			return fmt.Errorf("the next try is at %v, %v", at, err)
		}
		return nil
	})
	queue(t, r, Delivery{Key: "anna", Person: anna, Kind: "ballot", Secret: true})
	eventually(t, func() error {
		if said, _, err := r.Event(t.Context(), "anna"); said == "" {
			return fmt.Errorf("anna waits as well, %w", err)
		}
		return nil
	})
}

func TestAMeterLearns(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_700_000_000, 0)
	var m meter
	for range 10 { // ten rooms in three seconds
		if !m.free(now, 1) {
			t.Fatal("limited before it was refused")
		}
		m.passed(now)
		now = now.Add(300 * time.Millisecond)
	}
	m.refuse(now, 59*time.Second)
	if m.gap != 62*time.Second || m.burst != 10 {
		t.Errorf("learned a gap of %v and a burst of %v", m.gap, m.burst)
	}
	if m.free(now.Add(58*time.Second), 1) {
		t.Error("free before the time that was named")
	}
	if got, want := m.span(now, 100), 59*time.Second+99*62*time.Second; (got - want).Abs() > time.Second {
		t.Errorf("100 take %v, want %v", got, want)
	}
	for n := range probeAfter {
		now = m.until.Add(time.Duration(n) * m.gap)
		if !m.free(now, 1) {
			t.Fatalf("not free at its time, the %d. time", n)
		}
		if m.passed(now) {
			t.Fatal("lifted although each came at its time")
		}
	}
	lifted := false
	for range 1 + tooMany {
		if now = now.Add(time.Second); !m.free(now, 1) {
			t.Fatal("nobody tries whether the limit is there")
		}
		lifted = m.passed(now)
	}
	if !lifted || !m.free(now, 1) {
		t.Error("the limit is lifted, and nobody noticed")
	}
}
