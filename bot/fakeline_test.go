package bot

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"time"

	"stimmbote/chat"
)

// fakeLine is a line without a homeserver: the queue is the real one, the rooms are said here.
type fakeLine struct {
	*chat.Line
	members   map[string][]chat.Member
	plainRoom bool
	power     map[string]int
	name      string
	service   []string
	file      []byte
	fetched   int // files
	broken    error
	gone      map[string]bool // rooms that the bot was put out of
	forgotten bool            // nothing is known without asking
	reach     map[string]chat.Reach
	met       []string
	progress  chat.Progress
	stats     chat.Stats
	behind    bool // what was said is not all read yet
	queued    []chat.Delivery
	burned    []string
	renewed   int

	asked func(ctx context.Context) // what the homeserver would be asked for
}

// Queue remembers what is stored.
func (l *fakeLine) Queue(ctx context.Context, deliveries ...chat.Delivery) error {
	l.queued = append(l.queued, deliveries...)
	return l.Line.Queue(ctx, deliveries...)
}

func (l *fakeLine) Burn(_ context.Context, m chat.Message) error {
	l.burned = append(l.burned, m.ID)
	return nil
}

func (l *fakeLine) Renew(context.Context) error {
	l.renewed++
	return nil
}

func (l *fakeLine) Me() string { return myself }

func (l *fakeLine) Members(ctx context.Context, room string) ([]chat.Member, error) {
	l.asked(ctx)
	if l.gone[room] {
		return nil, errors.New("not in this room")
	}
	return l.members[room], cmp.Or(l.broken, ctx.Err())
}

func (l *fakeLine) Known(_ context.Context, room string) (known []chat.Member, power map[string]int, _ error) {
	if l.forgotten {
		return nil, nil, nil
	}
	for _, m := range l.members[room] {
		if m.ID != myself {
			known = append(known, m)
		}
	}
	return known, maps.Clone(l.power), nil
}

func (l *fakeLine) Encrypted(ctx context.Context, _ string) (bool, error) {
	l.asked(ctx)
	return !l.plainRoom, nil
}

func (l *fakeLine) Power(ctx context.Context, _, user string) (int, error) {
	l.asked(ctx)
	return l.power[user], nil
}

func (l *fakeLine) Reach(_ context.Context, person string) (chat.Reach, error) {
	return l.reach[person], nil
}

func (l *fakeLine) Meet(_ context.Context, _ string, persons ...string) error {
	l.met = append(l.met, persons...)
	return nil
}

func (l *fakeLine) Progress(context.Context, string) (chat.Progress, error) { return l.progress, nil }

func (l *fakeLine) Stats() chat.Stats { return l.stats }

func (l *fakeLine) CaughtUp(time.Time) bool { return !l.behind }

func (l *fakeLine) RoomName(ctx context.Context, _ string) (string, error) {
	l.asked(ctx)
	return l.name, nil
}

func (l *fakeLine) Service(context.Context, string) ([]string, error) { return l.service, nil }

func (l *fakeLine) Fetch(_ context.Context, _ chat.Attached, most int) ([]byte, error) {
	l.fetched++
	switch {
	case len(l.file) > most:
		return nil, chat.ErrFileLong
	case l.file == nil:
		return nil, chat.ErrFileGone
	}
	return l.file, nil
}
