package bot

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"stimmbote/chat"
	"stimmbote/voting"
	"stimmbote/voting/parley"
)

const (
	settingHalts = "halts" // the tellers who halted a poll, and have not let it go on
	settingWaits = "waits" // the accounts of machines that hold their parts back, each behind the rule
)

// heeded says whether the tellers' machines, which read for themselves what is said, heed a message: it
// comes from a device that its owner signed, and begins with the command.
func heeded(m chat.Message, d parley.Deed) bool { return m.Trusted && parley.Read(m.Body) == d }

// halt stops the opening of the votes whose teller somebody is, until they let it go on.
func (b *Bot) halt(ctx context.Context, m chat.Message, _ arguments) error {
	return b.haltOr(ctx, m, parley.Halt)
}

// goOn takes that back; the alarm of somebody's machine as well, which they were to look into.
func (b *Bot) goOn(ctx context.Context, m chat.Message, _ arguments) error {
	return b.haltOr(ctx, m, parley.Resume)
}

func (b *Bot) haltOr(ctx context.Context, m chat.Message, deed parley.Deed) error {
	all, err := b.Polls.InPlace(ctx, voting.Place(m.Room))
	if err != nil {
		return err
	}
	owner := voting.Member(m.Sender)
	all = slices.DeleteFunc(all, func(p *voting.Poll) bool { return !p.Gathering() || !p.Terms.Tellers.Has(owner) })
	switch {
	case len(all) == 0:
		return refuse("refusal.halt")
	case !heeded(m, deed):
		return refuse("refusal.halt-unheard")
	}
	if deed == parley.Halt {
		if all, err = b.stoppable(ctx, all); err != nil {
			return err
		}
		if len(all) == 0 {
			return refuse("refusal.halt-late")
		}
	}
	name, err := b.nameIn(ctx, m.Room, m.Sender)
	if err != nil {
		return err
	}
	return b.Store.Tx(ctx, func(ctx context.Context) error {
		var said []chat.Delivery
		for _, p := range all {
			changed, _, err := b.putAmong(ctx, p.ID, settingHalts, m.Sender, deed == parley.Halt)
			if err != nil {
				return err
			}
			key := "tellers.halted"
			switch {
			case deed == parley.Halt:
			case changed:
				key = "tellers.resumed"
			default: // perhaps their machine raised an alarm: it says itself whether it goes on
				key = "tellers.resume-read"
			}
			d := lasting(p, "halt/"+m.ID, kindSay)
			d.Thread, d.Payload = m.Thread, encode(say{Key: key, Args: []any{"name", name, "question", p.Question}})
			said = append(said, d)
		}
		return b.done(ctx, m, said...)
	})
}

// stoppable are those of some polls whose parts are not all given yet: of the others nothing can be stopped.
func (b *Bot) stoppable(ctx context.Context, all []*voting.Poll) ([]*voting.Poll, error) {
	var some []*voting.Poll
	for _, p := range all {
		waiting, err := b.Polls.Waiting(ctx, p)
		if err != nil {
			return nil, err
		}
		if p.State != voting.StateClosed || len(waiting) > 0 {
			some = append(some, p)
		}
	}
	return some, nil
}

// putAmong puts somebody into a list that is noted about a poll, or takes them out, and says whether that
// changed it and how many are left.
func (b *Bot) putAmong(ctx context.Context, id voting.ID, setting, who string, in bool) (changed bool, left int, err error) {
	value, err := b.Store.Setting(ctx, string(id), setting)
	if err != nil {
		return false, 0, err
	}
	list := strings.Fields(value)
	if slices.Contains(list, who) == in {
		return false, len(list), nil
	}
	if in {
		list = append(list, who)
	} else {
		list = slices.DeleteFunc(list, func(other string) bool { return other == who })
	}
	return true, len(list), b.Store.PutSetting(ctx, string(id), setting, strings.Join(list, " "))
}

// halted says whether a teller halted a poll.
func (b *Bot) halted(ctx context.Context, p *voting.Poll) (bool, error) {
	if p.Terms.Tellers == "" {
		return false, nil
	}
	halts, err := b.Store.Setting(ctx, string(p.ID), settingHalts)
	return halts != "", err
}

// onWaits notes that a machine holds its part back, as it says in the group itself; with no rule, that it
// does not any more.
func (b *Bot) onWaits(ctx context.Context, m chat.Message, p *voting.Poll, rule string) error {
	value, err := b.Store.Setting(ctx, string(p.ID), settingWaits)
	if err != nil {
		return err
	}
	waits := slices.DeleteFunc(strings.Split(value, "\n"), func(line string) bool {
		_, account, _ := strings.Cut(line, " ")
		return account == "" || account == m.Sender
	})
	if rule != "" && !strings.ContainsAny(rule, " \n") {
		waits = append(waits, rule+" "+m.Sender)
	}
	return b.Store.Tx(ctx, func(ctx context.Context) error {
		if err := b.Store.PutSetting(ctx, string(p.ID), settingWaits, strings.Join(waits, "\n")); err != nil {
			return err
		}
		return b.done(ctx, m)
	})
}

// heldBack are the machines that said that they hold their parts back, each with the rule.
func (b *Bot) heldBack(ctx context.Context, p *voting.Poll) (map[string]string, error) {
	value, err := b.Store.Setting(ctx, string(p.ID), settingWaits)
	if err != nil {
		return nil, err
	}
	held := make(map[string]string)
	for line := range strings.SplitSeq(value, "\n") {
		if rule, account, ok := strings.Cut(line, " "); ok {
			held[account] = rule
		}
	}
	return held, nil
}

// refusalUnheard is that the machines do not heed whoever said something.
const refusalUnheard = "refusal.tellers-unheard"

// machinesHear refuses a command about a vote with tellers whose machines would not heed it.
func (b *Bot) machinesHear(ctx context.Context, m chat.Message, p *voting.Poll, d parley.Deed) error {
	if p.Terms.Tellers == "" {
		return nil
	}
	may := p.Asker == voting.Member(m.Sender)
	if !may {
		var err error
		if may, err = b.hasPower(ctx, m, moderator); err != nil {
			return err
		}
	}
	if !may || !heeded(m, d) {
		return &voting.Refusal{Key: refusalUnheard, Args: []any{"word", d}}
	}
	if d != parley.Close {
		return nil
	}
	letter := ""
	if p.State == voting.StateOpen {
		var err error
		if letter, err = b.letter(ctx, p); err != nil {
			return err
		}
	}
	if !parley.Means(parley.Name(m.Body), p.Number, letter) {
		return &voting.Refusal{Key: "refusal.tellers-which", Args: []any{"number", p.Number}}
	}
	return b.unmistakable(ctx, m, p, letter)
}

// unmistakable refuses a word without a name as long as the machines may think that another vote is open which is not: it is
// not open yet, or they have not read that it has closed. For them it could be about that one, and so is about none.
func (b *Bot) unmistakable(ctx context.Context, m chat.Message, p *voting.Poll, letter string) error {
	name := letter
	if p.Number > 0 {
		name = strconv.Itoa(p.Number)
	}
	if parley.Name(m.Body) != "" || name == "" {
		return nil
	}
	all, err := b.Polls.InPlace(ctx, p.Place)
	if err != nil {
		return fmt.Errorf("looking for the polls of %s: %w", p.Place, err)
	}
	for _, other := range all {
		unclear := other.State == voting.StateSet
		if other.State == voting.StateClosed {
			said, _, err := b.Line.Event(ctx, key(other.ID, "ballots-file"))
			if err != nil {
				return err
			}
			unclear = said == ""
		}
		if unclear && other.ID != p.ID && other.Terms.Tellers != "" {
			return &voting.Refusal{Key: "refusal.tellers-unclear", Args: []any{"name", name}}
		}
	}
	return nil
}
