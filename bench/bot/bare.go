package main

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"stimmbote/e2e/world"
)

// bareAtOnce is how many rooms are made at a time, as many as the bot's queue has under way.
const bareAtOnce = 4

// bareRooms is the least that any program would ask of the homeserver to write one line to everybody: a room, an
// invitation, a message. No encryption, nothing checked, nothing remembered. What it takes is the homeserver's and the
// members' own time.
func bareRooms(ctx context.Context, from *world.Person, people []*world.Person) (time.Duration, error) {
	cli := from.Client
	const line = "A line without encryption."
	encrypted := &event.Event{
		Type:    event.StateEncryption,
		Content: event.Content{Parsed: &event.EncryptionEventContent{Algorithm: id.AlgorithmMegolmV1}},
	}
	began := time.Now()
	all, ctx := errgroup.WithContext(ctx)
	free := make(chan struct{}, bareAtOnce)
	for _, p := range people {
		all.Go(func() error {
			free <- struct{}{}
			room, err := cli.CreateRoom(ctx, &mautrix.ReqCreateRoom{
				Preset: "private_chat", IsDirect: true, InitialState: []*event.Event{encrypted},
			})
			if err == nil {
				_, err = cli.InviteUser(ctx, room.RoomID, &mautrix.ReqInviteUser{UserID: p.ID})
			}
			if err == nil {
				_, err = cli.SendMessageEvent(ctx, room.RoomID, event.EventMessage,
					&event.MessageEventContent{MsgType: event.MsgText, Body: line}, mautrix.ReqSendEvent{DontEncrypt: true})
			}
			<-free
			if err == nil {
				_, err = p.Inbox.Find(ctx, func(m world.Message) bool { return m.Room == room.RoomID && m.Body == line }, patientFor)
			}
			if err != nil {
				return fmt.Errorf("a bare room for %s: %w", p.Name, err)
			}
			return nil
		})
	}
	err := all.Wait()
	return time.Since(began), err
}
