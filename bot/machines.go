package bot

import (
	"context"
	"slices"
	"strings"

	"stimmbote/chat"
	"stimmbote/voting"
	"stimmbote/voting/parley"
)

// machineAt is what a machine says of itself: whose it is, and where it serves the ballot page, if it does.
type machineAt struct {
	owner voting.Member
	booth string
}

// machines are the accounts in a room that hold keys, by account. Whoever has left the room is none of
// them.
func (b *Bot) machines(ctx context.Context, room string, members []chat.Member) (map[string]machineAt, error) {
	value, err := b.Store.Setting(ctx, room, settingMachines)
	if err != nil {
		return nil, err
	}
	all := make(map[string]machineAt)
	for line := range strings.Lines(value) {
		owner, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		account, booth, _ := strings.Cut(rest, " ")
		if slices.ContainsFunc(members, func(m chat.Member) bool { return m.ID == account }) {
			all[account] = machineAt{owner: voting.Member(owner), booth: booth}
		}
	}
	return all, nil
}

// onHere notes that a machine is in the group, and whose it says it is.
func (b *Bot) onHere(ctx context.Context, m chat.Message, r parley.Record) error {
	g, err := b.lookAround(ctx, m.Room)
	if err != nil {
		return err
	}
	all, err := b.machines(ctx, m.Room, g.members)
	if err != nil {
		return err
	}
	says := machineAt{owner: r.Owner}
	if voting.IsPage(r.Booth) {
		says.booth = r.Booth
	}
	if all[m.Sender] == says {
		return b.sayAgain(ctx, m)
	}
	_, machine := all[string(r.Owner)]
	if machine || string(r.Owner) == m.Sender || !slices.ContainsFunc(g.members, func(m chat.Member) bool { return m.ID == string(r.Owner) }) {
		return b.noted(ctx, m)
	}
	value, err := b.Store.Setting(ctx, m.Room, settingMachines)
	if err != nil {
		return err
	}
	owners, err := b.Store.Setting(ctx, m.Room, settingTellers)
	if err != nil {
		return err
	}
	return b.Store.Tx(ctx, func(ctx context.Context) error {
		if err := b.Store.PutSetting(ctx, m.Room, settingMachines, claimed(value, all, m.Sender, says)); err != nil {
			return err
		}
		if !slices.Contains(strings.Fields(owners), string(r.Owner)) {
			return b.done(ctx, m)
		}
		said, err := b.askOwners(ctx, m.Room, g, strings.Fields(owners))
		if err != nil {
			return err
		}
		return b.done(ctx, m, append(said, chat.Delivery{Key: "tellers/" + m.ID, Room: m.Room, Kind: kindTellers, Payload: encode("")})...)
	})
}

// claimed is the setting with what an account says of itself, behind those that came before: of several that
// say that they are somebody's machine, the first is taken until its owner says otherwise.
func claimed(value string, here map[string]machineAt, account string, says machineAt) string {
	var lines strings.Builder
	known := false
	for line := range strings.Lines(value) {
		owner, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		other, _, _ := strings.Cut(rest, " ")
		switch _, stays := here[other]; {
		case other == account && owner == string(says.owner):
			known = true
			lines.WriteString(strings.TrimSpace(owner+" "+other+" "+says.booth) + "\n")
		case other != account && stays:
			lines.WriteString(line)
		}
	}
	if !known {
		lines.WriteString(strings.TrimSpace(string(says.owner)+" "+account+" "+says.booth) + "\n")
	}
	return lines.String()
}
