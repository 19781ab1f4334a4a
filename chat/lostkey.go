package chat

import (
	"context"
	"encoding/json"
	"fmt"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"stimmbote/store"
)

// Letters that bring keys get lost: by a homeserver, or with a session between two devices that broke. Then
// whoever lacks a key asks the device that made it. The bot gives its own keys to those whom they were meant
// for, see cryptoStore, and asks for those of others.

// askAtOnce bounds for how many keys the bot asks at a time: a stranger can make it lack any number.
const askAtOnce = 20

// askForKeys asks, for messages that wait, the devices that sent them for their keys.
func (l *Line) askForKeys(ctx context.Context, late []store.Late) {
	asked := make(map[session]bool)
	for _, entry := range late {
		key := session{id.RoomID(entry.Room), id.SessionID(entry.Session)}
		if asked[key] || len(asked) == askAtOnce {
			continue
		}
		asked[key] = true
		if err := l.askForKey(ctx, key, entry.Raw); err != nil {
			l.log.Debug().AnErr("reason", plain(err)).Msg("A key that is missing cannot be asked for")
		}
	}
}

func (l *Line) askForKey(ctx context.Context, key session, raw []byte) error {
	var evt event.Event
	if err := json.Unmarshal(raw, &evt); err != nil {
		return fmt.Errorf("reading a kept event: %w", err)
	}
	if err := parse(&evt, key.room); err != nil {
		return err
	}
	sealed, device := evt.Content.AsEncrypted(), id.DeviceID("*")
	//lint:ignore SA1019 who sends it names the device, and who does not is asked on all of them
	if sealed.DeviceID != "" {
		//lint:ignore SA1019 as above
		device = sealed.DeviceID
	}
	maker := sealed.SenderKey
	ctx = mautrix.WithMaxRetries(ctx, 0) // the next look asks again
	return l.helper.Machine().SendRoomKeyRequest(ctx, key.room, maker, key.id, "",
		map[id.UserID][]id.DeviceID{evt.Sender: {device}})
}

// askedForKey deals with a request for a key of a direct room that the bot made and has no more, from a device
// that it was meant for: what was said there is to be said again, with a new key.
func (l *Line) askedForKey(ctx context.Context, person id.UserID, asked *event.RoomKeyRequestEventContent) error {
	direct, err := l.store.Direct(ctx, person.String())
	if err != nil || direct == nil || direct.Room != asked.Body.RoomID.String() || direct.Session != asked.Body.SessionID.String() {
		return err
	}
	keys := l.helper.Machine().CryptoStore
	kept, err := keys.GetGroupSession(ctx, asked.Body.RoomID, asked.Body.SessionID)
	if err != nil || kept != nil {
		return err
	}
	device, err := keys.GetDevice(ctx, person, asked.RequestingDeviceID)
	if err != nil || device == nil {
		return err
	}
	meant, err := keys.IsOutboundGroupSessionShared(ctx, person, device.IdentityKey, asked.Body.SessionID)
	if err != nil || !meant {
		return err
	}
	if err := keys.RemoveOutboundGroupSession(ctx, asked.Body.RoomID); err != nil {
		return err
	}
	return l.notice(ctx, Notice{
		Kind: NewDevice, ID: "lost " + device.DeviceID.String() + " " + direct.Session, Room: direct.Room, Person: person.String(),
	})
}

// requests are the requests for keys in a response, which mautrix deals with as well.
func requests(resp *mautrix.RespSync) map[id.UserID][]*event.RoomKeyRequestEventContent {
	found := make(map[id.UserID][]*event.RoomKeyRequestEventContent)
	for _, evt := range resp.ToDevice.Events {
		var asked event.RoomKeyRequestEventContent
		if evt.Type.Type == event.ToDeviceRoomKeyRequest.Type && json.Unmarshal(evt.Content.VeryRaw, &asked) == nil &&
			asked.Action == event.KeyRequestActionRequest {
			found[evt.Sender] = append(found[evt.Sender], &asked)
		}
	}
	return found
}
