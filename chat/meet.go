package chat

import (
	"context"

	"stimmbote/store"
)

const (
	// meetKind is the kind of what says nothing: a direct room is made and the person invited.
	meetKind = "chat.meet"
	// meeting is the lane of that: after everything else.
	meeting = Redaction + 1
)

// Meet stores, in the transaction of ctx, that people are to be invited into their direct rooms ahead of
// time, when nothing else is to be done. [Line.Progress] of the group says how far that is.
func (l *Line) Meet(ctx context.Context, group string, persons ...string) error {
	for _, person := range persons {
		_, err := l.store.PutOutgoing(ctx, store.Outgoing{
			Key: "meet/" + group + "/" + person, Group: group, Route: personRoute(person), Lane: int(meeting), Person: person, Kind: meetKind,
		})
		if err != nil {
			return err
		}
	}
	l.hurry()
	return nil
}
