package keyholder

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/url"
	"slices"
	"time"

	"github.com/rs/zerolog"

	"stimmbote/keyholder/policy"
	"stimmbote/voting"
	"stimmbote/voting/parley"
)

const (
	// mostPages is how many pages of a vote are looked at.
	mostPages = 4
	// Between two looks lie at least leastLook, and as much again by chance: whoever serves a page
	// cannot know when it is looked at.
	leastLook = 20 * time.Second
)

// glance is what is known of the ballot pages of a vote, until the machine stops.
type glance struct {
	had   bool   // they were looked at
	wrong string // the host of one that was not the right one then
	next  time.Time
}

// here notes where another machine serves the ballot page, by its own word.
func (k *Keyholder) here(account string, r parley.Record) {
	if !voting.IsPage(r.Booth) {
		r.Booth = ""
	}
	k.booths[account] = r.Booth
}

// boothsOf are where the machines of the other tellers of a vote serve the ballot page, as far as they said so.
func (k *Keyholder) boothsOf(v *vote) map[string]string {
	known := make(map[string]string)
	for _, t := range v.seen.Question.Terms.Tellers.All() {
		booth, said := k.booths[t.Account]
		if !said { // since the machine runs
			booth = v.seen.Booths[t.Account]
		}
		if booth != "" && t.Account != k.Line.Me() {
			known[t.Account] = booth
		}
	}
	return known
}

// addresses are where the ballot pages of a vote are: the one elsewhere first, then those of the other machines, whether
// the vote uses them or not, so that no list of the bot's can be so long that they are not looked at.
func (k *Keyholder) addresses(v *vote) []string {
	var all []string
	others := slices.Sorted(maps.Values(k.boothsOf(v)))
	for _, page := range slices.Concat([]string{v.seen.Question.Terms.Booth}, others, v.seen.Question.Pages) {
		if page != "" && !slices.Contains(all, page) {
			all = append(all, page)
		}
	}
	return all[:min(len(all), mostPages)]
}

// watchesPages says whether there are pages of a vote to look at: before it gets a key, and as long as people
// vote with them.
func (k *Keyholder) watchesPages(v *vote) bool {
	return k.Fetch != nil && k.PageHash != "" && len(k.addresses(v)) > 0 && (v.Step == stepHeard || v.Step == stepConfirmed)
}

// pages says what the first look at the ballot pages of a vote found; had is false as long as there was none.
func (k *Keyholder) pages(v *vote) (had bool, err error) {
	if !k.watchesPages(v) {
		return true, nil
	}
	seen := k.glances[v.Poll]
	if v.seen.Forged = seen.wrong; v.seen.Forged != "" {
		return true, policy.Page
	}
	return seen.had, nil
}

// Look looks at the ballot pages that are due, and notes when to look again at the latest. A page takes as long as
// whoever serves it likes, up to the end of [Fetcher]'s patience: nothing waits for it but what hangs on it, and
// what it comes to is judged by what is known by then.
func (k *Keyholder) Look(ctx context.Context, next *time.Time) error {
	due, err := k.dueLooks(ctx, next)
	if err != nil {
		return err
	}
	var problems []error
	for id, addresses := range due {
		wrong := k.wrongPage(ctx, addresses)
		if ctx.Err() != nil {
			break
		}
		if err := k.lookedAt(ctx, id, wrong, next); err != nil {
			problems = append(problems, fmt.Errorf("poll %s: %w", id, err))
		}
	}
	return errors.Join(problems...)
}

// dueLooks are where the pages are that are due, by their votes, and forgets what is known of others' that nobody asks for
// any more.
func (k *Keyholder) dueLooks(ctx context.Context, next *time.Time) (map[voting.ID][]string, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	all, err := k.live(ctx)
	if err != nil {
		return nil, err
	}
	due := make(map[voting.ID][]string)
	known := make(map[string]glance)
	for _, v := range all {
		if !k.watchesPages(v) {
			continue
		}
		seen, had := k.glances[v.Poll]
		switch {
		case had:
		case v.Step == stepHeard:
			seen.next = k.Now()
		default: // after a restart
			seen.next = k.lookNext()
		}
		known[v.Poll] = seen
		if !seen.next.After(k.Now()) {
			due[voting.ID(v.Poll)] = k.addresses(v)
		} else {
			*next = earlier(*next, seen.next)
		}
	}
	k.glances = known
	return due, nil
}

func (k *Keyholder) lookNext() time.Time { return k.Now().Add(leastLook + rand.N(leastLook)) }

// wrongPage is the host of a ballot page that is not, byte for byte, the one that this program has; empty if all are. One
// that cannot be reached is left out: there is nothing to compare. No lock is held meanwhile.
func (k *Keyholder) wrongPage(ctx context.Context, addresses []string) string {
	for _, address := range addresses {
		page, err := k.Fetch(ctx, address)
		if err != nil {
			zerolog.Ctx(ctx).Warn().Err(err).Msg("A ballot page cannot be looked at")
			continue
		}
		hash := sha256.Sum256(page)
		if hex.EncodeToString(hash[:]) != k.PageHash {
			return hostOf(address)
		}
	}
	return ""
}

// hostOf is what people know an address by.
func hostOf(address string) string {
	if u, err := url.Parse(address); err == nil && u.Host != "" {
		return u.Host
	}
	return address
}

// lookedAt does what follows from a look: before the opening the vote gets its key, or none; later a wrong page is
// an alarm, also if the vote was closed meanwhile, because people voted with it.
func (k *Keyholder) lookedAt(ctx context.Context, id voting.ID, wrong string, next *time.Time) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	v, err := k.vote(ctx, id)
	if err != nil || v == nil {
		return err
	}
	seen := glance{had: true, wrong: wrong, next: k.lookNext()}
	k.glances[v.Poll] = seen
	*next = earlier(*next, seen.next)
	switch v.Step {
	case stepHeard:
		return k.judge(ctx, v, nil)
	case stepConfirmed, stepClosed:
		if wrong != "" {
			v.seen.Forged = wrong
			return k.alarm(ctx, v, policy.Page)
		}
	}
	return nil
}
