package chat

import (
	"context"
	"time"

	"github.com/rs/zerolog"

	"stimmbote/store"
)

const (
	// What is for a person is given up after this many failures, about a day of them: their homeserver
	// may be away, or they may let nobody invite them. So many seconds lie between two tries at most.
	mostForPerson = 58
	personWait    = 1800
)

// paused says whether a delivery failed because the bot's own homeserver is away or asks to be slower.
func (l *Line) paused(err error) bool {
	kind, _ := judge(err)
	return limited(err) || kind == failureAway && l.pause.failures.Load() > 0
}

// failPerson counts a failure to reach a person, for all that waits for them: they are not reached
// any sooner with the next thing. An error of ours counts for its delivery only.
func (l *Line) failPerson(ctx context.Context, log zerolog.Logger, o store.Outgoing, err error, wait time.Duration) error {
	if o.Failures+1 >= mostForPerson {
		log.Error().AnErr("reason", plain(err)).Msg("Somebody could not be reached for a day; a message is given up")
		return l.store.SettleOutgoing(ctx, o.Key, store.OutgoingGiven, "", "")
	}
	if o.Failures == 0 {
		log.Warn().AnErr("reason", plain(err)).Msg("A message to a person was not sent; trying again for a day")
	}
	if kind, _ := judge(err); kind == failureOdd && !answered(err) {
		return l.store.DelayOutgoing(ctx, o.Key, time.Now().Add(l.backoff(o.Failures, 60)), true)
	}
	return l.store.FailOutgoing(ctx, o.Key, time.Now().Add(max(wait, l.backoff(o.Failures, personWait))))
}
