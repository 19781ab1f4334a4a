package bot

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"stimmbote/voting"
)

// shortest is the shortest time that a vote may be open by its deadline: people need to read.
const shortest = 10 * time.Second

// termOptions are the options that say how a vote is held.
func termOptions() []wishOption {
	flag := func(set func(w *wish)) func(*Bot, *wish, string) error {
		return func(_ *Bot, w *wish, _ string) error {
			set(w)
			return nil
		}
	}
	return []wishOption{
		{option{names: []string{"for", "dauer"}, value: true, more: isUnit}, "10m", (*Bot).setFor},
		{option{names: []string{"until", "bis"}, value: true, more: isClock}, "20:15", (*Bot).setUntil},
		{option{names: []string{"no-revote", "endgültig", "endgueltig"}}, "", flag(func(w *wish) { w.terms.NoRevote = true })},
		{option{names: []string{"hide-voters", "ohne-namen"}}, "", flag(func(w *wish) { w.terms.HideVoters = true })},
		{option{names: []string{"sealed", "versiegelt"}}, "", (*Bot).setSealed},
		{option{names: []string{"booth", "kabine"}, value: true}, "https://example.org/booth.html", (*Bot).setBooth},
		{option{names: []string{"rehearsal", "probe"}}, "", flag(func(w *wish) { w.terms.Rehearsal = true })},
		{option{names: []string{"open", "offen"}}, "", flag(func(w *wish) { w.terms.Level = voting.Open })},
		{option{names: []string{"secret", "geheim"}}, "", func(b *Bot, w *wish, _ string) error { return b.setLevel(w, "secret") }},
		{option{names: []string{"level", "stufe"}, value: true}, "open", (*Bot).setLevel},
		{option{names: []string{"objection", "einspruch"}, value: true, more: isUnit}, "10m", (*Bot).setObjection},
		{option{names: []string{"who", "wer"}, value: true, more: isPerson}, "@anna:example.org", (*Bot).setWho},
	}
}

// isUnit says whether the next word belongs to a time: "10 minutes".
func isUnit(value, next string) bool {
	return strings.Trim(value, "0123456789") == "" && next != "" && strings.Trim(next, "abcdefghijklmnopqrstuvwxyzäöüABCDEFGHIJKLMNOPQRSTUVWXYZ") == "" && len(next) <= len("Sekunden")
}

// isClock says whether the next word belongs to a moment: "tomorrow 20:15", "20:15 Uhr".
func isClock(value, next string) bool {
	_, _, clock := parseClock(strings.ToLower(value))
	_, _, follows := parseClock(strings.ToLower(next))
	return !clock && follows || clock && (strings.EqualFold(next, "uhr") || strings.EqualFold(next, "o'clock"))
}

// isPerson says whether the next word names somebody as well: "@anna @bernd", "@anna , @bernd".
func isPerson(value, next string) bool {
	next = strings.TrimLeft(next, ",;")
	return strings.HasPrefix(value, "@") && (next == "" || strings.HasPrefix(next, "@"))
}

func (b *Bot) setFor(w *wish, value string) error {
	d, ok := b.duration(value)
	switch {
	case !ok:
		return errValue
	case d < shortest:
		return &voting.Refusal{Key: "refusal.too-short", Args: []any{"seconds", int(shortest / time.Second)}}
	}
	w.terms.Lasts, w.terms.Until = d, time.Time{}
	return nil
}

func (b *Bot) setUntil(w *wish, value string) error {
	at, ok := b.moment(value, b.Now())
	if !ok {
		return errValue
	}
	w.terms.Until, w.terms.Lasts = at, 0
	return nil
}

func (b *Bot) setObjection(w *wish, value string) error {
	d, ok := b.duration(value)
	if !ok {
		return errValue
	}
	w.terms.Objection = d
	return nil
}

// setLevel takes the levels that can be had, and refuses the others: a label is never lowered.
func (b *Bot) setLevel(w *wish, value string) error {
	switch {
	case b.words.is("vote.words.level.open", value):
		w.unsecret()
		w.terms.Level, w.keys = voting.Open, false
	case b.words.is("vote.words.level.confidential", value):
		w.unsecret()
		w.terms.Level, w.keys, w.alone = voting.Confidential, false, true
	case b.words.is("vote.words.level.shared", value):
		w.unsecret()
		w.terms.Level, w.keys, w.alone = voting.Confidential, true, false
	case b.words.is("vote.words.level.secret", value):
		w.terms.Level, w.keys, w.alone, w.secret = voting.Confidential, true, false, true
	case b.words.is("vote.words.level.higher", value):
		return refuse("refusal.level")
	default:
		return errValue
	}
	return nil
}

// setWho notes who is to be on the roll. Who that is depends on the room.
func (b *Bot) setWho(w *wish, value string) error {
	switch {
	case b.words.is("vote.words.who.members", value):
		w.who = nil
	case b.words.is("vote.words.who.call", value):
		w.who = []string{inCallNow}
	case b.words.is("vote.words.who.file", value):
		w.who = []string{inFile}
	case strings.HasPrefix(value, "@"):
		w.who = strings.FieldsFunc(value, func(r rune) bool { return r == ' ' || r == ',' || r == ';' })
	default:
		before, n, _ := strings.Cut(value, ":")
		if _, err := strconv.Atoi(n); err != nil || !b.words.is("vote.words.who.power", before) {
			return errValue
		}
		w.who = []string{powerOf + n}
	}
	w.terms.Picked, w.terms.InCall = len(w.who) > 0, slices.Equal(w.who, []string{inCallNow})
	return nil
}

// powerOf begins what stands for all who have a power.
const powerOf = "power:"
