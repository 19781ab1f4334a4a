package world

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// invited accepts. The bot invites to one room only, the direct chat.
func (p *Person) invited(ctx context.Context, evt *event.Event) {
	if evt.Mautrix.EventSource&event.SourceInvite == 0 || evt.GetStateKey() != p.ID.String() ||
		evt.Content.AsMember().Membership != event.MembershipInvite {
		return
	}
	if evt.Sender == p.world.Bot.ID {
		p.isDirect(evt.RoomID)
	}
	if err := p.enter(ctx, evt.RoomID); err != nil {
		p.Client.Log.Err(err).Stringer("room_id", evt.RoomID).Msg("Invitation not accepted yet")
		p.world.goes.Go(func() { p.insist(evt.RoomID) })
	}
}

// insist accepts an invitation as somebody does whose homeserver was away: again after a moment, some times.
func (p *Person) insist(room id.RoomID) {
	again := time.NewTicker(time.Second)
	defer again.Stop()
	for range 400 {
		select {
		case <-p.world.ctx.Done():
			return
		case <-again.C:
		}
		if p.enter(p.world.ctx, room) == nil {
			return
		}
	}
}

func (p *Person) message(evt *event.Event) Message {
	_, holder := p.world.holders.Load(evt.Sender)
	return Message{
		Chat: p.chat(evt.RoomID), Room: evt.RoomID, ID: evt.ID, Sender: evt.Sender,
		Bot: evt.Sender == p.world.Bot.ID, Holder: holder, Own: evt.Sender == p.ID,
		Encrypted: evt.Mautrix.WasEncrypted,
		Trusted:   evt.Mautrix.TrustState >= id.TrustStateCrossSignedTOFU,
	}
}

func (p *Person) received(ctx context.Context, evt *event.Event) {
	content, ok := evt.Content.Parsed.(*event.MessageEventContent)
	if !ok {
		return
	}
	m := p.message(evt)
	m.Edits = content.RelatesTo.GetReplaceID()
	m.Thread = content.RelatesTo.GetThreadParent()
	if m.Edits != "" && content.NewContent != nil {
		content = content.NewContent
	}
	m.Type, m.Body, m.HTML = content.MsgType, content.Body, content.FormattedBody
	if m.Type == event.MsgFile || m.Type == event.MsgAudio || m.Type == event.MsgVideo {
		path, err := p.fetch(ctx, content)
		if err != nil {
			m.Unreadable = fmt.Sprintf("its file: %s", err)
		}
		m.File = path
	}
	p.Inbox.add(m)
}

// asked takes in a poll of the clients' own kind.
func (p *Person) asked(_ context.Context, evt *event.Event) {
	content, ok := evt.Content.Parsed.(*event.PollStartEventContent)
	if !ok {
		return
	}
	m := p.message(evt)
	lines := []string{content.PollStart.Question.Text}
	for i, o := range content.PollStart.Answers {
		m.Options = append(m.Options, o.ID)
		lines = append(lines, fmt.Sprintf("(%d) %s", i+1, o.Text))
	}
	m.Body = strings.Join(lines, "\n")
	p.Inbox.add(m)
}

// fetch saves an attached file in the world's folder.
func (p *Person) fetch(ctx context.Context, content *event.MessageEventContent) (string, error) {
	address := content.URL
	if content.File != nil {
		address = content.File.URL
	}
	uri, err := address.Parse()
	if err != nil {
		return "", err
	}
	data, err := p.Client.DownloadBytes(ctx, uri)
	if err != nil {
		return "", err
	}
	if content.File != nil {
		if err := content.File.DecryptInPlace(data); err != nil {
			return "", err
		}
	}
	return p.world.save(content.GetFileName(), data)
}

func (p *Person) redaction(_ context.Context, evt *event.Event) {
	m := p.message(evt)
	if m.Redacts = evt.Content.AsRedaction().Redacts; m.Redacts == "" {
		m.Redacts = evt.Redacts
	}
	p.Inbox.add(m)
}

// patienceForKeys is how often a message's key is waited and asked for, half a minute each time: homeservers
// lose letters, questions and answers as well. What opens late is read late.
const patienceForKeys = 3

func (p *Person) unreadable(evt *event.Event, err error) {
	if evt.Unsigned.RedactedBecause != nil {
		return // taken away before it came: nothing is left to read
	}
	if errors.Is(err, crypto.ErrNoSessionFound) && p.stillWaits(evt.ID) {
		p.helper.HandleEncrypted(context.WithValue(p.world.ctx, mautrix.SyncTokenContextKey, "later"), evt)
		return
	}
	m := p.message(evt)
	m.Unreadable = err.Error()
	p.Inbox.add(m)
}

// stillWaits counts a time that a message's key did not come, and says whether to go on waiting.
func (p *Person) stillWaits(message id.EventID) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waited[message]++
	return p.waited[message] < patienceForKeys && p.world.ctx.Err() == nil
}
