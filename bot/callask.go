package bot

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"stimmbote/bot/answer"
	"stimmbote/chat"
	"stimmbote/store"
	"stimmbote/voting"
)

// Most members tap the link on the card and type their name. It may be them: they are asked in their direct chat, and
// whoever writes there the number that their page shows gets the member's badge. The chat does not show the number, and
// each page has another one: who answers means the page before them, whoever else typed the name. Nothing of it is
// stored: a restart ends the questions.

const (
	// askHolds is how long a question holds, and how long the page may take to learn the answer.
	askHolds = 5 * time.Minute
	// mostAsked is how often a member is told of questions within askedAgain: whoever has the link could otherwise be a
	// nuisance. What they are not told of they may answer nevertheless.
	mostAsked = 3
	// mostPending is how many questions about one member may be open. There are 900 numbers.
	mostPending = 30
)

// doorAsk is a question to members whether somebody at the door is them.
type doorAsk struct {
	call    store.Call
	persons []string // who may still answer it
	told    []string // who was told of it
	until   time.Time
	doubt   store.Doubt
}

// Taken says whether a name reads like that of a member, nil if not. They are asked whether it is them, if they can be.
func (b *Bot) Taken(ctx context.Context, c store.Call, name string) (*store.Doubt, error) {
	crew, err := b.crew(ctx, c.Room)
	if err != nil {
		return nil, err
	}
	var alikes []string
	taken := false
	for _, m := range crew.members {
		if !alike(m.Name, name) && !alike(localpart(m.ID), name) && !alike(m.ID, name) {
			continue
		}
		taken = true
		if !b.ignored(m.ID) {
			alikes = append(alikes, m.ID)
		}
	}
	switch {
	case !taken:
		return nil, nil
	case len(alikes) == 0:
		return &store.Doubt{}, nil
	}
	doubt, err := b.askDoor(ctx, c, name, alikes)
	if err != nil { // it is a member's all the same
		b.Log.Err(err).Msg("Whether it is them at the door could not be asked, nobody comes in under that name")
		return &store.Doubt{}, nil
	}
	return doubt, nil
}

// askDoor asks those of a name whether it is them.
func (b *Bot) askDoor(ctx context.Context, c store.Call, name string, persons []string) (*store.Doubt, error) {
	open, err := b.openToAny(ctx, persons)
	if err != nil {
		return nil, err
	}
	ask := &doorAsk{call: c, persons: persons, doubt: store.Doubt{Ticket: rand.Text(), Name: name}}
	if !b.pend(ask, open) {
		return &store.Doubt{}, nil
	}
	var said []chat.Delivery
	for _, person := range persons {
		if !slices.Contains(ask.told, person) {
			continue
		}
		said = append(said, chat.Delivery{
			Key: "at the door/" + person + "/" + ask.doubt.Ticket, Person: person, Kind: kindSay,
			Payload: encode(say{Key: "call.ask", Args: []any{"title", c.Title, "name", name}, Room: c.Room}),
		})
	}
	err = b.Line.Queue(ctx, said...)
	b.mu.Lock()
	defer b.mu.Unlock()
	if err != nil {
		delete(b.asks, ask.doubt.Ticket) // no page shows its number
		return nil, err
	}
	doubt := ask.doubt
	return &doubt, nil
}

// openToAny are the votes that are open to one of these.
func (b *Bot) openToAny(ctx context.Context, persons []string) (all []*voting.Poll, _ error) {
	for _, person := range persons {
		open, err := b.Polls.OpenTo(ctx, voting.Member(person))
		if err != nil {
			return nil, err
		}
		all = append(all, open...)
	}
	return all, nil
}

// pend notes a question, with a number that is no answer to a ballot, and no other question's to one of these; false:
// too many are open.
func (b *Bot) pend(ask *doorAsk, open []*voting.Poll) bool {
	for _, person := range ask.persons {
		if b.may("at the door "+person, mostAsked, askedAgain) {
			ask.told = append(ask.told, person)
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	used := make(map[string]bool)
	for ticket, old := range b.asks {
		if !old.until.After(b.Now()) {
			delete(b.asks, ticket)
		}
	}
	for _, person := range ask.persons {
		pending := b.asksOf(person)
		if len(pending) >= mostPending {
			return false
		}
		for _, other := range pending {
			used[other.doubt.Number] = true
		}
	}
	for range 100 { // there are far fewer questions than numbers
		number := threeDigits()
		if !used[number] && !b.isChoice(number, open) {
			ask.doubt.Number = number
			break
		}
	}
	if ask.doubt.Number == "" {
		return false
	}
	ask.until = b.Now().Add(askHolds)
	b.asks[ask.doubt.Ticket] = ask
	return true
}

// isChoice says whether somebody who writes this answers one of these votes.
func (b *Bot) isChoice(text string, open []*voting.Poll) bool {
	return slices.ContainsFunc(open, func(p *voting.Poll) bool {
		_, found := b.sheet(p).Read(text)
		return found == answer.Clear
	})
}

// threeDigits is a number that two people hardly read at the same time.
func threeDigits() string {
	var random [4]byte
	rand.Read(random[:]) // never returns an error
	return strconv.Itoa(100 + int(binary.BigEndian.Uint32(random[:])%900))
}

// asksOf are the questions that somebody may still answer. The lock is held.
func (b *Bot) asksOf(person string) (asks []*doorAsk) {
	for _, ask := range b.asks {
		if slices.Contains(ask.persons, person) && ask.doubt.Badge == "" && ask.until.After(b.Now()) {
			asks = append(asks, ask)
		}
	}
	return asks
}

// Answered says what became of a question at the door, with the badge of the member if they gave its number. Nil: it
// is over.
func (b *Bot) Answered(ticket string) *store.Doubt {
	b.mu.Lock()
	defer b.mu.Unlock()
	ask := b.asks[ticket]
	if ask == nil || len(ask.persons) == 0 || !ask.until.After(b.Now()) {
		delete(b.asks, ticket)
		return nil
	}
	doubt := ask.doubt
	return &doubt
}

// onAsk deals with the answer of somebody who may have been asked whether it is them at the door, and says whether a
// message was one. During a vote a plain yes or no is left to the ballot, and so is a number that answers it. Who was not
// told of a question answers it with the bare number: among words it may be any.
func (b *Bot) onAsk(ctx context.Context, m chat.Message, open []*voting.Poll) (bool, error) {
	b.mu.Lock()
	asks := b.asksOf(m.Sender)
	b.mu.Unlock()
	if len(asks) == 0 || m.Kind != chat.Text {
		return false, nil
	}
	number, words := onlyDigits(m.Body, len(open) == 0), strings.ContainsFunc(m.Body, unicode.IsLetter)
	i := slices.IndexFunc(asks, func(a *doorAsk) bool {
		return a.doubt.Number == number && (!words || slices.Contains(a.told, m.Sender))
	})
	if i >= 0 && !b.isChoice(number, open) {
		return true, b.isMe(ctx, m, asks[i])
	}
	told := slices.DeleteFunc(asks, func(a *doorAsk) bool { return !slices.Contains(a.told, m.Sender) })
	if len(told) == 0 {
		return false, nil
	}
	plain := ""
	if len(open) == 0 {
		plain = b.words.which(m, "ballot.words.yes", "ballot.words.no")
	}
	word := b.words.which(m, "call.words.me", "call.words.not-me")
	switch {
	case word == "call.words.not-me" || plain == "ballot.words.no":
		return true, b.isNotMe(ctx, m, told)
	case word != "" || plain != "" || len(open) == 0 && len(number) == 3:
		return true, b.hint(ctx, m, say{Key: "call.ask-number"})
	}
	return false, nil
}

// isMe lets the page in whose number somebody has written.
func (b *Bot) isMe(ctx context.Context, m chat.Message, ask *doorAsk) error {
	if !m.Encrypted || !m.Trusted {
		return b.hint(ctx, m, say{Key: "call.ask-unsafe"})
	}
	badge, err := b.badge(&ask.call, m.Sender)
	if err != nil {
		return err
	}
	b.mu.Lock()
	ask.doubt.Badge, ask.until = badge, b.Now().Add(askHolds)
	b.mu.Unlock()
	return b.hint(ctx, m, say{Key: "call.ask-yes"})
}

// isNotMe ends the question that somebody says no to. Which of several they mean is not known, and they need not say it.
func (b *Bot) isNotMe(ctx context.Context, m chat.Message, asks []*doorAsk) error {
	switch {
	case !m.Encrypted || !m.Trusted:
		return b.hint(ctx, m, say{Key: "call.ask-unsafe"})
	case len(asks) > 1:
		return b.hint(ctx, m, say{Key: "call.ask-several"})
	}
	b.mu.Lock()
	asks[0].persons = slices.DeleteFunc(slices.Clone(asks[0].persons), func(other string) bool { return other == m.Sender })
	b.mu.Unlock()
	return b.hint(ctx, m, say{Key: "call.ask-no"})
}

// onlyDigits are the digits that somebody writes, if these are one number and, where words mean something else, nothing
// beside it but signs.
func onlyDigits(text string, words bool) string {
	digits := strings.FieldsFunc(text, func(r rune) bool { return r < '0' || r > '9' })
	if len(digits) != 1 || !words && strings.ContainsFunc(text, unicode.IsLetter) {
		return ""
	}
	return digits[0]
}
