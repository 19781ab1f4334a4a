package chat

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// Member is somebody who joined a room.
type Member struct {
	ID   string
	Name string // display name, empty if there is none
}

// rooms remembers of which rooms the whole state was fetched since the bot joined them: a sync
// response names only some members, and whoever is not known cannot read the first message. And it
// counts how often responses told of members that come and go, or the bot invited somebody: what was
// fetched meanwhile may not hold them.
type rooms struct {
	mu    sync.Mutex
	known map[id.RoomID]bool
	turns map[id.RoomID]int
	asked map[id.RoomID]*sync.RWMutex
}

// turn notes that a response tells of members of a room, which is about to be processed, or that somebody was invited.
func (r *rooms) turn(room id.RoomID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.turns == nil {
		r.turns = make(map[id.RoomID]int)
	}
	r.turns[room]++
}

func (r *rooms) turned(room id.RoomID) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.turns[room]
}

// asking is held by whoever asks for the members of a room, until what is stored of them is not older than what was
// known before; whoever looks at it holds it for reading.
func (r *rooms) asking(room id.RoomID) *sync.RWMutex {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.asked == nil {
		r.asked = make(map[id.RoomID]*sync.RWMutex)
	}
	if r.asked[room] == nil {
		r.asked[room] = new(sync.RWMutex)
	}
	return r.asked[room]
}

func (r *rooms) forget(room id.RoomID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.known, room)
}

// know fetches a room's state unless it is known.
func (l *Line) know(ctx context.Context, room id.RoomID) error {
	l.rooms.mu.Lock()
	known := l.rooms.known[room]
	l.rooms.mu.Unlock()
	if known {
		return nil
	}
	if _, err := l.state(ctx, room); err != nil {
		return fmt.Errorf("fetching a room's state: %w", err)
	}
	l.rooms.mu.Lock()
	defer l.rooms.mu.Unlock()
	if l.rooms.known == nil {
		l.rooms.known = make(map[id.RoomID]bool)
	}
	l.rooms.known[room] = true
	return nil
}

// state fetches a room's whole state and stores what encryption needs of it.
func (l *Line) state(ctx context.Context, room id.RoomID) (state mautrix.RoomStateMap, err error) {
	err = l.askForMembers(room, func() error {
		state, err = l.client.State(ctx, room)
		return err
	})
	return state, err
}

// askForMembers asks for something of which mautrix stores the members. While it is on its way, somebody may come, and
// the older answer makes mautrix forget them: then it asks again, and nothing is encrypted there meanwhile.
func (l *Line) askForMembers(room id.RoomID, ask func() error) error {
	asking := l.rooms.asking(room)
	asking.Lock()
	defer asking.Unlock()
	for {
		before := l.rooms.turned(room)
		if err := ask(); err != nil || l.rooms.turned(room) == before {
			return err
		}
	}
}

// ErrShut tells that the homeserver does not let the account look into a room: it is not there, or there is no such
// room. Whatever else goes wrong may pass.
var ErrShut = errors.New("the account may not look into this room")

// shut is an error that the homeserver answered with, as [ErrShut] if it is that.
func shut(err error) error {
	if errors.Is(err, mautrix.MForbidden) || errors.Is(err, mautrix.MNotFound) {
		return fmt.Errorf("%w: %w", ErrShut, err)
	}
	return err
}

// Members lists who joined a room, by ID, as the homeserver says now; [ErrShut] if it does not say that to the account.
func (l *Line) Members(ctx context.Context, room string) ([]Member, error) {
	ctx, err := l.online(ctx)
	if err != nil {
		return nil, err
	}
	var joined *mautrix.RespJoinedMembers
	if err := l.askForMembers(id.RoomID(room), func() (err error) {
		joined, err = l.client.JoinedMembers(ctx, id.RoomID(room))
		return err
	}); err != nil {
		return nil, fmt.Errorf("listing the members of %s: %w", room, shut(err))
	}
	members := make([]Member, 0, len(joined.Joined))
	for user, m := range joined.Joined {
		members = append(members, Member{ID: user.String(), Name: m.DisplayName})
	}
	slices.SortFunc(members, func(a, b Member) int { return strings.Compare(a.ID, b.ID) })
	return members, nil
}

// Encrypted asks the homeserver whether a room is encrypted.
func (l *Line) Encrypted(ctx context.Context, room string) (bool, error) {
	ctx, err := l.online(ctx)
	if err != nil {
		return false, err
	}
	return l.encrypted(ctx, id.RoomID(room))
}

// errCipher means that a room is encrypted in a way that the bot does not know: nothing is said there.
var errCipher = errors.New("the room is encrypted in an unknown way")

func (l *Line) encrypted(ctx context.Context, room id.RoomID) (bool, error) {
	var content event.EncryptionEventContent
	err := l.client.StateEvent(ctx, room, event.StateEncryption, "", &content)
	if errors.Is(err, mautrix.MNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("asking whether a room is encrypted: %w", err)
	}
	if content.Algorithm != id.AlgorithmMegolmV1 {
		return false, errCipher
	}
	return true, nil
}

// Power is what a user may do in a room: 100 is everything, 50 moderates, 0 is the usual.
func (l *Line) Power(ctx context.Context, room, user string) (int, error) {
	ctx, err := l.online(ctx)
	if err != nil {
		return 0, err
	}
	if err := l.know(ctx, id.RoomID(room)); err != nil {
		return 0, err
	}
	levels, err := l.client.StateStore.GetPowerLevels(ctx, id.RoomID(room))
	if err != nil {
		return 0, fmt.Errorf("reading the power levels of %s: %w", room, err)
	}
	if levels == nil {
		return 0, nil
	}
	return min(levels.GetUserLevel(id.UserID(user)), math.MaxInt32), nil
}

// RoomName is a room's name, empty if it has none.
func (l *Line) RoomName(ctx context.Context, room string) (string, error) {
	ctx, err := l.online(ctx)
	if err != nil {
		return "", err
	}
	var content event.RoomNameEventContent
	err = l.client.StateEvent(ctx, id.RoomID(room), event.StateRoomName, "", &content)
	if err != nil && !errors.Is(err, mautrix.MNotFound) {
		return "", fmt.Errorf("asking for the name of %s: %w", room, err)
	}
	return content.Name, nil
}

// stateService names, in a room, accounts of programs: clients do not count them as people.
var stateService = event.Type{Type: "io.element.functional_members", Class: event.StateEventType}

// Service lists the accounts that a room calls those of programs.
func (l *Line) Service(ctx context.Context, room string) ([]string, error) {
	ctx, err := l.online(ctx)
	if err != nil {
		return nil, err
	}
	var content struct {
		Members []any `json:"service_members"`
	}
	err = l.client.StateEvent(ctx, id.RoomID(room), stateService, "", &content)
	if err != nil && !errors.Is(err, mautrix.MNotFound) {
		return nil, fmt.Errorf("asking which accounts of %s are programs: %w", room, err)
	}
	var accounts []string
	for _, member := range content.Members { // anybody with the power may have written anything
		if account, ok := member.(string); ok {
			accounts = append(accounts, account)
		}
	}
	return accounts, nil
}
