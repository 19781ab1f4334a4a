package chat

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// sharing makes sure that the trust which is asked of devices stays the same while a room key is
// shared: the keys of direct rooms, for different people, are shared side by side, those of groups alone.
type sharing struct {
	mu      sync.RWMutex
	devices sync.Mutex // held while the devices of several people are asked for
}

// acquaintAtOnce is of how many people the devices are asked for in one request.
const acquaintAtOnce = 50

// shareTries is how often a key is made and handed out before others are let have their turn, if somebody comes,
// goes, or has other devices each time.
const shareTries = 5

// encrypt encrypts for everybody who is joined or invited at the end of it; strict leaves out devices that their
// owner did not sign, and does not let the length tell what is said.
func (l *Line) encrypt(ctx context.Context, room id.RoomID, kind event.Type, message any, strict bool) (*event.EncryptedEventContent, error) {
	if strict {
		filled, err := padded(message)
		if err != nil {
			return nil, err
		}
		message = filled
	}
	mach := l.helper.Machine()
	for range shareTries {
		sealed, err := mach.EncryptMegolmEvent(ctx, room, kind, message)
		if err == nil {
			return sealed, nil
		}
		if !errors.Is(err, crypto.ErrSessionExpired) && !errors.Is(err, crypto.ErrNoGroupSession) && !errors.Is(err, crypto.ErrSessionNotShared) {
			return nil, fmt.Errorf("encrypting: %w", err)
		}
		if err := l.handOut(ctx, room, strict); err != nil {
			return nil, err
		}
	}
	return nil, errRestless
}

// errRestless means that the people of a room or their devices changed whenever a key was handed out.
var errRestless = errors.New("whom to encrypt for changes all the time")

// handOut makes a key for a room and gives it to its people. If it missed somebody who came meanwhile, or went to
// somebody who is not there any more, it is dropped at once.
func (l *Line) handOut(ctx context.Context, room id.RoomID, strict bool) error {
	mach := l.helper.Machine()
	users, err := l.others(ctx, room)
	if err != nil {
		return err
	}
	if err := l.acquaint(ctx, mach, users, strict); err != nil {
		return err
	}
	before, since := l.keys.dropped(room), l.keys.spokenSince()
	if users, err = l.others(ctx, room); err != nil {
		return err
	}
	if err := l.share(ctx, room, users, strict); err != nil {
		return fmt.Errorf("sharing the key of a room: %w", err)
	}
	if !l.keys.spokenSince().Equal(since) { // it went out with sessions that are spoken with no more
		return l.keys.RemoveOutboundGroupSession(ctx, room)
	}
	if l.keys.dropped(room) == before {
		return nil
	}
	if right, err := l.handedOut(ctx, room, users, strict); err != nil || right {
		return err
	}
	return l.keys.RemoveOutboundGroupSession(ctx, room)
}

// handedOut says whether those who were given the key of a room are still the people of the room with all their
// devices: a response may have told what was known already.
func (l *Line) handedOut(ctx context.Context, room id.RoomID, given []id.UserID, strict bool) (bool, error) {
	users, err := l.others(ctx, room)
	if err != nil {
		return false, err
	}
	slices.Sort(users)
	slices.Sort(given)
	session, err := l.keys.GetOutboundGroupSession(ctx, room)
	if err != nil || session == nil || !slices.Equal(users, given) {
		return false, err
	}
	for _, user := range users {
		if missed, err := l.missed(ctx, user, session.ID(), strict); err != nil || missed != nil {
			return false, err
		}
	}
	return true, nil
}

// missed is a device of somebody that a key was not given to, nil if there is none; strict looks only at those that
// their owner signed.
func (l *Line) missed(ctx context.Context, user id.UserID, session id.SessionID, strict bool) (*id.Device, error) {
	mach := l.helper.Machine()
	devices, err := mach.CryptoStore.GetDevices(ctx, user)
	if err != nil {
		return nil, fmt.Errorf("looking up devices: %w", err)
	}
	for _, device := range devices {
		if device.Deleted {
			continue
		}
		if strict {
			trust, err := mach.ResolveTrustContext(ctx, device)
			if err != nil {
				return nil, fmt.Errorf("looking up whether a device is signed: %w", err)
			}
			if trust < strictTrust {
				continue
			}
		}
		given, err := mach.CryptoStore.IsOutboundGroupSessionShared(ctx, user, device.IdentityKey, session)
		if err != nil {
			return nil, fmt.Errorf("looking up who was given a key: %w", err)
		}
		if !given {
			return device, nil
		}
	}
	return nil, nil
}

// others are those to encrypt for in a room.
func (l *Line) others(ctx context.Context, room id.RoomID) ([]id.UserID, error) {
	asking := l.rooms.asking(room)
	asking.RLock()
	defer asking.RUnlock()
	users, err := l.client.StateStore.GetRoomJoinedOrInvitedMembers(ctx, room)
	if err != nil {
		return nil, fmt.Errorf("listing whom to encrypt for: %w", err)
	}
	return slices.DeleteFunc(users, func(user id.UserID) bool { return user == l.me }), nil
}

// renewFor drops the key of a group into which somebody has come: they may have been given it while they were
// invited, when their client did not know the bot's devices, and strict clients do not trust such a key later either.
// In a direct room it is the bot that invited, and clients know whose invitation they accept.
func (l *Line) renewFor(ctx context.Context, room id.RoomID) error {
	direct, err := l.isDirect(ctx, room)
	if err != nil || direct {
		return err
	}
	return l.keys.RemoveOutboundGroupSession(ctx, room)
}

// share gives the key of a room to the devices of its people; strict leaves out devices that their
// owner did not sign.
func (l *Line) share(ctx context.Context, room id.RoomID, users []id.UserID, strict bool) error {
	mach := l.helper.Machine()
	if strict {
		l.sharing.mu.RLock()
		defer l.sharing.mu.RUnlock()
		return mach.ShareGroupSession(ctx, room, users)
	}
	l.sharing.mu.Lock()
	defer l.sharing.mu.Unlock()
	mach.SendKeysMinTrust = id.TrustStateUnset
	defer func() { mach.SendKeysMinTrust = strictTrust }()
	return mach.ShareGroupSession(ctx, room, users)
}

// strictTrust is what a device must have to be given a secret: the signature of its owner.
const strictTrust = id.TrustStateCrossSignedTOFU

// acquaint asks for the devices of people that were never asked for, strict also for those of which one is not known
// to be signed, and in the same request for those of others to whom something is to be said now. Somebody else may be asking
// too: devices are stored before their signatures, and what is not known to be signed would get no key for good.
func (l *Line) acquaint(ctx context.Context, mach *crypto.OlmMachine, users []id.UserID, strict bool) error {
	l.sharing.devices.Lock()
	defer l.sharing.devices.Unlock()
	unknown, err := l.strangers(ctx, mach, users, strict)
	if err != nil || len(unknown) == 0 {
		return err
	}
	waiting, err := l.store.DuePersons(ctx, time.Now(), acquaintAtOnce)
	if err != nil {
		return err
	}
	others := make([]id.UserID, 0, len(waiting))
	for _, person := range waiting {
		others = append(others, id.UserID(person))
	}
	if others, err = l.strangers(ctx, mach, others, true); err != nil {
		return err
	}
	if _, err := mach.FetchKeys(ctx, append(unknown, others...), true); err != nil {
		return fmt.Errorf("asking for devices: %w", err)
	}
	return nil
}

// strangers are those whose devices were never asked for, and strict those of whom one is not known to be signed.
func (l *Line) strangers(ctx context.Context, mach *crypto.OlmMachine, users []id.UserID, strict bool) ([]id.UserID, error) {
	var unknown []id.UserID
	for _, user := range users {
		devices, err := mach.CryptoStore.GetDevices(ctx, user)
		if err != nil {
			return nil, fmt.Errorf("looking up devices: %w", err)
		}
		signed := devices != nil
		for _, device := range devices {
			if !strict {
				break
			}
			trust, err := mach.ResolveTrustContext(ctx, device)
			if err != nil {
				return nil, fmt.Errorf("looking up whether a device is signed: %w", err)
			}
			signed = signed && (trust >= strictTrust || device.Deleted)
		}
		if !signed {
			unknown = append(unknown, user)
		}
	}
	return unknown, nil
}
