package chat

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"stimmbote/store"
)

// syncTries is how often a response is processed that cannot be, before it is left out.
const syncTries = 3

// ackStore does not store the sync token when a response arrives: the inbox does it once
// everything that came with the response was handled, while receiving may begin anew.
type ackStore struct {
	mautrix.SyncStore
	mu sync.Mutex // what is underneath keeps the token in memory
}

// SaveNextBatch does nothing, see commit.
func (*ackStore) SaveNextBatch(context.Context, id.UserID, string) error { return nil }

// LoadNextBatch returns the token that was stored last.
func (a *ackStore) LoadNextBatch(ctx context.Context, user id.UserID) (string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.SyncStore.LoadNextBatch(ctx, user)
}

func (a *ackStore) commit(ctx context.Context, user id.UserID, token string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := a.SyncStore.SaveNextBatch(ctx, user, token); err != nil {
		return fmt.Errorf("storing the sync token: %w", err)
	}
	return nil
}

// ackSyncer hands keys and state to mautrix and messages to the inbox.
type ackSyncer struct {
	*mautrix.DefaultSyncer
	line   *Line
	failed int
}

// syncFilter leaves out what the bot never looks at.
func syncFilter() *mautrix.Filter {
	everything := []event.Type{{Type: "*"}}
	return &mautrix.Filter{
		Presence: &mautrix.FilterPart{NotTypes: everything},
		Room: &mautrix.RoomFilter{
			Ephemeral: &mautrix.FilterPart{NotTypes: everything},
			Timeline:  &mautrix.FilterPart{Limit: 50},
		},
	}
}

// ProcessResponse lets mautrix have keys and state, decrypts the messages, and puts them into the
// inbox together with the token that may be stored when they are handled.
func (s *ackSyncer) ProcessResponse(ctx context.Context, resp *mautrix.RespSync, since string) error {
	l := s.line
	l.back()
	if resp.DeviceOTKCount.SignedCurve25519 == 0 {
		resp.DeviceOTKCount.SignedCurve25519 = -1 // none, or left out: mautrix asks
	}
	// The bot knows its own keys. Were they read again, mautrix would forget its copy while others use it.
	resp.DeviceLists.Changed = slices.DeleteFunc(resp.DeviceLists.Changed, func(user id.UserID) bool { return user == l.me })
	b := &batch{token: resp.NextBatch, asked: l.listening.since().UnixNano()}
	l.counters.answered.Store(b.asked)
	removals := takeRemovals(resp, l.me)
	timelines := takeMessages(resp, l.me)
	letters := takeLetters(resp)
	asked := requests(resp)
	for room, joined := range resp.Rooms.Join {
		if slices.ContainsFunc(slices.Concat(joined.State.Events, joined.Timeline.Events), ofMember) {
			l.rooms.turn(room)
		}
	}
	l.arrived.take()
	if err := s.DefaultSyncer.ProcessResponse(ctx, resp, since); err != nil {
		if s.again(ctx, err) {
			return err
		}
		l.log.Error().Err(err).Msg("A part of what arrived cannot be processed and is left out")
	}
	for _, letter := range letters {
		if err := l.unseal(ctx, letter); err != nil {
			if s.again(ctx, err) {
				return err
			}
			l.log.Error().Err(err).Msg("A key cannot be stored and is left out")
		}
	}
	for room, timeline := range timelines {
		if timeline.joined != nil {
			l.rooms.forget(room)
			if err := l.retry(ctx, roomRoute(room.String())); err != nil {
				return err
			}
		}
		if len(timeline.came) > 0 {
			if err := l.renewFor(ctx, room); err != nil {
				return err
			}
		}
		if since != "" {
			l.happened(b, room, timeline)
		}
		if err := l.receive(ctx, b, room, timeline, since); err != nil {
			return err
		}
	}
	for _, sess := range l.arrived.take() {
		late, err := l.store.LateBySession(ctx, sess.room.String(), sess.id.String())
		if err != nil {
			return err
		}
		l.again(ctx, b, late)
	}
	for room, removal := range removals {
		b.add(room, func(ctx context.Context) error { return l.removed(ctx, room, removal) })
	}
	for _, person := range resp.DeviceLists.Changed {
		direct, err := l.store.Direct(ctx, person.String())
		if err != nil {
			return err
		}
		if direct != nil {
			b.add(id.RoomID(direct.Room), func(ctx context.Context) error { return l.newDevices(ctx, person) })
		}
	}
	for person, requests := range asked {
		for _, request := range requests {
			b.add(request.Body.RoomID, func(ctx context.Context) error { return l.askedForKey(ctx, person, request) })
		}
	}
	for room, invited := range resp.Rooms.Invite {
		if invitation, ok := invitationOf(room, invited.State.Events, l.me); ok {
			b.invited = append(b.invited, invitation)
		}
	}
	s.failed = 0
	return l.inbox.put(b)
}

// happened puts what happened in a room, besides what was said, into the batch.
func (l *Line) happened(b *batch, room id.RoomID, line timeline) {
	if line.joined != nil {
		b.add(room, func(ctx context.Context) error { return l.entered(ctx, room, line.joined) })
	}
	for _, evt := range line.came {
		b.add(room, func(ctx context.Context) error { return l.came(ctx, room, evt) })
	}
	for _, evt := range line.went {
		b.add(room, func(ctx context.Context) error { return errors.Join(l.sentOut(ctx, room, evt), l.went(ctx, room, evt)) })
	}
	if line.calling != nil {
		b.add(room, func(ctx context.Context) error { return l.calling(ctx, room, line.calling) })
	}
	if line.replaced != nil {
		next, _ := line.replaced.Content.Raw["replacement_room"].(string)
		if next != "" && next != room.String() {
			b.invited = append(b.invited, invitation{room: id.RoomID(next), via: line.replaced.Sender.Homeserver()})
		}
	}
}

// again counts a failure to process a response and says whether to try once more. A full disk does not
// count.
func (s *ackSyncer) again(ctx context.Context, err error) bool {
	if writable := s.line.store.Writable(ctx); store.Full(err) || store.Full(writable) {
		s.line.sayFull(errors.Join(err, writable))
		return true
	}
	s.failed++
	return s.failed < syncTries
}

// OnFailedSync says how long to wait before the next try, which the homeserver answers at once.
func (s *ackSyncer) OnFailedSync(_ *mautrix.RespSync, err error) (time.Duration, error) {
	if s.line.listening.failed() {
		return 0, nil
	}
	if errors.Is(err, mautrix.MUnknownToken) {
		return 0, fmt.Errorf("%w: the bot's session was ended on the homeserver; start the bot again to log in anew", ErrLogin)
	}
	_, wait := judge(err)
	return s.line.away(err, wait), nil
}

// timeline is what was said in one room, oldest first, without the state.
type timeline struct {
	messages []*event.Event
	limited  bool           // there is more before it
	before   string         // where to look for that
	joined   *event.Event   // the bot's own join: nothing before it counts
	came     []*event.Event // who joined
	went     []*event.Event // who left or was removed
	calling  *event.Event   // somebody is in the app's own call
	replaced *event.Event   // the group went into another room
}

// takeMessages removes the messages from a response, so that mautrix sees keys and state only, and
// leaves out what was said before the bot joined.
func takeMessages(resp *mautrix.RespSync, me id.UserID) map[id.RoomID]timeline {
	timelines := make(map[id.RoomID]timeline, len(resp.Rooms.Join))
	for room, joined := range resp.Rooms.Join {
		line := timeline{limited: joined.Timeline.Limited, before: joined.Timeline.PrevBatch}
		var state []*event.Event
		for _, evt := range joined.Timeline.Events {
			switch {
			case evt.StateKey == nil:
				line.messages = append(line.messages, evt)
			case joinOf(evt, me):
				line.messages, line.joined = nil, evt
				fallthrough
			default:
				state = append(state, evt)
			}
		}
		// Of a room that the bot has just entered, all the state is told as if it were new.
		if line.joined == nil {
			for _, evt := range slices.Concat(joined.State.Events, state) {
				line.note(evt, me)
			}
		}
		joined.Timeline.Events = state
		timelines[room] = line
	}
	for _, left := range resp.Rooms.Leave {
		left.Timeline.Events = nil
	}
	return timelines
}

// note keeps a state event that the bot acts on.
func (line *timeline) note(evt *event.Event, me id.UserID) {
	if evt.StateKey == nil {
		return
	}
	switch evt.Type.Type {
	case event.StateTombstone.Type:
		line.replaced = evt
	case event.StateMember.Type:
		switch membership := rawMembership(&evt.Content); {
		case evt.GetStateKey() == me.String():
		case joinOf(evt, id.UserID(evt.GetStateKey())):
			line.came = append(line.came, evt)
		case membership == event.MembershipLeave, membership == event.MembershipBan:
			line.went = append(line.went, evt)
		}
	default:
		if inAppCall(evt) {
			line.calling = evt
		}
	}
}

// takeRemovals are the bot's own leaves, as far as somebody else brought them about.
func takeRemovals(resp *mautrix.RespSync, me id.UserID) map[id.RoomID]*event.Event {
	removals := make(map[id.RoomID]*event.Event)
	for room, left := range resp.Rooms.Leave {
		for _, evt := range slices.Concat(left.State.Events, left.Timeline.Events) {
			if evt.Type.Type == event.StateMember.Type && evt.GetStateKey() == me.String() && evt.Sender != me {
				removals[room] = evt
			}
		}
	}
	return removals
}

// takeLetters removes what was encrypted for this device alone, room keys above all.
func takeLetters(resp *mautrix.RespSync) []*event.Event {
	var letters, others []*event.Event
	for _, evt := range resp.ToDevice.Events {
		if evt.Type.Type == event.ToDeviceEncrypted.Type {
			letters = append(letters, evt)
		} else {
			others = append(others, evt)
		}
	}
	resp.ToDevice.Events = others
	return letters
}

// unsealTime bounds how long one letter may keep the database.
const unsealTime = 4 * time.Second

// unseal decrypts one letter and stores what it brings in one transaction: the letter opens only
// once, and a death in between would lose the key in it for good.
func (l *Line) unseal(ctx context.Context, letter *event.Event) error {
	letter.Type.Class = event.ToDeviceEventType
	if err := letter.Content.ParseRaw(letter.Type); err != nil {
		l.log.Debug().Err(err).Msg("A key cannot be read and is left out")
		return nil
	}
	mach := l.helper.Machine()
	// The sender's device is asked for before, so that the transaction waits for no network.
	if _, err := mach.GetOrFetchDeviceByKey(ctx, letter.Sender, letter.Content.AsEncrypted().SenderKey); err != nil {
		l.log.Debug().AnErr("reason", plain(err)).Msg("The device that sent a key is not known")
	}
	ctx, cancel := context.WithTimeout(ctx, unsealTime)
	defer cancel()
	err := l.store.Tx(ctx, func(ctx context.Context) error {
		defer func() {
			if p := recover(); p != nil {
				l.log.Error().Interface("panic", p).Str("stack", string(debug.Stack())).Msg("A key cannot be read and is left out")
			}
		}()
		mach.HandleToDeviceEvent(ctx, letter)
		return nil
	})
	if err != nil {
		return fmt.Errorf("storing a key: %w", err)
	}
	return nil
}

// ofMember says whether evt is about a member of the room.
func ofMember(evt *event.Event) bool {
	return evt.StateKey != nil && evt.Type.Type == event.StateMember.Type
}

// joinOf says whether evt is the moment at which a user joined. A new name or picture is not.
func joinOf(evt *event.Event, user id.UserID) bool {
	if evt.Type.Type != event.StateMember.Type || evt.GetStateKey() != user.String() || rawMembership(&evt.Content) != event.MembershipJoin {
		return false
	}
	return evt.Unsigned.PrevContent == nil || rawMembership(evt.Unsigned.PrevContent) != event.MembershipJoin
}

// rawMembership reads the membership of an event that may not have been parsed.
func rawMembership(content *event.Content) event.Membership {
	membership, _ := content.Raw["membership"].(string)
	return event.Membership(membership)
}
