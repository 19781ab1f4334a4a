package chat

import (
	"errors"
	"math"

	"maunium.net/go/mautrix"
)

// Obstacle tells the person who sets the bot up what is in the way and what to try. Key is looked
// up in i18n, Args are names and values in turn.
type Obstacle struct {
	Key  string
	Args []any
	Err  error // what lies behind it; may be nil
}

// Error is for those who look for a fault.
func (o *Obstacle) Error() string {
	if o.Err == nil {
		return o.Key
	}
	return o.Key + ": " + o.Err.Error()
}

// Unwrap is what lies behind it.
func (o *Obstacle) Unwrap() error { return o.Err }

// obstacle is err as it stands in somebody's way. Where the server did not answer, or wants to be
// asked later, it says that; a refusal gets the key of what was refused.
func (h *Homeserver) obstacle(err error, refused string, args ...any) error {
	if already, ok := errors.AsType[*Obstacle](err); ok {
		return already
	}
	kind, wait := judge(err)
	switch {
	case limited(err):
		minutes := int(math.Ceil(wait.Minutes()))
		return &Obstacle{Key: "setup.obstacle.limited", Args: []any{"minutes", max(minutes, 1)}, Err: err}
	case kind == failurePermanent:
		return &Obstacle{Key: refused, Args: append(args, "url", h.URL, "reason", reason(err)), Err: err}
	default:
		return &Obstacle{Key: "setup.obstacle.unreachable", Args: []any{"url", h.URL, "reason", reason(err)}, Err: err}
	}
}

// reason is an error in the server's words, or in as few as possible.
func reason(err error) string {
	if answer, ok := errors.AsType[mautrix.RespError](err); ok && answer.Err != "" {
		return answer.Err
	}
	return plain(err).Error()
}
