package chat

import (
	"context"
	"fmt"
	"sync"
	"time"

	"maunium.net/go/mautrix/crypto"
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

// share gives the key of a room to the devices of its people; strict leaves out devices that their
// owner did not sign.
func (l *Line) share(ctx context.Context, room id.RoomID, users []id.UserID, strict bool) error {
	mach := l.helper.Machine()
	if strict {
		if err := l.acquaint(ctx, mach, users); err != nil {
			return err
		}
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

// acquaint asks for the devices of people that were never asked for, or of which one is not known to be signed,
// and in the same request for those of others to whom something is to be said now. Somebody else may be asking
// too: devices are stored before their signatures, and what is not known to be signed would get no key for good.
func (l *Line) acquaint(ctx context.Context, mach *crypto.OlmMachine, users []id.UserID) error {
	l.sharing.devices.Lock()
	defer l.sharing.devices.Unlock()
	unknown, err := l.strangers(ctx, mach, users)
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
	if others, err = l.strangers(ctx, mach, others); err != nil {
		return err
	}
	if _, err := mach.FetchKeys(ctx, append(unknown, others...), true); err != nil {
		return fmt.Errorf("asking for devices: %w", err)
	}
	return nil
}

// strangers are those whose devices were never asked for, or of whom one is not known to be signed.
func (l *Line) strangers(ctx context.Context, mach *crypto.OlmMachine, users []id.UserID) ([]id.UserID, error) {
	var unknown []id.UserID
	for _, user := range users {
		devices, err := mach.CryptoStore.GetDevices(ctx, user)
		if err != nil {
			return nil, fmt.Errorf("looking up devices: %w", err)
		}
		signed := devices != nil
		for _, device := range devices {
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
