package bot

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"stimmbote/chat"
	"stimmbote/voting"
)

// vote shows the draft of a vote. Nothing is asked before its asker says start.
func (b *Bot) vote(ctx context.Context, m chat.Message, a arguments) error {
	return b.begin(ctx, m, a, asked(a.text))
}

// election is a vote on people.
func (b *Bot) election(ctx context.Context, m chat.Message, a arguments) error {
	w := asked(a.text)
	w.elect = true
	return b.begin(ctx, m, a, w)
}

// begin shows the draft of a wish with the options that were given.
func (b *Bot) begin(ctx context.Context, m chat.Message, a arguments, w wish) error {
	if err := b.unforged(ctx, m); err != nil {
		return err
	}
	if err := b.apply(&w, a.options); err != nil {
		return err
	}
	w.listed()
	if err := b.addTellers(ctx, m.Room, &w, w.elect); err != nil {
		return err
	}
	t, err := b.texts(ctx, m.Room)
	if err != nil {
		return err
	}
	draft, err := w.draft(t)
	if err != nil {
		return err
	}
	if draft.Roll, err = b.picked(ctx, m, w.who); err != nil {
		return err
	}
	return b.offer(ctx, m, draft, w.elect)
}

// offer answers a message with the card of a draft.
func (b *Bot) offer(ctx context.Context, m chat.Message, d voting.Draft, elects bool) error {
	if err := b.attendance(ctx, m.Room, d.Rule); err != nil {
		return err
	}
	members, err := b.roll(ctx, m.Room)
	if err != nil {
		return err
	}
	return b.Store.Tx(ctx, func(ctx context.Context) error {
		cards, err := b.draft(ctx, m, d, elects, members)
		if err != nil {
			return err
		}
		return b.done(ctx, m, cards...)
	})
}

// draft writes a draft in the place of its asker's earlier one and returns the card that shows
// it, with a file of the roll if that is too long for the card. Members are who may vote there now.
func (b *Bot) draft(ctx context.Context, m chat.Message, d voting.Draft, elects bool, members []voting.Member) ([]chat.Delivery, error) {
	d.Place, d.Asker = voting.Place(m.Room), voting.Member(m.Sender)
	if !slices.Contains(members, d.Asker) {
		return nil, refuse("refusal.not-on-roll")
	}
	earlier, err := b.drafted(ctx, m)
	if err != nil {
		return nil, err
	}
	if earlier != nil {
		if err := b.drop(ctx, earlier.ID); err != nil {
			return nil, err
		}
	}
	p, err := b.Polls.Draft(ctx, d)
	if err != nil {
		return nil, err
	}
	if elects {
		if err := b.Store.PutSetting(ctx, string(p.ID), settingElects, "yes"); err != nil {
			return nil, err
		}
	}
	cards := []chat.Delivery{inGroup(p, "draft", kindDraft)}
	if len(b.unreached(ctx, p)) > 0 {
		cards = append(cards, inDirect(p, p.Asker, key(p.ID, "missing"), kindMissing))
	}
	if len(p.Roll) > mostNames {
		cards = append(cards, inGroup(p, "draft/roll", kindRoll))
	}
	return cards, nil
}

// drafted returns the draft that the sender of a message has in its room, nil if there is none.
func (b *Bot) drafted(ctx context.Context, m chat.Message) (*voting.Poll, error) {
	return b.find(ctx, m.Room, func(p *voting.Poll) bool {
		return p.State == voting.StateDraft && p.Asker == voting.Member(m.Sender)
	})
}

// find returns the newest poll of a room that is not over and fits, nil if there is none.
func (b *Bot) find(ctx context.Context, room string, fits func(*voting.Poll) bool) (*voting.Poll, error) {
	all, err := b.Polls.InPlace(ctx, voting.Place(room))
	if err != nil {
		return nil, fmt.Errorf("looking for the polls of %s: %w", room, err)
	}
	for _, p := range all {
		if fits(p) {
			return p, nil
		}
	}
	return nil, nil
}

// group deals with a plain message in a group: an answer to a question of the bot, or talk.
func (b *Bot) group(ctx context.Context, m chat.Message) error {
	switch {
	case m.Kind == chat.Choice:
		return nil // an answer to a poll of the members' own
	case m.File != nil:
		b.keepFile(m)
	}
	draft, err := b.drafted(ctx, m)
	if err != nil {
		return err
	}
	if draft != nil {
		word := b.words.which(m, "poll.words.start", "poll.words.cancel")
		if word == "" && b.isChange(m) {
			word = "poll.words.change"
		}
		question, next, err := b.askedAbout(ctx, draft)
		if err != nil {
			return err
		}
		switch {
		case m.Thread != "": // below the card
			question = key(draft.ID, "draft")
		case word == "" && b.nearlyStarts(m):
			return b.askAgain(ctx, m, draft, next)
		}
		answers, err := b.answers(ctx, m, string(draft.ID), question, word)
		switch {
		case err != nil:
			return err
		case answers:
			return b.onDraft(ctx, m, draft, word)
		case m.Thread == "" && b.words.which(m, "poll.words.start", "poll.words.cancel") != "":
			return b.askAgain(ctx, m, draft, next)
		}
	}
	if done, err := b.onFew(ctx, m); err != nil || done {
		return err
	}
	if done, err := b.onGreeting(ctx, m); err != nil || done {
		return err
	}
	if done, err := b.onElected(ctx, m); err != nil || done {
		return err
	}
	if done, err := b.exposed(ctx, m); err != nil || done {
		return err
	}
	return b.stray(ctx, m)
}

// onDraft does what the asker of a draft says.
func (b *Bot) onDraft(ctx context.Context, m chat.Message, p *voting.Poll, word string) error {
	if err := b.unforged(ctx, m); err != nil {
		return err
	}
	switch word {
	case "poll.words.start":
		return b.start(ctx, m, p)
	case "poll.words.change":
		return b.change(ctx, m, p)
	default:
		return b.cancel(ctx, m, p)
	}
}

// askedAbout is the key of the newest question whether a draft shall begin, and the key of the next one.
func (b *Bot) askedAbout(ctx context.Context, p *voting.Poll) (question, next string, err error) {
	question = key(p.ID, "draft")
	for n := 1; ; n++ {
		next = key(p.ID, "draft/again/"+strconv.Itoa(n))
		_, known, err := b.Line.Event(ctx, next)
		if err != nil || !known {
			return question, next, err
		}
		question = next
	}
}

// nearlyStarts says whether a short message has a word in it that starts or cancels a draft: "ok, start".
func (b *Bot) nearlyStarts(m chat.Message) bool {
	said := strings.Fields(m.Body)
	return m.Kind == chat.Text && len(said) <= mostNearly && slices.ContainsFunc(said, func(word string) bool {
		return b.words.is("poll.words.start", word) || b.words.is("poll.words.cancel", word)
	})
}

// mostNearly is how many words such a message has at most.
const mostNearly = 4

// askAgain asks whoever drafted a vote, and says start after some talk, whether they mean the draft.
func (b *Bot) askAgain(ctx context.Context, m chat.Message, p *voting.Poll, question string) error {
	d := inGroup(p, "", kindSay)
	d.Key, d.Payload = question, encode(of(p, say{Key: "poll.draft.again", Args: []any{"question", title(p.Asked)}}))
	return b.Store.Tx(ctx, func(ctx context.Context) error { return b.done(ctx, m, d) })
}

// answers says whether a word is the answer to a question of the bot, given by the key and the
// group of the question: it stands in the question's thread, or it is the next plain message of
// its sender in the main timeline. Whatever else somebody says there ends the wait for theirs,
// so that the same word in a talk that went on does nothing by itself.
func (b *Bot) answers(ctx context.Context, m chat.Message, group, question, word string) (bool, error) {
	if m.Thread != "" {
		event, _, err := b.Line.Event(ctx, question)
		return word != "" && event == m.Thread, err
	}
	passed := chat.Delivery{Key: question + "/passed/" + m.Sender, Group: group, Room: m.Room, Kind: kindNote}
	_, known, err := b.Line.Event(ctx, passed.Key)
	if err != nil || known {
		return false, err
	}
	if word != "" {
		return true, nil
	}
	return false, b.Line.Queue(ctx, passed)
}

// start opens the vote, if the group's members are still those of the draft.
func (b *Bot) start(ctx context.Context, m chat.Message, p *voting.Poll) error {
	members, err := b.roll(ctx, m.Room)
	if err != nil {
		return err
	}
	roll := members
	if p.Terms.Picked {
		roll = slices.DeleteFunc(slices.Clone(p.Roll), func(m voting.Member) bool { return !slices.Contains(members, m) })
	}
	if roll, err = b.joined(ctx, p, roll); err != nil {
		return err
	}
	if !slices.Equal(roll, slices.Sorted(slices.Values(p.Roll))) {
		return b.Store.Tx(ctx, func(ctx context.Context) error {
			elects, err := b.elects(ctx, p.ID)
			if err != nil {
				return err
			}
			cards, err := b.draft(ctx, m, draftOf(p, roll), elects, members)
			if err != nil {
				return err
			}
			changed := b.to(m, "reply/"+m.ID, kindSay, of(p, say{Key: rollChanged(p), Notice: true}))
			return b.done(ctx, m, append([]chat.Delivery{changed}, cards...)...)
		})
	}
	if p.Terms.Tellers != "" {
		return b.ask(ctx, m, p)
	}
	setup, err := b.setUp(ctx, p)
	if err != nil {
		return err
	}
	return b.Store.Tx(ctx, func(ctx context.Context) error {
		p, err := b.Polls.Start(ctx, setup, b.Now())
		if err != nil {
			return err
		}
		if err := b.opened(ctx, p); err != nil {
			return err
		}
		return b.done(ctx, m)
	})
}

// opened notes what goes with the opening of a vote, and says it in the group. It belongs into the
// transaction of the opening.
func (b *Bot) opened(ctx context.Context, p *voting.Poll) error {
	if err := b.giveLetter(ctx, p); err != nil {
		return err
	}
	if err := b.noteCall(ctx, p); err != nil {
		return err
	}
	if err := b.cutProbe(ctx, string(p.Place)); err != nil {
		return err
	}
	return b.Line.Queue(ctx,
		lasting(p, "anchors", kindAnchors), lasting(p, "roll", kindRollLines), lasting(p, "opened", kindOpened), inGroup(p, "count", kindCount))
}

// settingElects is that a vote elects people, who are asked whether they accept.
const settingElects = "elects"

func (b *Bot) elects(ctx context.Context, id voting.ID) (bool, error) {
	value, err := b.Store.Setting(ctx, string(id), settingElects)
	return value != "", err
}

// draftOf is a poll as a draft for another roll.
func draftOf(p *voting.Poll, roll []voting.Member) voting.Draft {
	return voting.Draft{Asked: p.Asked, Rule: p.Rule, Terms: p.Terms, Roll: roll}
}

// drop cancels a draft and forgets what was said about it.
func (b *Bot) drop(ctx context.Context, id voting.ID) error {
	if err := b.Polls.Cancel(ctx, id); err != nil {
		return err
	}
	return b.Line.Forget(ctx, string(id))
}

// cancel drops the draft and says so.
func (b *Bot) cancel(ctx context.Context, m chat.Message, p *voting.Poll) error {
	return b.Store.Tx(ctx, func(ctx context.Context) error {
		if err := b.drop(ctx, p.ID); err != nil {
			return err
		}
		return b.answer(ctx, m, of(p, say{Key: "poll.cancelled", Notice: true}))
	})
}

// refuse tells a person why not.
func refuse(key string) error { return &voting.Refusal{Key: key} }
