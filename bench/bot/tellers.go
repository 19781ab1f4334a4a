package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"stimmbote/e2e/world"
)

// withTellers measures a group whose votes have a shared key: three machines besides the bot, first one of them that does
// nothing, then votes, if they are wanted.
func withTellers(ctx context.Context, repo string, idle time.Duration, votes bool) (err error) {
	w, err := world.New(ctx, world.Options{Repo: repo, Tellers: true, Say: say})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	third, err := w.Keyholder(ctx, w.People["anna"])
	w.Keyholders["anna"] = third
	if err == nil {
		err = w.InviteMachine(ctx, third)
	}
	if err != nil {
		return err
	}
	chair := w.People[world.Chair]
	if _, err := chair.Say(ctx, world.Group, "!tellers @kaya @lenz @anna"); err != nil {
		return err
	}
	if _, err := waits(ctx, chair, world.Group, `✅[^\n]*anna-keys`); err != nil {
		return err
	}
	if idle > 0 {
		if err := idleMachine(ctx, w, idle); err != nil {
			return err
		}
	}
	if !votes {
		return nil
	}
	people := slices.Collect(maps.Values(w.People))
	if _, err := hold(ctx, w, people, "Shall we warm up?", 0); err != nil {
		return err
	}
	trip, err := roundTrip(ctx, chair)
	if err != nil {
		return err
	}
	var starts, ballots []time.Duration
	for i := range 5 {
		s, c, err := holdWithKeys(ctx, w, people, fmt.Sprintf("Question %d?", i+1))
		if err != nil {
			return err
		}
		starts, ballots = append(starts, s), append(ballots, c.ballots)
	}
	slices.Sort(starts)
	slices.Sort(ballots)
	row("three tellers: from start until the vote is open (middle, longest of 5)", seconds(starts[2])+", "+seconds(starts[4]), "–")
	row("… until the last of eight has a ballot; a round trip to the homeserver", seconds(ballots[2])+", "+seconds(ballots[4])+fmt.Sprintf("; %d ms", trip.Milliseconds()), "5 s")
	used, err := world.Numbers(ctx, w.Keyholders["kaya"].OpsURL)
	if err != nil {
		return err
	}
	row("… memory of a machine after seven votes", fmt.Sprintf("%.0f MB", used[memory]/mega), "–")
	return nil
}

// holdWithKeys holds a vote and says how long it took until it was open.
func holdWithKeys(ctx context.Context, w *world.World, people []*world.Person, question string) (open time.Duration, c course, err error) {
	chair := w.People[world.Chair]
	from := chair.Inbox.Len()
	if c, err = hold(ctx, w, people, question, 0); err != nil {
		return 0, c, err
	}
	var began, opened time.Time
	for _, m := range chair.Inbox.All()[from:] {
		switch {
		case m.Own && m.Body == "start":
			began = m.At
		case m.Bot && m.Chat == world.Group && strings.Contains(m.Body, "oting is open"):
			opened = m.At
		}
	}
	// The box of the next vote begins when this one is out of the way.
	_, err = chair.Inbox.Find(ctx, func(m world.Message) bool {
		return m.Holder && regexp.MustCompile(`Counted again.*`+regexp.QuoteMeta(question)).MatchString(m.Body)
	}, patientFor)
	return opened.Sub(began), c, err
}

// idleMachine watches a machine while nothing happens.
func idleMachine(ctx context.Context, w *world.World, d time.Duration) error {
	k := w.Keyholders["kaya"]
	busy, after, err := watch(ctx, k.OpsURL, d)
	if err != nil {
		return err
	}
	row("an idle machine of a teller: processor", fmt.Sprintf("%.2f %% of a core", 100*busy), "–")
	own, err := ownMemory(k.Pid())
	if err != nil {
		return err
	}
	row("an idle machine of a teller: memory", fmt.Sprintf("%.1f MB", after[memory]/mega), "40 MB")
	row("… of which its own (the rest is the program's file, as far as it is mapped)", fmt.Sprintf("%.1f MB", own/mega), "–")
	return nil
}

// ownMemory is what a process has in memory that is in no file, in bytes.
func ownMemory(pid int) (float64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(text), "RssAnon:")
	var kilo float64
	_, err = fmt.Sscanf(rest, "%f kB", &kilo)
	return kilo * 1024, err
}

// roundTrip is the middle of some questions to the homeserver.
func roundTrip(ctx context.Context, p *world.Person) (time.Duration, error) {
	var all []time.Duration
	for range 21 {
		began := time.Now()
		if _, err := p.Client.Whoami(ctx); err != nil {
			return 0, err
		}
		all = append(all, time.Since(began))
	}
	slices.Sort(all)
	return all[len(all)/2], nil
}
