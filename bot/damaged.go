package bot

import (
	"context"
	"errors"
	"strconv"

	"stimmbote/chat"
	"stimmbote/voting"
)

// damaged asks those to vote again whose ballots are not as they were cast any more, and keeps the
// vote open for them, and for a minute after the last of them; it says whether there are any. then is part of the same
// transaction.
func (b *Bot) damaged(ctx context.Context, p *voting.Poll, then func(context.Context) error) (bool, error) {
	again, err := b.Polls.Mend(ctx, p.ID)
	if err != nil || len(again) == 0 {
		return false, err
	}
	b.Log.Error().Str("poll", string(p.ID)).Int("ballots", len(again)).Msg("Ballots were damaged on the disk: look after it")
	return true, b.Store.Tx(ctx, func(ctx context.Context) error {
		n, stamp := len(again), "damaged/"+strconv.FormatInt(b.Now().UnixNano(), 36)
		group := inGroup(p, stamp, kindSay)
		group.Payload = encode(of(p, say{Key: "poll.damaged", Args: []any{"question", title(p.Asked)}, Count: &n}))
		said := []chat.Delivery{group}
		if until := b.Now().Add(extendBy); until.After(p.Ends) {
			extended, err := b.Polls.Extend(ctx, p.ID, until)
			if err != nil {
				return err
			}
			d := inGroup(p, stamp+"/extended", kindExtended)
			d.Lasting = p.Terms.Tellers != ""
			d.Payload = encode(ending{about: about{Poll: p.ID}, Until: extended.Ends})
			said = append(said, d)
		}
		for _, m := range again {
			d := inDirect(p, m, key(p.ID, stamp+"/"+string(m)), kindSay)
			s, err := b.sayAbout(ctx, string(m), p, say{Key: "ballot.damaged", Args: []any{"question", title(p.Asked)}, Room: string(p.Place)}, true)
			if err != nil {
				return err
			}
			d.Payload = encode(s)
			said = append(said, d)
		}
		if err := errors.Join(b.Store.PutSetting(ctx, string(p.ID), settingEarly, ""), b.Store.PutSetting(ctx, string(p.ID), settingMended, "/"+stamp)); err != nil {
			return err
		}
		if err := b.Line.Queue(ctx, said...); err != nil {
			return err
		}
		return then(ctx)
	})
}
