package script

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"stimmbote/e2e/world"
)

// called is the person of a name.
func (p *player) called(name string) *world.Person {
	if person, ok := p.more[name]; ok {
		return person
	}
	return p.world.People[name]
}

// invite makes people until there are n, and brings them into the group.
func (p *player) invite(ctx context.Context, n int) error {
	p.more = make(map[string]*world.Person)
	for i := len(world.Everybody()) + 1; i <= n; i++ {
		name := fmt.Sprintf("p%d", i)
		person, err := p.world.Newcomer(ctx, name)
		if err != nil {
			return err
		}
		if err := p.world.Invite(ctx, person); err != nil {
			return err
		}
		p.more[name] = person
	}
	return nil
}

// machine ends the machine of a teller, in good order or not, or starts it again.
func (p *player) machine(ctx context.Context, line Line) error {
	k := p.world.Keyholders[line.Name]
	if k == nil {
		return fmt.Errorf("%s has no machine in this world", line.Name)
	}
	switch {
	case line.Kind == StopHolder:
		return k.Stop()
	case line.Kind == KillHolder:
		k.Kill()
		return nil
	case k.Alive():
		return nil
	}
	return k.Start(ctx)
}

// leave takes those out of the group again who came for this script.
func (p *player) leave(ctx context.Context) {
	for _, person := range p.more {
		_, _ = person.Client.LeaveRoom(ctx, p.world.Group())
	}
}

// deed replies to the bot's last message, or edits or redacts the person's own last one.
func (p *player) deed(ctx context.Context, line Line) error {
	text, err := p.fill(line.Text, asItIs)
	if err != nil {
		return err
	}
	chat := chatOf(line)
	target, err := p.lastOne(chat, line.Kind == Reply)
	if err != nil {
		return err
	}
	content := &event.MessageEventContent{MsgType: event.MsgText, Body: strings.ReplaceAll(text, `\n`, "\n"), Mentions: &event.Mentions{}}
	switch line.Kind {
	case Reply:
		content.RelatesTo = (&event.RelatesTo{}).SetReplyTo(target)
	case Edit:
		content.SetEdit(target)
	default:
		room, err := p.person.Room(chat)
		if err != nil {
			return err
		}
		_, err = p.person.Client.RedactEvent(ctx, room, target)
		return err
	}
	_, err = p.person.Send(ctx, chat, event.EventMessage, content)
	return err
}

// tap chooses options of the last poll that the bot asked in a chat, by their numbers, waiting for it
// if need be.
func (p *player) tap(ctx context.Context, line Line) error {
	chat := chatOf(line)
	poll, err := p.person.Inbox.Poll(ctx, chat, waitFor)
	if err != nil {
		return &unmet{fmt.Sprintf("something to tap at, within %s", waitFor), err.Error()}
	}
	var chosen []string
	for field := range strings.FieldsSeq(line.Text) {
		n, err := strconv.Atoi(field)
		if err != nil || n < 1 || n > len(poll.Options) {
			return &unmet{fmt.Sprintf("an option %s", field), fmt.Sprintf("there are %d", len(poll.Options))}
		}
		chosen = append(chosen, poll.Options[n-1])
	}
	content := &event.PollResponseEventContent{RelatesTo: event.RelatesTo{Type: event.RelReference, EventID: poll.ID}}
	content.Response.Answers = chosen
	_, err = p.person.Send(ctx, chat, event.EventUnstablePollResponse, content)
	return err
}

// lastOne is the last message in a chat: of the bot, or of the person.
func (p *player) lastOne(chat world.Chat, bot bool) (id.EventID, error) {
	all := p.person.Inbox.All()
	for i := len(all) - 1; i >= 0; i-- {
		m := all[i]
		if m.Chat == chat && m.Edits == "" && m.Redacts == "" && (bot && m.Bot || !bot && m.Own) {
			return m.ID, nil
		}
	}
	return "", &unmet{"a message to do that with", "there is none"}
}
