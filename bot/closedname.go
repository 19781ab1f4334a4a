package bot

import (
	"slices"
	"strconv"
	"strings"

	"stimmbote/i18n"
	"stimmbote/voting"
)

// wordsRehearsal are the words for a rehearsal. Behind a command, with a number if there are several, they name a closed one.
const wordsRehearsal = "vote.words.rehearsal"

// closedName is what a closed vote among those of its room is named by in a command: its number, or, since a rehearsal has
// none, "rehearsal", "rehearsal2", from the oldest on.
func closedName(t *i18n.Texts, all []*voting.Poll, p *voting.Poll) string {
	if p.Number > 0 {
		return strconv.Itoa(p.Number)
	}
	word, _, _ := strings.Cut(t.Text(wordsRehearsal), ",")
	return word + nth(slices.IndexFunc(unnumbered(all), func(other *voting.Poll) bool { return other.ID == p.ID }))
}

// nth is what stands behind the word for the n-th of several, counted from 0.
func nth(n int) string {
	if n <= 0 {
		return ""
	}
	return strconv.Itoa(n + 1)
}

// unnumbered are the closed votes without a number, the oldest first.
func unnumbered(all []*voting.Poll) []*voting.Poll {
	var closed []*voting.Poll
	for _, p := range slices.Backward(all) {
		if p.State == voting.StateClosed && p.Number == 0 {
			closed = append(closed, p)
		}
	}
	return closed
}

// rehearsal is the closed rehearsal that a word names, nil if it names none.
func (b *Bot) rehearsal(all []*voting.Poll, word string) *voting.Poll {
	for n, p := range unnumbered(all) {
		if before, ok := strings.CutSuffix(word, nth(n)); ok && b.words.is(wordsRehearsal, before) {
			return p
		}
	}
	return nil
}

// isRehearsal says whether a word is the name of a closed rehearsal, be there one or not.
func (b *Bot) isRehearsal(word string) bool {
	return b.words.is(wordsRehearsal, strings.TrimRight(word, "0123456789"))
}

// namesOther says whether a word is the name of a closed rehearsal that is none (any more), so that an open vote is not
// meant, but for a rehearsal that is called one.
func (b *Bot) namesOther(word string, open *voting.Poll) bool {
	return b.isRehearsal(word) && !(open.Terms.Rehearsal && b.words.is(wordsRehearsal, word))
}
