package chat

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/crypto/attachment"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"stimmbote/store"
)

// say composes and sends a delivery that says something.
func (l *Line) say(ctx context.Context, o store.Outgoing) (room, sent string, err error) {
	var edits id.EventID
	if o.Edits != "" {
		original, err := l.target(ctx, o.Edits)
		if err != nil {
			return "", "", err
		}
		edits = id.EventID(original.Event)
	}
	where, encrypted, err := l.place(ctx, o)
	if err != nil {
		return "", "", err
	}
	if o.Tries > 0 {
		found, err := l.sentBefore(ctx, where, o.Key)
		if err != nil || found != "" {
			return where.String(), found.String(), err
		}
	}
	content, err := l.handler.Compose(ctx, delivery(o))
	if err != nil {
		return "", "", fmt.Errorf("composing %s: %w", o.Kind, err)
	}
	reply, err := l.repliedTo(ctx, o)
	if err != nil {
		return "", "", err
	}
	if content.Poll != nil {
		said, err := l.ask(ctx, where, content.Poll, encrypted, o)
		return where.String(), said.String(), err
	}
	message, encrypted, err := l.wording(ctx, where, content, encrypted)
	if err != nil {
		return "", "", err
	}
	if content.Record != nil && (!encrypted || len(content.Record) > mostRecord) {
		return "", "", errRecord
	}
	for n := range tighter {
		var said id.EventID
		wording := related(message, most(encrypted, n)-len(content.Record), o.Thread, reply, edits)
		said, err = l.send(ctx, where, event.EventMessage, withRecord(wording, content.Record), encrypted, o.Person != "", transaction(o.Key))
		if !tooLong(err) {
			return where.String(), said.String(), err
		}
	}
	return "", "", err
}

// repliedTo is the event that a delivery replies to, none if that was not said.
func (l *Line) repliedTo(ctx context.Context, o store.Outgoing) (id.EventID, error) {
	if o.ReplyTo == "" {
		return "", nil
	}
	original, err := l.target(ctx, o.ReplyTo)
	if errors.Is(err, ErrObsolete) || errors.Is(err, errWaits) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return id.EventID(original.Event), nil
}

// related is a message in its thread, as a reply, or in place of the one that it edits, in so many bytes.
func related(message *event.MessageEventContent, most int, thread string, reply, edits id.EventID) *event.MessageEventContent {
	if edits != "" {
		m := fit(*message, most/2) // it is said twice, for those who know no edits
		m.SetEdit(edits)
		m.NewContent.Mentions = &event.Mentions{}
		return &m
	}
	m := fit(*message, most)
	switch {
	case thread != "":
		m.RelatesTo = (&event.RelatesTo{}).SetThread(id.EventID(thread), cmp.Or(reply, id.EventID(thread)))
		m.RelatesTo.IsFallingBack = reply == ""
	case reply != "":
		m.RelatesTo = (&event.RelatesTo{}).SetReplyTo(reply)
	}
	return &m
}

// place is the room of a delivery, and whether what goes there is encrypted.
func (l *Line) place(ctx context.Context, o store.Outgoing) (id.RoomID, bool, error) {
	if o.Person != "" {
		room, err := l.direct(ctx, id.UserID(o.Person))
		return room, true, err
	}
	room := id.RoomID(o.Room)
	if err := l.know(ctx, room); err != nil {
		return "", false, err
	}
	encrypted, err := l.client.StateStore.IsEncrypted(ctx, room)
	if err != nil {
		return "", false, fmt.Errorf("looking up whether a room is encrypted: %w", err)
	}
	if encrypted {
		return room, true, nil
	}
	encrypted, err = l.turned(ctx, room)
	return room, encrypted, err
}

// turned asks the homeserver whether a room is encrypted that the bot does not know to be: encryption may
// have been switched on a moment ago. It is never switched off. If it is on, the bot learns who is there.
func (l *Line) turned(ctx context.Context, room id.RoomID) (bool, error) {
	encrypted, err := l.encrypted(ctx, room)
	if err != nil || !encrypted {
		return false, err
	}
	l.rooms.forget(room)
	return true, l.know(ctx, room)
}

// wording makes the event of what a delivery says. Words and files take their time: encryption that was
// switched on meanwhile counts.
func (l *Line) wording(ctx context.Context, room id.RoomID, c Content, encrypted bool) (*event.MessageEventContent, bool, error) {
	message, err := l.worded(ctx, c, encrypted)
	if err != nil || encrypted {
		return message, encrypted, err
	}
	turned, err := l.turned(ctx, room)
	if err != nil || !turned {
		return message, false, err
	}
	message, err = l.worded(ctx, c, true)
	return message, true, err
}

func (l *Line) worded(ctx context.Context, c Content, encrypted bool) (*event.MessageEventContent, error) {
	if c.File != nil {
		message, err := l.upload(ctx, *c.File, encrypted)
		if err == nil && c.Record != nil { // the words are the file's caption
			message.Body = c.Plain
		}
		return message, err
	}
	message := &event.MessageEventContent{MsgType: event.MsgText, Body: c.Plain, Mentions: &event.Mentions{}}
	if c.Notice {
		message.MsgType = event.MsgNotice
	}
	if c.HTML != "" {
		message.Format, message.FormattedBody = event.FormatHTML, c.HTML
	}
	return message, nil
}

// upload puts a file onto the homeserver, encrypted if the room is.
func (l *Line) upload(ctx context.Context, f File, encrypted bool) (*event.MessageEventContent, error) {
	message := &event.MessageEventContent{
		MsgType:  event.MsgFile,
		Body:     f.Name,
		FileName: f.Name,
		Info:     &event.FileInfo{MimeType: f.Type, Size: len(f.Data)},
		Mentions: &event.Mentions{},
	}
	data, kind := f.Data, f.Type
	if encrypted {
		file := attachment.NewEncryptedFile()
		data, kind = bytes.Clone(f.Data), "application/octet-stream"
		file.EncryptInPlace(data)
		message.File = &event.EncryptedFileInfo{EncryptedFile: *file}
	}
	uploaded, err := l.client.UploadBytes(ctx, data, kind)
	if err != nil {
		return nil, fmt.Errorf("uploading a file: %w", err)
	}
	if encrypted {
		message.File.URL = uploaded.ContentURI.CUString()
	} else {
		message.URL = uploaded.ContentURI.CUString()
	}
	return message, nil
}

// send sends one message under a transaction ID, encrypted if the room is, and marked with the ID.
func (l *Line) send(ctx context.Context, room id.RoomID, kind event.Type, message any, encrypted, strict bool, txn string) (id.EventID, error) {
	content := event.Content{Parsed: message, Raw: map[string]any{markKey: txn}}
	if encrypted {
		sealed, err := l.encrypt(ctx, room, kind, message, strict)
		if err != nil {
			return "", err
		}
		content.Parsed, kind = sealed, event.EventEncrypted
	}
	resp, err := l.client.SendMessageEvent(ctx, room, kind, &content, mautrix.ReqSendEvent{TransactionID: txn, DontEncrypt: true})
	if err != nil {
		return "", fmt.Errorf("sending: %w", err)
	}
	l.passed(ctx, sending)
	if sealed, ok := content.Parsed.(*event.EncryptedEventContent); ok && strict {
		err = l.store.EncryptedDirect(ctx, room.String(), sealed.SessionID.String())
	}
	return resp.EventID, err
}

// markKey names, in the part of an event that is not encrypted, its transaction ID, which the
// server knows anyway: so it is found again by a server that has forgotten it.
const markKey = "stimmbote.delivery"

// sentBefore looks whether an earlier try arrived although its answer was lost: the server knows
// transaction IDs for some time only.
func (l *Line) sentBefore(ctx context.Context, room id.RoomID, key string) (id.EventID, error) {
	recent, err := l.client.Messages(ctx, room, "", "", mautrix.DirectionBackward, nil, 100)
	if err != nil {
		return "", fmt.Errorf("looking whether a message was sent before: %w", err)
	}
	for _, evt := range recent.Chunk {
		if evt.Sender == l.me && evt.Content.Raw[markKey] == transaction(key) {
			return evt.ID, nil
		}
	}
	return "", nil
}

// redact removes what an event says. The homeserver deletes it; clients that read it may not.
func (l *Line) redact(ctx context.Context, o store.Outgoing) (room, sent string, err error) {
	room, what := o.Room, o.Redacts
	if strings.HasPrefix(what, redactsKey) {
		target, err := l.target(ctx, what)
		if err != nil {
			return "", "", err
		}
		room, what = target.Room, target.Event
	} else if room == "" {
		direct, err := l.store.Direct(ctx, o.Person)
		if err != nil {
			return "", "", err
		}
		if direct == nil {
			return "", "", ErrObsolete
		}
		room = direct.Room
	}
	resp, err := l.client.RedactEvent(ctx, id.RoomID(room), id.EventID(what), mautrix.ReqRedact{TxnID: transaction(o.Key)})
	if err != nil {
		return "", "", fmt.Errorf("redacting: %w", err)
	}
	l.passed(ctx, sending)
	return room, resp.EventID.String(), nil
}
