package bot

import (
	"context"
	"errors"
	"fmt"

	"github.com/rs/zerolog"

	"stimmbote/chat"
	"stimmbote/voting"
	"stimmbote/voting/parley"
)

// onRecord deals with what a teller's machine says. What makes no sense, or was not encrypted by a
// device that its owner signed, is left out: it cannot make a vote go on.
func (b *Bot) onRecord(ctx context.Context, m chat.Message) error {
	if !m.Encrypted || !m.Trusted || m.Direct {
		return nil
	}
	b.heardMachine(m)
	r, err := parley.Decode(m.Record)
	if err != nil {
		zerolog.Ctx(ctx).Warn().Err(err).Msg("A record is left out")
		return nil
	}
	if r.Kind == parley.Here && !r.Split {
		return b.onHere(ctx, m, r)
	}
	p, err := b.Polls.Poll(ctx, r.Poll)
	if errors.Is(err, voting.ErrUnknown) {
		return nil
	}
	if err != nil {
		return err
	}
	if string(p.Place) != m.Room || p.Terms.Tellers.Owner(m.Sender) == 0 || p.State.Ended() {
		return nil
	}
	r, err = b.wholeRecord(ctx, m, r) // a file is fetched only for those who matter
	if errors.Is(err, parley.ErrRecord) || errors.Is(err, chat.ErrFileGone) || errors.Is(err, chat.ErrFileLong) {
		zerolog.Ctx(ctx).Warn().Err(err).Msg("A record is left out")
		return nil
	}
	if err != nil {
		return err
	}
	defer b.awake()
	switch r.Kind {
	case parley.Key:
		_, err = b.Polls.TakeKey(ctx, p.ID, m.Sender, []byte(r.Public))
	case parley.Confirmed:
		_, err = b.Polls.Confirm(ctx, p.ID, m.Sender, r.Fingerprint)
	case parley.Share:
		_, err = b.Polls.TakeShare(ctx, p.ID, m.Sender, []byte(r.Body))
	case parley.Alarm:
		return b.onAlarm(ctx, m, p, r)
	case parley.Waits:
		return b.onWaits(ctx, m, p, r.Rule)
	case parley.GoesOn:
		return errors.Join(b.alarmOver(ctx, m, p), b.onWaits(ctx, m, p, ""))
	case parley.Kept:
		return b.onKept(ctx, m, p, r)
	}
	if err != nil {
		zerolog.Ctx(ctx).Warn().Err(err).Msg("What a teller's machine said is left out")
	}
	return nil
}

// wholeRecord reads the file of a record, if it was split.
func (b *Bot) wholeRecord(ctx context.Context, m chat.Message, r parley.Record) (parley.Record, error) {
	if !r.Split {
		return r, nil
	}
	if m.File == nil {
		return r, fmt.Errorf("%w: there is no file", parley.ErrRecord)
	}
	file, err := b.Line.Fetch(ctx, *m.File, parley.MostFile)
	if err != nil {
		return r, err
	}
	return parley.Join(r, file)
}

// onKept tells the group that a machine gives no part, so that there will be no result as things are.
func (b *Bot) onKept(ctx context.Context, m chat.Message, p *voting.Poll, r parley.Record) error {
	name, err := b.tellerName(ctx, p, m.Sender)
	if err != nil {
		return err
	}
	what := "tellers.kept"
	if r.Rule == parley.KeyLost {
		what = "tellers.key-lost"
	}
	d := inGroup(p, "kept/"+m.Sender, kindSay)
	d.Payload = encode(say{Key: what, Args: []any{"question", p.Question, "name", name}})
	return b.Store.Tx(ctx, func(ctx context.Context) error { return b.done(ctx, m, d) })
}

// tellerName is the name of the teller whose machine has an account.
func (b *Bot) tellerName(ctx context.Context, p *voting.Poll, account string) (string, error) {
	for _, t := range p.Terms.Tellers.All() {
		if t.Account == account {
			return b.nameIn(ctx, string(p.Place), string(t.Owner))
		}
	}
	return account, nil
}
