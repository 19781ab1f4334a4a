package chat

import (
	"context"
	"errors"
	"fmt"
	"io"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// Attached is a file that somebody sent. Its bytes stay on the homeserver until [Line.Fetch].
type Attached struct {
	where id.ContentURIString
	key   *event.EncryptedFileInfo // nil: it is not encrypted
}

// What can be wrong with a file that somebody sent.
var (
	ErrFileLong = errors.New("the file is longer than it may be")
	ErrFileGone = errors.New("the file is not there any more, or not the one that was sent")
)

// attached is the file of a message, nil if there is none.
func attached(content *event.MessageEventContent) *Attached {
	switch {
	case content.File != nil && content.File.URL != "":
		return &Attached{content.File.URL, content.File}
	case content.URL != "":
		return &Attached{content.URL, nil}
	}
	return nil
}

// Fetch returns the bytes of a file, of which there may be so many.
func (l *Line) Fetch(ctx context.Context, a Attached, most int) ([]byte, error) {
	ctx, err := l.online(ctx)
	if err != nil {
		return nil, err
	}
	where, err := a.where.Parse()
	if err != nil {
		return nil, errors.Join(ErrFileGone, err)
	}
	answer, err := l.client.Download(ctx, where)
	if errors.Is(err, mautrix.MNotFound) {
		return nil, errors.Join(ErrFileGone, err)
	}
	if err != nil {
		return nil, fmt.Errorf("fetching a file: %w", err)
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(io.LimitReader(answer.Body, int64(most)+1))
	if err != nil {
		return nil, fmt.Errorf("fetching a file: %w", err)
	}
	if len(data) > most {
		return nil, ErrFileLong
	}
	if a.key != nil {
		if err := a.key.DecryptInPlace(data); err != nil {
			return nil, errors.Join(ErrFileGone, err)
		}
	}
	return data, nil
}
