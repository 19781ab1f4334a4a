package keyholder

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/rs/zerolog"

	"stimmbote/keyholder/policy"
)

const (
	// mostPages is how many pages of a vote are looked at.
	mostPages = 4
	// Between two looks lie at least leastLook, and as much again by chance: whoever serves a page
	// cannot know when it is looked at.
	leastLook = 20 * time.Second
)

// addresses are where the ballot pages of a vote are: the one elsewhere first, so that no list of the
// bot's can be so long that it is not looked at.
func (v *vote) addresses() []string {
	booth := v.seen.Question.Terms.Booth
	all := slices.DeleteFunc(slices.Clone(v.seen.Question.Pages), func(page string) bool { return page == booth })
	if booth != "" {
		all = slices.Insert(all, 0, booth)
	}
	return all[:min(len(all), mostPages)]
}

// pages looks at the ballot pages of a vote: the bot's, and the one elsewhere. Each must be, byte for
// byte, the one that this program has. One that cannot be reached is left out: there is nothing to compare.
func (k *Keyholder) pages(ctx context.Context, v *vote) error {
	if k.Fetch == nil || k.PageHash == "" {
		return nil
	}
	for _, address := range v.addresses() {
		page, err := k.Fetch(ctx, address)
		if err != nil {
			zerolog.Ctx(ctx).Warn().Err(err).Msg("A ballot page cannot be looked at")
			continue
		}
		hash := sha256.Sum256(page)
		if hex.EncodeToString(hash[:]) != k.PageHash {
			return policy.Page
		}
	}
	return nil
}

// lookAgain looks at the pages of a vote now and then, as long as people vote with them.
func (k *Keyholder) lookAgain(ctx context.Context, v *vote, next *time.Time) error {
	if v.Step != stepConfirmed || len(v.addresses()) == 0 {
		delete(k.looks, v.Poll)
		return nil
	}
	at, known := k.looks[v.Poll]
	if known && !at.After(k.Now()) {
		if err := k.pages(ctx, v); err != nil {
			return k.alarm(ctx, v, policy.Page)
		}
	}
	if !known || !at.After(k.Now()) {
		at = k.Now().Add(leastLook + rand.N(leastLook))
		k.looks[v.Poll] = at
	}
	if at.Before(*next) {
		*next = at
	}
	return nil
}
