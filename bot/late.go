package bot

import (
	"context"
	"time"

	"stimmbote/chat"
	"stimmbote/voting"
)

// skew is how far the clock of a member's server may be behind ours. It is short, since votes
// follow each other closely in a meeting: an answer to the one before must not count in the next.
// Whose clock is further behind is asked again until it has passed the opening.
const skew = 5 * time.Second

// cameLate says whether an answer reaches the bot out of its order, so that it does not say what
// the member wants now: it was written before the vote began, or before the answer that counts.
// Of that one the time is kept in memory only, because next to ballots it would tell too much.
// After a restart it is unknown: then an answer from before the start changes no vote.
func (b *Bot) cameLate(ctx context.Context, m chat.Message, p *voting.Poll) (bool, error) {
	if m.At.Before(p.Opened.Add(-skew)) {
		return true, nil
	}
	b.mu.Lock()
	last, known := b.answered[p.ID][m.Sender]
	b.mu.Unlock()
	if known {
		return m.At.Before(last), nil
	}
	if !m.At.Before(b.started) {
		return false, nil
	}
	return b.hasVoted(ctx, m, p)
}

// refusalOverdue is that the time of a vote is over, which is still open because it waits for a word on what becomes of it.
const refusalOverdue = "ballot.overdue"

// writtenAt is when a message was written, as far as that can be known: what comes late counts if it was written in time,
// and nothing was written later than now.
func (b *Bot) writtenAt(m chat.Message) time.Time { return earlier(m.At, b.Now()) }

// answeredAt remembers when the answer that counts was written.
func (b *Bot) answeredAt(m chat.Message, id voting.ID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.answered[id] == nil {
		b.answered[id] = make(map[string]time.Time)
	}
	b.answered[id][m.Sender] = m.At
}
