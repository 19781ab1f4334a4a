package chat

import (
	"context"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// callMembers are the state events by which apps say that somebody is in the app's own call of a room: MatrixRTC's and
// what it was called before.
var callMembers = map[string]bool{
	"m.call.member":                     true,
	"org.matrix.msc3401.call.member":    true,
	"m.rtc.member":                      true,
	"org.matrix.msc4143.rtc.member":     true,
	"org.matrix.msc4143.rtc.membership": true,
}

// inAppCall says whether an event is that somebody is in the app's own call. Whoever leaves it empties their event.
func inAppCall(evt *event.Event) bool {
	if !callMembers[evt.Type.Type] {
		return false
	}
	for _, key := range []string{"memberships", "m.calls"} { // older forms list them
		if list, is := evt.Content.Raw[key].([]any); is && len(list) == 0 {
			return false
		}
	}
	return len(evt.Content.Raw) > 0
}

// calling deals with somebody who is in the app's own call.
func (l *Line) calling(ctx context.Context, room id.RoomID, evt *event.Event) error {
	direct, err := l.isDirect(ctx, room)
	if err != nil || direct {
		return err
	}
	return l.notice(ctx, Notice{Kind: Calling, ID: evt.ID.String(), Room: room.String(), Person: evt.Sender.String()})
}

// sentOut deals with somebody whom another one removed from a group.
func (l *Line) sentOut(ctx context.Context, room id.RoomID, leave *event.Event) error {
	before := leave.Unsigned.PrevContent
	if leave.Sender.String() == leave.GetStateKey() || before != nil && rawMembership(before) != event.MembershipJoin {
		return nil
	}
	direct, err := l.isDirect(ctx, room)
	if err != nil || direct {
		return err
	}
	return l.notice(ctx, Notice{Kind: SentOut, ID: leave.ID.String(), Room: room.String(), Person: leave.GetStateKey()})
}
