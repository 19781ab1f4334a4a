package bot

import (
	"context"

	"stimmbote/chat"
	"stimmbote/voting"
	"stimmbote/voting/parley"
)

// settingAlarms are the accounts of machines whose alarm about a poll is not cleared up.
const settingAlarms = "alarms"

// onAlarm gives up the opening of a vote that a machine found something wrong with. While people vote, or
// later, the group and whoever began the vote are told what the alarm means, and what to do.
func (b *Bot) onAlarm(ctx context.Context, m chat.Message, p *voting.Poll, r parley.Record) error {
	name, err := b.tellerName(ctx, p, m.Sender)
	if err != nil {
		return err
	}
	args := []any{"question", p.Question, "name", name}
	switch p.State {
	case voting.StateAsked, voting.StateSet:
		return b.withdraw(ctx, p, say{Key: "tellers.alarmed", Args: args})
	case voting.StateOpen, voting.StateClosed:
	default:
		return b.noted(ctx, m)
	}
	what, advice, warning := "tellers.alarm", "tellers.alarm.chair", "ballot.alarm"
	switch {
	case r.Rule == parley.KeyLost:
		what, advice, warning = "tellers.key-lost", "tellers.key-lost.chair", "ballot.key-lost"
	case r.Final:
		what, advice, warning = "tellers.alarm-final", "tellers.alarm-final.chair", "ballot.alarm-final"
	case r.Rule == parley.Page:
		what = "tellers.alarm-page"
	}
	group := lasting(p, "alarm/"+m.ID, kindSay)
	group.Payload = encode(say{Key: what, Args: args})
	chair := inDirect(p, p.Asker, key(p.ID, "alarm/"+m.ID+"/chair"), kindSay)
	chair.Payload = encode(say{Key: advice, Args: args, Room: string(p.Place)})
	voters, err := b.toVoters(ctx, p, "alarm/"+m.ID, warning, false)
	if err != nil {
		return err
	}
	if what == "tellers.alarm-page" {
		voted, err := b.toVoters(ctx, p, "alarm/"+m.ID, "ballot.alarm-page", true)
		if err != nil {
			return err
		}
		voters = append(voters, voted...)
	}
	return b.Store.Tx(ctx, func(ctx context.Context) error {
		changed, _, err := b.putAmong(ctx, p.ID, settingAlarms, m.Sender, true)
		if err != nil {
			return err
		}
		if !changed && !r.Final {
			return b.done(ctx, m) // everybody knows
		}
		return b.done(ctx, m, append(voters, group, chair)...)
	})
}

// toVoters says something, in the direct chat, to those who have voted in an open poll, or to those who have
// not: who votes there, or on a page, may not read the group.
func (b *Bot) toVoters(ctx context.Context, p *voting.Poll, what, sentence string, voted bool) ([]chat.Delivery, error) {
	if p.State != voting.StateOpen {
		return nil, nil
	}
	var all []chat.Delivery
	for _, m := range p.Roll {
		n, err := b.next(ctx, p.ID, m)
		if err != nil {
			return nil, err
		}
		if receipt := n > 1; receipt != voted {
			continue
		}
		d := inDirect(p, m, key(p.ID, what+"/"+string(m)), kindSay)
		d.Payload = encode(say{Key: sentence, Args: []any{"question", title(p.Asked)}, Room: string(p.Place)})
		all = append(all, d)
	}
	return all, nil
}

// alarmOver tells those who have not voted, once no machine's alarm stands any more, that they can.
func (b *Bot) alarmOver(ctx context.Context, m chat.Message, p *voting.Poll) error {
	return b.Store.Tx(ctx, func(ctx context.Context) error {
		changed, left, err := b.putAmong(ctx, p.ID, settingAlarms, m.Sender, false)
		if err != nil || !changed || left > 0 {
			return err
		}
		voters, err := b.toVoters(ctx, p, "alarm-over/"+m.ID, "ballot.alarm-over", false)
		if err != nil {
			return err
		}
		return b.Line.Queue(ctx, voters...)
	})
}
