package bot

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"slices"
	"strconv"
	"strings"
	"time"

	"stimmbote/chat"
	"stimmbote/store"
	"stimmbote/voting"
)

// Most members tap the link on the card and type their name. It may be them: they are asked in their direct chat, and
// whoever says yes there gets the member's badge. The page and the chat show the same number, for another one may have
// typed the name at the same time. A yes is also what many votes ask for, so that with an open ballot another word is
// asked for, and a plain yes is left to the ballot. Nothing of it is stored: a restart ends the question.

// askHolds is how long a question holds.
const askHolds = 2 * time.Minute

// mostAsked is how often a member is asked within askedAgain: whoever has the link could otherwise be a nuisance.
const mostAsked = 3

// doorAsk is a question to members whether somebody at the door is them.
type doorAsk struct {
	call    store.Call
	persons []string
	until   time.Time
	votes   bool // a ballot was open to one of them: a plain yes is none
	doubt   store.Doubt
	no      bool // all that could be said was no
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
		if !b.ignored(m.ID) && !b.isAsked(m.ID) && b.may("at the door "+m.ID, mostAsked, askedAgain) {
			alikes = append(alikes, m.ID)
		}
	}
	if len(alikes) == 0 {
		if taken {
			return &store.Doubt{}, nil
		}
		return nil, nil
	}
	return b.askDoor(ctx, c, name, alikes)
}

// askDoor asks those of a name whether it is them.
func (b *Bot) askDoor(ctx context.Context, c store.Call, name string, persons []string) (*store.Doubt, error) {
	doubt := store.Doubt{Ticket: rand.Text(), Name: name, Number: threeDigits()}
	ask := &doorAsk{call: c, persons: persons, until: b.Now().Add(askHolds), doubt: doubt}
	var said []chat.Delivery
	for _, person := range persons {
		open, err := b.Polls.OpenTo(ctx, voting.Member(person))
		if err != nil {
			return nil, err
		}
		key := "call.ask"
		if len(open) > 0 {
			key, ask.votes = "call.ask-voting", true
		}
		said = append(said, chat.Delivery{
			Key: "at the door/" + person + "/" + doubt.Ticket, Person: person, Kind: kindSay,
			Payload: encode(say{Key: key, Args: []any{"title", c.Title, "name", name, "number", doubt.Number}, Room: c.Room}),
		})
	}
	b.mu.Lock()
	for ticket, old := range b.asks {
		if !old.until.After(b.Now()) {
			delete(b.asks, ticket)
		}
	}
	b.asks[doubt.Ticket] = ask
	b.mu.Unlock()
	return &doubt, b.Line.Queue(ctx, said...)
}

// threeDigits is a number that two people hardly read at the same time.
func threeDigits() string {
	var random [4]byte
	rand.Read(random[:]) // never returns an error
	return strconv.Itoa(100 + int(binary.BigEndian.Uint32(random[:])%900))
}

// isAsked says whether somebody was asked and has not answered.
func (b *Bot) isAsked(person string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	_, ask := b.askOf(person)
	return ask != nil
}

// askOf is the question that somebody was asked and has not answered. The lock is held.
func (b *Bot) askOf(person string) (ticket string, ask *doorAsk) {
	for ticket, ask := range b.asks {
		if slices.Contains(ask.persons, person) && ask.doubt.Badge == "" && !ask.no && ask.until.After(b.Now()) {
			return ticket, ask
		}
	}
	return "", nil
}

// Answered says what became of a question at the door, with the badge of the member if they said yes. Nil: it is over.
func (b *Bot) Answered(ticket string) *store.Doubt {
	b.mu.Lock()
	defer b.mu.Unlock()
	ask := b.asks[ticket]
	if ask == nil || ask.no || !ask.until.After(b.Now()) {
		delete(b.asks, ticket)
		return nil
	}
	doubt := ask.doubt
	return &doubt
}

// onAsk deals with the answer of somebody who was asked whether it is them at the door, and says whether a message was
// one.
func (b *Bot) onAsk(ctx context.Context, m chat.Message, open []*voting.Poll) (bool, error) {
	b.mu.Lock()
	_, ask := b.askOf(m.Sender)
	b.mu.Unlock()
	if ask == nil || m.Kind != chat.Text {
		return false, nil
	}
	plain := b.words.which(m, "ballot.words.yes", "ballot.words.no")
	word := b.words.which(m, "call.words.me", "call.words.not-me")
	switch {
	case word == "" && plain == "", word == "" && len(open) > 0 && ask.votes:
		return false, nil
	case word == "" && len(open) > 0: // a ballot came in between
		b.mu.Lock()
		ask.votes = true
		b.mu.Unlock()
		return true, b.hint(ctx, m, say{Key: "call.ask-which"})
	case !m.Encrypted || !m.Trusted:
		return true, b.hint(ctx, m, say{Key: "call.ask-unsafe"})
	}
	if word == "call.words.not-me" || plain == "ballot.words.no" {
		b.settle(ask, m.Sender, "")
		return true, b.hint(ctx, m, say{Key: "call.ask-no"})
	}
	badge, err := b.badge(&ask.call, m.Sender)
	if err != nil {
		return true, err
	}
	b.settle(ask, m.Sender, badge)
	return true, b.hint(ctx, m, say{Key: "call.ask-yes"})
}

// settle notes what somebody answered. Without a badge it was no.
func (b *Bot) settle(ask *doorAsk, person, badge string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	ask.persons = slices.DeleteFunc(slices.Clone(ask.persons), func(other string) bool { return strings.EqualFold(other, person) })
	ask.doubt.Badge, ask.no = badge, badge == "" && len(ask.persons) == 0
}
