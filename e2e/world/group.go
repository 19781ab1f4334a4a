package world

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"golang.org/x/sync/errgroup"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// gather has the chair make the encrypted group and waits until everybody is in
// and knows who is in.
func (w *World) gather(ctx context.Context) error {
	w.options.Say("making the encrypted group")
	chair := w.People[Chair]
	version, power := id.RoomV11, map[id.UserID]int{chair.ID: 100, w.Bot.ID: 50}
	if w.options.Synapse {
		version = id.RoomV12
		delete(power, chair.ID) // whoever made such a room stands above all powers
	}
	made, err := chair.Client.CreateRoom(ctx, &mautrix.ReqCreateRoom{
		Name: "Assembly", Preset: "private_chat", RoomVersion: version,
		InitialState:       []*event.Event{encryption()},
		PowerLevelOverride: &event.PowerLevelsEventContent{Users: power},
	})
	if err != nil {
		return fmt.Errorf("making the group: %w", err)
	}
	w.group.Store(made.RoomID)
	if err := chair.enter(ctx, made.RoomID); err != nil {
		return fmt.Errorf("making the group: %w", err)
	}
	everybody := []id.UserID{chair.ID}
	bring := func(people ...id.UserID) error {
		for _, who := range people {
			if _, err := chair.Client.InviteUser(ctx, made.RoomID, &mautrix.ReqInviteUser{UserID: who}); err != nil {
				return fmt.Errorf("inviting %s: %w", who, err)
			}
		}
		everybody = append(everybody, people...)
		return w.joined(ctx, chair, made.RoomID, len(everybody))
	}
	var members []id.UserID
	for name, p := range w.People {
		if name != Chair {
			members = append(members, p.ID)
		}
	}
	if err := bring(members...); err != nil {
		return err
	}
	if !w.options.NoBot { // last: whoever comes later cannot read its greeting
		if err := bring(w.Bot.ID); err != nil {
			return err
		}
	}
	for _, k := range w.Keyholders {
		if err := bring(k.ID); err != nil {
			return err
		}
	}
	all, ctx := errgroup.WithContext(ctx)
	for _, p := range w.People {
		all.Go(func() error {
			if _, err := p.Client.State(ctx, made.RoomID); err != nil {
				return err
			}
			// By now everybody has signed their device: what was seen before may lack it.
			p.crypto.Lock()
			defer p.crypto.Unlock()
			_, err := p.helper.Machine().FetchKeys(ctx, everybody, true)
			return err
		})
	}
	if err := all.Wait(); err != nil {
		return fmt.Errorf("reading the group: %w", err)
	}
	return w.visitor()
}

// Upgrade has the chair replace the group's room by a newer one, and invite everybody there except the tellers' machines.
func (w *World) Upgrade(ctx context.Context) error {
	chair, old := w.People[Chair], w.Group()
	before, err := chair.Client.JoinedMembers(ctx, old)
	if err != nil {
		return fmt.Errorf("moving the group: %w", err)
	}
	var made struct {
		Room id.RoomID `json:"replacement_room"`
	}
	_, err = chair.Client.MakeRequest(ctx, http.MethodPost, chair.Client.BuildClientURL("v3", "rooms", old, "upgrade"), map[string]any{"new_version": id.RoomV11}, &made)
	if err != nil {
		return fmt.Errorf("moving the group: %w", err)
	}
	w.group.Store(made.Room)
	if _, err := chair.Client.State(ctx, made.Room); err != nil {
		return fmt.Errorf("moving the group: %w", err)
	}
	in := 1
	bring := func(who id.UserID) error {
		if _, err := chair.Client.InviteUser(ctx, made.Room, &mautrix.ReqInviteUser{UserID: who}); err != nil {
			return fmt.Errorf("moving the group: inviting %s: %w", who, err)
		}
		in++
		return nil
	}
	for who := range before.Joined {
		if _, machine := w.holders.Load(who); machine || who == chair.ID || who == w.Bot.ID {
			continue
		}
		if err := bring(who); err != nil {
			return err
		}
	}
	if err := w.joined(ctx, chair, made.Room, in); err != nil {
		return err
	}
	if err := bring(w.Bot.ID); err != nil { // last: it looks who is there
		return err
	}
	return w.joined(ctx, chair, made.Room, in)
}

// Newcomers are n people more in the group, called member000 and so on. Their clients do not sync until all of them are
// in: otherwise each who comes in costs as much as all who are there already.
func (w *World) Newcomers(ctx context.Context, n int) ([]*Person, error) {
	newcomers := make([]*Person, n)
	all := func(do func(ctx context.Context, i int) error) error {
		all, ctx := errgroup.WithContext(ctx)
		all.SetLimit(4)
		for i := range newcomers {
			all.Go(func() error { return do(ctx, i) })
		}
		return all.Wait()
	}
	err := all(func(ctx context.Context, i int) (err error) {
		newcomers[i], err = w.sleeper(ctx, fmt.Sprintf("member%03d-%s", i, randomHex(3)))
		return err
	})
	if err != nil {
		return nil, err
	}
	chair := w.People[Chair]
	for _, p := range newcomers {
		_, err := chair.Client.InviteUser(ctx, w.Group(), &mautrix.ReqInviteUser{UserID: p.ID})
		if err == nil {
			_, err = p.Client.JoinRoomByID(ctx, w.Group())
		}
		if err != nil {
			return nil, fmt.Errorf("bringing %s in: %w", p.Name, err)
		}
	}
	return newcomers, all(func(ctx context.Context, i int) error { return newcomers[i].wake(ctx) })
}

// Invite brings a newcomer into the group.
func (w *World) Invite(ctx context.Context, p *Person) error {
	chair := w.People[Chair]
	before, err := chair.Client.JoinedMembers(ctx, w.Group())
	if err != nil {
		return fmt.Errorf("inviting %s: %w", p.Name, err)
	}
	if _, err := chair.Client.InviteUser(ctx, w.Group(), &mautrix.ReqInviteUser{UserID: p.ID}); err != nil {
		return fmt.Errorf("inviting %s: %w", p.Name, err)
	}
	if err := w.joined(ctx, chair, w.Group(), len(before.Joined)+1); err != nil {
		return err
	}
	_, err = p.Client.State(ctx, w.Group())
	return err
}

// joined waits until so many are in a room.
func (w *World) joined(ctx context.Context, p *Person, room id.RoomID, n int) error {
	ctx, cancel := context.WithTimeout(ctx, patientFor)
	defer cancel()
	var in int
	for {
		members, err := p.Client.JoinedMembers(ctx, room)
		if err == nil {
			if in = len(members.Joined); in >= n {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return errors.Join(fmt.Errorf("only %d of %d came into %s", in, n, room), err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// visitor puts the command visit on the PATH of scripts. It is built, and a browser
// installed, when it is first called: most scripts make no call.
func (w *World) visitor() error {
	script := fmt.Sprintf("#!/bin/sh\nset -e\n'%[1]s/tools/need.sh' chromium\ngo build -C '%[1]s' -buildvcs=false -o '%[2]s' ./e2e/visit\nexec '%[2]s' \"$@\"\n",
		w.Repo, w.bin("visit.real"))
	if err := os.WriteFile(w.bin("visit"), []byte(script), 0o700); err != nil {
		return fmt.Errorf("writing the command visit: %w", err)
	}
	return nil
}
