package keyholder

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"stimmbote/chat"
	"stimmbote/keyholder/policy"
	"stimmbote/voting/parley"
)

// move is a room that the group of a vote was moved to, and that the vote has not been taken along into.
type move struct {
	To      string    `json:"to"`
	By      string    `json:"by,omitempty"`      // who moved it, if without the right
	Missing []string  `json:"missing,omitempty"` // the tellers and machines that are not there yet
	Since   time.Time `json:"since"`
}

// waits is what the part waits for because of the move, and because of whom.
func (m *move) waits() (policy.Rule, []string) {
	if m.By != "" {
		return policy.MovedBy, []string{m.By}
	}
	return policy.Moved, m.Missing
}

// at is where the machine says something about a vote: the older room of a group is shut once it has moved.
func (v *vote) at() string {
	if v.seen.Move != nil && v.seen.Move.By == "" {
		return v.seen.Move.To
	}
	return v.Room
}

// hears says whether a command counts for a vote that was said in a room: in that of the vote; a halt and an objection
// also in one that the group was in before, or that it is moving to: whoever says so may have been left out of another,
// and nothing is opened by that.
func (v *vote) hears(room string, deed parley.Deed) bool {
	return room == v.Room || (deed == parley.Halt || deed == parley.Object) && v.elsewhere(room)
}

// elsewhere says whether the group of a vote was in a room before, or is moving into it.
func (v *vote) elsewhere(room string) bool {
	return v.seen.Move != nil && v.seen.Move.To == room || slices.Contains(v.seen.Rooms, room)
}

// moved takes the votes of a group along, and introduces the machine there: the bot then says again what it
// may have missed.
func (k *Keyholder) moved(ctx context.Context, n chat.Notice) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	all, err := k.live(ctx)
	if err != nil {
		return err
	}
	waits := false
	var problems []error
	for _, v := range all {
		if v.Room != n.Room {
			continue
		}
		if err := k.follow(ctx, v); err != nil {
			problems = append(problems, err, k.put(ctx, v)) // what is known of the move is looked at again
			continue
		}
		problems = append(problems, k.rejudge(ctx, v), k.tellMovedBy(ctx, v, n.To))
		waits = waits || v.seen.Move != nil
	}
	if err := errors.Join(problems...); err != nil || waits {
		return err // it is introduced once it goes on there, so that what it has missed is said then
	}
	return k.introduce(ctx, n.To, n.ID)
}

// tellMovedBy says in the newer room as well that somebody without the right moved the group: hardly anybody may read the
// older one any more.
func (k *Keyholder) tellMovedBy(ctx context.Context, v *vote, room string) error {
	if v.seen.Move == nil || v.seen.Move.By == "" || v.seen.Move.To != room {
		return nil
	}
	d, err := say(v, "moved-by/"+room, "keyholder.waits", parley.Record{Kind: parley.Waits, Rule: string(policy.MovedBy)}, "who", v.seen.Move.By)
	if err != nil {
		return err
	}
	d.Room = room
	return k.Line.Queue(ctx, d)
}

// follow takes a vote into the room that its group has moved to, if somebody with the right moved it and all its
// tellers and their machines are there. Else it notes why not. Once its part hangs on nothing any more, it takes the
// vote wherever the machine is itself.
func (k *Keyholder) follow(ctx context.Context, v *vote) error {
	for {
		m, err := k.replacing(ctx, v)
		if err != nil {
			return err
		}
		settled := v.Step == stepReleased || v.Step == stepRefused
		if m == nil || !settled && m.By != "" {
			v.seen.Move = m
			return nil
		}
		missing, here, err := k.missingIn(ctx, v, m.To)
		if err != nil {
			if v.seen.Move == nil || v.seen.Move.To != m.To {
				v.seen.Move = m
			}
			return err
		}
		if v.seen.Move = m; !here || !settled && len(missing) > 0 {
			m.By, m.Missing = "", missing
			return nil
		}
		v.takeAlong()
	}
}

// replacing is the move of a vote's group out of its room, nil if there is none. Where the machine may not look into
// that room any more, what it saw there last holds.
func (k *Keyholder) replacing(ctx context.Context, v *vote) (*move, error) {
	old := v.seen.Move
	to, by, err := k.Line.Successor(ctx, v.Room)
	if errors.Is(err, chat.ErrShut) && old != nil {
		return old, nil
	}
	if err != nil {
		return nil, fmt.Errorf("asking whether %s was replaced: %w", v.Room, err)
	}
	if to == "" || to == v.Room || slices.Contains(v.seen.Rooms, to) { // rooms that replace each other lead nowhere
		return nil, nil
	}
	m := &move{To: to, Since: k.Now()}
	if old != nil && old.To == to {
		m.Since = old.Since
	}
	power, err := k.Line.Power(ctx, v.Room, by)
	if err != nil {
		return nil, fmt.Errorf("asking for the power in %s: %w", v.Room, err)
	}
	if by == k.Config.Bot || power < moderator {
		m.By = by
	}
	return m, nil
}

// takeAlong has a vote go on in the room that its group has moved to.
func (v *vote) takeAlong() {
	v.seen.Rooms = slices.Insert(v.seen.Rooms, 0, v.Room)
	v.Room, v.seen.Move = v.seen.Move.To, nil
}

// missingIn are the tellers of a vote, and their machines, that are not in a room; here says whether the machine is.
func (k *Keyholder) missingIn(ctx context.Context, v *vote, room string) (missing []string, here bool, err error) {
	members, err := k.Line.Members(ctx, room)
	if errors.Is(err, chat.ErrShut) {
		return []string{k.Line.Me()}, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("asking who is in %s: %w", room, err)
	}
	for _, t := range v.seen.Question.Terms.Tellers.All() {
		for _, one := range []string{string(t.Owner), t.Account} {
			if !slices.ContainsFunc(members, func(m chat.Member) bool { return m.ID == one }) {
				missing = append(missing, one)
			}
		}
	}
	return missing, true, nil
}

// followAgain looks again whether a vote can be taken along. If not, nothing of it wakes the machine before the next look.
func (k *Keyholder) followAgain(ctx context.Context, v *vote, next *time.Time) error {
	if v.seen.Move == nil {
		return nil
	}
	*next = earlier(*next, k.Now().Add(slow))
	before := v.Room
	if err := k.follow(ctx, v); err != nil {
		return err
	}
	if err := k.weigh(ctx, v); err != nil || v.Room == before {
		return err
	}
	k.awake()
	return k.introduce(ctx, v.Room, v.Room+"/"+v.Poll)
}
