package bot

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode"

	"stimmbote/voting"
)

const (
	// settingLetter is the letter that a vote has among those that somebody may answer at once.
	settingLetter = "letter"
	// settingBeside is that a vote was open beside another one of the same people, who then read its letter.
	settingBeside = "beside"
)

// letters are given to open votes, each to one.
const letters = "ABCDEFGHJKLMNPQRSTUVWXYZ"

// giveLetter gives a vote that begins the first letter that nobody on its roll has an open ballot with, or had
// one with of late: whoever answers late must not answer something else. When all have been in use, it is the one
// that has rested for longest. It belongs into the transaction of the opening.
func (b *Bot) giveLetter(ctx context.Context, p *voting.Poll) error {
	others, err := b.besides(ctx, p)
	if err != nil {
		return err
	}
	var taken strings.Builder
	for _, other := range others {
		letter, err := b.letter(ctx, other)
		if err != nil {
			return err
		}
		taken.WriteString(letter)
		if err := b.Store.PutSetting(ctx, string(other.ID), settingBeside, "yes"); err != nil {
			return err
		}
	}
	letter, err := b.rested(ctx, p, taken.String())
	if err != nil {
		return err
	}
	if letter == "" {
		return refuse("refusal.busy")
	}
	if len(others) > 0 {
		if err := b.Store.PutSetting(ctx, string(p.ID), settingBeside, "yes"); err != nil {
			return err
		}
	}
	return b.Store.PutSetting(ctx, string(p.ID), settingLetter, letter)
}

// besides are the open votes of the same group, or of people who are on the roll of a vote as well.
func (b *Bot) besides(ctx context.Context, p *voting.Poll) ([]*voting.Poll, error) {
	live, err := b.Polls.Live(ctx)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(live, func(other *voting.Poll) bool {
		return other.ID == p.ID || other.State != voting.StateOpen || other.Place != p.Place && !shared(other.Roll, p.Roll)
	}), nil
}

// rested is the first letter that is not taken and that nobody on the roll of a vote has read of late, or else the one
// of those not taken that was given back first; empty if all are taken.
func (b *Bot) rested(ctx context.Context, p *voting.Poll, taken string) (string, error) {
	given := make(map[string]time.Time) // back, the last time
	for _, m := range p.Roll {
		past, err := b.oversOf(ctx, string(m))
		if err != nil {
			return "", err
		}
		for _, o := range past {
			if o.Beside && o.Ended.After(given[o.Letter]) {
				given[o.Letter] = o.Ended
			}
		}
	}
	best := ""
	for letter := range strings.SplitSeq(letters, "") {
		at, rests := given[letter]
		switch {
		case strings.Contains(taken, letter):
		case !rests:
			return letter, nil
		case best == "" || at.Before(given[best]):
			best = letter
		}
	}
	return best, nil
}

// shared says whether somebody is on both rolls.
func shared(a, b []voting.Member) bool {
	return slices.ContainsFunc(a, func(m voting.Member) bool { return slices.Contains(b, m) })
}

// letter is the letter of a vote.
func (b *Bot) letter(ctx context.Context, p *voting.Poll) (string, error) {
	letter, err := b.Store.Setting(ctx, string(p.ID), settingLetter)
	if err != nil || letter == "" {
		return letters[:1], err
	}
	return letter, nil
}

// isLetter says whether a word is a letter that a vote could have.
func isLetter(word string) bool {
	return len(word) == 1 && strings.Contains(letters, strings.ToUpper(word))
}

// letterOff is the letter that a text begins with, and what stands behind it; both are empty if there is none.
func letterOff(text string) (letter, rest string) {
	for _, l := range letters {
		if rest, ok := behindLetter(text, string(l)); ok {
			return string(l), rest
		}
	}
	return "", ""
}

// behindLetter is what stands behind a letter that a text begins with: "B 1", "b: yes", "B1".
func behindLetter(text, letter string) (string, bool) {
	text = strings.TrimLeftFunc(text, invisible)
	if len(text) < 2 || !strings.EqualFold(text[:1], letter) || unicode.IsLetter([]rune(text[1:])[0]) {
		return "", false
	}
	return strings.TrimLeftFunc(text[1:], func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(".:,;=)-–", r) }), true
}
