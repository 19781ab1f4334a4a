package chat

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// Known lists who joined a room, without the bot, and the power of each there, as the homeserver has said it so far:
// nothing is asked, so that this also goes while it is away, and before the bot is logged in. Nobody: nothing is known.
func (l *Line) Known(ctx context.Context, room string) ([]Member, map[string]int, error) {
	joined, err := l.known.GetRoomMembers(ctx, id.RoomID(room), event.MembershipJoin)
	if err != nil {
		return nil, nil, fmt.Errorf("reading the members of %s: %w", room, err)
	}
	levels, err := l.known.GetPowerLevels(ctx, id.RoomID(room))
	if err != nil {
		return nil, nil, fmt.Errorf("reading the power levels of %s: %w", room, err)
	}
	var members []Member
	power := make(map[string]int)
	for user, m := range joined {
		if user.String() == l.cfg.User || user.String() == l.Me() {
			continue
		}
		members = append(members, Member{ID: user.String(), Name: m.Displayname})
		if levels != nil {
			power[user.String()] = min(levels.GetUserLevel(user), math.MaxInt32)
		}
	}
	slices.SortFunc(members, func(a, b Member) int { return strings.Compare(a.ID, b.ID) })
	return members, power, nil
}
