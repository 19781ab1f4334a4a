package bot

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"stimmbote/chat"
	"stimmbote/i18n"
	"stimmbote/voting"
)

// settingOwned is which account each owner of a machine said is theirs, in a group: lines of owner and
// account. What machines say of themselves, anybody's could.
const settingOwned = "machines owned"

// owned are the machines whose owners said so themselves, by owner.
func (b *Bot) owned(ctx context.Context, room string) (map[voting.Member]string, error) {
	value, err := b.Store.Setting(ctx, room, settingOwned)
	if err != nil {
		return nil, err
	}
	all := make(map[voting.Member]string)
	for line := range strings.Lines(value) {
		owner, account, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		all[voting.Member(owner)] = account
	}
	return all, nil
}

// machine notes that an account is its sender's machine, as they say in the group or in the direct chat; with
// nothing behind it, it shows which accounts say so.
func (b *Bot) machine(ctx context.Context, m chat.Message, a arguments) error {
	if !m.Trusted {
		return refuse("refusal.machine-unheard")
	}
	rooms := []string{m.Room}
	if m.Direct {
		named, err := b.Store.SettingsNamed(ctx, settingMachines)
		if err != nil {
			return err
		}
		rooms = slices.Sorted(maps.Keys(named))
	}
	owner := voting.Member(m.Sender)
	found := make(map[string]string) // account, by room
	var claims []string
	for _, room := range rooms {
		members, err := b.Line.Members(ctx, room)
		if err != nil && m.Direct { // the bot may have been put out of one
			b.Log.Debug().Err(err).Str("room_id", room).Msg("A group's machines are not looked at")
			continue
		}
		if err != nil {
			return fmt.Errorf("asking for the members of %s: %w", room, err)
		}
		machines, err := b.machines(ctx, room, members)
		if err != nil {
			return err
		}
		for account, says := range machines {
			if says.owner != owner {
				continue
			}
			if !slices.Contains(claims, account) {
				claims = append(claims, account)
			}
			if named := strings.TrimSpace(a.text); named == account || strings.EqualFold(strings.TrimPrefix(named, "@"), localpart(account)) {
				found[room] = account
			}
		}
	}
	slices.Sort(claims)
	switch {
	case len(claims) == 0:
		return refuse("refusal.no-machine")
	case len(found) == 0:
		return &voting.Refusal{Key: "refusal.which-machine", Args: []any{"accounts", strings.Join(claims, ", "), "first", claims[0]}}
	}
	name, err := b.nameIn(ctx, slices.Sorted(maps.Keys(found))[0], m.Sender)
	if err != nil {
		return err
	}
	return b.Store.Tx(ctx, func(ctx context.Context) error {
		var account string
		for _, room := range slices.Sorted(maps.Keys(found)) {
			account = found[room]
			if err := b.own(ctx, room, owner, account); err != nil {
				return err
			}
		}
		return b.answer(ctx, m, say{Key: "machine.noted", Args: []any{"name", name, "account", account}, Notice: true})
	})
}

// own notes whose machine an account is.
func (b *Bot) own(ctx context.Context, room string, owner voting.Member, account string) error {
	all, err := b.owned(ctx, room)
	if err != nil {
		return err
	}
	all[owner] = account
	var lines strings.Builder
	for _, owner := range slices.Sorted(maps.Keys(all)) {
		lines.WriteString(string(owner) + " " + all[owner] + "\n")
	}
	return b.Store.PutSetting(ctx, room, settingOwned, lines.String())
}

// askOwners asks tellers, in the direct chat, whether what says that it is their machine is theirs: each
// once for each account.
func (b *Bot) askOwners(ctx context.Context, room string, g around, owners []string) ([]chat.Delivery, error) {
	all, err := b.tellersOf(ctx, room, g.members, owners)
	if err != nil {
		return nil, err
	}
	var asked []chat.Delivery
	for _, t := range all {
		for _, account := range append(slices.Clone(t.others), t.account) {
			if account == "" || t.confirmed {
				continue
			}
			asked = append(asked, chat.Delivery{
				Key: "machine/" + room + "/" + account + "/" + t.owner, Person: t.owner, Kind: kindSay,
				Payload: encode(say{Key: "machine.ask", Args: []any{"account", account, "group", i18n.Name(g.name, mostName)}, Room: room}),
			})
		}
	}
	return asked, nil
}

// unconfirmedOwners are the tellers of a poll who have not said that the machine that holds their key is theirs.
func (b *Bot) unconfirmedOwners(ctx context.Context, p *voting.Poll) ([]voting.Teller, error) {
	owned, err := b.owned(ctx, string(p.Place))
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(p.Terms.Tellers.All(), func(t voting.Teller) bool { return owned[t.Owner] == t.Account }), nil
}

// candidates are the members whom the options of an election name.
func candidates(members []chat.Member, options []string) []string {
	var all []string
	for _, option := range options {
		if id := person(members, option); id != "" {
			all = append(all, id)
		}
	}
	return all
}

// without puts others in the place of tellers who stand for election: members with a machine that they said
// is theirs. Where there is nobody, those who do not stand will do if they are enough.
func (b *Bot) without(ctx context.Context, room string, members []chat.Member, all []keyTeller, candidates []string) ([]keyTeller, error) {
	stands := func(t keyTeller) bool { return slices.Contains(candidates, t.owner) }
	if !slices.ContainsFunc(all, stands) {
		return all, nil
	}
	owned, err := b.owned(ctx, room)
	if err != nil {
		return nil, err
	}
	var spare []string
	for _, owner := range slices.Sorted(maps.Keys(owned)) {
		taken := slices.ContainsFunc(all, func(t keyTeller) bool { return t.owner == string(owner) })
		if !taken && !slices.Contains(candidates, string(owner)) {
			spare = append(spare, string(owner))
		}
	}
	spares, err := b.tellersOf(ctx, room, members, spare)
	if err != nil {
		return nil, err
	}
	spares = slices.DeleteFunc(spares, func(t keyTeller) bool { return t.account == "" })
	var others []keyTeller
	for _, t := range all {
		switch {
		case !stands(t):
			others = append(others, t)
		case len(spares) > 0:
			others, spares = append(others, spares[0]), spares[1:]
		}
	}
	if len(others) < fewestTellers {
		return all, nil // the draft warns of it
	}
	return others, nil
}

// addCandidates says of a draft which tellers stand for election, and whether somebody else holds their key.
func (b *Bot) addCandidates(ctx context.Context, t *page, p *voting.Poll) error {
	elects, err := b.elects(ctx, p.ID)
	if err != nil || !elects {
		return err
	}
	all, members, err := b.keyTellers(ctx, string(p.Place))
	if err != nil {
		return err
	}
	stand := candidates(members, p.Asked.Options)
	var hold, replaced []string
	for _, one := range all {
		switch {
		case !slices.Contains(stand, one.owner):
		case p.Terms.Tellers.Has(voting.Member(one.owner)):
			hold = append(hold, one.name)
		default:
			replaced = append(replaced, one.name)
		}
	}
	if len(replaced) > 0 {
		t.add("poll.draft.candidate-left-out", "names", strings.Join(replaced, ", "))
	}
	if len(hold) > 0 {
		t.add("poll.draft.candidate-holds", "names", strings.Join(hold, ", "))
	}
	return nil
}
