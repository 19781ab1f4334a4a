package keyholder

import (
	"context"
	"errors"
	"fmt"

	"github.com/rs/zerolog"

	"stimmbote/chat"
	"stimmbote/voting/parley"
)

// Said deals with one message. It may come again after a crash.
func (k *Keyholder) Said(ctx context.Context, m chat.Message) error {
	handled, err := k.Line.Handled(ctx, m.ID)
	if err != nil || handled || m.Direct || m.Edits != "" {
		return err
	}
	if !m.Encrypted || !m.Trusted {
		return nil // anybody may have written it
	}
	ctx = k.Log.WithContext(ctx)
	k.mu.Lock()
	defer k.mu.Unlock()
	switch m.Kind {
	case chat.Text:
		return k.command(ctx, m)
	case chat.Record:
		return k.record(ctx, m)
	}
	return nil
}

// record deals with what another program says. What makes no sense is left out.
func (k *Keyholder) record(ctx context.Context, m chat.Message) error {
	r, err := parley.Decode(m.Record)
	if err == nil && r.Split {
		if m.Sender != k.Config.Bot {
			return nil // nobody else has to say something so long that matters here
		}
		r, err = k.whole(ctx, m, r)
	}
	if errors.Is(err, parley.ErrRecord) || errors.Is(err, chat.ErrFileGone) || errors.Is(err, chat.ErrFileLong) {
		zerolog.Ctx(ctx).Warn().Err(err).Str("sender", m.Sender).Msg("A record is left out")
		return nil
	}
	if err != nil {
		return err
	}
	bot := m.Sender == k.Config.Bot
	switch {
	case r.Kind == parley.Who && bot:
		return k.introduce(ctx, m.Room, m.ID)
	case r.Kind == parley.Asked && bot:
		return k.asked(ctx, m, r)
	case r.Kind == parley.Here:
		k.here(m.Sender, r)
		return nil
	case r.Poll == "":
		return nil
	}
	v, err := k.vote(ctx, r.Poll)
	if err != nil {
		return err
	}
	if v == nil {
		k.keep(m.Sender, r)
		return nil
	}
	if v.over() {
		return nil
	}
	if bot && r.Kind == parley.Void && v.elsewhere(m.Room) {
		return k.fromBot(ctx, m, v, r) // nothing is opened by that, wherever the group is by now
	}
	if v.Room != m.Room {
		return nil
	}
	if bot {
		return k.fromBot(ctx, m, v, r)
	}
	if v.seen.Question.Terms.Tellers.Owner(m.Sender) != 0 {
		return k.fromTeller(ctx, v, m.Sender, r)
	}
	return nil
}

// whole reads the file of a record that was split.
func (k *Keyholder) whole(ctx context.Context, m chat.Message, r parley.Record) (parley.Record, error) {
	if m.File == nil {
		return r, fmt.Errorf("%w: there is no file", parley.ErrRecord)
	}
	file, err := k.Line.Fetch(ctx, *m.File, parley.MostFile)
	if err != nil {
		return r, err
	}
	return parley.Join(r, file)
}

const (
	// mostEarly is how many keys of an account are remembered that came before the question.
	mostEarly = 20
	// longestKey is how long one may be.
	longestKey = 8 << 10
)

// keep remembers a key that came before the question of its vote: keys of messages may be late. An
// account that published too many, some of them of votes of others, loses its own only.
func (k *Keyholder) keep(sender string, r parley.Record) {
	if r.Kind != parley.Key || len(r.Public) > longestKey {
		return
	}
	if len(k.tooEarly[sender]) == 0 || len(k.tooEarly[sender]) >= mostEarly {
		k.tooEarly[sender] = make(map[string]string)
	}
	k.tooEarly[sender][string(r.Poll)] = r.Public
}

func (k *Keyholder) fromBot(ctx context.Context, m chat.Message, v *vote, r parley.Record) error {
	switch r.Kind {
	case parley.Election:
		return k.election(ctx, v, r)
	case parley.Opened:
		return k.opened(ctx, v, r)
	case parley.Extended:
		return k.extended(ctx, v, r)
	case parley.Closed:
		return k.closed(ctx, v, r, m.At)
	case parley.Share:
		return k.botShare(ctx, v, r)
	case parley.Result:
		return k.result(ctx, v, r)
	case parley.Void:
		if err := k.end(ctx, v, stepVoid); err != nil {
			return err
		}
		return k.Vault.Remove(keyName(v.Poll))
	}
	return nil
}

func (k *Keyholder) fromTeller(ctx context.Context, v *vote, account string, r parley.Record) error {
	switch r.Kind {
	case parley.Key:
		return k.otherKey(ctx, v, account, r.Public)
	case parley.Alarm:
		return k.otherAlarm(ctx, v, account, r.Final)
	case parley.Confirmed:
		return k.otherFound(ctx, v, account, found(r.Fingerprint, r.Credentials))
	}
	return nil
}
