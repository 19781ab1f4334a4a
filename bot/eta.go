package bot

import (
	"context"
	"strconv"
	"time"

	"stimmbote/chat"
	"stimmbote/voting"
)

// longWay is how long the ballots of a vote take when the group is told that they do.
const longWay = 30 * time.Second

// eta says how long something goes on: below five minutes to the half, for a whole one would be up to a fifth of it.
func (t *page) eta(d time.Duration) {
	halves := d.Round(time.Minute / 2)
	if d >= 2*time.Minute && d < 5*time.Minute && halves%time.Minute != 0 {
		t.add("eta.half", "minutes", int(halves/time.Minute))
		return
	}
	t.age("eta", d)
}

// onTheWay is how far the deliveries of an open poll are, once its ballots are queued.
func (b *Bot) onTheWay(ctx context.Context, id voting.ID) (chat.Progress, error) {
	if !b.wasQueued(key(id, "ballots")) {
		return chat.Progress{}, nil
	}
	return b.Line.Progress(ctx, string(id))
}

// showCount corrects the count of the votes in the group, now and then: the moments of the votes
// are nobody's business.
func (b *Bot) showCount(ctx context.Context, p *voting.Poll, next *time.Time) error {
	count, err := b.counted(ctx, p)
	if err != nil {
		return err
	}
	_, known, err := b.Line.Event(ctx, count.Key)
	if err != nil {
		return err
	}
	if known || count.Key == key(p.ID, "count/0") {
		if count.Key = key(p.ID, "count/given"); !b.allOut(ctx, p, count.Key) {
			return nil
		}
	}
	if !b.every(key(p.ID, "count"), countPause(len(p.Roll)), next) {
		return nil
	}
	return b.Line.Queue(ctx, count)
}

// countPause is the least time between two counts in a group of so many. Each is for all of them, whose homeserver has to
// pass it on to everybody while it takes their answers: in a large group it is said less often.
func countPause(members int) time.Duration {
	return max(progressPause, time.Duration(members)*countEach)
}

// countEach is how much of that time each member adds in a large group: with a hundred and fifty it is no more than in a
// small one, with five hundred it is fifty seconds.
const countEach = 100 * time.Millisecond

// allOut says whether all ballots are out, and the count that was said last lacks some.
func (b *Bot) allOut(ctx context.Context, p *voting.Poll, said string) bool {
	b.mu.Lock()
	lacks := b.lacking[p.ID]
	b.mu.Unlock()
	if !lacks {
		return false
	}
	pending, err := b.Line.Pending(ctx, string(p.ID))
	if err != nil || pending > 0 {
		return false
	}
	_, known, err := b.Line.Event(ctx, said)
	return err == nil && !known
}

// foretell keeps saying, beside the count, how long it takes until everybody has a ballot, where
// the homeserver lets few messages go at a time.
func (b *Bot) foretell(ctx context.Context, p *voting.Poll, next *time.Time) error {
	way := key(p.ID, "eta")
	on, err := b.onTheWay(ctx, p.ID)
	if err != nil {
		return err
	}
	long := on.ETA >= longWay
	if !long && !b.isPaced(way) {
		return nil
	}
	if !b.soon(way, next) {
		return nil
	}
	if !long {
		b.noLonger(way) // with one last correction
	}
	count, err := b.counted(ctx, p)
	if err != nil {
		return err
	}
	count.Key = key(p.ID, "count/eta/"+strconv.FormatInt(b.Now().UnixNano(), 36))
	return b.Line.Queue(ctx, count)
}

func (b *Bot) isPaced(what string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	_, paced := b.paced[what]
	return paced
}
